//! L6: a pool of rings, lent as the two halves of a token stream.

#[cfg(feature = "std")]
mod blocking;
#[cfg(any(feature = "std", feature = "async"))]
pub(crate) mod open;
#[cfg(any(feature = "std", feature = "async"))]
pub(crate) mod waiting;

#[cfg(feature = "std")]
pub use blocking::{IntoIter, Iter};

use crate::defer::Defer;
use crate::error::{End, Exhausted, PushError, RecvError, SendError, TextError};
use crate::pool::{Lease, Loan, Metrics, Pool, SharedLease};
use crate::reset::Policy;
use crate::ring::{Consumer, Drain, Hosted, Producer};
use crate::sync::{Ordering::Relaxed, const_fn, plain, seeded};
use crate::token::Token;
use crate::wait::{Notify, Poll};
use core::fmt;
use core::mem::{self, MaybeUninit};

/// `STREAMS` token streams of `DEPTH` tokens each, opened again and again without an allocation.
///
/// [`open`](Self::open) lends a ring as a [`Sender`] and a [`Receiver`]. They may go to different threads
/// and be dropped in any order. Tokens that nobody received are dropped with the receiver, and when the second half goes,
/// the ring is lent again, however the stream ended: go-llms' `ChannelPool`, whose channels never come back
/// because their producers close them, working.
///
/// # Shape
/// `STREAMS` and `DEPTH` from 1 to 65,535, checked at compile time; `DEPTH` is 20 unless told otherwise, as
/// go-llms has it. `W` says how the halves wait for each other: [`Poll`] (they do not),
/// [`Wake`](crate::Wake), or a [`Notify`] of your own.
///
/// # Context
/// As [`Pool`]; the halves as [`Ring`](crate::Ring)'s ends: any thread, any interrupt handler.
///
/// # Examples
/// ```
/// use forebay::{End, RecvError, StreamPool, Token};
///
/// static STREAMS: StreamPool<Token, 4> = StreamPool::new();
///
/// let (mut sender, mut receiver) = STREAMS.open()?;
/// sender.try_send_text("Hello, ").unwrap();
/// sender.try_send_text("world").unwrap();
/// sender.close();
///
/// assert_eq!(receiver.try_recv().unwrap(), "Hello, ");
/// assert_eq!(receiver.try_recv().unwrap(), "world");
/// assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Finished)));
/// # Ok::<(), forebay::Exhausted>(())
/// ```
#[doc(alias = "ChannelPool")]
pub struct StreamPool<T, const STREAMS: usize, const DEPTH: usize = 20, W: Notify = Poll> {
    rings: Rings<T, STREAMS, DEPTH, W>,
}

/// A pooled ring and what its halves share besides.
type Channel<T, const DEPTH: usize, W> = Hosted<T, DEPTH, Shared<W>>;
/// The rings of a pool of streams.
type Rings<T, const STREAMS: usize, const DEPTH: usize, W> =
    Pool<Channel<T, DEPTH, W>, STREAMS, Reopen, <W as Notify>::Open>;
/// A half's handle to its channel.
type Handle<'a, T, const STREAMS: usize, const DEPTH: usize, W> =
    SharedLease<&'a Rings<T, STREAMS, DEPTH, W>>;

/// Both halves of a stream.
pub(crate) type Halves<'a, T, const STREAMS: usize, const DEPTH: usize, W> =
    (Sender<'a, T, STREAMS, DEPTH, W>, Receiver<'a, T, STREAMS, DEPTH, W>);

/// Lends a ring as both halves of a stream.
#[inline]
fn halves<'a, T, const STREAMS: usize, const DEPTH: usize, W: Notify>(
    ring: Lease<&'a Rings<T, STREAMS, DEPTH, W>>,
) -> Halves<'a, T, STREAMS, DEPTH, W> {
    let (producer, consumer) = Hosted::lend(ring);
    let sender = Sender { producer, unsent: W::Unsent::default() };
    let receiver = Receiver {
        consumer,
        #[cfg(any(feature = "std", feature = "async"))]
        told: false,
    };
    (sender, receiver)
}

