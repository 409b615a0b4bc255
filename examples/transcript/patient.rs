//! Standard streams that may not block.
//!
//! `O_NONBLOCK` belongs to the open file, so any process that shares a pipe or a terminal can set it for all of them.
//! Reads and writes then fail where they would have waited. The types here wait by sleeping between attempts, which works
//! on every system and needs no unsafe code.

use std::io::{self, ErrorKind, Write};
use std::thread;
use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(32);

/// How long to sleep before the next attempt.
pub(crate) struct Patience(Duration);

impl Patience {
    pub(crate) fn new() -> Self {
        Self(SHORTEST)
    }

    /// Returns whether to try again after this error. Sleeps first if the stream was not ready.
    pub(crate) fn has(&mut self, error: &io::Error) -> bool {
        match error.kind() {
            ErrorKind::Interrupted => true,
            ErrorKind::WouldBlock => {
                thread::sleep(self.0);
                self.0 = LONGEST.min(2 * self.0);
                true
            }
            _ => false,
        }
    }
}

/// A writer that waits for room. `write_all` on it loses nothing, unlike on the writer within, which fails at the first
/// full buffer and does not tell how much it wrote.
pub(crate) struct Patient<W>(pub(crate) W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut patience = Patience::new();
        loop {
            match self.0.write(bytes) {
                Err(error) if patience.has(&error) => {}
                result => return result,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut patience = Patience::new();
        loop {
            match self.0.flush() {
                Err(error) if patience.has(&error) => {}
                result => return result,
            }
        }
    }
}
