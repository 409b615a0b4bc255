//! E0505: behind it the object is somebody else's.
use forebay::{Lease, Pool};

fn main() {
    let pool: Pool<u8, 1> = Pool::new();
    let lease = pool.try_get().unwrap();
    let inside: &u8 = &lease;
    #[cfg(fails)]
    Lease::put(lease);
    assert_eq!(*inside, 0);
}
