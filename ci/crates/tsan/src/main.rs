//! Several threads on forebay's pools, rings and streams, for ThreadSanitizer to watch.
//!
//! Each user of an object writes it through `black_box`, lets others run while it holds it, and then looks
//! whether its writes are still there: without that the compiler forwards its own stores, and two owners of one
//! object would go unnoticed.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::future::Future;
use core::hint::black_box;
use core::pin::pin;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use core::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use forebay::error::{PopError, PushError};
use forebay::ring::Latest;
use forebay::{
    End, Lane, LanePool, Lease, Policy, Pool, Receiver, RecvError, Ring, SendError, SharedLease,
    Slab, StreamPool, Token, TooManyWaiters, Waking,
};

unsafe extern "C" {
    fn pthread_create(
        id: *mut usize,
        attr: *const c_void,
        run: extern "C" fn(*mut c_void) -> *mut c_void,
        arg: *mut c_void,
    ) -> c_int;
    fn pthread_join(id: usize, result: *mut *mut c_void) -> c_int;
    safe fn sched_yield() -> c_int;
    safe fn alarm(seconds: u32) -> u32;
}

/// Runs the functions at once, each on a thread of its own, and waits for all.
fn together(roles: &[fn()]) {
    extern "C" fn run(role: *mut c_void) -> *mut c_void {
        // SAFETY: `role` is the address of one of `roles`, which outlive the thread.
        unsafe { (*role.cast::<fn()>())() };
        null_mut()
    }
    let mut ids = [0; 8];
    for (role, id) in roles.iter().zip(&mut ids) {
        let role: *const fn() = role;
        // SAFETY: all pointers are valid; the thread is joined below.
        let failed = unsafe { pthread_create(id, null(), run, role.cast_mut().cast()) };
        assert_eq!(failed, 0);
    }
    for id in &ids[..roles.len()] {
        // SAFETY: created above, joined once.
        assert_eq!(unsafe { pthread_join(*id, null_mut()) }, 0);
    }
}

/// What is in every object: two halves that must agree. Read once more when it is dropped.
#[derive(Debug, PartialEq)]
struct Pair(usize, usize);

impl Drop for Pair {
    fn drop(&mut self) {
        assert_eq!(self.0, !self.1, "half of somebody else's writes");
    }
}

/// Writes the object, lets the others run, and looks whether anybody else wrote it.
fn use_alone(pair: &mut Pair, with: usize) {
    *black_box(&mut *pair) = Pair(with, !with);
    sched_yield();
    assert_eq!(*black_box(&*pair), Pair(with, !with), "somebody else has this object, too");
}

/// Recycles by writing, so that a return that is not ordered behind the last use is a data race.
struct Pairs;

impl Policy<Pair> for Pairs {
    fn make(&self, slot: usize) -> Pair {
        Pair(slot, !slot)
    }

    fn recycle(&self, pair: &mut Pair) -> bool {
        assert_eq!(pair.0, !pair.1, "half of somebody else's writes");
        *pair = Pair(0, !0);
        true
    }
}

// -- Three threads on two objects.

static POOL: Pool<Pair, 2, Pairs> = Pool::with_policy(Pairs);
/// More slots than a word has bits for, so that claims cross words.
static WIDE: Pool<Pair, 40, Pairs> = Pool::with_policy(Pairs);
static SLAB: Slab<Pair, 2> = Slab::new();

fn get_and_put() {
    for n in 1..=10_000 {
        if let Ok(mut lease) = POOL.try_get() {
            use_alone(&mut lease, n);
        }
        let mut some = WIDE.try_get_up_to::<16>();
        for lease in &mut some {
            **lease = Pair(n, !n);
        }
        sched_yield();
        assert!(
            some.iter().all(|lease| **lease == Pair(n, !n)),
            "somebody else has this object, too"
        );
        drop(some);
        if let Ok(mut lease) = SLAB.insert(Pair(n, !n)) {
            use_alone(&mut lease, n);
        }
        if n % 64 == 0 {
            black_box((POOL.trim(), WIDE.trim(), POOL.fill()));
            black_box((POOL.metrics(), POOL.advance_epoch(), POOL.audit().count()));
        }
    }
}

fn pools() {
    together(&[get_and_put as fn(); 3]);
    assert_eq!((POOL.available(), WIDE.available(), SLAB.available()), (2, 40, 2));
    assert!(POOL.metrics().gets > 1_000, "too little was tried: {}", POOL.metrics());
}

