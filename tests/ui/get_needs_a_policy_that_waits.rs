//! E0599: with `Poll` nobody would wake the waiter.
use forebay::{DefaultReset, Poll, Pool, Wake};

#[cfg(not(fails))]
static POOL: Pool<u8, 1, DefaultReset, Wake> = Pool::with_waiting(DefaultReset);
#[cfg(fails)]
static POOL: Pool<u8, 1, DefaultReset, Poll> = Pool::with_waiting(DefaultReset);

fn main() {
    drop(POOL.get());
}
