//! E0277: the part counts, not the whole.
use forebay::{Lease, Pool};
use std::cell::Cell;

fn main() {
    let pool = Pool::<_, 1, _>::from_fn(|_| (Some(Cell::new(1_u8)), 2_u8));
    let lease = pool.try_get().unwrap();
    #[cfg(not(fails))]
    let lease = Lease::share(Lease::map(lease, |pair| &mut pair.1));
    #[cfg(fails)]
    let lease = Lease::share(Lease::map(lease, |pair| &mut pair.0));
    std::thread::scope(|scope| {
        scope.spawn(move || drop(lease.clone()));
    });
}
