//! E0277: the item would follow it.
use forebay::Ring;
use std::rc::Rc;

fn main() {
    let mut ring: Ring<Rc<u8>, 2> = Ring::new();
    let (mut producer, mut consumer) = ring.split();
    producer.push(Rc::new(1)).unwrap();
    #[cfg(not(fails))]
    std::thread::scope(|scope| scope.spawn(|| 1).join().unwrap());
    #[cfg(fails)]
    std::thread::scope(|scope| scope.spawn(move || drop(consumer.pop())).join().unwrap());
}
