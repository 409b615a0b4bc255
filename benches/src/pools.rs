//! Pools of objects: ours, those of other crates, and what people write by hand.
#![allow(clippy::manual_div_ceil)] // In the macro of atomic-pool.

use crate::measure::{Contender, Kind, Work, together};
use forebay::wait::Lanes;
use forebay::{Lane, LanePool, Lease, Policy, Pool};
use std::alloc::{GlobalAlloc, Layout};
use std::array::from_fn;
use std::cell::{Cell, RefCell};
use std::hint::{black_box, spin_loop};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::AcqRel, Ordering::Relaxed};

/// A cache line. Its content does not matter to its next user: no pool clears it.
type Object = [u64; 8];

/// How many objects a pool has that has a number of them, in most rows.
const N: usize = 256;
/// How many the pools have that are made now.
static OBJECTS: AtomicUsize = AtomicUsize::new(N);

fn objects() -> usize {
    OBJECTS.load(Relaxed)
}

/// Calls `make`, which makes pools of `n` objects.
fn with_objects<R>(n: usize, make: impl FnOnce() -> R) -> R {
    OBJECTS.store(n, Relaxed);
    let made = make();
    OBJECTS.store(N, Relaxed);
    made
}
/// The lanes of those pools that have them.
const LANES: usize = 4;

