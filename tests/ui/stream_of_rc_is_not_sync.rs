//! E0277: a token would change its thread.
use forebay::StreamPool;
use std::rc::Rc;

#[cfg(not(fails))]
static STREAMS: StreamPool<u8, 1> = StreamPool::new();

#[cfg(fails)]
static STREAMS: StreamPool<Rc<u8>, 1> = StreamPool::new();

fn main() {}