/// What the halves of a stream share besides the ring.
#[derive(Debug)]
struct Shared<W> {
    /// How the stream ended; written before the ring is closed, read after it is seen closed.
    end: plain::AtomicUsize,
    /// How often the ring was opened before.
    epoch: usize,
    /// The receiver waits here.
    receiver: W,
    /// The sender waits here.
    sender: W,
}

impl<W: Notify> Shared<W> {
    fn new() -> Self {
        let end = plain::AtomicUsize::new(0);
        Self { end, epoch: 0, receiver: W::new(), sender: W::new() }
    }

    /// Returns why there is no token, for a receiver that `refuses` more or does not.
    fn nothing(&self, ended: bool, refuses: bool) -> RecvError {
        if ended {
            RecvError::Ended(self.reason())
        } else if refuses && !seeded!("cancelled_goes_on", true, false) {
            RecvError::Ended(End::Cancelled)
        } else {
            RecvError::Empty
        }
    }

    /// Returns how the stream ended. The consumer must have seen the ring closed.
    #[allow(clippy::cast_possible_truncation)] // The code has 16 bits.
    fn reason(&self) -> End {
        // Relaxed: C1 of the ring has acquired it.
        let end = self.end.load(Relaxed);
        match end & 0xff {
            FINISHED => End::Finished,
            FAILED => End::Failed((end >> 8) as u16),
            _ => End::Aborted,
        }
    }
}

/// Makes rings, and opens them again when they come back.
#[derive(Debug)]
struct Reopen;

impl<T, const DEPTH: usize, W: Notify> Policy<Channel<T, DEPTH, W>> for Reopen {
    fn make(&self, _slot: usize) -> Channel<T, DEPTH, W> {
        Hosted::new(Shared::new())
    }

    fn make_in<'p>(
        &self,
        _slot: usize,
        place: &'p mut MaybeUninit<Channel<T, DEPTH, W>>,
    ) -> &'p mut Channel<T, DEPTH, W> {
        Hosted::init(place, Shared::new())
    }

    #[inline]
    fn recycle(&self, channel: &mut Channel<T, DEPTH, W>) -> bool {
        if !seeded!("end_not_reset", true, false) {
            channel.extra.end.store(0, Relaxed);
        }
        channel.extra.epoch = channel.extra.epoch.wrapping_add(1);
        channel.extra.receiver.reset();
        channel.extra.sender.reset();
        channel.reset();
        true
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> StreamPool<T, STREAMS, DEPTH, W> {
    const_fn! {
        /// A pool of rings that are made when they are first opened.
        #[must_use]
        pub const fn new() -> Self {
            const { assert!(DEPTH >= 1 && DEPTH <= 65_535, "depth must be from 1 to 65,535") };
            Self { rings: Pool::with_waiting(Reopen) }
        }
    }

    /// Opens a stream on a free ring.
    ///
    /// # Errors
    /// [`Exhausted`]: all `STREAMS` rings were seen open during the call.
    ///
    /// # Context
    /// Lock-free; callable in an interrupt handler.
    ///
    /// # Cost
    /// Two read-modify-writes; two more when the halves are dropped, and a third to free the ring. With
    /// [`Wake`](crate::Wake) the drop of a half is one more. If tokens need to be dropped, so is the drop of a receiver
    /// whose sender has not ended the stream.
    #[inline]
    pub fn open(&self) -> Result<Halves<'_, T, STREAMS, DEPTH, W>, Exhausted> {
        self.rings.try_get().map(halves)
    }

    /// How many streams can be open at once: `STREAMS`.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        STREAMS
    }

    /// How many more streams could be opened now. Stale at once. As [`Pool::available`].
    #[must_use]
    pub fn available(&self) -> usize {
        self.rings.available()
    }

    /// The pool's counts, where an object is a ring: `gets` are streams opened, `misses` the different
    /// rings they were opened on. As [`Pool::metrics`].
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.rings.metrics()
    }

    /// Begins a new epoch for [`audit`](Self::audit). As [`Pool::advance_epoch`].
    pub fn advance_epoch(&self) -> usize {
        self.rings.advance_epoch()
    }

    /// The rings that are open, since when, and whether both halves are there (two holders). As
    /// [`Pool::audit`].
    pub fn audit(&self) -> impl Iterator<Item = Loan> + '_ {
        self.rings.audit()
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> Default
    for StreamPool<T, STREAMS, DEPTH, W>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> fmt::Debug
    for StreamPool<T, STREAMS, DEPTH, W>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamPool").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}

