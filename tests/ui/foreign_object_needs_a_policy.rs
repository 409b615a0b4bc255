//! E0277: neither the object nor `Reset` is of the crate that has the pool.
//! says: the policy `DefaultReset` cannot make and recycle objects of type `PathBuf`
//! says: for a type of another crate, implement `forebay::Policy` for a type of your own
use forebay::{Lease, Policy, Pool};
use std::path::PathBuf;

pub struct Paths;

impl Policy<PathBuf> for Paths {
    fn make(&self, _slot: usize) -> PathBuf {
        PathBuf::new()
    }
    fn recycle(&self, path: &mut PathBuf) -> bool {
        path.clear();
        true
    }
}

#[cfg(not(fails))]
pub type P = Pool<PathBuf, 1, Paths>;
#[cfg(fails)]
pub type P = Pool<PathBuf, 1>;

pub struct Job {
    pub path: Lease<&'static P>,
}

fn main() {}