/// A pool: gives an object, and gets it back when the guard is dropped.
trait Objects: 'static {
    const NAME: &'static str;
    const KIND: Kind = Kind::Rival;
    /// Whether it never gives more than [`objects`] at once.
    const BOUNDED: bool = false;
    type Guard: 'static;

    /// One that lives as long as the program.
    fn make() -> &'static Self;
    fn get(&'static self) -> Option<Self::Guard>;
    fn word(guard: &mut Self::Guard) -> &mut u64;
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// What each user does with an object.
#[inline(always)]
fn touch<P: Objects>(guard: &mut P::Guard) {
    let word = P::word(guard);
    *word = black_box(word.wrapping_add(1));
}

/// Declares a contender: its name, what it is, its guard, how it is made, and how it gives and is used.
macro_rules! objects {
    ($(#[$attr:meta])* $name:ident($inner:ty), $label:expr, $guard:ty, $make:expr, |$this:ident| $get:expr,
     |$g:ident| $word:expr $(, $constant:ident = $value:expr)*) => {
        $(#[$attr])*
        struct $name(#[allow(dead_code)] $inner);

        impl Objects for $name {
            const NAME: &'static str = $label;
            $(const $constant: objects!(@type $constant) = $value;)*
            type Guard = $guard;

            fn make() -> &'static Self {
                leak(Self($make))
            }

            #[inline(always)]
            fn get(&'static self) -> Option<Self::Guard> {
                let $this = &self.0;
                $get
            }

            #[inline(always)]
            fn word($g: &mut Self::Guard) -> &mut u64 {
                $word
            }
        }
    };
    (@type KIND) => { Kind };
    (@type BOUNDED) => { bool };
}

// Ours.

/// What the last user left stays, as in the other pools.
struct Scratch;

impl Policy<Object> for Scratch {
    fn make(&self, _slot: usize) -> Object {
        [0; 8]
    }

    fn recycle(&self, _object: &mut Object) -> bool {
        true
    }
}

type Ours<const N: usize> = Pool<Object, N, Scratch>;
type OursWithLanes = LanePool<Object, N, LANES, Scratch>;

macro_rules! shared {
    ($($name:ident: $n:expr),+) => {$(
        objects!(
            $name(Ours<{ $n }>),
            "forebay Pool",
            Lease<&'static Ours<{ $n }>>,
            Pool::with_policy(Scratch),
            |pool| pool.try_get().ok(),
            |lease| &mut lease[0],
            KIND = Kind::Ours,
            BOUNDED = true
        );
    )+};
}
shared!(Shared: N, Shared64: 64, Shared1024: 1024);
objects!(
    Laned(OursWithLanes),
    "forebay LanePool",
    Lease<&'static Pool<Object, N, Scratch, Lanes<LANES>>>,
    LanePool::with_policy(Scratch),
    |pool| pool.try_get().ok(),
    |lease| &mut lease[0],
    KIND = Kind::Ours,
    BOUNDED = true
);
objects!(
    /// A lane taken by hand: for one thread.
    OneLane(Lane<'static, Object, N, LANES, Scratch>), "forebay Lane",
    Lease<&'static Lane<'static, Object, N, LANES, Scratch>>,
    leak(OursWithLanes::with_policy(Scratch)).try_claim().unwrap(),
    |lane| lane.try_get().ok(), |lease| &mut lease[0], KIND = Kind::Ours, BOUNDED = true);

// Pools of other crates.

heapless::object_pool!(HeaplessObjects: Object);
objects!(
    HeaplessObjectPool(()),
    "heapless object_pool",
    heapless::pool::object::Object<HeaplessObjects>,
    {
        for _ in 0..N {
            HeaplessObjects
                .manage(Box::leak(Box::new(heapless::pool::object::ObjectBlock::new([0; 8]))));
        }
    },
    |_pool| HeaplessObjects.request(),
    |object| &mut object[0]
);
heapless::box_pool!(HeaplessBoxes: Object);
objects!(
    HeaplessBoxPool(()),
    "heapless box_pool",
    heapless::pool::boxed::Box<HeaplessBoxes>,
    {
        for _ in 0..N {
            HeaplessBoxes.manage(Box::leak(Box::new(heapless::pool::boxed::BoxBlock::new())));
        }
    },
    |_pool| HeaplessBoxes.alloc([0; 8]).ok(),
    |object| &mut object[0]
);
atomic_pool::pool!(AtomicPoolStorage: [Object; 256]);
objects!(
    AtomicPool(()),
    "atomic-pool",
    atomic_pool::Box<AtomicPoolStorage>,
    (),
    |_pool| atomic_pool::Box::<AtomicPoolStorage>::new([0; 8]),
    |object| &mut object[0]
);

struct Zeroed;

impl opool::PoolAllocator<Object> for Zeroed {
    fn allocate(&self) -> Object {
        [0; 8]
    }
}

objects!(
    OPool(opool::Pool<Zeroed, Object>),
    "opool",
    opool::RefGuard<'static, Zeroed, Object>,
    opool::Pool::new_prefilled(objects(), Zeroed),
    |pool| pool.try_get(),
    |object| &mut object[0],
    BOUNDED = true
);
objects!(
    ObjectPool(object_pool::Pool<Object>),
    "object-pool",
    object_pool::Reusable<'static, Object>,
    object_pool::Pool::new(objects(), || [0; 8]),
    |pool| pool.try_pull(),
    |object| &mut object[0],
    BOUNDED = true
);
objects!(
    SpinLockPool(lockfree_object_pool::SpinLockObjectPool<Object>),
    "lockfree-object-pool spinlock",
    lockfree_object_pool::SpinLockReusable<'static, Object>,
    lockfree_object_pool::SpinLockObjectPool::new(|| [0; 8], |_| ()),
    |pool| Some(pool.pull()),
    |object| &mut object[0]
);
objects!(
    LinearPool(lockfree_object_pool::LinearObjectPool<Object>),
    "lockfree-object-pool linear",
    lockfree_object_pool::LinearReusable<'static, Object>,
    lockfree_object_pool::LinearObjectPool::new(|| [0; 8], |_| ()),
    |pool| Some(pool.pull()),
    |object| &mut object[0]
);

/// What sharded-slab wants of an object.
#[derive(Default)]
struct Cleared(Object);

impl sharded_slab::Clear for Cleared {
    fn clear(&mut self) {}
}

type Slab = sharded_slab::Pool<Cleared>;

/// Its guards give nothing back by themselves.
struct SlabGuard(ManuallyDrop<sharded_slab::pool::RefMut<'static, Cleared>>, &'static Slab);

impl Drop for SlabGuard {
    #[inline(always)]
    fn drop(&mut self) {
        let key = self.0.key();
        // SAFETY: not used again.
        unsafe { ManuallyDrop::drop(&mut self.0) };
        self.1.clear(key);
    }
}

objects!(
    ShardedSlab(Slab),
    "sharded-slab",
    SlabGuard,
    Slab::new(),
    |pool| pool.create().map(|object| SlabGuard(ManuallyDrop::new(object), pool)),
    |object| &mut object.0.0[0]
);
objects!(
    /// For one thread at a time to take from.
    Plurality(plurality::Pool<Object>), "plurality", plurality::Box<Object>, plurality::Pool::new(),
    |pool| Some(pool.alloc_box([0; 8])), |object| &mut object[0]);
objects!(
    LockedPlurality(parking_lot::Mutex<plurality::Pool<Object>>),
    "plurality in a Mutex",
    plurality::Box<Object>,
    parking_lot::Mutex::new(plurality::Pool::new()),
    |pool| Some(pool.lock().alloc_box([0; 8])),
    |object| &mut object[0]
);

type Regex = regex_automata::util::pool::Pool<Object, fn() -> Object>;
objects!(
    RegexPool(Regex),
    "regex-automata pool",
    regex_automata::util::pool::PoolGuard<'static, Object, fn() -> Object>,
    Regex::new(|| [0; 8]),
    |pool| Some(pool.get()),
    |object| &mut object[0]
);

// What people write by hand: boxes in a list.

/// Where boxes wait for their next user.
trait Store: 'static {
    const NAME: &'static str;
    fn make() -> Self;
    fn take(&self) -> Option<Box<Object>>;
    fn put(&self, object: Box<Object>);
}

/// A box that goes back to its store.
struct Stored<S: Store>(ManuallyDrop<Box<Object>>, &'static S);

impl<S: Store> Drop for Stored<S> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: not used again.
        self.1.put(unsafe { ManuallyDrop::take(&mut self.0) });
    }
}

fn filled(mut put: impl FnMut(Box<Object>)) {
    (0..objects()).for_each(|_| put(Box::new([0; 8])));
}

/// A store as a pool.
struct Boxes<S>(S);

impl<S: Store> Objects for Boxes<S> {
    const NAME: &'static str = S::NAME;
    type Guard = Stored<S>;

    fn make() -> &'static Self {
        let store = S::make();
        filled(|object| store.put(object));
        leak(Self(store))
    }

    #[inline(always)]
    fn get(&'static self) -> Option<Stored<S>> {
        self.0.take().map(|object| Stored(ManuallyDrop::new(object), &self.0))
    }

    #[inline(always)]
    fn word(guard: &mut Stored<S>) -> &mut u64 {
        &mut guard.0[0]
    }
}

macro_rules! stores {
    ($($name:ident($inner:ty), $label:literal, $make:expr, |$a:ident| $take:expr, |$b:ident, $object:ident| $put:expr;)+) => {$(
        struct $name($inner);

        impl Store for $name {
            const NAME: &'static str = $label;

            fn make() -> Self {
                Self($make)
            }

            #[inline(always)]
            fn take(&self) -> Option<Box<Object>> {
                let $a = &self.0;
                $take
            }

            #[inline(always)]
            fn put(&self, $object: Box<Object>) {
                let $b = &self.0;
                $put;
            }
        }
    )+};
}

type List = Vec<Box<Object>>;

thread_local! {
    static LIST: RefCell<List> = const { RefCell::new(Vec::new()) };
}

stores! {
    SpinVec(spin::Mutex<List>), "spin Mutex<Vec>", spin::Mutex::new(List::with_capacity(objects())),
        |list| list.lock().pop(), |list, object| list.lock().push(object);
    StdVec(std::sync::Mutex<List>), "std Mutex<Vec>", std::sync::Mutex::new(List::with_capacity(objects())),
        |list| list.lock().unwrap().pop(), |list, object| list.lock().unwrap().push(object);
    ParkingLotVec(parking_lot::Mutex<List>), "parking_lot Mutex<Vec>", parking_lot::Mutex::new(List::with_capacity(objects())),
        |list| list.lock().pop(), |list, object| list.lock().push(object);
    ArrayQueue(crossbeam_queue::ArrayQueue<Box<Object>>), "crossbeam ArrayQueue", crossbeam_queue::ArrayQueue::new(objects()),
        |queue| queue.pop(), |queue, object| assert!(queue.push(object).is_ok());
    // Each thread has a list of its own, and makes objects when it is empty.
    ThreadLocalVec(()), "thread-local Vec", (),
        |_list| Some(LIST.with_borrow_mut(Vec::pop).unwrap_or_default()),
        |_list, object| LIST.with_borrow_mut(|list| list.push(object));
}

/// No pool: each object from an allocator.
struct Allocator<A>(A);

/// Memory of an object, whose content is what it is: as from a pool.
struct Memory<A: GlobalAlloc + 'static>(*mut Object, &'static A);

