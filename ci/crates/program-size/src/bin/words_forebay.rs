//! A queue of words, with forebay.
#![no_std]
#![no_main]

use forebay::{Consumer, Producer, Ring};
use program_size::{N, Words, fail, program, words};

static RING: Ring<u32, N> = Ring::new();

struct Ends(Producer<&'static Ring<u32, N>>, Consumer<&'static Ring<u32, N>>);

impl Words for Ends {
    fn push(&mut self, word: u32) -> bool {
        self.0.push(word).is_ok()
    }

    fn pop(&mut self) -> Option<u32> {
        self.1.pop().ok()
    }
}

program!({
    let (Some(producer), Some(consumer)) = (RING.try_producer(), RING.try_consumer()) else {
        fail()
    };
    words(Ends(producer, consumer))
});
