//! E0277: with `Polling` nobody would wake the waiter.
//! says: callers cannot wait for an object of a pool whose waiting policy is `Polling`
//! says: give the pool the policy `forebay::Waking<K>`
use forebay::{DefaultReset, Polling, Pool, Waking};

#[cfg(not(fails))]
static POOL: Pool<u8, 1, DefaultReset, Waking> = Pool::with_waiting(DefaultReset);
#[cfg(fails)]
static POOL: Pool<u8, 1, DefaultReset, Polling> = Pool::with_waiting(DefaultReset);

fn main() {
    drop(POOL.get());
}
