//! E0277: both ends rely on what it promises.
use forebay::ring::RingRef;

pub struct Fake<R>(pub R);

// SAFETY: none.
#[cfg(fails)]
unsafe impl<R: RingRef> RingRef for Fake<R> {
    type Ring = R::Ring;
    type Shared = R::Shared;

    fn ring(&self) -> &R::Ring {
        self.0.ring()
    }
    fn parts(&self) -> (&R::Ring, &R::Shared) {
        self.0.parts()
    }
}

pub fn end<R: RingRef>(_: forebay::Producer<R>) {}

fn main() {}
