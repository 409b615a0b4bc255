//! E0080: somebody must be able to get something.
use forebay::{DefaultReset, Headroom, Pool};

#[cfg(not(fails))]
static POOL: Pool<u8, 2, DefaultReset, Headroom<1>> = Pool::with_waiting(DefaultReset);
#[cfg(fails)]
static POOL: Pool<u8, 2, DefaultReset, Headroom<2>> = Pool::with_waiting(DefaultReset);

fn main() {
    drop(POOL.try_get());
}
