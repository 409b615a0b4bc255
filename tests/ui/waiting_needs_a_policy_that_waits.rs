//! E0599: with `Poll` nobody would wake the waiter.
use forebay::{Wake, Poll, StreamPool};

fn main() {
    #[cfg(not(fails))]
    let streams: StreamPool<u8, 1, 1, Wake> = StreamPool::new();
    #[cfg(fails)]
    let streams: StreamPool<u8, 1, 1, Poll> = StreamPool::new();
    let (mut sender, _receiver) = streams.open().unwrap();
    let _ = sender.send_blocking(1);
}
