//! E0599: an exclusive lease is exclusive.
use forebay::{Lease, Pool, Reset};

/// Cannot be cloned either, or `clone` would be its.
#[derive(Default)]
struct Object;

impl Reset for Object {
    fn reset(&mut self) {}
}

fn main() {
    let pool: Pool<Object, 1> = Pool::new();
    let lease = pool.try_get().unwrap();
    #[cfg(not(fails))]
    let lease = Lease::share(lease);
    drop(lease.clone());
}
