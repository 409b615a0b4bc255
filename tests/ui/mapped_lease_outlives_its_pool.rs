//! E0597: the object is in the pool.
use forebay::{Lease, Pool};

fn main() {
    #[cfg(not(fails))]
    let pool: Pool<(u8, u8), 1> = Pool::new();
    let kept = {
        #[cfg(fails)]
        let pool: Pool<(u8, u8), 1> = Pool::new();
        Lease::map(pool.try_get().unwrap(), |pair| &mut pair.0)
    };
    drop(kept);
}
