//! The newest value, without a queue: [`Latest`].
//!
//! Of three places one is the writer's, one the reader's, and one lies between them. Each side exchanges its place for the one
//! between, so neither waits for the other.
//!
//! | edge | release site | acquire site | makes visible | model |
//! |---|---|---|---|---|
//! | N0→N1 | `write`: exchange of `between` | `get`: exchange of `between` | the value | `latest::write_vs_get` |
//! | N2→N3 | `get`: exchange of `between` | `write`: exchange of `between` | the reader is done with the place it gives | `latest::write_vs_get` |
//! | E0→E1 | `give_back` | `take` | which place the last end had | `latest::writer_taken_again`, `latest::reader_taken_again` |

use super::{CONSUMER as READER, PRODUCER as WRITER, give_back, take};
use crate::slot::Slots;
use crate::sync::pad::{DefaultPadding, Padded};
use crate::sync::{
    Ordering::{Acquire, Relaxed},
    const_fn, orderings, plain, rmw, seeded,
};
use core::fmt;

orderings! {
    /// N0 (pairs with N1): the value is written. N3 (pairs with N2): the reader is done with the place.
    write = seeded!("latest_write_relaxed", Relaxed, AcqRel);
    /// N1 (pairs with N0): the value is written. N2 (pairs with N3): the reader is done with the place.
    get = seeded!("latest_get_relaxed", Relaxed, AcqRel);
}

/// The newest value of one writer, for one reader.
///
/// For a setpoint, a sensor's reading or a configuration, of which only the newest counts: a value that was not read is
/// replaced. The reader borrows its value in place, which stays as it is until the reader asks again. Neither side waits, and no
/// value is torn.
///
/// # Shape
/// Three places for a `T`, and five words, one of them padded. A `static` of it is all zeros.
///
/// # Context and cost
/// Either end may be on any thread or in any interrupt handler. Nothing blocks and nothing allocates.
///
/// | method | progress | cost |
/// |---|---|---|
/// | [`new`](Self::new) | also in a constant | nothing at run time in a `static` |
/// | [`try_writer`](Self::try_writer), [`try_reader`](Self::try_reader), and the drop of an end | wait-free | one read-modify-write |
/// | [`LatestWriter::write`] | wait-free | one write of the value and one exchange; the drop of the value that it replaces |
/// | [`LatestReader::get`], [`get_new`](LatestReader::get_new) | wait-free | one load, and an exchange if there is a new value |
///
/// # Ordering
/// The write of a value happens before the get that returns it.
///
/// # Source
/// The triple buffer, as in the crate triple_buffer; differs: no heap, const, and no value until the first one is written.
///
// Invariants, cited by tag:
// - [three-places] the words `between`, `back` and `front` name the three places, each one. Only the writer's exchange moves a
//   place from `back`, only the reader's from `front`.
// - [writer-side] the place in `back` is the writer's, [reader-side] the one in `front` the reader's.
// - [has-value] a place has a value exactly if the word that names it says `VALUE`.
// - [one-each] there is at most one writer and one reader.
///
/// # Examples
/// ```
/// use forebay::ring::Latest;
///
/// static SPEED: Latest<u32> = Latest::new();
///
/// let mut writer = SPEED.try_writer().unwrap();
/// let mut reader = SPEED.try_reader().unwrap();
/// assert_eq!(reader.get(), None);
/// writer.write(1);
/// writer.write(2);
/// assert_eq!(reader.get(), Some(&2)); // 1 was replaced
/// assert_eq!(reader.get_new(), None);
/// assert_eq!(reader.get(), Some(&2));
/// ```
#[doc(alias = "TripleBuffer")]
pub struct Latest<T> {
    /// Names the place between the ends, and whether its value is [`NEW`]. Exchanged by both.
    between: Padded<rmw::AtomicUsize, DefaultPadding>,
    /// Names the writer's place, less [`BACK`]. Stored by the writer.
    back: plain::AtomicUsize,
    /// Names the reader's place, less [`FRONT`]. Stored by the reader.
    front: plain::AtomicUsize,
    /// Which ends are taken: [`WRITER`], [`READER`].
    taken: rmw::AtomicUsize,
    places: Slots<T, 3>,
}

/// The bits of a word that number a place.
const PLACE: usize = 3;
/// The place has a value.
const VALUE: usize = 4;
/// The reader has not seen the value.
const NEW: usize = 8;

/// The places in which the writer and the reader begin. Less these, all words are 0 at first.
const BACK: usize = 1;
const FRONT: usize = 2;

impl<T> Latest<T> {
    const_fn! {
        /// A cell without a value.
        #[must_use]
        pub const fn new() -> Self {
            Self {
                between: Padded::new(rmw::AtomicUsize::new(0)),
                back: plain::AtomicUsize::new(0),
                front: plain::AtomicUsize::new(0),
                taken: rmw::AtomicUsize::new(0),
                places: Slots::new(),
            }
        }
    }

