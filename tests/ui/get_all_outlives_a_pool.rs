//! E0597: the seat it waits in is in the pool.
use forebay::{DefaultReset, Pool, Waking, get_all};

fn main() {
    static KEPT: Pool<u8, 1, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
    #[cfg(not(fails))]
    let pool: Pool<u8, 1, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
    let kept = {
        #[cfg(fails)]
        let pool: Pool<u8, 1, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
        get_all((&KEPT, &pool))
    };
    drop(kept);
}
