//! E0277: a value put in by one thread would be dropped by another.
use forebay::Slab;
use std::rc::Rc;

#[cfg(not(fails))]
static SLAB: Slab<u8, 1> = Slab::new();

#[cfg(fails)]
static SLAB: Slab<Rc<u8>, 1> = Slab::new();

fn main() {}
