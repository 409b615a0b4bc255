//! E0599: a stream has one sender.
use forebay::StreamPool;

fn main() {
    let streams: StreamPool<u8, 1, 1> = StreamPool::new();
    let (sender, _receiver) = streams.try_open().unwrap();
    #[cfg(fails)]
    let _other = sender.clone();
    drop(sender);
}
