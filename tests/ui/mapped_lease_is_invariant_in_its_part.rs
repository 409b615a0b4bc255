//! lifetime may not live long enough: a shorter text could be written where a static one is promised.
use forebay::pool::{Erased, Mapped};
use forebay::Lease;

type Text<'p, 'a> = Lease<Mapped<Erased<'p, u8>, &'a str>>;

#[cfg(not(fails))]
pub fn shorten<'p, 'a>(lease: Text<'p, 'a>) -> Text<'p, 'a> {
    lease
}

#[cfg(fails)]
pub fn shorten<'p, 'a>(lease: Text<'p, 'static>) -> Text<'p, 'a> {
    lease
}

fn main() {}