/// Which stream this is: a ring of the pool, and how often it was opened before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StreamId {
    /// The ring's number: below `STREAMS`.
    pub ring: usize,
    /// How often the ring was opened before. Begins again at 0 when a token's drop panicked and the ring had
    /// to be made anew.
    pub epoch: usize,
}

/// The writing half of a stream. Dropped without [`close`](Self::close) or [`fail`](Self::fail), also by a panic,
/// it ends the stream as [`End::Aborted`].
///
/// Unless it says otherwise, a method is wait-free, may be called in an interrupt handler, and costs one
/// load of a shared word. With [`Wake`](crate::Wake) a change costs a compare-exchange and, when the other half
/// waits, a wake-up: then a method may be called where that waker may.
pub struct Sender<'a, T, const STREAMS: usize, const DEPTH: usize = 20, W: Notify = Poll> {
    producer: Producer<Handle<'a, T, STREAMS, DEPTH, W>>,
    /// The token of a `send` that is not done.
    #[cfg_attr(not(any(feature = "std", feature = "async")), expect(dead_code))]
    unsent: W::Unsent<T>,
}

/// The reading half of a stream. Dropped, it cancels the stream: the sender's next token is refused.
///
/// Tokens that were not received are dropped with it, so that what they hold comes back though the sender stays. With
/// [`Poll`], a token that is sent at that very moment can stay until the sender next sends; with
/// [`Wake`](crate::Wake), none does.
///
/// Context and cost of its methods, unless they say otherwise, as those of [`Sender`].
pub struct Receiver<'a, T, const STREAMS: usize, const DEPTH: usize = 20, W: Notify = Poll> {
    consumer: Consumer<Handle<'a, T, STREAMS, DEPTH, W>>,
    /// Whether an iterator or the `Stream` told the end.
    #[cfg(any(feature = "std", feature = "async"))]
    told: bool,
}

/// [`End`] in a word: the code stands 8 bits up. 0 is `Aborted`: a ring that nobody finished says so.
const FINISHED: usize = 1;
const FAILED: usize = 2;

impl<'a, T, const STREAMS: usize, const DEPTH: usize, W: Notify> Sender<'a, T, STREAMS, DEPTH, W> {
    /// Sends `token`, or says at once why not.
    ///
    /// # Errors
    /// [`SendError::Full`] or [`SendError::Cancelled`], with the token.
    ///
    /// # Context
    /// Wait-free with [`Poll`]; callable in an interrupt handler.
    ///
    /// # Cost
    /// That of [`Producer::push`], and the waiting policy's.
    ///
    /// # Examples
    /// ```
    /// use forebay::{SendError, StreamPool};
    ///
    /// static STREAMS: StreamPool<u32, 1, 2> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.open()?;
    /// sender.try_send(1).unwrap();
    /// sender.try_send(2).unwrap();
    /// assert_eq!(sender.try_send(3), Err(SendError::Full(3)));
    /// receiver.cancel();
    /// assert_eq!(sender.try_send(3), Err(SendError::Cancelled(3)));
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[inline]
    pub fn try_send(&mut self, token: T) -> Result<(), SendError<T>> {
        let sent = self.producer.push(token).map_err(|refused| match refused {
            PushError::Full(token) => SendError::Full(token),
            PushError::Closed(token) => SendError::Cancelled(token),
        });
        if mem::needs_drop::<T>() && matches!(sent, Err(SendError::Cancelled(_))) {
            self.producer.sweep();
        }
        sent?;
        let has_left = !seeded!("send_without_wake", true, false)
            && self.shared().receiver.notify(|| self.producer.len());
        // A receiver that left before `notify` has not seen the token, and will not drop it.
        if mem::needs_drop::<T>() && has_left && !seeded!("sent_to_nobody", true, false) {
            self.producer.sweep();
        }
        Ok(())
    }

