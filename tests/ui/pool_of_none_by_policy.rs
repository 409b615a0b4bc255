//! E0080: a capacity is from 1 to 65,535.
use forebay::{DefaultReset, Pool};

fn main() {
    #[cfg(not(fails))]
    let pool = Pool::<u8, 1, _>::with_policy(DefaultReset);
    #[cfg(fails)]
    let pool = Pool::<u8, 0, _>::with_policy(DefaultReset);
    drop(pool);
}
