//! Errors: why not, now. A refused value comes back inside the error.
//!
//! Errors are plain data: their methods may be called anywhere and read a field or two.

use core::fmt;

/// No object is free: all of them were seen on loan during the call, or are not for the caller: reserved
/// ([`Headroom`](crate::Headroom)), or being moved from or to a lane of a [`LanePool`](crate::LanePool).
///
/// One may come back before you look again. With several words of slots (more than 32 on 64-bit
/// targets, 16 on others) the slots are seen one word after the other, not at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Exhausted {
    pub(crate) capacity: u16,
}

impl Exhausted {
    /// How many objects the pool has in all.
    #[must_use]
    pub fn capacity(self) -> usize {
        usize::from(self.capacity)
    }
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pool of {} exhausted", self.capacity)
    }
}

impl core::error::Error for Exhausted {}

/// No object is free, and all seats for waiting callers are taken: there are as many as the pool's waiting policy says.
#[cfg(any(feature = "std", feature = "async"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TooManyWaiters;

#[cfg(any(feature = "std", feature = "async"))]
impl fmt::Display for TooManyWaiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pool exhausted, and too many callers wait already")
    }
}

#[cfg(any(feature = "std", feature = "async"))]
impl core::error::Error for TooManyWaiters {}

/// Why waiting for an object ended without one.
#[cfg(feature = "std")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum WaitError {
    /// The time was up.
    TimedOut(Exhausted),
    /// All seats for waiting callers are taken: the caller did not wait.
    TooManyWaiters(TooManyWaiters),
}

#[cfg(feature = "std")]
impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(why) => write!(f, "the time was up: {why}"),
            Self::TooManyWaiters(why) => why.fmt(f),
        }
    }
}

#[cfg(feature = "std")]
impl core::error::Error for WaitError {}

/// Which of several pools refused, and why. What the others gave is back already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NotAll<E = Exhausted> {
    pub(crate) part: usize,
    pub(crate) why: E,
}

impl<E> NotAll<E> {
    /// The pool's number among those that were named, from 0 and from left to right: in `(&A, (&B, &C))`, that of
    /// `C` is 2.
    #[must_use]
    pub fn part(&self) -> usize {
        self.part
    }

    /// What that pool said.
    #[must_use]
    pub fn why(self) -> E {
        self.why
    }
}

impl<E: fmt::Display> fmt::Display for NotAll<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part {}: {}", self.part, self.why)
    }
}

impl<E: core::error::Error> core::error::Error for NotAll<E> {}

/// Why waiting for objects of several pools ended without them.
#[cfg(any(feature = "std", feature = "async"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum WaitAllError {
    /// The time was up. Only where there is a timeout.
    TimedOut(Exhausted),
    /// All seats for waiting callers are taken: the caller did not wait.
    TooManyWaiters(TooManyWaiters),
    /// More objects of one pool are wanted than it can promise to each of those that may wait: as many callers, each
    /// with some of them, could wait for each other's for ever. The caller got none, and did not wait.
    TooManyParts {
        /// The most that the pool can promise: 1 + (`n` - 1) / `K`, of `n` objects in reach, with `K` seats.
        max_parts: usize,
    },
}

#[cfg(any(feature = "std", feature = "async"))]
impl fmt::Display for WaitAllError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(why) => write!(f, "the time was up: {why}"),
            Self::TooManyWaiters(why) => why.fmt(f),
            Self::TooManyParts { max_parts } => write!(
                f,
                "more objects of one pool than the {max_parts} that each who waits for it may want"
            ),
        }
    }
}

#[cfg(any(feature = "std", feature = "async"))]
impl core::error::Error for WaitAllError {}

/// Errors that carry the refused value `T` back; `Debug` and `Error` ask nothing of `T`.
macro_rules! carries_value {
    ($name:ident, $value:ident: $($refused:pat => $short:literal, $text:literal;)+) => {
        impl<T> $name<T> {
            /// The value that was refused.
            #[must_use]
            pub fn into_inner(self) -> T {
                match self {
                    $($refused => $value,)+
                }
            }

            fn text(&self, short: bool) -> &'static str {
                match self {
                    $(#[allow(unused_variables)] $refused => if short { $short } else { $text },)+
                }
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text(true))
            }
        }

        impl<T> fmt::Display for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text(false))
            }
        }

        impl<T> core::error::Error for $name<T> {}

        #[cfg(feature = "defmt")]
        impl<T> defmt::Format for $name<T> {
            fn format(&self, f: defmt::Formatter<'_>) {
                defmt::write!(f, "{=str}", self.text(false));
            }
        }
    };
}

