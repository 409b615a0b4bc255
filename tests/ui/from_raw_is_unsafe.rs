//! E0133: nobody checks that the pointer's user is done.
use forebay::{Lease, Pool};

fn main() {
    let pool: Pool<u8, 1> = Pool::new();
    let raw = Lease::into_raw(pool.try_get().unwrap());
    #[cfg(not(fails))]
    drop(unsafe { Lease::from_raw(&pool, raw) });
    #[cfg(fails)]
    drop(Lease::from_raw(&pool, raw));
}
