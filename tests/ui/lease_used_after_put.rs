//! E0382: the object is back.
use forebay::{Lease, Pool};

fn main() {
    let pool: Pool<u8, 1> = Pool::new();
    let lease = pool.try_get().unwrap();
    #[cfg(fails)]
    Lease::put(lease);
    assert_eq!(*lease, 0);
}