    /// Ends the stream: all was sent. The receiver gets every token and then [`End::Finished`].
    #[doc(alias = "finish")]
    pub fn close(mut self) {
        self.end(FINISHED);
    }

    /// Ends the stream with an error of yours. The receiver gets every token and then
    /// [`End::Failed`] with `code`.
    ///
    /// # Examples
    /// ```
    /// use forebay::{End, RecvError, StreamPool};
    ///
    /// static STREAMS: StreamPool<u32, 1> = StreamPool::new();
    /// let (sender, mut receiver) = STREAMS.open()?;
    /// sender.fail(503);
    /// assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Failed(503))));
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn fail(mut self, code: u16) {
        self.end(FAILED | (usize::from(code) << 8));
    }

    /// Whether the receiver left, or this half was closed as a `Sink`: no token will be taken. Once `true`, it
    /// stays so.
    #[inline]
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.producer.is_closed()
    }

    /// Tokens in the stream that were not received. May be fewer at once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.producer.len()
    }

    /// Whether everything sent was received. If so, it stays so until the next token is sent. It says nothing once the
    /// receiver has left, which drops what it has not received: see [`is_cancelled`](Self::is_cancelled).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.producer.is_empty()
    }

    /// Which stream this is.
    #[must_use]
    pub fn id(&self) -> StreamId {
        id(self.producer.handle())
    }

    fn end(&mut self, how: usize) {
        // What was said when this half was closed as a `Sink` stays.
        let said = self.is_cancelled() && self.shared().end.load(Relaxed) != 0;
        if said && !seeded!("end_said_twice", true, false) {
            return;
        }
        if seeded!("end_after_close", true, false) {
            self.producer.mark_closed();
        }
        // Relaxed: `mark_closed`, called next or by the drop that follows, releases it.
        self.shared().end.store(how, Relaxed);
    }

    /// Tells the end that was said before, or `Aborted`, and wakes the receiver.
    #[inline]
    fn leave(&self) {
        self.producer.mark_closed();
        if !seeded!("leave_without_wake", true, false) {
            self.shared().receiver.ended();
        }
    }

    fn shared(&self) -> &Shared<W> {
        &self.producer.handle().extra
    }
}

impl<const STREAMS: usize, const DEPTH: usize, const CAP: usize, W: Notify>
    Sender<'_, Token<CAP>, STREAMS, DEPTH, W>
{
    /// Sends `text`, split over as many tokens as it needs, at character boundaries; as much of it as
    /// there is room for. No byte is lost or sent twice, and the order stays.
    ///
    /// # Cost
    /// That of [`try_send`](Self::try_send) for each token.
    ///
    /// # Errors
    /// [`TextError`], which says how much was sent and why not all: send `&text[error.sent()..]` later.
    ///
    /// # Examples
    /// ```
    /// use forebay::{StreamPool, Token};
    ///
    /// static STREAMS: StreamPool<Token<4>, 1, 2> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.open()?;
    /// let text = "aé€𝄞"; // 1 + 2 + 3 + 4 bytes
    /// let error = sender.try_send_text(text).unwrap_err();
    /// assert_eq!(receiver.try_recv().unwrap(), "aé");
    /// assert_eq!(receiver.try_recv().unwrap(), "€");
    /// assert_eq!(&text[error.sent()..], "𝄞");
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn try_send_text(&mut self, text: &str) -> Result<(), TextError> {
        let mut rest = text;
        while let Some((token, behind)) = Token::split_from(rest) {
            self.try_send(token).map_err(|refused| TextError {
                sent: text.len() - rest.len(),
                cancelled: matches!(refused, SendError::Cancelled(_)),
            })?;
            rest = behind;
        }
        Ok(())
    }
}