// SAFETY: it is as its owner's, and allocators serve all threads.
unsafe impl<A: GlobalAlloc + Sync + 'static> Send for Memory<A> {}

impl<A: GlobalAlloc + 'static> Drop for Memory<A> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: from this allocator, with this layout.
        unsafe { self.1.dealloc(self.0.cast(), Layout::new::<Object>()) };
    }
}

macro_rules! allocators {
    ($($ty:ty, $label:literal, $make:expr;)+) => {$(
        impl Objects for Allocator<$ty> {
            const NAME: &'static str = $label;
            type Guard = Memory<$ty>;

            fn make() -> &'static Self {
                leak(Self($make))
            }

            #[inline(always)]
            fn get(&'static self) -> Option<Self::Guard> {
                // SAFETY: an object has a size; the first word, the only one that is read, is written.
                unsafe {
                    let memory = self.0.alloc(Layout::new::<Object>()).cast::<Object>();
                    (*memory)[0] = 0;
                    Some(Memory(black_box(memory), &self.0))
                }
            }

            #[inline(always)]
            fn word(memory: &mut Self::Guard) -> &mut u64 {
                // SAFETY: the guard owns it; `get` wrote the word.
                unsafe { &mut (*memory.0)[0] }
            }
        }
    )+};
}

allocators! {
    std::alloc::System, "malloc, glibc", std::alloc::System;
    mimalloc::MiMalloc, "mimalloc", mimalloc::MiMalloc;
}