/// Every place is taken; the value comes back.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Full<T>(pub T);
carries_value!(Full, value: Self(value) => "Full(..)", "full: every place is taken";);

/// The receiver left; the token comes back. Stop generating.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cancelled<T>(pub T);
carries_value!(Cancelled, value: Self(value) => "Cancelled(..)", "receiver left the stream";);

/// Why [`Producer::push`](crate::Producer::push) gave the value back.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum PushError<T> {
    /// Every place holds an item; the consumer may free one at any time.
    Full(T),
    /// The consumer closed the ring: nothing pushed would ever be read.
    Closed(T),
}
carries_value!(PushError, value:
    Self::Full(value) => "Full(..)", "ring full";
    Self::Closed(value) => "Closed(..)", "ring closed by its consumer";
);

/// Why [`Sender::try_send`](crate::Sender::try_send) gave the token back.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendError<T> {
    /// The stream holds as many tokens as it can; the receiver may take one at any time.
    Full(T),
    /// The receiver left: nobody will read another token. Stop generating.
    Cancelled(T),
}
carries_value!(SendError, value:
    Self::Full(value) => "Full(..)", "stream full";
    Self::Cancelled(value) => "Cancelled(..)", "receiver left the stream";
);

/// Why [`Consumer::pop`](crate::Consumer::pop) has no item.
// As large as the tag beside a word or a byte, so that both are written in one go: a pop on a Cortex-M takes 1 to 2
// instructions less, and none more elsewhere but 1 on RISC-V if its result stays in memory.
#[cfg_attr(not(target_pointer_width = "64"), repr(usize))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PopError {
    /// Nothing is there now.
    Empty,
    /// Nothing is there and nothing will come: the producer closed the ring.
    Closed,
}

impl fmt::Display for PopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "ring empty",
            Self::Closed => "ring closed by its producer",
        })
    }
}

impl core::error::Error for PopError {}

/// How a stream ended. Every token sent before it was delivered first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum End {
    /// The sender said that this is all: [`Sender::close`](crate::Sender::close).
    Finished,
    /// The sender gave up, with a code of its own: [`Sender::fail`](crate::Sender::fail).
    Failed(u16),
    /// The sender was dropped without a word: what arrived is not the whole.
    Aborted,
    /// The receiver itself cancelled the stream, and the sender has not ended it yet:
    /// [`Receiver::cancel`](crate::Receiver::cancel).
    Cancelled,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("finished"),
            Self::Failed(code) => write!(f, "failed with code {code}"),
            Self::Aborted => f.write_str("aborted: the sender was dropped before it finished"),
            Self::Cancelled => f.write_str("cancelled by its receiver"),
        }
    }
}

impl core::error::Error for End {}

/// Why [`Receiver::try_recv`](crate::Receiver::try_recv) has no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum RecvError {
    /// Nothing is there now; the stream goes on.
    Empty,
    /// Nothing is there and nothing will come.
    Ended(End),
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("stream empty"),
            Self::Ended(end) => write!(f, "stream {end}"),
        }
    }
}

impl core::error::Error for RecvError {}

/// Why not all of a text was sent, and how much of it was.
///
/// `&text[error.sent()..]` is what is left; it starts at a character boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TextError {
    pub(crate) sent: usize,
    pub(crate) cancelled: bool,
}

impl TextError {
    /// Bytes of the text that are in the stream.
    #[must_use]
    pub fn sent(self) -> usize {
        self.sent
    }

    /// `true` when the receiver left; `false` when the stream was full (or the time was up).
    #[must_use]
    pub fn is_cancelled(self) -> bool {
        self.cancelled
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = if self.cancelled { "receiver left the stream" } else { "stream full" };
        write!(f, "{why} after {} bytes of the text", self.sent)
    }
}

impl core::error::Error for TextError {}

/// The text is longer than the room that is left; nothing of it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TooLong {
    pub(crate) len: usize,
    pub(crate) room: usize,
}

impl TooLong {
    /// Bytes of the text that was refused.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // The length of a text, not of a collection.
    pub fn len(self) -> usize {
        self.len
    }

    /// Bytes that would have fitted.
    #[must_use]
    pub fn room(self) -> usize {
        self.room
    }
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text of {} bytes does not fit into {} bytes", self.len, self.room)
    }
}

impl core::error::Error for TooLong {}
