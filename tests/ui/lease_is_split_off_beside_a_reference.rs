//! E0502: the lease would be a second way to the same object.
use forebay::Pool;

fn main() {
    let pool: Pool<u8, 2> = Pool::new();
    let mut batch = pool.try_get_batch::<2>().unwrap();
    let inside = &batch[1];
    #[cfg(fails)]
    let _last = batch.pop();
    assert_eq!(*inside, 0);
    batch[0] = 1;
}
