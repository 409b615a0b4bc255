//! E0597: the items are in the ring.
use forebay::Ring;

fn main() {
    #[cfg(not(fails))]
    let ring: Ring<u8, 1> = Ring::new();
    let kept = {
        #[cfg(fails)]
        let ring: Ring<u8, 1> = Ring::new();
        ring.try_producer()
    };
    drop(kept);
}