// The work.

/// It gives different objects, no more than it has, and the same again.
fn check<P: Objects>(pool: &'static P) {
    for round in 0..3 {
        let mut guards: Vec<P::Guard> = (0..objects() / 2).map(|_| pool.get().unwrap()).collect();
        for (i, guard) in guards.iter_mut().enumerate() {
            *P::word(guard) = (i + round) as u64;
        }
        for (i, guard) in guards.iter_mut().enumerate() {
            assert_eq!(*P::word(guard), (i + round) as u64, "{}: two have one object", P::NAME);
        }
    }
    if P::BOUNDED {
        let all: Vec<P::Guard> = (0..objects()).map(|_| pool.get().unwrap()).collect();
        assert!(pool.get().is_none(), "{} gives more than it has", P::NAME);
        drop(all);
    }
}

fn checked<P: Objects>() -> &'static P {
    let pool = P::make();
    check(pool);
    pool
}

fn one<P: Objects>() -> Contender {
    let pool = checked::<P>();
    Contender::repeat(P::NAME, P::KIND, move || touch::<P>(&mut pool.get().unwrap()))
}

fn burst<P: Objects, const K: usize>() -> Contender {
    let pool = checked::<P>();
    Contender::repeat(P::NAME, P::KIND, move || {
        let mut guards: [P::Guard; K] = from_fn(|_| pool.get().unwrap());
        guards.iter_mut().for_each(touch::<P>);
        drop(guards);
    })
}

/// Two threads on one pool.
fn both<P: Objects + Sync>() -> Contender {
    let pool = checked::<P>();
    both_do(P::NAME, P::KIND, move || touch::<P>(&mut retry(|| pool.get())))
}

/// Two threads that both do `work`.
fn both_do(name: &str, kind: Kind, work: impl Fn() + Copy + Send + 'static) -> Contender {
    Contender::new(name, kind, move |n| {
        let half = move || (0..n).for_each(|_| work());
        together(half, half)
    })
}

/// One thread, in the loop of [`both`]: another loop around the same work takes up to a quarter more or less.
fn alone<P: Objects + Sync>() -> Contender {
    let pool = checked::<P>();
    Contender::new(&format!("{}, one thread", P::NAME), P::KIND, move |n| {
        together(move || (0..n).for_each(|_| touch::<P>(&mut retry(|| pool.get()))), || ())
    })
}

