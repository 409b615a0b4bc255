//! E0499: the tokens would be taken twice.
use forebay::StreamPool;

fn main() {
    let streams: StreamPool<u8, 1> = StreamPool::new();
    let (_sender, mut receiver) = streams.try_open().unwrap();
    let tokens = receiver.drain();
    #[cfg(fails)]
    let _ = receiver.try_recv();
    assert_eq!(tokens.count(), 0);
}
