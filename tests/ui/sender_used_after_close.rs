//! E0382: the end was said.
use forebay::StreamPool;

fn main() {
    let streams: StreamPool<u8, 1> = StreamPool::new();
    let (mut sender, _receiver) = streams.try_open().unwrap();
    #[cfg(fails)]
    sender.close();
    let _ = sender.try_send(1);
}
