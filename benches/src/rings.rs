//! Queues between one thread and another: ours, and those of other crates.

use crate::measure::{Contender, Kind, Work, line_round_trip, together};
use forebay::Ring;
use ringbuf::traits::{Consumer as _, Producer as _, Split as _};
use std::hint::{black_box, spin_loop};
use std::sync::Arc;

/// An item: some words.
pub type Item<const WORDS: usize> = [u64; WORDS];

/// A queue of at least `N` places, in two ends.
pub trait Queue<T>: 'static {
    const NAME: &'static str;
    const KIND: Kind = Kind::Rival;
    type Tx: Send + 'static;
    type Rx: Send + 'static;

    fn open() -> (Self::Tx, Self::Rx);
    fn push(tx: &mut Self::Tx, item: T) -> bool;
    fn pop(rx: &mut Self::Rx) -> Option<T>;

    /// Pushes what there is room for, in one step if it can. How many.
    fn push_many(tx: &mut Self::Tx, items: &[T]) -> usize
    where
        T: Copy,
    {
        items.iter().take_while(|item| Self::push(tx, **item)).count()
    }

    /// Pops what is there, in one step if it can. How many.
    fn pop_many(rx: &mut Self::Rx, items: &mut [T]) -> usize {
        let popped = items.iter_mut().map_while(|place| Self::pop(rx).map(|item| *place = item));
        popped.count()
    }
}

macro_rules! queue {
    ($name:ident, $label:literal, $kind:expr, $tx:ty, $rx:ty, $open:expr,
     |$p:ident, $item:ident| $push:expr, |$c:ident| $pop:expr $(, |$pm:ident, $items:ident| $push_many:expr,
     |$cm:ident, $out:ident| $pop_many:expr)?) => {
        pub struct $name<const N: usize>;

        impl<T: Copy + Default + Send + Sync + 'static, const N: usize> Queue<T> for $name<N> {
            const NAME: &'static str = $label;
            const KIND: Kind = $kind;
            type Tx = $tx;
            type Rx = $rx;

            fn open() -> (Self::Tx, Self::Rx) {
                $open
            }

            #[inline(always)]
            fn push($p: &mut Self::Tx, $item: T) -> bool {
                $push
            }

            #[inline(always)]
            fn pop($c: &mut Self::Rx) -> Option<T> {
                $pop
            }

            $(
                #[inline(always)]
                fn push_many($pm: &mut Self::Tx, $items: &[T]) -> usize {
                    $push_many
                }

                #[inline(always)]
                fn pop_many($cm: &mut Self::Rx, $out: &mut [T]) -> usize {
                    $pop_many
                }
            )?
        }
    };
}

/// What a chunk call of rtrb says, as a count.
fn all_but<T>(items: usize, rest: &[T]) -> usize {
    items - rest.len()
}

queue!(
    Ours,
    "forebay Ring",
    Kind::Ours,
    forebay::Producer<Arc<Ring<T, N>>>,
    forebay::Consumer<Arc<Ring<T, N>>>,
    Ring::split_arc(Arc::new(Ring::new())).unwrap(),
    |tx, item| tx.push(item).is_ok(),
    |rx| rx.pop().ok(),
    |tx, items| tx.push_slice(items),
    |rx, items| rx.pop_slice(items)
);
queue!(
    Rtrb,
    "rtrb",
    Kind::Rival,
    rtrb::Producer<T>,
    rtrb::Consumer<T>,
    rtrb::RingBuffer::new(N),
    |tx, item| tx.push(item).is_ok(),
    |rx| rx.pop().ok(),
    |tx, items| all_but(items.len(), tx.push_partial_slice(items).1),
    |rx, items| {
        let wanted = items.len();
        all_but(wanted, rx.pop_partial_slice(items).1)
    }
);
queue!(
    Ringbuf,
    "ringbuf",
    Kind::Rival,
    ringbuf::HeapProd<T>,
    ringbuf::HeapCons<T>,
    ringbuf::HeapRb::new(N).split(),
    |tx, item| tx.try_push(item).is_ok(),
    |rx| rx.try_pop(),
    |tx, items| tx.push_slice(items),
    |rx, items| rx.pop_slice(items)
);
queue!(
    ArrayQueue,
    "crossbeam ArrayQueue",
    Kind::Rival,
    Arc<crossbeam_queue::ArrayQueue<T>>,
    Arc<crossbeam_queue::ArrayQueue<T>>,
    {
        let queue = Arc::new(crossbeam_queue::ArrayQueue::new(N));
        (Arc::clone(&queue), queue)
    },
    |tx, item| tx.push(item).is_ok(),
    |rx| rx.pop()
);
queue!(
    ThingBuf,
    "thingbuf",
    Kind::Rival,
    Arc<thingbuf::ThingBuf<T>>,
    Arc<thingbuf::ThingBuf<T>>,
    {
        let queue = Arc::new(thingbuf::ThingBuf::new(N));
        (Arc::clone(&queue), queue)
    },
    |tx, item| tx.push(item).is_ok(),
    |rx| rx.pop()
);

