//! E0599: with `Poll` nobody would wake the waiter.
use forebay::{Park, Poll, StreamPool};

fn main() {
    #[cfg(not(fails))]
    let streams: StreamPool<u8, 1, 1, Park> = StreamPool::new();
    #[cfg(fails)]
    let streams: StreamPool<u8, 1, 1, Poll> = StreamPool::new();
    let (mut sender, _receiver) = streams.open().unwrap();
    let _ = sender.send(1);
}
