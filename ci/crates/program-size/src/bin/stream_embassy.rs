//! A stream of tokens, with embassy-sync.
//!
//! A channel cannot be closed, so its messages are tokens or `None`, which is the end of the stream. Its halves need not be
//! opened, and nothing keeps a program from sending behind the end.
#![no_std]
#![no_main]

use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, channel::Channel};
use program_size::{N, Received, Receives, Sends, Token, program, stream};

static CHANNEL: Channel<CriticalSectionRawMutex, Option<Token>, N> = Channel::new();

struct Sending;

impl Sends for Sending {
    fn send(&mut self, token: Token) -> bool {
        CHANNEL.try_send(Some(token)).is_ok()
    }

    fn close(self) -> Option<Self> {
        CHANNEL.try_send(None).is_err().then_some(self)
    }
}

struct Receiving;

impl Receives for Receiving {
    fn receive(&mut self) -> Received {
        match CHANNEL.try_receive() {
            Ok(Some(token)) => Received::Token(token),
            Ok(None) => Received::End,
            Err(_) => Received::Nothing,
        }
    }
}

program!(stream(|| Some((Sending, Receiving))));