    /// The writer, or `None` while there is one. Dropped, it can be taken again, on any thread.
    #[must_use]
    pub fn try_writer(&self) -> Option<LatestWriter<'_, T>> {
        take(&self.taken, WRITER).then(|| LatestWriter { latest: self })
    }

    /// The reader, or `None` while there is one. Dropped, it can be taken again, on any thread. Its value stays.
    #[must_use]
    pub fn try_reader(&self) -> Option<LatestReader<'_, T>> {
        take(&self.taken, READER).then(|| LatestReader { latest: self })
    }

    /// The words that name the writer's place and the reader's.
    fn ends(&self) -> [usize; 2] {
        [self.back.load(Relaxed) ^ BACK, self.front.load(Relaxed) ^ FRONT]
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Latest<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_new = self.between.load(Relaxed) & NEW != 0;
        f.debug_struct("Latest").field("is_new", &is_new).finish_non_exhaustive()
    }
}

impl<T> Drop for Latest<T> {
    fn drop(&mut self) {
        let [back, front] = self.ends();
        // An array, so that the others are dropped if the drop of one panics.
        let values = [back, front, self.between.load(Relaxed)].map(|word| {
            // SAFETY: [has-value], and nobody else has the cell; each place is read once: [three-places].
            (word & VALUE != 0).then(|| unsafe { self.places.read_ptr(word & PLACE).read() })
        });
        drop(values);
    }
}

/// The writing end of a [`Latest`].
pub struct LatestWriter<'a, T> {
    latest: &'a Latest<T>,
}

impl<T> LatestWriter<'_, T> {
    /// Stores `value`, for the reader's next get. A value that the reader has not got is replaced.
    ///
    /// # Panics
    /// As the drop of the value does that was stored two or three writes ago; the reader gets the new one all the same.
    #[inline]
    pub fn write(&mut self, value: T) {
        let latest = self.latest;
        let [back, _] = latest.ends();
        // SAFETY: [writer-side], [three-places].
        let place = unsafe { latest.places.write_ptr(back & PLACE) };
        // SAFETY: [has-value], [writer-side]; it is written over before anybody can read it again.
        let old = (back & VALUE != 0).then(|| unsafe { place.read() });
        // SAFETY: [writer-side]; the old value was moved out.
        unsafe { place.write(value) };
        let word = back & PLACE | VALUE | NEW;
        let given = if seeded!("latest_write_torn", true, false) {
            let seen = latest.between.load(Acquire); // N3, and the exchange in two.
            latest.between.store(word, Relaxed);
            seen
        } else {
            // N0: the value is written. N3: the reader is done with the place that we get.
            latest.between.swap(word, order::write())
        };
        latest.back.store(given & (PLACE | VALUE) ^ BACK, Relaxed);
        drop(old);
    }
}

impl<T> Drop for LatestWriter<'_, T> {
    fn drop(&mut self) {
        give_back(&self.latest.taken, WRITER);
    }
}

impl<T> fmt::Debug for LatestWriter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LatestWriter").field(&self.latest).finish()
    }
}

/// The reading end of a [`Latest`].
pub struct LatestReader<'a, T> {
    latest: &'a Latest<T>,
}

impl<T> LatestReader<'_, T> {
    /// Returns the newest value, which stays in place until the next call; `None` before the first write.
    #[inline]
    pub fn get(&mut self) -> Option<&T> {
        self.look();
        let [_, front] = self.latest.ends();
        // SAFETY: [reader-side], [has-value]; the borrow of the reader keeps it from giving the place away.
        (front & VALUE != 0).then(|| unsafe { &*self.latest.places.read_ptr(front & PLACE) })
    }

    /// Returns the newest value if no earlier call has returned it. It stays in place until the next call.
    #[inline]
    pub fn get_new(&mut self) -> Option<&T> {
        if self.look() { self.get() } else { None }
    }

    /// Exchanges the reader's place for one with a new value. `false` if there is none.
    #[inline]
    fn look(&self) -> bool {
        let latest = self.latest;
        // Relaxed: a hint. It is the reader alone that takes the mark away, so the exchange finds it again.
        let is_new = latest.between.load(Relaxed) & NEW != 0;
        if is_new {
            let [_, front] = latest.ends();
            // N1: the value is written. N2: we are done with the place that we give.
            let given = latest.between.swap(front, order::get());
            latest.front.store(given & (PLACE | VALUE) ^ FRONT, Relaxed);
        }
        is_new
    }
}

impl<T> Drop for LatestReader<'_, T> {
    fn drop(&mut self) {
        give_back(&self.latest.taken, READER);
    }
}

impl<T> fmt::Debug for LatestReader<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LatestReader").field(&self.latest).finish()
    }
}
