//! E0277: two threads would write the cell at once.
use forebay::Ring;
use std::cell::Cell;

fn main() {
    let mut ring: Ring<Cell<u8>, 2> = Ring::new();
    let (mut producer, _consumer) = ring.split();
    let item = producer.reserve().unwrap().write(Cell::new(1));
    #[cfg(not(fails))]
    std::thread::scope(|scope| scope.spawn(move || drop(item)).join().unwrap());
    #[cfg(fails)]
    std::thread::scope(|scope| scope.spawn(|| drop(&item)).join().unwrap());
}