/// Two threads, each on a pool of its own: what the machine itself loses with both cores at work.
fn apart<P: Objects + Sync>() -> Contender {
    let pools = [checked::<P>(), checked::<P>()];
    let name = format!("{}, one each", P::NAME);
    Contender::new(&name, Kind::Floor, move |n| {
        let [here, there] =
            pools.map(|pool| move || (0..n).for_each(|_| touch::<P>(&mut retry(|| pool.get()))));
        together(here, there)
    })
}

/// Bursts of two threads on one pool.
fn bursts_of_both<P: Objects + Sync, const K: usize>() -> Contender {
    let pool = checked::<P>();
    both_do(P::NAME, P::KIND, move || {
        let mut guards: [P::Guard; K] = from_fn(|_| retry(|| pool.get()));
        guards.iter_mut().for_each(touch::<P>);
    })
}

/// One thread gets, another puts. The objects go over in a ring that is the same for all.
fn across<P: Objects<Guard: Send> + Sync>() -> Contender {
    let pool = checked::<P>();
    Contender::new(P::NAME, P::KIND, move |n| {
        let (mut tx, mut rx) = rtrb::RingBuffer::<P::Guard>::new(64);
        together(
            move || {
                for _ in 0..n {
                    let mut guard = retry(|| pool.get());
                    touch::<P>(&mut guard);
                    let mut rest = Some(guard);
                    retry(|| match tx.push(rest.take()?) {
                        Ok(()) => Some(()),
                        Err(rtrb::PushError::Full(guard)) => {
                            rest = Some(guard);
                            None
                        }
                    });
                }
            },
            move || (0..n).for_each(|_| touch::<P>(&mut retry(|| rx.pop().ok()))),
        )
    })
}

fn retry<T>(mut f: impl FnMut() -> Option<T>) -> T {
    loop {
        match f() {
            Some(value) => return value,
            None => spin_loop(),
        }
    }
}

// Floors.

/// Two locked operations on a line that nobody else wants, and the touch.
fn two_locked_operations() -> Contender {
    let (word, mut object) = (leak(AtomicU64::new(0)), Box::new([0; 8]));
    Contender::repeat("two locked operations", Kind::Floor, move || {
        black_box(word.fetch_or(1, AcqRel));
        touch_plain(&mut object);
        black_box(word.fetch_and(!1, AcqRel));
    })
}

fn touch_plain(object: &mut Object) {
    object[0] = black_box(object[0].wrapping_add(1));
}

thread_local! {
    static STACK: ([Cell<usize>; N], Cell<usize>) = const { ([const { Cell::new(0) }; N], Cell::new(0)) };
}

/// A stack of pointers that is the thread's own, without any check of whose they are.
fn thread_local_stack<const K: usize>() -> Contender {
    let objects = Box::leak(Box::new([[0_u64; 8]; N]));
    STACK.with(|(stack, top)| {
        for (slot, object) in stack.iter().zip(objects) {
            slot.set((&raw mut *object).expose_provenance());
        }
        top.set(N);
    });
    Contender::repeat("thread-local stack of pointers", Kind::Floor, || {
        let taken: [usize; K] = from_fn(|_| {
            STACK.with(|(stack, top)| {
                top.set(top.get() - 1);
                stack[top.get() % N].get()
            })
        });
        for object in taken {
            // SAFETY: the stack has pointers to objects that nobody else has.
            touch_plain(unsafe { &mut *std::ptr::with_exposed_provenance_mut(object) });
        }
        for object in taken {
            STACK.with(|(stack, top)| {
                stack[top.get() % N].set(object);
                top.set(top.get() + 1);
            });
        }
    })
}

/// Pointers that go over in the ring, and no pool.
fn transfer() -> Contender {
    Contender::new("the ring alone", Kind::Floor, |n| {
        let (mut tx, mut rx) = rtrb::RingBuffer::<[usize; 2]>::new(64);
        together(
            move || (0..n).for_each(|_| retry(|| tx.push([1; 2]).ok())),
            move || {
                for _ in 0..n {
                    black_box(retry(|| rx.pop().ok()));
                }
            },
        )
    })
}

// What gives many at once.