// -- Lanes that change owners, and whose owners steal from each other.

static LANES: LanePool<Pair, 40, 2, Pairs> = LanePool::with_policy(Pairs);
/// What is done on a lane, without any synchronisation.
static ON_LANES: [Guarded; 2] = [const { Guarded::new() }; 2];

fn get_and_put_on_lanes() {
    for n in 1..=10_000 {
        // One of three threads finds no lane, and steals a single object.
        let lane = LANES.try_claim();
        let get = || match &lane {
            Some(lane) => lane.try_get().map(Lease::detach),
            None => LANES.try_get(),
        };
        if let Some(lane) = &lane {
            // SAFETY: the lane is ours.
            unsafe { *ON_LANES[lane.number()].get() += 1 };
            // More than the lane keeps: the others are common.
            let mut some: [_; 20] = core::array::from_fn(|_| lane.try_get().ok());
            some.iter_mut().flatten().for_each(|lease| **lease = Pair(n, !n));
            sched_yield();
            assert!(some.iter().flatten().all(|lease| **lease == Pair(n, !n)));
        }
        if let Ok(mut lease) = get() {
            use_alone(&mut lease, n);
        }
        if n % 64 == 0 {
            black_box((LANES.tick(), LANES.trim(), LANES.fill(), LANES.metrics()));
        }
        if n % 16 == 0 {
            lane.iter().for_each(Lane::flush);
        }
        drop(lane);
    }
}

fn lanes() {
    together(&[get_and_put_on_lanes as fn(); 3]);
    assert_eq!(LANES.available(), 40);
}

// -- Three threads that wait for two objects, and one that gives up.

static WAITED: Pool<Pair, 2, Pairs, Waking<2>> = Pool::with_waiting(Pairs);

/// Wakes a thread that looks at its flag.
static VTABLE: RawWakerVTable =
    RawWakerVTable::new(|flag| RawWaker::new(flag, &VTABLE), wake, wake, |_| ());

fn wake(flag: *const ()) {
    // SAFETY: the flags are static.
    unsafe { (*flag.cast::<AtomicBool>()).store(true, Relaxed) };
}

/// Waits until it is woken, which orders nothing.
fn block_on<F: Future>(flag: &'static AtomicBool, future: F) -> F::Output {
    let raw = RawWaker::new((&raw const *flag).cast(), &VTABLE);
    // SAFETY: the flag is static and atomic, so the waker may go and be used anywhere.
    let waker = unsafe { Waker::from_raw(raw) };
    let mut future = pin!(future);
    loop {
        flag.store(false, Relaxed);
        if let Poll::Ready(answer) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return answer;
        }
        while !flag.load(Relaxed) {
            sched_yield();
        }
    }
}

