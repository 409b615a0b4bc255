//! A queue of words, with heapless.
#![no_std]
#![no_main]
#![allow(static_mut_refs)] // `split` wants `&'static mut`

use heapless::spsc::{Consumer, Producer, Queue};
use program_size::{N, Words, program, words};

// One of its places stays empty.
static mut QUEUE: Queue<u32, { N + 1 }> = Queue::new();

struct Ends(Producer<'static, u32>, Consumer<'static, u32>);

impl Words for Ends {
    fn push(&mut self, word: u32) -> bool {
        self.0.enqueue(word).is_ok()
    }

    fn pop(&mut self) -> Option<u32> {
        self.1.dequeue()
    }
}

program!({
    // SAFETY: the only reference to it that is made, because `main` runs once.
    let (producer, consumer) = unsafe { QUEUE.split() };
    words(Ends(producer, consumer))
});
