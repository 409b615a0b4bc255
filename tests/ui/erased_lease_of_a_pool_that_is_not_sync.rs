//! E0277: an erased lease may go to another thread, and gives the object back there.
use forebay::{Lease, Pool};
use std::rc::Rc;

fn main() {
    #[cfg(not(fails))]
    let pool = Pool::<Option<u8>, 1>::new();
    #[cfg(fails)]
    let pool = Pool::<Option<Rc<u8>>, 1>::new();
    let lease = pool.try_get().unwrap();
    drop(Lease::erase(lease));
}