/// Its queues hold one item less than they have places: `PLACES` is `N` and one.
pub struct Heapless<const PLACES: usize>;

impl<T: Copy + Send + 'static, const PLACES: usize> Queue<T> for Heapless<PLACES> {
    const NAME: &'static str = "heapless spsc";
    type Tx = heapless::spsc::Producer<'static, T>;
    type Rx = heapless::spsc::Consumer<'static, T>;

    fn open() -> (Self::Tx, Self::Rx) {
        Box::leak(Box::new(heapless::spsc::Queue::<T, PLACES>::new())).split()
    }

    #[inline(always)]
    fn push(tx: &mut Self::Tx, item: T) -> bool {
        tx.enqueue(item).is_ok()
    }

    #[inline(always)]
    fn pop(rx: &mut Self::Rx) -> Option<T> {
        rx.dequeue()
    }
}

/// In order, all that was pushed, and at least `N` fit.
fn check<const WORDS: usize, Q: Queue<Item<WORDS>>>(n: usize) {
    let (mut tx, mut rx) = Q::open();
    for round in 0..3 {
        for i in 0..n {
            assert!(
                Q::push(&mut tx, [(i + round) as u64; WORDS]),
                "{} holds less than {n}",
                Q::NAME
            );
        }
        for i in 0..n {
            assert_eq!(Q::pop(&mut rx), Some([(i + round) as u64; WORDS]), "{}", Q::NAME);
        }
        assert_eq!(Q::pop(&mut rx), None, "{}", Q::NAME);
    }
    let (items, mut out) = ([[7; WORDS]; 16], [[0; WORDS]; 16]);
    assert_eq!(
        (Q::push_many(&mut tx, &items), Q::pop_many(&mut rx, &mut out)),
        (16, 16),
        "{}",
        Q::NAME
    );
    assert_eq!(items, out, "{}", Q::NAME);
}

/// An end on cache lines of its own, as on the stack of its thread: side by side, what the ends keep in them would go to and
/// fro with each item.
#[repr(align(256))]
struct Apart<T>(T);

impl<T> Apart<T> {
    /// By a method, since a closure that names the field would take it alone, without its cache lines.
    fn end(&mut self) -> &mut T {
        &mut self.0
    }
}

fn open_apart<T, Q: Queue<T>>() -> (Apart<Q::Tx>, Apart<Q::Rx>) {
    let (tx, rx) = Q::open();
    (Apart(tx), Apart(rx))
}

fn retry<T>(mut f: impl FnMut() -> Option<T>) -> T {
    loop {
        match f() {
            Some(value) => return value,
            None => spin_loop(),
        }
    }
}

fn one_thread<const WORDS: usize, Q: Queue<Item<WORDS>>>(n: usize) -> Contender {
    check::<WORDS, Q>(n);
    let (mut tx, mut rx) = Q::open();
    Contender::repeat(Q::NAME, Q::KIND, move || {
        assert!(Q::push(&mut tx, black_box([1; WORDS])));
        black_box(Q::pop(&mut rx).unwrap());
    })
}

fn one_by_one<const WORDS: usize, Q: Queue<Item<WORDS>>>(n: usize) -> Contender {
    check::<WORDS, Q>(n);
    let (mut tx, mut rx) = open_apart::<_, Q>();
    Contender::new(Q::NAME, Q::KIND, move |n| {
        together(
            || {
                (0..n)
                    .for_each(|i| retry(|| Q::push(tx.end(), black_box([i; WORDS])).then_some(())))
            },
            || {
                for _ in 0..n {
                    black_box(retry(|| Q::pop(rx.end())));
                }
            },
        )
    })
}