impl<'a, T, const STREAMS: usize, const DEPTH: usize, W: Notify>
    Receiver<'a, T, STREAMS, DEPTH, W>
{
    /// The next token, or says at once that there is none.
    ///
    /// # Errors
    /// [`RecvError::Empty`], or [`RecvError::Ended`] with the [`End`] when every token was received, or when this half
    /// [cancelled](Self::cancel) the stream and nothing is there.
    ///
    /// # Context
    /// Wait-free with [`Poll`]; callable in an interrupt handler.
    ///
    /// # Cost
    /// That of [`Consumer::pop`], and the waiting policy's.
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, RecvError> {
        let refuses = self.consumer.refuses();
        let nothing = move |shared: &Shared<W>, ended| shared.nothing(ended, refuses);
        if !mem::needs_drop::<T>() {
            return self.consumer.pop_then(Self::notify_sender, nothing);
        }
        // A waker may panic; the token must not leak then.
        let received = self.consumer.pop_then(|_| (), nothing);
        if received.is_ok() {
            Self::notify_sender(&self.consumer);
        }
        received
    }

    /// Takes the tokens that are there now, one by one. What was not taken stays. A waiting sender is woken
    /// once, when the iterator is dropped.
    ///
    /// # Examples
    /// ```
    /// use forebay::StreamPool;
    ///
    /// static STREAMS: StreamPool<u32, 1> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.open()?;
    /// (0..5).for_each(|n| sender.try_send(n).unwrap());
    /// assert_eq!(receiver.drain().sum::<u32>(), 10);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn drain(&mut self) -> Tokens<'_, 'a, T, STREAMS, DEPTH, W> {
        Tokens { drain: self.consumer.drain() }
    }

    /// Moves the tokens that are there now to the end of `out`, in one step. How many.
    ///
    /// For a collection that cannot grow, take [`drain`](Self::drain) with `take` instead.
    ///
    /// # Cost
    /// That of each [`try_recv`](Self::try_recv), but one look for tokens and one wake-up in all.
    ///
    /// # Examples
    /// ```
    /// use forebay::StreamPool;
    ///
    /// static STREAMS: StreamPool<u32, 1> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.open()?;
    /// (0..5).for_each(|n| sender.try_send(n).unwrap());
    /// let mut numbers = Vec::new();
    /// assert_eq!(receiver.drain_into(&mut numbers), 5);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    pub fn drain_into(&mut self, out: &mut impl Extend<T>) -> usize {
        let mut tokens = self.drain();
        let count = tokens.len();
        out.extend(&mut tokens);
        count - tokens.len()
    }

    /// Tells the sender to stop: its next token is refused as [`SendError::Cancelled`].
    ///
    /// Tokens sent before can still be received. Behind the last of them every form of `recv` gives the end at once,
    /// without waiting for the sender: [`End::Cancelled`], or the sender's own if it has ended the stream. A token whose
    /// sending overlaps this call may come before that end or behind it, or is dropped with this half.
    ///
    /// # Source
    /// tokio's `Receiver::close`.
    ///
    /// # Examples
    /// ```
    /// use forebay::{End, RecvError, StreamPool};
    ///
    /// static STREAMS: StreamPool<u32, 1> = StreamPool::new();
    /// let (mut sender, mut receiver) = STREAMS.open()?;
    /// sender.try_send(1).unwrap();
    /// receiver.cancel();
    /// assert_eq!(receiver.try_recv(), Ok(1));
    /// assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Cancelled))); // though the sender is there
    /// # drop(sender);
    /// # Ok::<(), forebay::Exhausted>(())
    /// ```
    #[doc(alias = "close")]
    pub fn cancel(&mut self) {
        self.consumer.refuse();
        self.wake_sender();
    }

    fn wake_sender(&self) {
        if !seeded!("cancel_without_wake", true, false) {
            self.shared().sender.ended();
        }
    }

    /// How the stream ended, or `None` while it goes on. Tokens may be left.
    ///
    /// [`End::Cancelled`] when this half [cancelled](Self::cancel) the stream, until the sender ends it, too.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        if self.consumer.is_closed() {
            Some(self.shared().reason())
        } else {
            self.consumer.refuses().then_some(End::Cancelled)
        }
    }

    /// Tokens that can be received. May be more at once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.consumer.len()
    }

    /// Whether there is no token to receive. May be untrue at once.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.consumer.is_empty()
    }

    /// Which stream this is.
    #[must_use]
    pub fn id(&self) -> StreamId {
        id(self.consumer.handle())
    }

    #[inline(always)]
    fn notify_sender(consumer: &Consumer<Handle<'a, T, STREAMS, DEPTH, W>>) {
        if !seeded!("recv_without_wake", true, false) {
            let _ = consumer.handle().extra.sender.notify(|| DEPTH - consumer.len());
        }
    }

    fn shared(&self) -> &Shared<W> {
        &self.consumer.handle().extra
    }
}

