//! lifetime may not live long enough: a shorter text could be written where a static one is promised.
use forebay::pool::Erased;
use forebay::Lease;

type Text<'p, 'a> = Lease<Erased<'p, &'a str>>;

#[cfg(not(fails))]
pub fn shorten<'p, 'a>(lease: Text<'p, 'a>) -> Text<'p, 'a> {
    lease
}

#[cfg(fails)]
pub fn shorten<'p, 'a>(lease: Text<'p, 'static>) -> Text<'p, 'a> {
    lease
}

fn main() {}
