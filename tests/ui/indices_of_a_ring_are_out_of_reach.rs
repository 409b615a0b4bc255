//! E0599: who could store them could make any place an item.
use forebay::ring::RingRef;

pub fn meddle<R: RingRef>(end: &R) {
    let ring = end.ring();
    #[cfg(fails)]
    ring.head();
    let _ = ring;
}

fn main() {}
