//! E0499: the item would be moved out under the reader.
use forebay::Ring;

fn main() {
    let mut ring: Ring<u8, 2> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    producer.push(1).unwrap();
    let item = consumer.pop_ref().unwrap();
    #[cfg(fails)]
    consumer.pop().unwrap();
    assert_eq!(*item, 1);
}
