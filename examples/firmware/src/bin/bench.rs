//! How many instructions each operation takes, of forebay and of its peers: one line each, for `examples/firmware/costs.md`.
//!
//! Every operation is a function of its own, so that its size can be read off the program, and is called the same way;
//! what a call of an empty function costs is taken away. The third of three measurements is printed, and has to equal
//! the second: the first also makes objects that are made once.
//!
//! Boards: M0, M3, rv32imc
//! QEMU: -icount shift=10,sleep=off
#![no_std]
#![no_main]
#![allow(static_mut_refs)] // peers want `&'static mut`
#![allow(clippy::manual_div_ceil)] // a macro of atomic-pool

use core::hint::black_box;

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::{channel, zerocopy_channel};
use firmware::{exit, insns::Clock, println};
use forebay::{LanePool, Pool, Reset, Ring, Slab, StreamPool};
use heapless::pool::{boxed, object};
use heapless::{box_pool, object_pool, spsc};

/// What pools lend: 32 bytes that need no reset, since the pools of peers have none.
#[derive(Default)]
pub struct Object(#[allow(dead_code)] [u32; 8]);

impl Reset for Object {
    fn reset(&mut self) {}
}

/// What queues carry, besides single words: as much as a token of 24 bytes of text.
type Token = [u32; 8];

const N: usize = 16;

static POOL: Pool<Object, N> = Pool::new();
static SLAB: Slab<Object, N> = Slab::new();
static LANES: LanePool<Object, N, 2> = LanePool::new();
static STREAMS: StreamPool<Token, 2, N> = StreamPool::new();
static WORDS: Ring<u32, N> = Ring::new();
static TOKENS: Ring<Token, N> = Ring::new();

object_pool!(Objects: Object);
box_pool!(Boxes: Object);
atomic_pool::pool!(Atomics: [Object; N]);
static mut HEAPLESS_WORDS: spsc::Queue<u32, { N + 1 }> = spsc::Queue::new();
static mut HEAPLESS_TOKENS: spsc::Queue<Token, { N + 1 }> = spsc::Queue::new();
type Mutex = CriticalSectionRawMutex;
static CHANNEL_WORDS: channel::Channel<Mutex, u32, N> = channel::Channel::new();
static CHANNEL_TOKENS: channel::Channel<Mutex, Token, N> = channel::Channel::new();

/// Functions that are measured: none is merged with its caller.
macro_rules! operations {
    ($($(#[$doc:meta])* fn $name:ident($state:ident: &mut $type:ty) $body:block)+) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        #[inline(never)]
        fn $name($state: &mut $type) $body
    )+};
}

type Lent = Option<forebay::Lease<&'static Pool<Object, N>>>;
type Eight = Option<[forebay::Lease<&'static Pool<Object, N>>; 8]>;
type Batch = Option<forebay::Batch<&'static Pool<Object, N>, 8>>;
type Inserted = Option<forebay::Lease<&'static Slab<Object, N>>>;
type Lane = forebay::Lane<'static, Object, N, 2>;
type FromLane<'l> = Option<forebay::Lease<&'l Lane>>;
type Halves = Option<(
    forebay::Sender<&'static StreamPool<Token, 2, N>>,
    forebay::Receiver<&'static StreamPool<Token, 2, N>>,
)>;
type Ends<T> = (forebay::Producer<&'static Ring<T, N>>, forebay::Consumer<&'static Ring<T, N>>);
type Queue<T> = (spsc::Producer<'static, T>, spsc::Consumer<'static, T>);
type ZeroCopy<T> =
    (zerocopy_channel::Sender<'static, Mutex, T>, zerocopy_channel::Receiver<'static, Mutex, T>);

operations! {
    fn nothing(state: &mut u32) { black_box(state); }

    fn get_forebay(lent: &mut Lent) { *lent = POOL.try_get().ok(); }
    fn put_forebay(lent: &mut Lent) { *lent = None; }
    fn get_heapless(lent: &mut Option<object::Object<Objects>>) { *lent = Objects.request(); }
    fn put_heapless(lent: &mut Option<object::Object<Objects>>) { *lent = None; }

    fn get8_forebay(lent: &mut Eight) { *lent = POOL.try_get_many().ok(); }
    fn put8_forebay(lent: &mut Eight) { *lent = None; }
    fn get_batch_forebay(lent: &mut Batch) { *lent = POOL.try_get_batch().ok(); }
    fn put_batch_forebay(lent: &mut Batch) { *lent = None; }
    fn get8_heapless(lent: &mut Option<[Option<object::Object<Objects>>; 8]>) {
        *lent = Some([(); 8].map(|()| Objects.request()));
    }
    fn put8_heapless(lent: &mut Option<[Option<object::Object<Objects>>; 8]>) { *lent = None; }

    fn insert_forebay(lent: &mut Inserted) { *lent = SLAB.insert(black_box(Object([7; 8]))).ok(); }
    fn remove_forebay(lent: &mut Inserted) { *lent = None; }
    fn insert_heapless(lent: &mut Option<boxed::Box<Boxes>>) { *lent = Boxes.alloc(black_box(Object([7; 8]))).ok(); }
    fn remove_heapless(lent: &mut Option<boxed::Box<Boxes>>) { *lent = None; }
    fn insert_atomic_pool(lent: &mut Option<atomic_pool::Box<Atomics>>) {
        *lent = atomic_pool::Box::new(black_box(Object([7; 8])));
    }
    fn remove_atomic_pool(lent: &mut Option<atomic_pool::Box<Atomics>>) { *lent = None; }

    fn push_word_forebay(ends: &mut Ends<u32>) { let _ = ends.0.push(black_box(7)); }
    fn pop_word_forebay(ends: &mut Ends<u32>) { black_box(&ends.1.pop()); }
    fn push_word_heapless(ends: &mut Queue<u32>) { let _ = ends.0.enqueue(black_box(7)); }
    fn pop_word_heapless(ends: &mut Queue<u32>) { black_box(&ends.1.dequeue()); }
    fn push_word_embassy(channel: &mut &'static channel::Channel<Mutex, u32, N>) {
        let _ = channel.try_send(black_box(7));
    }
    fn pop_word_embassy(channel: &mut &'static channel::Channel<Mutex, u32, N>) {
        black_box(&channel.try_receive());
    }
    fn push_word_zerocopy(ends: &mut ZeroCopy<u32>) {
        if let Some(place) = ends.0.try_send() {
            *place = black_box(7);
            ends.0.send_done();
        }
    }
    fn pop_word_zerocopy(ends: &mut ZeroCopy<u32>) {
        if let Some(place) = ends.1.try_receive() {
            black_box(&*place);
            ends.1.receive_done();
        }
    }

    fn push_token_forebay(ends: &mut Ends<Token>) { let _ = ends.0.push(black_box([7; 8])); }
    fn pop_token_forebay(ends: &mut Ends<Token>) { black_box(&ends.1.pop()); }
    fn push_token_heapless(ends: &mut Queue<Token>) { let _ = ends.0.enqueue(black_box([7; 8])); }
    fn pop_token_heapless(ends: &mut Queue<Token>) { black_box(&ends.1.dequeue()); }
    fn push_token_embassy(channel: &mut &'static channel::Channel<Mutex, Token, N>) {
        let _ = channel.try_send(black_box([7; 8]));
    }
    fn pop_token_embassy(channel: &mut &'static channel::Channel<Mutex, Token, N>) {
        black_box(&channel.try_receive());
    }
    fn push_token_zerocopy(ends: &mut ZeroCopy<Token>) {
        if let Some(place) = ends.0.try_send() {
            *place = black_box([7; 8]);
            ends.0.send_done();
        }
    }
    fn pop_token_zerocopy(ends: &mut ZeroCopy<Token>) {
        if let Some(place) = ends.1.try_receive() {
            black_box(&*place);
            ends.1.receive_done();
        }
    }

    fn open_forebay(halves: &mut Halves) { *halves = STREAMS.try_open().ok(); }
    fn close_forebay(halves: &mut Halves) { *halves = None; }
    fn send_forebay(halves: &mut Halves) {
        if let Some((sender, _)) = halves {
            let _ = sender.try_send(black_box([7; 8]));
        }
    }
    fn recv_forebay(halves: &mut Halves) {
        if let Some((_, receiver)) = halves {
            black_box(&receiver.try_recv());
        }
    }
}

/// Apart from the others, since a lease borrows its lane.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn lane_get_forebay<'l>(state: &mut (&'l Lane, FromLane<'l>)) {
    state.1 = state.0.try_get().ok();
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn lane_put_forebay<'l>(state: &mut (&'l Lane, FromLane<'l>)) {
    state.1 = None;
}

struct Bench {
    clock: Clock,
    call: u32,
}

impl Bench {
    /// Measures `there` and `back` by turns.
    fn pair<S>(
        &self,
        names: [&str; 2],
        contender: &str,
        state: &mut S,
        there: fn(&mut S),
        back: fn(&mut S),
    ) {
        let (mut first, mut second) = ([0; 3], [0; 3]);
        for round in 0..3 {
            first[round] = self.clock.count(|| black_box(there)(state)) - self.call;
            second[round] = self.clock.count(|| black_box(back)(state)) - self.call;
        }
        for (name, counts) in names.into_iter().zip([first, second]) {
            assert_eq!(counts[1], counts[2], "{name} of {contender} takes {counts:?}");
            println!("cost {name} {contender} {}", counts[2]);
        }
    }

    /// Measures 16 times `there`, then 16 times `back`, in one.
    fn sixteen<S>(
        &self,
        name: &str,
        contender: &str,
        state: &mut S,
        there: fn(&mut S),
        back: fn(&mut S),
    ) {
        let counts = [(); 3].map(|()| {
            self.clock.count(|| {
                for _ in 0..N {
                    black_box(there)(state);
                }
                for _ in 0..N {
                    black_box(back)(state);
                }
            })
        });
        assert_eq!(counts[1], counts[2], "{name} of {contender} takes {counts:?}");
        println!("cost {name} {contender} {}", counts[2] - 2 * N as u32 * self.call);
    }

    /// A queue, one item at a time and 16.
    fn queue<S>(
        &self,
        kind: &str,
        contender: &str,
        state: &mut S,
        push: fn(&mut S),
        pop: fn(&mut S),
    ) {
        let [there, back, sixteen] = match kind {
            "word" => ["push_word", "pop_word", "words16"],
            _ => ["push_token", "pop_token", "tokens16"],
        };
        self.pair([there, back], contender, state, push, pop);
        self.sixteen(sixteen, contender, state, push, pop);
    }
}

macro_rules! block {
    ($name:ident, $type:ty, $new:expr) => {{
        static mut $name: [$type; N] = [const { $new }; N];
        // SAFETY: the only reference to them that is made.
        unsafe { &mut *(&raw mut $name) }
    }};
}

#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    let clock =
        Clock::calibrate().expect("the counts differ: run QEMU with -icount shift=10,sleep=off");
    assert_eq!(clock.count(|| unsafe { core::arch::asm!(".rept 1000", "nop", ".endr") }), 1000);
    let call = clock.count(|| black_box(nothing as fn(&mut u32))(&mut 7));
    let bench = Bench { clock, call };

    for block in
        block!(OBJECT_BLOCKS, object::ObjectBlock<Object>, object::ObjectBlock::new(Object([0; 8])))
    {
        Objects.manage(block);
    }
    for block in block!(BOX_BLOCKS, boxed::BoxBlock<Object>, boxed::BoxBlock::new()) {
        Boxes.manage(block);
    }
    POOL.fill();

    bench.pair(["get", "put"], "forebay", &mut None, get_forebay, put_forebay);
    bench.pair(["get", "put"], "heapless", &mut None, get_heapless, put_heapless);
    bench.pair(["get8", "put8"], "forebay", &mut None, get8_forebay, put8_forebay);
    bench.pair(
        ["get_batch", "put_batch"],
        "forebay",
        &mut None,
        get_batch_forebay,
        put_batch_forebay,
    );
    bench.pair(["get8", "put8"], "heapless", &mut None, get8_heapless, put8_heapless);
    bench.pair(["insert", "remove"], "forebay", &mut None, insert_forebay, remove_forebay);
    bench.pair(["insert", "remove"], "heapless", &mut None, insert_heapless, remove_heapless);
    bench.pair(
        ["insert", "remove"],
        "atomic_pool",
        &mut None,
        insert_atomic_pool,
        remove_atomic_pool,
    );
    let lane = LANES.try_claim().expect("no lane is free");
    bench.pair(
        ["lane_get", "lane_put"],
        "forebay",
        &mut (&lane, None),
        lane_get_forebay,
        lane_put_forebay,
    );

    let mut ends = (WORDS.try_producer().expect("taken"), WORDS.try_consumer().expect("taken"));
    bench.queue("word", "forebay", &mut ends, push_word_forebay, pop_word_forebay);
    // SAFETY: split here and nowhere else, as the next one.
    let mut ends = unsafe { HEAPLESS_WORDS.split() };
    bench.queue("word", "heapless", &mut ends, push_word_heapless, pop_word_heapless);
    bench.queue("word", "embassy", &mut &CHANNEL_WORDS, push_word_embassy, pop_word_embassy);

    let mut ends = (TOKENS.try_producer().expect("taken"), TOKENS.try_consumer().expect("taken"));
    bench.queue("token", "forebay", &mut ends, push_token_forebay, pop_token_forebay);
    // SAFETY: as above.
    let mut ends = unsafe { HEAPLESS_TOKENS.split() };
    bench.queue("token", "heapless", &mut ends, push_token_heapless, pop_token_heapless);
    bench.queue("token", "embassy", &mut &CHANNEL_TOKENS, push_token_embassy, pop_token_embassy);

    // SAFETY: these statics are used here only, and `main` does not return.
    unsafe {
        static mut WORD_PLACES: [u32; N] = [0; N];
        static mut TOKEN_PLACES: [Token; N] = [[0; 8]; N];
        static mut OF_WORDS: Option<zerocopy_channel::Channel<'static, Mutex, u32>> = None;
        static mut OF_TOKENS: Option<zerocopy_channel::Channel<'static, Mutex, Token>> = None;
        let mut ends = OF_WORDS.insert(zerocopy_channel::Channel::new(&mut WORD_PLACES)).split();
        bench.queue("word", "zerocopy", &mut ends, push_word_zerocopy, pop_word_zerocopy);
        let mut ends = OF_TOKENS.insert(zerocopy_channel::Channel::new(&mut TOKEN_PLACES)).split();
        bench.queue("token", "zerocopy", &mut ends, push_token_zerocopy, pop_token_zerocopy);
    }

    bench.pair(["open", "close"], "forebay", &mut None, open_forebay, close_forebay);
    let mut halves = STREAMS.try_open().ok();
    bench.pair(["send", "recv"], "forebay", &mut halves, send_forebay, recv_forebay);
    println!("bench ok");
    exit(0)
}
