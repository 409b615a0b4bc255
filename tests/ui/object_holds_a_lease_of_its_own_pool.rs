//! E0597: the pool's drop would run the lease's, which uses the pool.
use forebay::Pool;

type Item<'a> = Option<Box<dyn Send + 'a>>;

fn main() {
    #[cfg(not(fails))]
    let other: Pool<u8, 1> = Pool::new();
    let pool: Pool<Item<'_>, 2> = Pool::new();
    let mut first = pool.try_get().unwrap();
    #[cfg(not(fails))]
    let inner = other.try_get();
    #[cfg(fails)]
    let inner = pool.try_get();
    *first = Some(Box::new(inner));
}
