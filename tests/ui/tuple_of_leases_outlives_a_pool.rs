//! E0597: one part of the tuple is in a pool that is gone.
use forebay::{Pool, try_get_all};

fn main() {
    static KEPT: Pool<u8, 1> = Pool::new();
    #[cfg(not(fails))]
    let pool: Pool<u8, 1> = Pool::new();
    let kept = {
        #[cfg(fails)]
        let pool: Pool<u8, 1> = Pool::new();
        try_get_all((&KEPT, &pool)).unwrap()
    };
    drop(kept);
}
