//! E0599: with `Polling` nobody would wake the waiter.
use forebay::{Waking, Polling, StreamPool};

fn main() {
    #[cfg(not(fails))]
    let streams: StreamPool<u8, 1, 1, Waking> = StreamPool::new();
    #[cfg(fails)]
    let streams: StreamPool<u8, 1, 1, Polling> = StreamPool::new();
    let (mut sender, _receiver) = streams.try_open().unwrap();
    let _ = sender.send_blocking(1);
}
