//! E0599: objects would be dropped on another thread.
use forebay::LanePool;
use std::rc::Rc;
use std::time::Duration;

fn main() {
    #[cfg(not(fails))]
    let pool: &'static LanePool<Option<u8>, 1, 1> = Box::leak(Box::new(LanePool::new()));
    #[cfg(fails)]
    let pool: &'static LanePool<Option<Rc<u8>>, 1, 1> = Box::leak(Box::new(LanePool::new()));
    drop(pool.tick_every(Duration::from_secs(1)));
}
