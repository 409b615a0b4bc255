//! E0277: two threads would write the cell at once.
use forebay::{Lease, Pool};
use std::cell::Cell;

fn main() {
    let pool = Pool::<Option<Cell<u8>>, 1>::new();
    let lease: Lease<_> = pool.try_get().unwrap();
    #[cfg(not(fails))]
    std::thread::scope(|scope| scope.spawn(move || lease.is_some()).join().unwrap());
    #[cfg(fails)]
    std::thread::scope(|scope| scope.spawn(|| lease.is_some()).join().unwrap());
}
