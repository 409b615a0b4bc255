//! E0597: the tokens are in the pool.
use forebay::StreamPool;

fn main() {
    #[cfg(not(fails))]
    let streams: StreamPool<u8, 1> = StreamPool::new();
    let kept = {
        #[cfg(fails)]
        let streams: StreamPool<u8, 1> = StreamPool::new();
        streams.try_open().unwrap().1
    };
    drop(kept);
}
