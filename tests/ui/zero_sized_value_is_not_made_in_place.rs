//! E0080: all places of a zero-sized type are at one address, so a reference proves nothing about a place.
use forebay::Slab;

fn main() {
    #[cfg(not(fails))]
    let slab: Slab<u8, 2> = Slab::new();
    #[cfg(fails)]
    let slab: Slab<(), 2> = Slab::new();
    drop(slab.insert_with(|place| place.write(Default::default())));
}
