//! E0521: the closure's reference ends with the closure.
use forebay::{Lease, Pool};

fn main() {
    let pool: Pool<(u8, u8), 1> = Pool::new();
    let mut kept: Option<&mut u8> = None;
    let lease = Lease::map(pool.try_get().unwrap(), |pair| {
        #[cfg(fails)]
        {
            kept = Some(&mut pair.0);
        }
        &mut pair.1
    });
    drop((lease, kept));
}
