//! lifetime may not live long enough: a shorter text could be written where a static one is promised.
use forebay::{Batch, Pool};

type Texts<'p, 'a> = Batch<&'p Pool<Option<&'a str>, 2>, 2>;

#[cfg(not(fails))]
pub fn shorten<'p, 'a>(batch: Texts<'p, 'a>) -> Texts<'p, 'a> {
    batch
}

#[cfg(fails)]
pub fn shorten<'p, 'a>(batch: Texts<'p, 'static>) -> Texts<'p, 'a> {
    batch
}

fn main() {}
