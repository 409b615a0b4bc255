//! Work that is done whatever happens.

/// Calls the closure when it is dropped: at the end of a scope, also when user code panics there.
pub(crate) struct Defer<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for Defer<F> {
    #[inline(always)]
    fn drop(&mut self) {
        (self.0)();
    }
}
