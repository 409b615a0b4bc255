//! E0616: an object could stay behind in a free place.
use forebay::Slab;

pub fn meddle(slab: &Slab<u8, 1>) {
    #[cfg(fails)]
    slab.pool.trim();
    let _ = slab;
}

fn main() {}
