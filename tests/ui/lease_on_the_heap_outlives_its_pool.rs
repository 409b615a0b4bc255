//! E0597: it may be in the pool as well.
use forebay::{Lease, Pool};

fn main() {
    #[cfg(not(fails))]
    let pool: Pool<u8, 1> = Pool::new();
    let kept = {
        #[cfg(fails)]
        let pool: Pool<u8, 1> = Pool::new();
        pool.get_or_new()
    };
    drop::<Lease<_>>(kept);
}
