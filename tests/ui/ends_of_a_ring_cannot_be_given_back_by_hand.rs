//! E0599: there could be two producers.
use forebay::ring::RingRef;
use forebay::Ring;

pub fn meddle(end: &&Ring<u8, 1>) {
    let ring = end.ring();
    #[cfg(fails)]
    ring.give_back(1);
    let _ = ring;
}

fn main() {}
