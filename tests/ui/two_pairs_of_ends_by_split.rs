//! E0499: there would be two producers.
use forebay::Ring;

fn main() {
    let mut ring: Ring<u8, 2> = Ring::new();
    let (mut first, _consumer) = ring.split();
    #[cfg(fails)]
    let (mut second, _other) = ring.split();
    first.push(1).unwrap();
}
