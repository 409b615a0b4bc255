//! E0594: others read it.
use forebay::{Lease, Pool};

fn main() {
    let pool: Pool<u8, 1> = Pool::new();
    let mut lease = pool.try_get().unwrap();
    #[cfg(fails)]
    let mut lease = Lease::share(lease);
    *lease = 1;
}
