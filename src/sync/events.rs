//! Counters of events that are rare: [`Events`] and [`FewEvents`].

use super::{Ordering::Relaxed, const_fn, rmw, update};

/// Defines a counter of slow-path events.
macro_rules! events {
    ($name:ident, $atomic:ty) => {
        pub(crate) struct $name($atomic);

        impl $name {
            const_fn! {
                pub(crate) const fn new() -> Self {
                    Self(<$atomic>::new(0))
                }
            }

            /// Counts one more, up to the most that there is room for. How many now.
            /// Out of line, since it is for slow paths.
            #[cold]
            #[inline(never)]
            #[allow(clippy::unnecessary_cast, clippy::cast_lossless)] // The widths differ.
            pub(crate) fn count(&self) -> usize {
                let (Ok(before) | Err(before)) = update(&self.0, Relaxed, |n| n.checked_add(1));
                (before as usize).saturating_add(1)
            }

            #[allow(clippy::unnecessary_cast, clippy::cast_lossless)] // The widths differ.
            pub(crate) fn get(&self) -> u64 {
                self.0.load(Relaxed) as u64
            }
        }
    };
}

events!(Events, rmw::AtomicUsize);
events!(FewEvents, rmw::AtomicU16);
