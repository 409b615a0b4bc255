//! Standard streams that may not block.
//!
//! `O_NONBLOCK` belongs to the open file, so any process that shares a pipe or a terminal can set it for all of them.
//! Reads and writes then fail where they would have waited. Here they wait, in a way that works on every system: they
//! sleep, at first for a millisecond.

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

    /// Whether the failed attempt is worth another one, now that some time has passed.
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

/// A writer that waits for room. `write_all` through it loses nothing: it continues behind what was written.
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
