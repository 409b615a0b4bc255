//! E0277: an object made on one thread would be reset on another.
use forebay::Pool;
use std::rc::Rc;

#[cfg(not(fails))]
static POOL: Pool<Option<u8>, 1> = Pool::new();

#[cfg(fails)]
static POOL: Pool<Option<Rc<u8>>, 1> = Pool::new();

fn main() {}