/// The tokens of a stream that were there when it was made. See [`Receiver::drain`].
pub struct Tokens<'r, 'a, T, const STREAMS: usize, const DEPTH: usize, W: Notify> {
    drain: Drain<'r, Handle<'a, T, STREAMS, DEPTH, W>>,
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> Iterator
    for Tokens<'_, '_, T, STREAMS, DEPTH, W>
{
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.drain.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.drain.size_hint()
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> ExactSizeIterator
    for Tokens<'_, '_, T, STREAMS, DEPTH, W>
{
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> Drop
    for Tokens<'_, '_, T, STREAMS, DEPTH, W>
{
    fn drop(&mut self) {
        if !seeded!("drain_without_wake", true, false) {
            let consumer = self.drain.consumer();
            let _ = consumer.handle().extra.sender.notify(|| DEPTH - consumer.len());
        }
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> Drop
    for Sender<'_, T, STREAMS, DEPTH, W>
{
    #[inline]
    fn drop(&mut self) {
        // A waker may panic; the other one is dropped all the same. Then the producer gives up the ring.
        let _withdraw = Defer(|| self.shared().sender.leave());
        self.leave();
    }
}

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> Drop
    for Receiver<'_, T, STREAMS, DEPTH, W>
{
    #[inline]
    fn drop(&mut self) {
        // A waker may panic; the other one is dropped all the same. Then the consumer drops the tokens that are left,
        // which must come last (W1 of `Wake`), and gives up the ring.
        let _withdraw = Defer(|| self.shared().receiver.leave());
        self.consumer.mark_closed();
        self.wake_sender();
    }
}

// A token that is kept is moved, and never pinned.
impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> Unpin
    for Sender<'_, T, STREAMS, DEPTH, W>
{
}

/// `Debug` by what the half can say of the stream.
macro_rules! half_debug {
    ($($name:ident),+) => {$(
        impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> fmt::Debug
            for $name<'_, T, STREAMS, DEPTH, W>
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("id", &self.id())
                    .field("len", &self.len())
                    .finish_non_exhaustive()
            }
        }
    )+};
}

half_debug!(Sender, Receiver);

impl<T, const STREAMS: usize, const DEPTH: usize, W: Notify> fmt::Debug
    for Tokens<'_, '_, T, STREAMS, DEPTH, W>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("len", &self.drain.len()).finish()
    }
}

fn id<T, const STREAMS: usize, const DEPTH: usize, W: Notify>(
    handle: &Handle<'_, T, STREAMS, DEPTH, W>,
) -> StreamId {
    StreamId { ring: SharedLease::slot(handle), epoch: handle.extra.epoch }
}
