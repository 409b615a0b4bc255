//! E0080: a capacity is from 1 to 65,535.
use forebay::Pool;

fn main() {
    #[cfg(not(fails))]
    let pool = Pool::<u8, 1>::default();
    #[cfg(fails)]
    let pool = Pool::<u8, 0>::default();
    drop(pool);
}