fn wait_for_objects<const ID: usize>() {
    static FLAGS: [AtomicBool; 4] = [const { AtomicBool::new(false) }; 4];
    for n in 1..=20_000 {
        if n % 8 == ID {
            // What it is handed goes to the next.
            let mut get = pin!(WAITED.get());
            black_box(get.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
            sched_yield();
        } else {
            match block_on(&FLAGS[ID], WAITED.get()) {
                Ok(mut lease) => use_alone(&mut lease, n),
                Err(TooManyWaiters) => _ = sched_yield(),
            }
        }
    }
}

fn waits() {
    together(&[
        wait_for_objects::<0>,
        wait_for_objects::<1>,
        wait_for_objects::<2>,
        wait_for_objects::<3>,
    ]);
    assert_eq!(WAITED.available(), 2);
}

// -- One object, read by three holders, recycled or taken back by the last.

type Shared = SharedLease<&'static Pool<Pair, 2, Pairs>>;

/// What a thread is handed when it is created, which orders the hand-over itself.
struct Hands([UnsafeCell<Option<Shared>>; 3]);
// SAFETY: each place is used by one thread, between its creation and its end.
unsafe impl Sync for Hands {}
static HANDS: Hands = Hands([const { UnsafeCell::new(None) }; 3]);

fn read_and_drop<const HAND: usize>() {
    // SAFETY: as `Hands` says.
    let mine = unsafe { (*HANDS.0[HAND].get()).take() }.expect("a shared lease");
    for _ in 0..20 {
        let copy = mine.clone();
        let other = SharedLease::try_clone(&mine).expect("there are not that many");
        sched_yield();
        assert_eq!((mine.0, copy.0), (!copy.1, !other.1));
    }
}

fn take_back() {
    // SAFETY: as `Hands` says.
    let mut mine = unsafe { (*HANDS.0[2].get()).take() }.expect("a shared lease");
    let mut lease = loop {
        match SharedLease::try_unshare(mine) {
            Ok(lease) => break lease,
            Err(shared) => mine = shared,
        }
        sched_yield();
    };
    use_alone(&mut lease, 5);
}

fn shared_leases() {
    for n in 1..=300 {
        let mut lease = POOL.try_get().expect("all came back");
        *lease = Pair(n, !n);
        let shared = Lease::share(lease);
        for hand in &HANDS.0 {
            // SAFETY: no thread runs now.
            unsafe { *hand.get() = Some(shared.clone()) };
        }
        drop(shared);
        let last: fn() = if n.is_multiple_of(2) { take_back } else { read_and_drop::<2> };
        together(&[read_and_drop::<0>, read_and_drop::<1>, last]);
        assert_eq!(POOL.available(), 2);
    }
}

// -- A ring so short that both ends meet at every place.

const ITEMS: usize = 20_000;
static RING: Ring<Pair, 3> = Ring::new();

fn produce() {
    let mut producer = RING.try_producer().expect("there is no other");
    for n in 1..=ITEMS {
        let mut item = Pair(n, !n);
        while let Err(refused) = producer.push(item) {
            let PushError::Full(back) = refused else { panic!("nobody closed the ring") };
            item = back;
            sched_yield();
        }
    }
    producer.close();
}

fn consume() {
    let mut consumer = RING.try_consumer().expect("there is no other");
    let mut expected = 1;
    loop {
        // In turn by value, in place, and in bulk.
        let item = match expected % 3 {
            0 => consumer.pop(),
            1 => consumer.pop_ref().map(|item| {
                sched_yield();
                let item = black_box(&*item);
                Pair(item.0, item.1)
            }),
            _ => consumer.drain().next().ok_or(PopError::Empty),
        };
        match item {
            Ok(item) => {
                assert_eq!(item, Pair(expected, !expected), "lost, doubled or torn");
                expected += 1;
            }
            Err(PopError::Empty) if expected > ITEMS && consumer.pop() == Err(PopError::Closed) => {
                break;
            }
            Err(PopError::Empty) => _ = sched_yield(),
            Err(PopError::Closed) => break,
        }
    }
    assert_eq!(expected, ITEMS + 1);
}

// -- Words that are ordered by nothing but the ring.

/// A plain counter that is guarded by an end of a ring.
struct Guarded(UnsafeCell<usize>);
// SAFETY: only who holds the end, or saw that its holder closed the ring, touches it.
unsafe impl Sync for Guarded {}

impl Guarded {
    const fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    /// # Safety
    /// As `Guarded` says.
    #[allow(clippy::mut_from_ref)]
    unsafe fn get(&self) -> &mut usize {
        // SAFETY: the caller's.
        unsafe { &mut *self.0.get() }
    }
}

static CLOSING: Ring<Pair, 1> = Ring::new();
static LAST_WORDS: Guarded = Guarded::new();

/// That both have their ends, which orders nothing: else an end given up before would order the words, too.
static BOTH_THERE: AtomicUsize = AtomicUsize::new(0);

fn wait_for_both() {
    BOTH_THERE.fetch_add(1, Relaxed);
    while !BOTH_THERE.load(Relaxed).is_multiple_of(2) {
        sched_yield();
    }
}

fn say_last_words() {
    let producer = CLOSING.try_producer().expect("there is no other");
    wait_for_both();
    // SAFETY: the ring is open.
    unsafe { *LAST_WORDS.get() += 1 };
    producer.close();
}

fn hear_last_words<const BY_POPPING: bool>() {
    let mut consumer = CLOSING.try_consumer().expect("there is no other");
    wait_for_both();
    while if BY_POPPING { consumer.pop() != Err(PopError::Closed) } else { !consumer.is_closed() } {
        sched_yield();
    }
    // SAFETY: the ring is closed.
    unsafe { *LAST_WORDS.get() += 1 };
}

fn closing() {
    for n in 0..100_u32 {
        // Opened before there is a consumer, who would see how the last round ended otherwise.
        drop(CLOSING.try_producer());
        let hear: fn() =
            if n.is_multiple_of(2) { hear_last_words::<true> } else { hear_last_words::<false> };
        together(&[say_last_words, hear]);
    }
}

// -- Ends that wander from thread to thread.

static WANDERING: Ring<Pair, 3> = Ring::new();
static PUSHED: Guarded = Guarded::new();
static POPPED: Guarded = Guarded::new();

fn take_ends() {
    for _ in 0..10_000 {
        if let Some(mut producer) = WANDERING.try_producer() {
            // SAFETY: we hold the producer.
            let pushed = unsafe { PUSHED.get() };
            while producer.push(Pair(*pushed, !*pushed)).is_ok() {
                *pushed += 1;
            }
            sched_yield();
        }
        if let Some(mut consumer) = WANDERING.try_consumer() {
            // SAFETY: we hold the consumer.
            let popped = unsafe { POPPED.get() };
            for item in consumer.drain() {
                assert_eq!(item, Pair(*popped, !*popped), "lost, doubled or torn");
                *popped += 1;
            }
            sched_yield();
        }
    }
}

// -- The newest value, whose ends wander from thread to thread.

static NEWEST: Latest<Pair> = Latest::new();

fn take_newest() {
    let mut last = 0;
    for n in 1..=10_000 {
        if let Some(mut writer) = NEWEST.try_writer() {
            writer.write(Pair(n, !n));
            sched_yield();
        }
        if let Some(mut reader) = NEWEST.try_reader()
            && let Some(pair) = reader.get()
        {
            assert_eq!(black_box(pair).0, !pair.1, "torn");
            last = pair.0;
            sched_yield();
        }
    }
    black_box(last);
}

// -- Streams opened on one thread and received on another, ended in every way.

const STREAMS: usize = 5_000;
static STREAMING: StreamPool<Token, 2, 3> = StreamPool::new();
static INBOX: Ring<Receiver<&'static StreamPool<Token, 2, 3>>, 2> = Ring::new();

fn send() {
    let mut inbox = INBOX.try_producer().expect("there is no other");
    for n in 1..=STREAMS {
        let (mut sender, receiver) = loop {
            match STREAMING.try_open() {
                Ok(halves) => break halves,
                Err(_) => _ = sched_yield(),
            }
        };
        let mut handed = Some(receiver);
        while let Err(PushError::Full(back)) = inbox.push(handed.take().expect("one at a time")) {
            handed = Some(back);
            sched_yield();
        }
        'sending: for text in ["one", "two", "three", "four", "five"] {
            let mut token = Token::try_from(text).expect("it fits");
            loop {
                match sender.try_send(token) {
                    Ok(()) => break,
                    Err(SendError::Full(back)) => token = back,
                    Err(SendError::Cancelled(_)) => break 'sending,
                }
                sched_yield();
            }
        }
        match n % 3 {
            0 => sender.close(),
            1 => sender.fail(n as u16),
            _ => drop(sender),
        }
    }
}

