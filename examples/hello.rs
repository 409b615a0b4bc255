//! The shortest stream: a pool of rings in a `static`; no threads, no features, no heap.
//!
//! ```text
//! $ cargo run --example hello
//! Hello, forebay! (ring 0, opened 0 times before: Ended(Finished))
//! The same ring again. (ring 0, opened 1 times before: Ended(Finished))
//! ```

use forebay::{StreamPool, Token};

/// Two rings of eight tokens each, in static memory.
static STREAMS: StreamPool<Token, 2, 8> = StreamPool::new();

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for text in ["Hello, forebay!", "The same ring again."] {
        let (mut sender, mut receiver) = STREAMS.try_open()?;
        let id = sender.id();
        sender.try_send_text(text)?;
        sender.close();

        let end = loop {
            match receiver.try_recv() {
                Ok(token) => print!("{}", token.as_str()),
                Err(end) => break end,
            }
        };
        println!(" (ring {}, opened {} times before: {end:?})", id.ring, id.epoch);
        // Both halves are gone at the end of the block, and the ring is back in the pool.
    }
    Ok(())
}
