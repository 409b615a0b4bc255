//! E0080: it has no address of its own.
use forebay::{Lease, Pool};

fn main() {
    #[cfg(not(fails))]
    let pool: Pool<u8, 1> = Pool::new();
    #[cfg(fails)]
    let pool: Pool<(), 1> = Pool::new();
    let _ = Lease::into_raw(pool.try_get().unwrap());
}