fn in_chunks<const WORDS: usize, Q: Queue<Item<WORDS>>>(n: usize) -> Contender {
    check::<WORDS, Q>(n);
    let (mut tx, mut rx) = open_apart::<_, Q>();
    let some = |n| (n != 0).then_some(n as u64);
    Contender::new(Q::NAME, Q::KIND, move |n| {
        together(
            || {
                let items = black_box([[1; WORDS]; 16]);
                let mut left = n;
                while left != 0 {
                    let most = left.min(16) as usize;
                    left -= retry(|| some(Q::push_many(tx.end(), &items[..most])));
                }
            },
            || {
                let mut items = [[0; WORDS]; 16];
                let mut left = n;
                while left != 0 {
                    left -= retry(|| some(Q::pop_many(rx.end(), &mut items)));
                    black_box(&items);
                }
            },
        )
    })
}

fn round_trip<Q: Queue<Item<1>>>() -> Contender {
    let (mut tx, mut rx) = open_apart::<_, Q>();
    let (mut back_tx, mut back_rx) = open_apart::<_, Q>();
    Contender::new(Q::NAME, Q::KIND, move |n| {
        together(
            || {
                for i in 0..n {
                    assert!(Q::push(tx.end(), [i]));
                    black_box(retry(|| Q::pop(back_rx.end())));
                }
            },
            || {
                for _ in 0..n {
                    let item = retry(|| Q::pop(rx.end()));
                    assert!(Q::push(back_tx.end(), item));
                }
            },
        )
    })
}

macro_rules! of_each {
    ($f:ident, $words:literal, $n:literal, $places:literal) => {
        vec![
            $f::<$words, Ours<$n>>($n),
            $f::<$words, Rtrb<$n>>($n),
            $f::<$words, Ringbuf<$n>>($n),
            $f::<$words, Heapless<$places>>($n),
            $f::<$words, ArrayQueue<$n>>($n),
            $f::<$words, ThingBuf<$n>>($n),
        ]
    };
}

/// The queues, and DPDK's, if it is there.
fn with_dpdk(mut queues: Vec<Contender>, work: &str) -> Vec<Contender> {
    queues.extend(crate::dpdk::contender("DPDK rte_ring", work));
    queues
}

/// All rows about rings.
pub fn works() -> Vec<Work> {
    let work = Work::new;
    let one = "An item is pushed and popped; ns for both.";
    let two = "One thread pushes one by one, the other pops; ns an item.";
    let chunks = "One thread pushes up to 16 items at once, the other pops up to 16; ns an item.";
    let mut trips = vec![
        round_trip::<Ours<64>>(),
        round_trip::<Rtrb<64>>(),
        round_trip::<Ringbuf<64>>(),
        round_trip::<Heapless<65>>(),
        round_trip::<ArrayQueue<64>>(),
        round_trip::<ThingBuf<64>>(),
    ];
    trips.push(Contender::new("two cache lines", Kind::Floor, line_round_trip));
    vec![
        work(
            "ring-one-8",
            "Push and pop 8 bytes: one thread",
            one,
            false,
            of_each!(one_thread, 1, 64, 65),
        ),
        work(
            "ring-one-32",
            "Push and pop 32 bytes: one thread",
            one,
            false,
            of_each!(one_thread, 4, 64, 65),
        ),
        work(
            "ring-64-8",
            "64 places of 8 bytes: two threads",
            two,
            true,
            with_dpdk(of_each!(one_by_one, 1, 64, 65), "ring-64"),
        ),
        work(
            "ring-1024-8",
            "1,024 places of 8 bytes: two threads",
            two,
            true,
            with_dpdk(of_each!(one_by_one, 1, 1024, 1025), "ring-1024"),
        ),
        work(
            "ring-64-32",
            "64 places of 32 bytes: two threads",
            two,
            true,
            of_each!(one_by_one, 4, 64, 65),
        ),
        work(
            "ring-1024-32",
            "1,024 places of 32 bytes: two threads",
            two,
            true,
            of_each!(one_by_one, 4, 1024, 1025),
        ),
        work(
            "ring-chunks-64",
            "64 places of 32 bytes, in chunks: two threads",
            chunks,
            true,
            of_each!(in_chunks, 4, 64, 65),
        ),
        work(
            "ring-chunks-1024",
            "1,024 places of 32 bytes, in chunks: two threads",
            chunks,
            true,
            of_each!(in_chunks, 4, 1024, 1025),
        ),
        work(
            "ring-round-trip",
            "There and back: two threads",
            "An item of 8 bytes goes over, and one comes back, through two rings; ns for both.",
            true,
            trips,
        ),
    ]
}
