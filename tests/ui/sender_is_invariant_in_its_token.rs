//! lifetime may not live long enough: a shorter text could be sent where a static one is received.
use forebay::{Sender, StreamPool};

type Texts<'p, 'a> = Sender<&'p StreamPool<&'a str, 1>>;

#[cfg(not(fails))]
pub fn shorten<'p, 'a>(end: Texts<'p, 'a>) -> Texts<'p, 'a> {
    end
}

#[cfg(fails)]
pub fn shorten<'p, 'a>(end: Texts<'p, 'static>) -> Texts<'p, 'a> {
    end
}

fn main() {}
