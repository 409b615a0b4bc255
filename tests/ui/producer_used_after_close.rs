//! E0382: the end was said.
use forebay::Ring;

fn main() {
    let mut ring: Ring<u8, 1> = Ring::new();
    let (mut producer, _consumer) = ring.split();
    #[cfg(fails)]
    producer.close();
    let _ = producer.push(1);
}
