//! E0599: with `Polling` nobody would wake the waiter.
use forebay::{DefaultReset, Polling, Pool, Waking};

#[cfg(not(fails))]
static POOL: Pool<u8, 1, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
#[cfg(fails)]
static POOL: Pool<u8, 1, DefaultReset, Polling> = Pool::with_waiting(DefaultReset);

fn main() {
    drop(POOL.get());
}
