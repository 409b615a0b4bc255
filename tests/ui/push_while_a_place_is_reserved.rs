//! E0499: the reserved place is the one that is pushed to.
use forebay::Ring;

fn main() {
    let mut ring: Ring<u8, 2> = Ring::new();
    let (mut producer, _consumer) = ring.split();
    let grant = producer.reserve().unwrap();
    #[cfg(fails)]
    producer.push(1).unwrap();
    grant.write(2).commit();
}
