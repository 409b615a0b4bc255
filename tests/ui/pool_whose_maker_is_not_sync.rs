//! E0277: every thread that finds a vacant slot calls the closure.
use forebay::Pool;
use std::cell::Cell;

fn main() {
    let made = Cell::new(0_u8);
    #[cfg(not(fails))]
    let pool = Pool::<_, 2, _>::from_fn(|_| 1_u8);
    #[cfg(fails)]
    let pool = Pool::<_, 2, _>::from_fn(|_| made.replace(1));
    std::thread::scope(|scope| {
        scope.spawn(|| drop(pool.try_get()));
    });
    made.set(2);
}
