//! A stream of tokens, with forebay.
#![no_std]
#![no_main]

use forebay::{Receiver, RecvError, Sender, StreamPool};
use program_size::{N, Received, Receives, Sends, Token, program, stream};

static STREAMS: StreamPool<Token, 1, N> = StreamPool::new();

struct Sending(Sender<&'static StreamPool<Token, 1, N>>);

impl Sends for Sending {
    fn send(&mut self, token: Token) -> bool {
        self.0.try_send(token).is_ok()
    }

    fn close(self) -> Option<Self> {
        self.0.close();
        None
    }
}

struct Receiving(Receiver<&'static StreamPool<Token, 1, N>>);

impl Receives for Receiving {
    fn receive(&mut self) -> Received {
        match self.0.try_recv() {
            Ok(token) => Received::Token(token),
            Err(RecvError::Empty) => Received::Nothing,
            Err(RecvError::Ended(_)) => Received::End,
        }
    }
}

program!(stream(|| {
    let (sender, receiver) = STREAMS.try_open().ok()?;
    Some((Sending(sender), Receiving(receiver)))
}));
