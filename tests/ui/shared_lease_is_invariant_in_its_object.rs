//! lifetime may not live long enough: unshared, it is written through.
use forebay::{Pool, SharedLease};

type Text<'p, 'a> = SharedLease<&'p Pool<Option<&'a str>, 1>>;

#[cfg(not(fails))]
pub fn shorten<'p, 'a>(lease: Text<'p, 'a>) -> Text<'p, 'a> {
    lease
}

#[cfg(fails)]
pub fn shorten<'p, 'a>(lease: Text<'p, 'static>) -> Text<'p, 'a> {
    lease
}

fn main() {}
