//! What a pool costs beside the heap, and a pooled stream beside a channel of its own: the numbers of
//! `forebay::guide::when_to_pool`. One thread, and everything warm: the object that comes is the one that just went.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use forebay::{LanePool, Policy, Pool, Receiver, Sender, Slab, StreamPool, Token, Waking};
use std::collections::HashMap;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::time::Duration;

/// How many objects each pool has; one is in use at a time.
const N: usize = 16;
/// Lanes of the pools that have them.
const LANES: usize = 4;
/// Tokens that a channel holds, and that go through it.
const DEPTH: usize = 20;

/// Writes a byte of each cache line, as one who uses all of the memory must at least.
fn touch(memory: &mut [u8]) {
    for line in memory.chunks_mut(64) {
        line[0] = line[0].wrapping_add(1);
    }
    black_box(memory);
}

/// Scratch memory: what its last user left may stay.
struct Scratch;

impl<const SIZE: usize> Policy<[u8; SIZE]> for Scratch {
    fn make(&self, _slot: usize) -> [u8; SIZE] {
        [0; SIZE]
    }

    fn make_in<'p>(
        &self,
        _slot: usize,
        place: &'p mut MaybeUninit<[u8; SIZE]>,
    ) -> &'p mut [u8; SIZE] {
        zeroed(place)
    }

    fn recycle(&self, _memory: &mut [u8; SIZE]) -> bool {
        true
    }
}

/// Zeros, without a copy on the stack.
fn zeroed<const SIZE: usize>(place: &mut MaybeUninit<[u8; SIZE]>) -> &mut [u8; SIZE] {
    place.write([0; SIZE])
}

/// Memory of `SIZE` bytes, whose content does not matter, taken, touched and given back.
fn scratch_of<const SIZE: usize>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
    let pool = Box::new(Pool::<[u8; SIZE], N, Scratch>::with_policy(Scratch));
    let lanes = Box::new(LanePool::<[u8; SIZE], N, LANES, Scratch>::with_policy(Scratch));

    group.bench_function(format!("{name}/Vec::with_capacity"), |b| {
        b.iter(|| {
            let mut memory = black_box(Vec::<u8>::with_capacity(SIZE));
            for line in memory.spare_capacity_mut().chunks_mut(64) {
                line[0].write(1);
            }
            black_box(memory);
        });
    });
    group.bench_function(format!("{name}/Pool"), |b| {
        b.iter(|| touch(black_box(&mut *black_box(&pool).try_get().unwrap())));
    });
    group.bench_function(format!("{name}/LanePool"), |b| {
        b.iter(|| touch(black_box(&mut *black_box(&lanes).try_get().unwrap())));
    });
}

/// A value of `SIZE` bytes put somewhere, and dropped.
fn values_of<const SIZE: usize>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
    let slab = Box::new(Slab::<[u8; SIZE], N>::new());
    group.bench_function(format!("{name}/Box::new"), |b| {
        b.iter(|| black_box(Box::new(black_box([1_u8; SIZE]))));
    });
    group.bench_function(format!("{name}/Slab::insert"), |b| {
        b.iter(|| drop(black_box(slab.insert(black_box([1_u8; SIZE])).unwrap())));
    });
}

fn scratch(c: &mut Criterion) {
    let group = &mut c.benchmark_group("scratch");
    scratch_of::<32>(group, "32 B");
    scratch_of::<1024>(group, "1 KiB");
    scratch_of::<65_536>(group, "64 KiB");
}

/// Objects that are out at once.
const BURST: usize = 64;

/// More memory at once than an allocator keeps at hand for a thread: [`BURST`] times 1 KiB taken, then given back.
fn burst(c: &mut Criterion) {
    let mut group = c.benchmark_group("64 times 1 KiB");
    let pool = Box::new(Pool::<[u8; 1024], BURST, Scratch>::with_policy(Scratch));
    let lanes = Box::new(LanePool::<[u8; 1024], BURST, LANES, Scratch>::with_policy(Scratch));

    group.bench_function("Vec::with_capacity", |b| {
        b.iter(|| {
            black_box([(); BURST].map(|()| {
                let mut memory = Vec::<u8>::with_capacity(1024);
                memory.spare_capacity_mut()[0].write(1);
                memory
            }));
        });
    });
    group.bench_function("Pool", |b| {
        b.iter(|| {
            black_box([(); BURST].map(|()| {
                let mut memory = pool.try_get().unwrap();
                memory[0] = 1;
                memory
            }));
        });
    });
    group.bench_function("Pool, try_get_many", |b| {
        b.iter(|| {
            let mut all = pool.try_get_many::<BURST>().unwrap();
            all.iter_mut().for_each(|memory| memory[0] = 1);
            black_box(all);
        });
    });
    group.bench_function("LanePool", |b| {
        b.iter(|| {
            black_box([(); BURST].map(|()| {
                let mut memory = lanes.try_get().unwrap();
                memory[0] = 1;
                memory
            }));
        });
    });
}

fn values(c: &mut Criterion) {
    let group = &mut c.benchmark_group("value");
    values_of::<32>(group, "32 B");
    values_of::<1024>(group, "1 KiB");
}

/// 64 KiB of zeros each time: the pool has to write them, too.
struct Zeros;

impl Policy<[u8; 65_536]> for Zeros {
    fn make(&self, _slot: usize) -> [u8; 65_536] {
        [0; 65_536]
    }

    fn recycle(&self, page: &mut [u8; 65_536]) -> bool {
        page.fill(0);
        true
    }
}

const WORDS: [&str; 8] = ["It", "was", "the", "best", "of", "times", "worst", "season"];

