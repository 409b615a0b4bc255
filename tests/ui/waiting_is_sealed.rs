//! E0277: which slots are free is not for others to say.
use forebay::{DefaultReset, Pool};

pub struct Mine;

#[cfg(not(fails))]
pub static POOL: Pool<u8, 1, DefaultReset> = Pool::with_waiting(DefaultReset);
#[cfg(fails)]
pub static POOL: Pool<u8, 1, DefaultReset, Mine> = Pool::with_waiting(DefaultReset);

fn main() {}
