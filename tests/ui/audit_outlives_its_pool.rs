//! E0597: it reads the pool as it goes.
use forebay::{Lease, Pool};

fn main() {
    #[cfg(not(fails))]
    let pool: Pool<u8, 1> = Pool::new();
    let kept = {
        #[cfg(fails)]
        let pool: Pool<u8, 1> = Pool::new();
        pool.audit()
    };
    assert_eq!(kept.count(), 0);
}
