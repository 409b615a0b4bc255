//! E0277: the pool knows where objects are, not their parts.
use forebay::{Lease, Pool};

fn main() {
    let pool: Pool<(u8, u8), 1> = Pool::new();
    let lease = pool.try_get().unwrap();
    #[cfg(fails)]
    let lease = Lease::map(lease, |pair| &mut pair.1);
    let _ = Lease::into_raw(lease);
}
