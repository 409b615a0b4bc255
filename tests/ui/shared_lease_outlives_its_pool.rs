//! E0597: the object is in the pool.
use forebay::{Lease, Pool};

fn main() {
    #[cfg(not(fails))]
    let pool: Pool<u8, 1> = Pool::new();
    let kept = {
        #[cfg(fails)]
        let pool: Pool<u8, 1> = Pool::new();
        Lease::share(pool.try_get().unwrap())
    };
    drop(kept);
}
