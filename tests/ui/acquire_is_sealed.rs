//! E0277: what is got together comes from pools.
use forebay::cascade::Acquire;
use forebay::error::NotAll;
use forebay::{Pool, try_get_all};

#[derive(Clone, Copy)]
struct Mine;

#[cfg(fails)]
impl Acquire for Mine {
    type Acquired = u8;
    const PARTS: usize = 1;
    fn acquire(self, _first: usize) -> Result<u8, NotAll> {
        Ok(1)
    }
}

fn main() {
    static POOL: Pool<u8, 1> = Pool::new();
    let _ = (Mine, try_get_all((&POOL,)));
}