fn many<const K: usize>() -> Vec<Contender> {
    let (pool, lanes) = (Shared::make(), Laned::make());
    let lane = OneLane::make();
    vec![
        Contender::repeat("forebay Pool::try_get_many", Kind::Ours, move || {
            let mut all = pool.0.try_get_many::<K>().unwrap();
            all.iter_mut().for_each(touch::<Shared>);
            drop(all);
        }),
        Contender::repeat("forebay LanePool::try_get_many", Kind::Ours, move || {
            let mut all = lanes.0.try_get_many::<K>().unwrap();
            all.iter_mut().for_each(touch::<Laned>);
            drop(all);
        }),
        Contender::repeat("forebay Pool, batch", Kind::Ours, move || {
            pool.0.try_get_batch::<K>().unwrap().iter_mut().for_each(touch_plain);
        }),
        Contender::repeat("forebay LanePool, batch", Kind::Ours, move || {
            lanes.0.try_get_batch::<K>().unwrap().iter_mut().for_each(touch_plain);
        }),
        Contender::repeat("forebay Lane, batch", Kind::Ours, move || {
            lane.0.try_get_batch::<K>().unwrap().iter_mut().for_each(touch_plain);
        }),
    ]
}

/// [`many`] of a pool that all threads share, by two threads.
fn many_of_both<const K: usize>() -> [Contender; 2] {
    let pool = Shared1024::make();
    [
        both_do("forebay Pool::try_get_many", Kind::Ours, move || {
            let mut all = retry(|| pool.0.try_get_many::<K>().ok());
            all.iter_mut().for_each(touch::<Shared1024>);
        }),
        both_do("forebay Pool, batch", Kind::Ours, move || {
            retry(|| pool.0.try_get_batch::<K>().ok()).iter_mut().for_each(touch_plain);
        }),
    ]
}

macro_rules! of_each {
    ($f:ident $args:tt: $($pool:ty),+ $(,)?) => { vec![$(of_each!(@one $f $args $pool)),+] };
    (@one $f:ident () $pool:ty) => { $f::<$pool>() };
    (@one $f:ident ($k:literal) $pool:ty) => { $f::<$pool, $k>() };
}

/// The pools that all threads share without anything kept for one thread, of as many objects as are asked for.
macro_rules! of_shared {
    ($f:ident $args:tt: $ours:ty) => {
        of_each!($f $args: $ours, Boxes<SpinVec>, Boxes<ParkingLotVec>, Boxes<ArrayQueue>, OPool, ObjectPool)
    };
}

/// Both threads on a pool of `n` objects, and one thread on it.
macro_rules! both_on {
    ($n:expr, $ours:ty) => {
        with_objects($n, || {
            let mut all = of_shared!(both (): $ours);
            all.push(alone::<$ours>());
            all.push(apart::<$ours>());
            all
        })
    };
}

/// The shared pools, and those that keep objects for each thread.
macro_rules! of_all_that_are_sync {
    ($f:ident $(, $more:ident)?) => {
        of_each!($f(): Shared, Laned, Boxes<SpinVec>, Boxes<StdVec>, Boxes<ParkingLotVec>, Boxes<ArrayQueue>,
            Boxes<ThreadLocalVec>, AtomicPool, HeaplessObjectPool, HeaplessBoxPool, OPool, ObjectPool, SpinLockPool,
            LinearPool, LockedPlurality, RegexPool, Allocator<std::alloc::System>, Allocator<mimalloc::MiMalloc>
            $(, $more)?)
    };
}

fn bursts<const K: usize>(go: &str) -> Vec<Contender> {
    let mut all = vec![
        burst::<Shared, K>(),
        burst::<Laned, K>(),
        burst::<OneLane, K>(),
        burst::<Boxes<SpinVec>, K>(),
        burst::<Boxes<ArrayQueue>, K>(),
        burst::<Boxes<ThreadLocalVec>, K>(),
        burst::<AtomicPool, K>(),
        burst::<HeaplessObjectPool, K>(),
        burst::<OPool, K>(),
        burst::<ObjectPool, K>(),
        burst::<Plurality, K>(),
        burst::<Allocator<std::alloc::System>, K>(),
        burst::<Allocator<mimalloc::MiMalloc>, K>(),
    ];
    all.extend(many::<K>());
    all.push(thread_local_stack::<K>());
    all.extend(crate::go::contender("sync.Pool, Go", go));
    if K == 16 {
        all.extend(crate::dpdk::mempools("DPDK mempool get_bulk", "pool-burst"));
    }
    all
}

