//! E0277: an item would change its thread.
use forebay::Ring;
use std::rc::Rc;

#[cfg(not(fails))]
static RING: Ring<u8, 1> = Ring::new();

#[cfg(fails)]
static RING: Ring<Rc<u8>, 1> = Ring::new();

fn main() {}
