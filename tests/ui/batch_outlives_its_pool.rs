//! E0597: the objects are in the pool.
use forebay::{Batch, Pool};

fn main() {
    #[cfg(not(fails))]
    let pool: Pool<u8, 2> = Pool::new();
    let kept = {
        #[cfg(fails)]
        let pool: Pool<u8, 2> = Pool::new();
        pool.try_get_batch::<2>().unwrap()
    };
    drop::<Batch<_, 2>>(kept);
}
