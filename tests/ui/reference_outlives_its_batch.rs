//! E0505: behind it the objects are somebody else's.
use forebay::Pool;

fn main() {
    let pool: Pool<u8, 2> = Pool::new();
    let batch = pool.try_get_batch::<2>().unwrap();
    let inside: Vec<&u8> = batch.iter().collect();
    #[cfg(fails)]
    batch.put();
    assert_eq!(inside, [&0, &0]);
}