/// Fills a map with 8 short texts.
#[inline(never)] // The same code for a map of one's own and for a pooled one.
fn learn(map: &mut HashMap<&'static str, String>) {
    for word in WORDS {
        map.insert(word, String::from(word));
    }
    black_box(map);
}

/// Writes 1,000 numbers.
#[inline(never)]
fn count(numbers: &mut Vec<u64>) {
    for n in 0..black_box(1000) {
        numbers.push(n);
    }
    black_box(numbers);
}

fn expensive(c: &mut Criterion) {
    let mut group = c.benchmark_group("expensive");

    let zeros = Box::new(Pool::<[u8; 65_536], 2, Zeros>::with_policy(Zeros));
    group.bench_function("64 KiB of zeros/vec!", |b| {
        b.iter(|| touch(&mut black_box(vec![0_u8; 65_536])));
    });
    group.bench_function("64 KiB of zeros/Pool", |b| {
        b.iter(|| touch(black_box(&mut *zeros.try_get().unwrap())));
    });

    let vectors = Pool::<Vec<u64>, N>::new();
    group.bench_function("1,000 numbers/Vec::new", |b| b.iter(|| count(&mut Vec::new())));
    group.bench_function("1,000 numbers/Vec::with_capacity", |b| {
        b.iter(|| count(&mut Vec::with_capacity(1000)));
    });
    group.bench_function("1,000 numbers/Pool", |b| {
        b.iter(|| count(&mut vectors.try_get().unwrap()));
    });

    let maps = Pool::<HashMap<&'static str, String>, N>::new();
    group.bench_function("map of 8 texts/HashMap::new", |b| b.iter(|| learn(&mut HashMap::new())));
    group.bench_function("map of 8 texts/Pool", |b| {
        b.iter(|| learn(&mut maps.try_get().unwrap()));
    });
}

/// A rival in a few lines: how it is made, how it sends and how it receives without waiting.
trait Rival {
    type Ends;
    fn open(&self) -> Self::Ends;
    fn send(ends: &mut Self::Ends, token: Token) -> bool;
    fn receive(ends: &mut Self::Ends) -> Option<Token>;
}

macro_rules! channel {
    ($name:ident, ($tx:ty, $rx:ty), $open:expr) => {
        struct $name;

        impl Rival for $name {
            type Ends = ($tx, $rx);

            fn open(&self) -> Self::Ends {
                $open
            }

            fn send(ends: &mut Self::Ends, token: Token) -> bool {
                ends.0.try_send(token).is_ok()
            }

            fn receive(ends: &mut Self::Ends) -> Option<Token> {
                ends.1.try_recv().ok()
            }
        }
    };
}

channel!(
    StdMpsc,
    (std::sync::mpsc::SyncSender<Token>, std::sync::mpsc::Receiver<Token>),
    std::sync::mpsc::sync_channel(DEPTH)
);
channel!(
    Tokio,
    (tokio::sync::mpsc::Sender<Token>, tokio::sync::mpsc::Receiver<Token>),
    tokio::sync::mpsc::channel(DEPTH)
);
channel!(
    Crossbeam,
    (crossbeam_channel::Sender<Token>, crossbeam_channel::Receiver<Token>),
    crossbeam_channel::bounded(DEPTH)
);
channel!(Flume, (flume::Sender<Token>, flume::Receiver<Token>), flume::bounded(DEPTH));
channel!(
    Streams,
    (Sender<&'static StreamPool<Token, N, DEPTH>>, Receiver<&'static StreamPool<Token, N, DEPTH>>),
    {
        static STREAMS: StreamPool<Token, N, DEPTH> = StreamPool::new();
        STREAMS.try_open().unwrap()
    }
);
channel!(
    StreamsThatWake,
    (
        Sender<&'static StreamPool<Token, N, DEPTH, Waking>>,
        Receiver<&'static StreamPool<Token, N, DEPTH, Waking>>
    ),
    {
        static STREAMS: StreamPool<Token, N, DEPTH, Waking> = StreamPool::new();
        STREAMS.try_open().unwrap()
    }
);

/// One answer of so many tokens, from the opening to the end.
fn answer<R: Rival>(rival: &R, token: &Token, tokens: usize) {
    let mut ends = rival.open();
    for _ in 0..tokens {
        assert!(R::send(&mut ends, token.clone()));
    }
    for _ in 0..tokens {
        black_box(R::receive(&mut ends).unwrap());
    }
    drop(black_box(ends));
}

/// Only what does the same is compared: all of them are bounded, in order, and lose nothing.
fn check<R: Rival>(rival: &R) {
    let mut ends = rival.open();
    for n in 0..DEPTH {
        assert!(R::send(&mut ends, n.to_string().as_str().try_into().unwrap()));
    }
    assert!(!R::send(&mut ends, Token::new()), "it holds {DEPTH} tokens and no more");
    for n in 0..DEPTH {
        assert_eq!(R::receive(&mut ends).unwrap(), n.to_string().as_str());
    }
    assert!(R::receive(&mut ends).is_none());
}

fn race<R: Rival>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, rival: &R) {
    check(rival);
    let token: Token = "Hello".try_into().unwrap();
    for tokens in [0, DEPTH] {
        group.bench_function(format!("{tokens} tokens/{name}"), |b| {
            b.iter(|| answer(rival, black_box(&token), tokens));
        });
    }
}

fn streams(c: &mut Criterion) {
    let group = &mut c.benchmark_group("stream");
    race(group, "StreamPool", &Streams);
    race(group, "StreamPool, Waking", &StreamsThatWake);
    race(group, "tokio mpsc::channel", &Tokio);
    race(group, "std sync_channel", &StdMpsc);
    race(group, "crossbeam bounded", &Crossbeam);
    race(group, "flume bounded", &Flume);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = scratch, burst, values, expensive, streams
}
criterion_main!(benches);
