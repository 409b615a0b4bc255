//! E0382: the item is the consumer's.
use forebay::Ring;

fn main() {
    let mut ring: Ring<u8, 1> = Ring::new();
    let (mut producer, _consumer) = ring.split();
    let mut filled = producer.reserve().unwrap().write(1);
    #[cfg(fails)]
    filled.commit();
    *filled = 2;
}
