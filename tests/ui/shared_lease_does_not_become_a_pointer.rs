//! E0308: foreign code would write what others read.
use forebay::{Lease, Pool};

fn main() {
    let pool: Pool<u8, 1> = Pool::new();
    let lease = pool.try_get().unwrap();
    #[cfg(fails)]
    let lease = Lease::share(lease);
    let _ = Lease::into_raw(lease);
}
