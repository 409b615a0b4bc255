//! L3: how an end of a stream waits for the other.

#[derive(Debug)] pub struct Wake<const K: usize = 8>;

/// How one end of a stream tells the other that something changed: a type parameter of
/// [`StreamPool`](crate::StreamPool), so that a stream nobody waits on pays nothing.
///
/// Sealed: [`Poll`], and [`Park`] with `std`.
pub trait Notify: sealed::Sealed + Send + Sync + 'static {
    #[doc(hidden)]
    fn new() -> Self;

    /// Called after each change the other end may wait for.
    #[doc(hidden)]
    fn notify(&self);

    /// Called when the stream is lent anew: nobody waits.
    #[doc(hidden)]
    fn reset(&mut self);
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Poll {}
}

/// Nobody waits: both ends look when they like. Costs nothing; the only policy without `std`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Poll;

impl Notify for Poll {
    fn new() -> Self {
        Self
    }

    #[inline(always)]
    fn notify(&self) {}

    fn reset(&mut self) {}
}
