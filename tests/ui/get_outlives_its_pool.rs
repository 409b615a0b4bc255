//! E0597: the seat it waits in is in the pool.
use forebay::{DefaultReset, Pool, Waking};

fn main() {
    #[cfg(not(fails))]
    let pool: Pool<u8, 2, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
    let kept = {
        #[cfg(fails)]
        let pool: Pool<u8, 2, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
        pool.get()
    };
    drop(kept);
}
