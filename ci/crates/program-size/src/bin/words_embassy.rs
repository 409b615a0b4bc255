//! A queue of words, with embassy-sync.
#![no_std]
#![no_main]

use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, channel::Channel};
use program_size::{N, Words, program, words};

static CHANNEL: Channel<CriticalSectionRawMutex, u32, N> = Channel::new();

struct Ends;

impl Words for Ends {
    fn push(&mut self, word: u32) -> bool {
        CHANNEL.try_send(word).is_ok()
    }

    fn pop(&mut self) -> Option<u32> {
        CHANNEL.try_receive().ok()
    }
}

program!(words(Ends));
