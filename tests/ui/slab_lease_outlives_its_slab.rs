//! E0597: the value is in the slab.
use forebay::Slab;

fn main() {
    #[cfg(not(fails))]
    let slab: Slab<u8, 1> = Slab::new();
    let kept = {
        #[cfg(fails)]
        let slab: Slab<u8, 1> = Slab::new();
        slab.insert(1).unwrap()
    };
    drop(kept);
}