fn receive() {
    let mut inbox = INBOX.try_consumer().expect("there is no other");
    for n in 1..=STREAMS {
        let mut receiver = loop {
            match inbox.pop() {
                Ok(receiver) => break receiver,
                Err(_) => _ = sched_yield(),
            }
        };
        if n % 7 == 0 {
            // Leave early: what was sent is dropped with the stream.
            let _ = receiver.try_recv();
            continue;
        }
        let mut bytes = 0;
        let end = loop {
            match receiver.try_recv() {
                Ok(token) => bytes += token.len(),
                Err(RecvError::Empty) => _ = sched_yield(),
                Err(RecvError::Ended(end)) => break end,
            }
        };
        assert_eq!(bytes, "onetwothreefourfive".len());
        assert_eq!(end, [End::Finished, End::Failed(n as u16), End::Aborted][n % 3]);
    }
}

fn main() {
    // A fault can make all threads sleep for ever.
    alarm(600);
    let all: [(&str, fn()); 9] = [
        ("pools", pools),
        ("lanes", lanes),
        ("waits", waits),
        ("shared", shared_leases),
        ("ring", || together(&[produce, consume])),
        ("closing", closing),
        ("ends", || together(&[take_ends as fn(); 3])),
        ("newest", || together(&[take_newest as fn(); 3])),
        ("streams", || together(&[send, receive])),
    ];
    let wanted = std::env::args().nth(1);
    for (name, check) in all {
        if wanted.as_deref().is_none_or(|wanted| wanted == name) {
            check();
        }
    }
}