/// A pool of `N` objects of which all but `left` are out.
fn of_size<const N: usize>(left: usize) -> Contender {
    let pool = Box::leak(Box::new(Pool::<u64, N>::new()));
    let name = if left == N { format!("{N}, all free") } else { format!("{N}, {left} free") };
    let pool = &*pool;
    for _ in left..N {
        std::mem::forget(pool.try_get().unwrap());
    }
    Contender::repeat(&name, Kind::Ours, move || {
        let mut lease = pool.try_get().unwrap();
        *lease = black_box(lease.wrapping_add(1));
    })
}

/// All rows about pools.
pub fn works() -> Vec<Work> {
    let mut one_thread = of_all_that_are_sync!(one, ShardedSlab);
    one_thread.extend([
        one::<OneLane>(),
        one::<Plurality>(),
        two_locked_operations(),
        thread_local_stack::<1>(),
    ]);
    one_thread.extend(crate::go::contender("sync.Pool, Go", "pool"));
    one_thread.extend(crate::dpdk::mempools("DPDK mempool", "pool"));

    let mut both = of_all_that_are_sync!(both, ShardedSlab);
    both.extend(crate::go::contender("sync.Pool, Go", "pool-both"));
    both.extend(crate::dpdk::mempools("DPDK mempool", "pool-both"));
    // What the machine itself loses with two threads at work shows in lists that share nothing.
    both.push(alone::<Shared>());
    both.push(alone::<Laned>());
    both.push(Contender { kind: Kind::Floor, ..alone::<Boxes<ThreadLocalVec>>() });

    // A guard of sharded-slab stays with its thread.
    let mut across = of_all_that_are_sync!(across);
    across.push(transfer());
    across.extend(crate::go::contender("sync.Pool, Go", "pool-across"));

    let bursts_of_both = with_objects(1024, || {
        let mut all = of_shared!(bursts_of_both (16): Shared1024);
        all.extend(many_of_both::<16>());
        all.push(bursts_of_both::<Boxes<ThreadLocalVec>, 16>());
        all
    });

    let work = Work::new;
    vec![
        work(
            "get-put",
            "Get, touch, put: one thread",
            "An object of 64 bytes is taken, its first word is written, and it goes back.",
            false,
            one_thread,
        ),
        work(
            "burst-16",
            "Bursts of 16: one thread",
            "16 objects are taken, touched, and given back; ns for all 16.",
            false,
            bursts::<16>("pool-burst-16"),
        ),
        work(
            "burst-64",
            "Bursts of 64: one thread",
            "64 objects are taken, touched, and given back; ns for all 64.",
            false,
            bursts::<64>("pool-burst-64"),
        ),
        work(
            "get-put-both",
            "Get, touch, put: two threads on one pool",
            "Both threads do it as often as they can; ns for one of each.",
            true,
            both,
        ),
        work(
            "get-put-both-64",
            "Get, touch, put: two threads on one pool of 64",
            "Both threads do it as often as they can; ns for one of each.",
            true,
            both_on!(64, Shared64),
        ),
        work(
            "get-put-both-1024",
            "Get, touch, put: two threads on one pool of 1,024",
            "Both threads do it as often as they can; ns for one of each.",
            true,
            both_on!(1024, Shared1024),
        ),
        work(
            "burst-16-both",
            "Bursts of 16: two threads on one pool",
            "Both threads take 16 of 1,024 objects, touch them and give them back; ns for all 16 of each.",
            true,
            bursts_of_both,
        ),
        work(
            "across",
            "One thread gets, another puts",
            "The objects go over in a ring that is the same for all (rtrb, 64 places); ns an object.",
            true,
            across,
        ),
        work(
            "size",
            "Get and put, as the pool grows and as it empties",
            "One object is taken, written and given back, by one thread.",
            false,
            vec![
                of_size::<32>(32),
                of_size::<256>(256),
                of_size::<2048>(2048),
                of_size::<16_384>(16_384),
                of_size::<65_535>(65_535),
                of_size::<32>(1),
                of_size::<256>(1),
                of_size::<2048>(1),
                of_size::<16_384>(1),
                of_size::<65_535>(1),
            ],
        ),
    ]
}
