//! Batches: all or nothing, each object with one holder, and nothing lost whatever user code does.

use crate::common::{Counted, Fuse, Numbers, Tally, Together, booms, for_capacities};
use forebay::pool::Leases;
use forebay::reset::TickByMisses;
use forebay::wait::{Lanes, WaitPolicy};
use forebay::{Batch, DefaultReset, Headroom, LanePool, Lease, Policy, Pool, Reset};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// The number of slots that a pool can claim in one step.
const WORD: usize = usize::BITS as usize / 2;

/// Lends all objects of a pool, except those of the slots for which `is_free`.
fn all_but<T, const N: usize, P: Policy<T>, W: WaitPolicy>(
    pool: &Pool<T, N, P, W>,
    is_free: impl Fn(usize) -> bool,
) -> Vec<Lease<&Pool<T, N, P, W>>> {
    let all = Vec::from_iter((0..N).map(|_| pool.try_get_reserved().unwrap()));
    all.into_iter().filter(|lease| !is_free(Lease::slot(lease))).collect()
}

fn slots_of<T, const N: usize, P, W: WaitPolicy>(pool: &Pool<T, N, P, W>) -> Vec<usize> {
    pool.audit().map(|loan| loan.slot()).collect()
}

/// The ages of all loans, by slot.
fn ages_of<T, const N: usize, P, W: WaitPolicy>(pool: &Pool<T, N, P, W>) -> Vec<u8> {
    pool.audit().map(|loan| loan.age()).collect()
}

/// Asserts that nothing is on loan and that each get and put was counted.
#[track_caller]
fn at_rest<T, const N: usize, P, W: WaitPolicy>(pool: &Pool<T, N, P, W>) {
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, pool.audit().count(), pool.available()), (0, 0, N));
    assert_eq!((metrics.puts, metrics.double_returns), (metrics.gets, 0));
}

/// The message of the panic of `f`.
fn message<R>(f: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(f()))) else { panic!("no panic") };
    payload.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn smoke() {
    static POOL: Pool<u32, 8> = Pool::new();
    let mut batch = POOL.try_get_batch::<3>().unwrap();
    for (n, object) in batch.iter_mut().enumerate() {
        *object = n as u32 + 1;
    }
    assert_eq!((batch.len(), batch.iter().sum::<u32>(), POOL.available()), (3, 6, 5));
    assert_eq!(format!("{batch:?}"), "[1, 2, 3]");
    drop(batch);
    assert_eq!(POOL.available(), 8);
    assert_eq!(POOL.try_get_batch::<8>().unwrap().iter().sum::<u32>(), 0, "reset on return");
}

#[test]
fn objects_are_reached_like_those_of_a_slice() {
    let pool: Pool<u32, 40> = Pool::new();
    let mut batch = pool.try_get_batch::<40>().unwrap();
    assert!(!batch.is_empty());
    for at in 0..40 {
        batch[at] = at as u32;
        *batch.get_mut(at).unwrap() += 100;
        assert_eq!((batch[at], batch.get(at)), (at as u32 + 100, Some(&(at as u32 + 100))));
    }
    assert_eq!((batch.get(40), batch.get(usize::MAX)), (None, None));
    assert_eq!(batch.get_mut(40), None);
    let mut objects = batch.iter_mut();
    assert_eq!((objects.len(), objects.size_hint()), (40, (40, Some(40))));
    // The references live side by side, because they are of different objects.
    let all = Vec::from_iter(objects.by_ref());
    all.into_iter().for_each(|object| *object += 1);
    assert!(objects.next().is_none() && objects.next().is_none());
    assert!(batch.iter().copied().eq(101..141));
    assert!(batch.iter().rev().copied().eq((101..141).rev()));
    for object in &mut batch {
        *object -= 1;
    }
    assert_eq!((&batch).into_iter().sum::<u32>(), (100..140).sum::<u32>());
    assert_eq!(batch.iter_mut().next_back(), Some(&mut 139));
    assert_eq!(batch.iter().len(), 40);
    let addresses = BTreeSet::from_iter(batch.iter().map(std::ptr::from_ref));
    assert_eq!(addresses.len(), 40);
    batch.put();
    at_rest(&pool);
}

#[test]
fn an_index_out_of_range_panics_with_both_numbers() {
    const TEXT: &str = "index out of bounds: the batch has";
    let pool: Pool<u32, 3> = Pool::new();
    let mut batch = pool.try_get_batch_up_to::<5>();
    assert_eq!(message(|| batch[3]), format!("{TEXT} 3 objects but the index is 3"));
    assert_eq!(message(|| batch[4] = 1), format!("{TEXT} 3 objects but the index is 4"));
    let last = batch.pop();
    assert_eq!(message(|| batch[2]), format!("{TEXT} 2 objects but the index is 2"));
    let max = usize::MAX;
    assert_eq!(message(|| batch[max]), format!("{TEXT} 2 objects but the index is {max}"));
    drop((batch, last));
    let none = pool.try_get_batch::<0>().unwrap();
    assert_eq!(message(|| none[0]), format!("{TEXT} 0 objects but the index is 0"));
    assert_eq!((pool.metrics().panics, none.get(0)), (0, None));
    drop(none);
    at_rest(&pool);
}

#[test]
fn leases_are_split_off_from_the_end() {
    let pool = Pool::<_, 40, _>::from_fn(|slot| slot as u32);
    let mut batch = pool.try_get_batch::<40>().unwrap();
    let mut popped = Vec::new();
    for left in (10..40).rev() {
        let at = &raw const batch[left];
        let lease = batch.pop().unwrap();
        assert_eq!((batch.len(), &raw const *lease), (left, at), "the last, in its place");
        popped.push(lease);
    }
    drop(batch);
    assert_eq!((pool.available(), pool.audit().count()), (10, 30), "the others go on");
    assert!(popped.iter().all(|lease| Lease::slot(lease) == **lease as usize));
    drop(popped);
    at_rest(&pool);
    let mut batch = pool.try_get_batch::<2>().unwrap();
    assert!(batch.pop().is_some() && batch.pop().is_some() && batch.pop().is_none());
    assert_eq!((batch.len(), format!("{batch:?}").as_str()), (0, "[]"));
}

#[test]
fn a_batch_turns_into_leases_in_order() {
    let pool = Pool::<_, 40, _>::from_fn(|slot| slot as u32);
    let batch = pool.try_get_batch::<40>().unwrap();
    let objects = Vec::from_iter(batch.iter().copied());
    let mut leases: Leases<_, 40> = batch.into_iter();
    assert_eq!((leases.len(), leases.size_hint()), (40, (40, Some(40))));
    assert_eq!(format!("{leases:?}"), "Leases { len: 40, .. }");
    let half = Vec::from_iter(leases.by_ref().take(20));
    assert!(half.iter().map(|lease| **lease).eq(objects[..20].iter().copied()));
    assert_eq!((leases.len(), format!("{leases:?}").as_str()), (20, "Leases { len: 20, .. }"));
    drop(leases);
    assert_eq!((pool.available(), pool.audit().count()), (20, 20), "the rest goes back");
    drop(half);
    at_rest(&pool);

    let mut leases = pool.try_get_batch::<2>().unwrap().into_iter();
    assert!(leases.next().is_some() && leases.next().is_some());
    assert!(leases.next().is_none() && leases.next().is_none());
    assert_eq!(leases.len(), 0);
    let mut split = pool.try_get_batch::<3>().unwrap();
    let last = split.pop();
    assert_eq!(split.into_iter().count(), 2, "not what was split off");
    drop(last);
    at_rest(&pool);
}

#[cfg(feature = "std")]
#[test]
fn a_lease_of_a_batch_is_like_any_other() {
    let tally = Tally::default();
    let pool = Pool::<_, 40, _>::from_fn(|_| tally.make());
    let mut leases = pool.try_get_batch::<40>().unwrap().into_iter();
    let shared = Lease::share(leases.next().unwrap());
    let other = shared.clone();
    let mapped = Lease::map(leases.next().unwrap(), |object| &mut object.number);
    let erased = Lease::erase(leases.next().unwrap());
    drop((leases, shared, mapped));
    assert_eq!(pool.available(), 38);
    drop((other, erased));
    at_rest(&pool);
    assert_eq!(tally.dropped(), 0);
}

/// In a pool whose free slots are scattered, no word has as many as a batch wants. `FREE` slots are free in all.
fn fragmented<const N: usize, const EVERY: usize, const FREE: usize, const MORE: usize>() {
    let tally = Tally::default();
    let pool = Box::new(Pool::<_, N, _>::from_fn(|_| tally.make()));
    let others = all_but(&pool, |slot| slot % EVERY == 0);
    assert_eq!((pool.available(), MORE), (FREE, FREE + 1));
    let before = pool.metrics();
    for refused in 1..=3 {
        assert_eq!(pool.try_get_batch::<MORE>().unwrap_err().capacity(), N);
        assert!(pool.try_get_batch_reserved::<MORE>().is_err());
        let now = pool.metrics();
        assert_eq!((now.exhausted - before.exhausted, pool.available()), (2 * refused, FREE));
    }
    // `try_get_batch` fails at a look. `try_get_batch_reserved` lends `FREE` objects, finds no more, and takes them back.
    let refused = pool.metrics();
    assert_eq!(
        (refused.gets - before.gets, refused.puts - before.puts),
        (3 * FREE as u64, 3 * FREE as u64)
    );
    let batch = pool.try_get_batch::<FREE>().unwrap();
    assert_eq!((batch.len(), pool.available()), (FREE, 0));
    let numbers = BTreeSet::from_iter(
        batch.iter().chain(others.iter().map(|lease| &**lease)).map(|object| object.number),
    );
    assert_eq!(numbers.len(), N, "each object once");
    assert!(pool.try_get_batch::<1>().is_err() && pool.try_get_batch_up_to::<1>().is_empty());
    assert_eq!(slots_of(&pool), Vec::from_iter(0..N));
    drop(batch);
    let batch = pool.try_get_batch_up_to::<MORE>();
    assert_eq!((batch.len(), pool.available()), (FREE, 0), "as many as there are");
    drop((batch, others));
    at_rest(&pool);
    assert_eq!((tally.made(), tally.dropped()), (N, 0));
}

#[test]
fn a_fragmented_pool_gives_what_is_free_in_all() {
    fragmented::<33, 32, 2, 3>();
    fragmented::<65, 32, 3, 4>();
    fragmented::<65, 16, 5, 6>();
    fragmented::<65, 7, 10, 11>();
    if !cfg!(miri) {
        fragmented::<1000, 32, 32, 33>();
        fragmented::<1000, 7, 143, 144>();
        fragmented::<1000, 1, 1000, 1001>();
    }
}

/// Tests batches of no object, one object, all objects and more than all.
fn of_each_size<const N: usize>() {
    let pool = Box::new(Pool::<u32, N>::new());
    for _ in 0..2 {
        let none = pool.try_get_batch::<0>().unwrap();
        assert!(none.is_empty() && pool.try_get_batch_up_to::<0>().is_empty());
        assert_eq!((none.into_iter().count(), pool.available()), (0, N));
        let all = pool.try_get_batch::<N>().unwrap();
        assert_eq!((all.len(), pool.available()), (N, 0));
        assert_eq!(BTreeSet::from_iter(all.iter().map(std::ptr::from_ref)).len(), N);
        assert_eq!(slots_of(&pool), Vec::from_iter(0..N));
        assert!(pool.try_get_batch::<0>().unwrap().is_empty(), "nothing can always be had");
        assert!(pool.try_get_batch::<1>().is_err());
        drop(all);
        let gets = pool.metrics().gets;
        assert_eq!(pool.try_get_batch::<1001>().unwrap_err().capacity(), N);
        assert_eq!((pool.metrics().gets, pool.available()), (gets, N), "refused at a look");
        let one = pool.try_get_batch::<1>().unwrap();
        assert_eq!((one.len(), pool.available()), (1, N - 1));
        assert!(pool.try_get_batch::<N>().is_err());
        assert_eq!(pool.available(), N - 1);
        assert_eq!(pool.try_get_batch_up_to::<1001>().len(), N - 1);
        drop(one);
        at_rest(&pool);
    }
    let metrics = pool.metrics();
    assert_eq!((metrics.misses, metrics.high_water), (N as u64, N as u64));
    assert_eq!((metrics.gets, metrics.exhausted), (2 * 2 * N as u64, 2 * 3));
}

#[test]
fn capacity() {
    for_capacities!(of_each_size);
}

#[test]
fn a_refused_batch_of_one_word_takes_nothing() {
    let tally = Tally::default();
    let pool = Pool::<_, 5, _>::from_fn(|_| tally.make());
    let one = pool.try_get().unwrap();
    assert!(pool.try_get_batch::<5>().is_err() && pool.try_get_many::<5>().is_err());
    let metrics = pool.metrics();
    assert_eq!((metrics.gets, metrics.puts, metrics.misses), (1, 0, 1));
    assert_eq!((metrics.exhausted, metrics.high_water, tally.made()), (2, 1, 1));
    assert!(pool.try_get_batch::<4>().is_ok());
    drop(one);
    at_rest(&pool);
}

/// Another caller gets the last object between the look and the claim.
#[test]
fn a_batch_that_is_refused_half_way_goes_back() {
    struct Thief;
    impl Policy<u32> for Thief {
        fn make(&self, _slot: usize) -> u32 {
            if booms(|| MAKES.burn()) {
                STOLEN.lock().unwrap().push(POOL.try_get().unwrap());
            }
            0
        }
        fn recycle(&self, _object: &mut u32) -> bool {
            RECYCLED.fetch_add(1, SeqCst);
            true
        }
    }
    type Stolen = Lease<&'static Pool<u32, { WORD + 1 }, Thief>>;
    static MAKES: Fuse = Fuse::new();
    static RECYCLED: AtomicUsize = AtomicUsize::new(0);
    static STOLEN: Mutex<Vec<Stolen>> = Mutex::new(Vec::new());
    static POOL: Pool<u32, { WORD + 1 }, Thief> = Pool::with_policy(Thief);

    MAKES.arm(1);
    assert!(POOL.try_get_batch::<{ WORD + 1 }>().is_err());
    let metrics = POOL.metrics();
    assert_eq!((metrics.in_use, metrics.exhausted, metrics.misses), (1, 1, WORD as u64 + 1));
    assert_eq!((metrics.gets, metrics.puts), (WORD as u64 + 1, WORD as u64), "lent and returned");
    assert_eq!((RECYCLED.load(SeqCst), POOL.available()), (WORD, WORD));
    STOLEN.lock().unwrap().clear();
    at_rest(&POOL);
    assert!(POOL.try_get_batch::<{ WORD + 1 }>().is_ok());
}

#[test]
fn a_forgotten_batch_stays_on_loan() {
    let tally = Tally::default();
    let pool = Pool::<_, 40, _>::from_fn(|_| tally.make());
    let batch = pool.try_get_batch::<33>().unwrap();
    let slots = slots_of(&pool);
    std::mem::forget(batch);
    pool.advance_epoch();
    for _ in 0..3 {
        assert_eq!((slots_of(&pool), pool.available()), (slots.clone(), 7));
        assert!(pool.audit().all(|loan| loan.age() == 1 && loan.holders() == 0));
        assert!(pool.try_get_batch::<8>().is_err());
        drop(pool.try_get_batch::<7>().unwrap());
        assert_eq!(pool.trim(), 7, "none of those on loan");
    }
    let mut leases = pool.try_get_batch::<4>().unwrap().into_iter();
    drop(leases.next());
    std::mem::forget(leases);
    assert_eq!((pool.audit().count(), pool.available()), (36, 4));
    assert_eq!(pool.metrics().in_use, 36);
    drop(pool);
    assert_eq!(tally.alive(), 0, "the objects go with the pool, each once");
}

/// A policy that fails where it is told to, and counts.
#[derive(Debug)]
struct Faulty {
    tally: Tally,
    make: Fuse,
    recycle: Fuse,
    drop: Arc<Fuse>,
}

#[derive(Debug)]
struct Object {
    // Dropped, and so counted, also when the drop of the whole panics.
    counted: Counted,
    value: u32,
    is_kept: bool,
    drop: Arc<Fuse>,
}

impl Drop for Object {
    fn drop(&mut self) {
        // A second panic in the same unwinding would abort the process, as it does for everybody.
        if !std::thread::panicking() {
            self.drop.burn();
        }
    }
}

impl Faulty {
    fn new() -> Self {
        Self {
            tally: Tally::default(),
            make: Fuse::new(),
            recycle: Fuse::new(),
            drop: Arc::new(Fuse::new()),
        }
    }
}

impl Policy<Object> for &Faulty {
    fn make(&self, _slot: usize) -> Object {
        self.make.burn();
        let (counted, drop) = (self.tally.make(), Arc::clone(&self.drop));
        Object { counted, value: 0, is_kept: true, drop }
    }

    fn recycle(&self, object: &mut Object) -> bool {
        self.recycle.burn();
        object.value = 0;
        object.is_kept
    }
}

/// Asserts that no object is lost, was dropped twice or was not recycled.
#[track_caller]
fn assert_well<const N: usize, W: WaitPolicy>(
    pool: &Pool<Object, N, &Faulty, W>,
    faulty: &Faulty,
    panics: u64,
) {
    at_rest(pool);
    assert_eq!(pool.metrics().panics, panics);
    assert!(faulty.tally.alive() <= N);
    let all = pool.try_get_batch_reserved::<N>().unwrap();
    assert!(all.iter().all(|object| object.value == 0), "recycled");
    let numbers = BTreeSet::from_iter(all.iter().map(|object| object.counted.number));
    assert_eq!((numbers.len(), faulty.tally.alive()), (N, N));
}

/// Writes a value into each object that only `recycle` takes away.
fn mark<R: forebay::pool::Home<Item = Object>, const K: usize>(batch: &mut Batch<R, K>) {
    batch.iter_mut().for_each(|object| object.value = 7);
}

/// Runs `$test::<N>()` for pools of one word and of several.
macro_rules! of_each {
    ($test:ident) => {{
        $test::<1>();
        $test::<5>();
        $test::<32>();
        $test::<33>();
        $test::<40>();
        if !cfg!(miri) {
            $test::<70>();
        }
    }};
}

#[test]
fn recycle_that_panics_at_each_place() {
    fn check<const N: usize>() {
        for nth in 1..=N as isize {
            let faulty = Faulty::new();
            let pool = Pool::<Object, N, &Faulty>::with_policy(&faulty);
            let mut batch = pool.try_get_batch::<N>().unwrap();
            mark(&mut batch);
            let suspect = batch[nth as usize - 1].counted.number;
            faulty.recycle.arm(nth);
            assert!(booms(|| drop(batch)));
            assert_eq!((faulty.tally.dropped(), pool.metrics().evictions), (1, 1));
            let all = pool.try_get_batch::<N>().unwrap();
            assert!(all.iter().all(|object| object.counted.number != suspect));
            assert_eq!(pool.metrics().misses, N as u64 + 1, "the others are kept");
            drop(all);
            assert_well(&pool, &faulty, 1);
            drop(pool);
            assert_eq!(faulty.tally.alive(), 0);
        }
    }
    of_each!(check);
}

/// As above, with slots that are no run: every second or third of the pool, or those around a gap.
#[test]
fn recycle_that_panics_among_scattered_slots() {
    fn check<const N: usize, const K: usize>(is_free: impl Fn(usize) -> bool) {
        for nth in 1..=K as isize {
            let faulty = Faulty::new();
            let pool = Pool::<Object, N, &Faulty>::with_policy(&faulty);
            let others = all_but(&pool, &is_free);
            assert_eq!(pool.available(), K);
            let mut batch = pool.try_get_batch::<K>().unwrap();
            mark(&mut batch);
            let suspect = batch[nth as usize - 1].counted.number;
            // The one before it is not kept, and nor is the last.
            let mut evicted = BTreeSet::from([suspect]);
            for at in [(nth as usize).wrapping_sub(2), K - 1] {
                if let Some(object) = batch.get_mut(at) {
                    object.is_kept = false;
                    evicted.insert(object.counted.number);
                }
            }
            faulty.recycle.arm(nth);
            assert!(booms(|| drop(batch)));
            assert_eq!(
                (faulty.tally.dropped(), pool.metrics().evictions),
                (evicted.len(), evicted.len() as u64)
            );
            let again = pool.try_get_batch::<K>().unwrap();
            assert!(again.iter().all(|object| !evicted.contains(&object.counted.number)));
            assert!(again.iter().all(|object| object.value == 0), "recycled");
            assert_eq!(pool.metrics().misses as usize, N + evicted.len(), "the others are kept");
            drop((again, others));
            assert_well(&pool, &faulty, 1);
        }
    }
    check::<5, 3>(|slot| slot % 2 == 0);
    check::<40, 13>(|slot| slot % 3 == 1);
    check::<40, 39>(|slot| slot != 20);
    check::<{ 2 * WORD + 3 }, { 2 * WORD + 2 }>(|slot| slot != WORD);
}

/// The slots of a batch are the lowest that are free, in order, whatever the gaps between them.
#[test]
fn a_batch_knows_its_slots() {
    /// Each object is the number of its slot.
    struct Numbered;
    impl Policy<usize> for Numbered {
        fn make(&self, slot: usize) -> usize {
            slot
        }
        fn recycle(&self, object: &mut usize) -> bool {
            *object %= 1000;
            true
        }
    }
    fn check<const N: usize, const K: usize>() {
        for seed in 1..if cfg!(miri) { 4 } else { 60 } {
            let mut numbers = Numbers::new(seed);
            let pool = Box::new(Pool::<_, N, _>::with_policy(Numbered));
            let mut is_free = vec![true; N];
            let out =
                (0..N - K).map(|_| numbers.below(N)).chain((0..seed as usize).map(|slot| slot % N));
            out.take(N - K).for_each(|slot| is_free[slot] = false);
            let others = all_but(&pool, |slot| is_free[slot]);
            let free = Vec::from_iter((0..N).filter(|slot| is_free[*slot]));
            let mut batch = pool.try_get_batch::<K>().unwrap();
            batch.iter_mut().for_each(|object| *object += 1000);
            let mut slots = Vec::from_iter(batch.iter().map(|object| object - 1000));
            assert!((0..K).all(|at| batch[at] == slots[at] + 1000));
            let popped = batch.pop().map(|lease| Lease::slot(&lease));
            assert_eq!(popped, slots.last().copied());
            let leases = Vec::from_iter(batch.into_iter().map(|lease| Lease::slot(&lease)));
            assert_eq!(leases, slots[..K - 1]);
            slots.sort_unstable();
            slots.dedup();
            assert_eq!(slots.len(), K);
            assert!(slots.iter().all(|slot| free.contains(slot)));
            drop(others);
            at_rest(&pool);
        }
    }
    check::<{ WORD }, 3>();
    check::<{ WORD }, { WORD - 1 }>();
    check::<{ 3 * WORD + 1 }, 5>();
    check::<{ 3 * WORD + 1 }, { WORD + 1 }>();
    check::<{ 4 * WORD }, { 2 * WORD }>();
    check::<{ 4 * WORD }, { 4 * WORD - 1 }>();
}

#[test]
fn reset_that_panics() {
    static FUSE: Fuse = Fuse::new();
    #[derive(Default)]
    struct Sour(u32);
    impl Reset for Sour {
        fn reset(&mut self) {
            self.0 = 0;
            FUSE.burn();
        }
        fn is_reusable(&self) -> bool {
            FUSE.burn();
            true
        }
    }
    let pool: Pool<Sour, 40> = Pool::new();
    for (nth, panics) in [(1, 1), (2, 2), (39, 3), (40, 4)] {
        let mut batch = pool.try_get_batch::<20>().unwrap();
        batch.iter_mut().for_each(|sour| sour.0 = 1);
        FUSE.arm(nth);
        assert!(booms(|| drop(batch)), "in `reset`, then in `is_reusable`");
        at_rest(&pool);
        assert_eq!((pool.metrics().panics, pool.metrics().evictions), (panics, panics));
        assert!(pool.try_get_batch::<40>().unwrap().iter().all(|sour| sour.0 == 0));
    }
}

#[test]
fn make_that_panics_at_each_place() {
    fn check<const N: usize>() {
        for nth in 1..=N {
            for way in 0..3 {
                let faulty = Faulty::new();
                let pool = Pool::<Object, N, &Faulty>::with_policy(&faulty);
                faulty.make.arm(nth as isize);
                assert!(match way {
                    0 => booms(|| pool.try_get_batch::<N>()),
                    1 => booms(|| pool.try_get_batch_reserved::<N>()),
                    _ => booms(|| pool.try_get_batch_up_to::<N>()),
                });
                let tally = &faulty.tally;
                assert_eq!((tally.made(), tally.dropped()), (nth - 1, 0), "and kept");
                let metrics = pool.metrics();
                assert_eq!((metrics.misses, metrics.evictions), (nth as u64, 0));
                assert_well(&pool, &faulty, 1);
                assert_eq!(tally.made(), N, "none was made twice");
                drop(pool);
                assert_eq!(tally.alive(), 0);
            }
        }
    }
    of_each!(check);
}

/// Objects stay in the pool when the `make` of another one panics.
#[test]
fn make_that_panics_between_warm_objects() {
    let faulty = Faulty::new();
    let pool = Pool::<Object, 40, &Faulty>::with_policy(&faulty);
    let mut batch = pool.try_get_batch::<40>().unwrap();
    [3, 20, 33].into_iter().for_each(|at| batch[at].is_kept = false);
    drop(batch);
    for (nth, made) in [(1, 0), (2, 1), (2, 1), (1, 0)] {
        let before = faulty.tally.alive();
        faulty.make.arm(nth);
        assert!(booms(|| pool.try_get_batch::<40>()));
        assert_eq!(faulty.tally.alive() - before, made);
        at_rest(&pool);
    }
    assert_well(&pool, &faulty, 4);
}

#[test]
fn objects_that_are_not_kept() {
    fn check<const N: usize>() {
        for every in 1..=4 {
            let faulty = Faulty::new();
            let pool = Pool::<Object, N, &Faulty>::with_policy(&faulty);
            let mut batch = pool.try_get_batch::<N>().unwrap();
            mark(&mut batch);
            let bad = batch.iter_mut().step_by(every).map(|object| object.is_kept = false).count();
            drop(batch);
            let metrics = pool.metrics();
            assert_eq!((faulty.tally.dropped(), metrics.evictions), (bad, bad as u64));
            assert_well(&pool, &faulty, 0);
            assert_eq!(pool.metrics().misses, (N + bad) as u64, "those are made anew");
        }
    }
    of_each!(check);
}

#[test]
fn drop_of_an_object_that_is_not_kept() {
    fn check<const N: usize>() {
        for nth in 1..=N {
            let faulty = Faulty::new();
            let pool = Pool::<Object, N, &Faulty>::with_policy(&faulty);
            let mut batch = pool.try_get_batch::<N>().unwrap();
            mark(&mut batch);
            batch.iter_mut().for_each(|object| object.is_kept = false);
            faulty.drop.arm(nth as isize);
            assert!(booms(|| drop(batch)));
            assert_eq!((faulty.tally.dropped(), pool.metrics().evictions), (N, N as u64));
            assert_well(&pool, &faulty, 1);
        }
    }
    of_each!(check);
}

#[test]
fn recycle_that_panics_while_leases_are_split_off() {
    for taken in 0..40 {
        for nth in [1, 2, 5, 40 - taken] {
            let faulty = Faulty::new();
            let pool = Pool::<Object, 40, &Faulty>::with_policy(&faulty);
            let mut batch = pool.try_get_batch::<40>().unwrap();
            mark(&mut batch);
            let mut leases = batch.into_iter();
            let mut kept = Vec::from_iter(leases.by_ref().take(taken));
            faulty.recycle.arm(nth as isize);
            let panics = booms(|| drop(leases));
            assert_eq!(panics, nth <= 40 - taken);
            faulty.recycle.arm(0);
            assert_eq!((pool.available(), pool.audit().count()), (40 - taken, taken));
            assert!(kept.iter_mut().all(|lease| lease.value == 7), "still theirs");
            drop(kept);
            assert_well(&pool, &faulty, u64::from(panics));
        }
    }
}

/// If a loop over the leases of a batch panics, the lease in hand and all behind it go back.
#[test]
fn a_loop_over_leases_that_panics() {
    for nth in 1..=40 {
        let faulty = Faulty::new();
        let pool = Pool::<Object, 40, &Faulty>::with_policy(&faulty);
        let mut batch = pool.try_get_batch::<40>().unwrap();
        mark(&mut batch);
        let fuse = Fuse::new();
        fuse.arm(nth);
        assert!(booms(|| {
            for lease in batch {
                fuse.burn();
                drop(lease);
            }
        }));
        assert_well(&pool, &faulty, 0);
    }
}

/// Random panics in random places: the sums still agree.
#[test]
fn panics_everywhere() {
    fn check<const N: usize>() {
        for seed in 0..if cfg!(miri) { 5 } else { 100 } {
            let mut numbers = Numbers::new(seed);
            let faulty = Faulty::new();
            let pool = Pool::<Object, N, &Faulty>::with_policy(&faulty);
            let (mut batches, mut leases) = (Vec::new(), Vec::new());
            let mut panics = 0;
            for _ in 0..60 {
                let unarmed = Fuse::new();
                let fuse = match numbers.below(6) {
                    0 => &faulty.make,
                    1 | 2 => &faulty.recycle,
                    3 => &*faulty.drop,
                    _ => &unarmed,
                };
                fuse.arm(1 + numbers.below(4) as isize);
                let which = numbers.below(8);
                let boomed = booms(|| match which {
                    0 | 1 => batches.extend(pool.try_get_batch::<3>()),
                    2 => batches.push(pool.try_get_batch_up_to::<3>()),
                    3 => leases.extend(pool.try_get()),
                    4 if !batches.is_empty() => {
                        let mut batch = batches.swap_remove(numbers.below(batches.len()));
                        let bad = batch.iter_mut().filter(|object| object.counted.number % 2 == 0);
                        bad.for_each(|object| object.is_kept = false);
                        drop(batch);
                    }
                    5 if !batches.is_empty() => {
                        let batch = batches.swap_remove(numbers.below(batches.len()));
                        let mut split = batch.into_iter();
                        leases.extend(split.next());
                        drop(split);
                    }
                    6 if !leases.is_empty() => {
                        drop(leases.swap_remove(numbers.below(leases.len())));
                    }
                    _ => drop(pool.trim()),
                });
                panics += u64::from(boomed);
                fuse.arm(0);
                let out = leases.len() + batches.iter().map(Batch::len).sum::<usize>();
                let metrics = pool.metrics();
                assert_eq!((metrics.in_use, metrics.panics), (out as u64, panics), "{seed}");
                assert!(faulty.tally.alive() <= N);
            }
            drop((batches, leases));
            assert_well(&pool, &faulty, panics);
            drop(pool);
            assert_eq!(faulty.tally.alive(), 0);
        }
    }
    check::<7>();
    check::<35>();
}

/// Fills a pool and claims its lanes, so that this thread has none.
fn warm_lanes<const N: usize, const LANES: usize>(
    pool: &LanePool<u32, N, LANES>,
) -> [forebay::Lane<'_, u32, N, LANES>; LANES] {
    pool.fill();
    [(); LANES].map(|()| pool.try_claim().unwrap())
}

/// How many objects of one batch a lane keeps: its share of the pool, but, on 32-bit targets, for the place of one that
/// comes back by itself.
const fn room(capacity: usize, lanes: usize) -> usize {
    capacity / lanes - if cfg!(target_pointer_width = "64") { 0 } else { 1 }
}

#[test]
fn a_batch_goes_back_to_its_lane() {
    const KEPT: usize = room(8, 2);
    let pool: LanePool<u32, 8, 2> = LanePool::new();
    let [lane, other] = warm_lanes(&pool);
    for _ in 0..3 {
        let mut batch = lane.try_get_batch::<8>().unwrap();
        assert_eq!(batch.iter().sum::<u32>(), 0, "reset");
        batch.iter_mut().for_each(|object| *object = 1);
        assert_eq!((pool.available(), slots_of(&pool)), (0, Vec::from_iter(0..8)));
        assert!(lane.try_get_batch::<1>().is_err() && lane.try_get_batch_up_to::<1>().is_empty());
        drop(batch);
    }
    // The other lane takes the common objects, and then those that the lane keeps.
    let common = other.try_get_batch::<{ 8 - KEPT }>().unwrap();
    assert_eq!((slots_of(&pool), pool.metrics().steals), (Vec::from_iter(KEPT..8), 0));
    let kept = other.try_get_batch_up_to::<8>();
    assert_eq!((kept.len(), pool.metrics().steals), (KEPT, 1));
    assert!(lane.try_get_batch::<1>().is_err() && other.try_get_batch::<1>().is_err());
    drop((common, kept));
    assert_eq!(lane.try_get_batch::<8>().unwrap().len(), 8);
    drop((lane, other));
    at_rest(&pool);
    assert_eq!(pool.metrics().misses, 0, "all were there");
}

#[test]
fn a_batch_of_what_a_lane_keeps_is_got_first() {
    const KEPT: usize = room(16, 2);
    let pool: LanePool<u32, 16, 2> = LanePool::new();
    let [lane, _other] = warm_lanes(&pool);
    drop(lane.try_get_batch::<16>().unwrap());
    let kept = lane.try_get_batch::<KEPT>().unwrap();
    assert_eq!(slots_of(&pool), Vec::from_iter(0..KEPT));
    let common = lane.try_get_batch::<{ 16 - KEPT }>().unwrap();
    assert_eq!((pool.available(), kept.len(), common.len()), (0, KEPT, 16 - KEPT));
    drop((kept, common));
    let some = lane.try_get_batch_up_to::<3>();
    let metrics = pool.metrics();
    assert_eq!((some.len(), metrics.steals, metrics.exhausted), (3, 0, 0));
    assert_eq!((metrics.gets, metrics.in_use), (16 + 16 + 3, 3));
}

/// Counts the common objects: a caller without a lane lends those before it steals from a lane.
fn common<const N: usize, const LANES: usize>(pool: &LanePool<u32, N, LANES>) -> usize {
    let steals = pool.metrics().steals;
    let mut held = Vec::new();
    loop {
        held.extend(pool.try_get());
        if pool.metrics().steals > steals {
            return held.len() - 1;
        }
        assert!(held.len() < N, "lanes keep nothing");
    }
}

#[test]
fn what_a_full_lane_cannot_take_is_common() {
    const TAKES: usize = room(WORD, 2);
    let pool: LanePool<u32, WORD, 2> = LanePool::new();
    let [lane, other] = warm_lanes(&pool);
    let batch = lane.try_get_batch::<WORD>().unwrap();
    drop(batch);
    assert_eq!(common(&pool), WORD - TAKES);
    drop(other);
    drop(lane);
    at_rest(&pool);

    // For those of the second batch the lane gives away what it has.
    let pool: LanePool<u32, WORD, 2> = LanePool::new();
    let [lane, _other] = warm_lanes(&pool);
    let one = lane.try_get_batch::<6>().unwrap();
    let rest = lane.try_get_batch::<{ WORD - 6 }>().unwrap();
    drop(one);
    drop(rest);
    assert_eq!(common(&pool), WORD - TAKES);
}

/// They count together.
#[test]
fn a_lane_keeps_batches_of_several_words() {
    const HALF: usize = WORD / 4;
    let pool: LanePool<u32, { 2 * WORD }, 4> = LanePool::new();
    let [lane, _others @ ..] = warm_lanes(&pool);
    let (mut low, mut high): (Vec<_>, Vec<_>) =
        std::iter::from_fn(|| lane.try_get().ok()).partition(|lease| Lease::slot(lease) < WORD);
    assert_eq!((low.len(), high.len()), (WORD, WORD));
    drop((low.split_off(WORD - HALF), high.split_off(WORD - HALF)));
    // Each batch is of one word, the one that was returned last first.
    let in_use = |of: fn(&usize) -> bool| slots_of(&pool).into_iter().filter(of).count();
    let batch = lane.try_get_batch::<HALF>().unwrap();
    assert_eq!((in_use(|slot| *slot >= WORD), in_use(|slot| *slot < WORD)), (WORD, WORD - HALF));
    let other = lane.try_get_batch::<HALF>().unwrap();
    assert_eq!((pool.available(), pool.metrics().steals), (0, 0));
    // The lane is full with both. For one more it gives half of what it has away.
    drop((batch, other));
    drop(low.pop());
    assert_eq!((pool.available(), common(&pool)), (2 * HALF + 1, HALF));
    drop((low, high));
    at_rest(&pool);
}

#[test]
fn a_batch_on_a_lane_gathers_from_everywhere() {
    fn check<const N: usize>() {
        let pool = Box::new(LanePool::<u32, N, 3>::new());
        let lanes = [(); 3].map(|()| pool.try_claim().unwrap());
        for round in 0..6 {
            let (lane, other) = (&lanes[round % 3], &lanes[(round + 1) % 3]);
            let all = lane.try_get_batch::<N>().unwrap();
            assert_eq!(slots_of(&pool), Vec::from_iter(0..N));
            assert_eq!(BTreeSet::from_iter(all.iter().map(std::ptr::from_ref)).len(), N);
            drop(all);
            assert_eq!(pool.available(), N);
            // Some on each of two lanes.
            let (some, more) =
                (lane.try_get_batch_up_to::<20>(), other.try_get_batch_up_to::<20>());
            assert_eq!((some.len(), more.len()), (N.min(20), N.saturating_sub(20).min(20)));
            drop((some, more));
        }
        assert_eq!(pool.metrics().misses as usize, N);
        drop(lanes);
        at_rest(&pool);
        assert_eq!(pool.try_get_batch_up_to::<N>().len(), N);
    }
    check::<5>();
    check::<33>();
    check::<100>();
}

#[test]
fn leases_of_a_batch_leave_their_lane() {
    static POOL: LanePool<u32, 40, 2> = LanePool::new();
    let lane = POOL.try_claim().unwrap();
    let mut batch = lane.try_get_batch::<40>().unwrap();
    let popped = Lease::detach(batch.pop().unwrap());
    let mut leases = batch.into_iter();
    let mut detached = Vec::from_iter(leases.by_ref().take(20).map(Lease::detach));
    detached.push(popped);
    drop(leases);
    assert_eq!(POOL.available(), 19);
    std::thread::spawn(move || drop(detached)).join().unwrap();
    at_rest(&POOL);
    drop(lane);
    assert_eq!(POOL.try_get_batch_up_to::<40>().len(), 40);
}

#[test]
fn panics_on_a_lane() {
    for nth in 1..=20 {
        let faulty = Faulty::new();
        let pool = LanePool::<Object, 40, 2, &Faulty>::with_policy(&faulty);
        let lane = pool.try_claim().unwrap();
        faulty.make.arm(nth);
        assert!(booms(|| lane.try_get_batch::<20>()));
        assert_eq!(faulty.tally.alive(), nth as usize - 1);
        let mut batch = lane.try_get_batch::<20>().unwrap();
        mark(&mut batch);
        batch[5].is_kept = false;
        faulty.recycle.arm(nth);
        assert!(booms(|| drop(batch)));
        let metrics = pool.metrics();
        let evictions = if nth == 6 { 1 } else { 2 };
        assert_eq!((metrics.evictions, metrics.panics, metrics.in_use), (evictions, 2, 0));
        let mut batch = lane.try_get_batch::<40>().unwrap();
        mark(&mut batch);
        let mut leases = batch.into_iter();
        let kept = leases.next();
        faulty.recycle.arm(nth);
        assert!(booms(|| drop(leases)));
        drop(kept);
        drop(lane);
        pool.flush();
        assert_well(&pool, &faulty, 3);
        drop(pool);
        assert_eq!(faulty.tally.alive(), 0);
    }
}

/// A batch of several words of a lane, which keeps whole words, with and without objects that are not kept.
#[test]
fn panics_on_a_lane_that_keeps_whole_words() {
    const K: usize = 2 * WORD;
    for nth in [1, 2, WORD, WORD + 1, K - 1, K] {
        let faulty = Faulty::new();
        let pool = LanePool::<Object, { 2 * K }, 2, &Faulty>::with_policy(&faulty);
        pool.fill();
        let lane = pool.try_claim().unwrap();
        // Twice, so that the second one comes from the lane.
        for panics in 1..=2 {
            let mut batch = lane.try_get_batch::<K>().unwrap();
            mark(&mut batch);
            batch[7].is_kept = false;
            faulty.recycle.arm(nth as isize);
            assert!(booms(|| drop(batch)));
            let metrics = pool.metrics();
            assert_eq!((metrics.panics, metrics.in_use), (panics, 0));
            let evictions = if nth == 8 { 1 } else { 2 };
            assert_eq!(metrics.evictions, panics * evictions);
            pool.fill();
        }
        for _ in 0..4 {
            let mut batch = lane.try_get_batch::<K>().unwrap();
            assert!(batch.iter().all(|object| object.value == 0), "recycled");
            mark(&mut batch);
        }
        drop(lane);
        assert_well(&pool, &faulty, 2);
        drop(pool);
        assert_eq!(faulty.tally.alive(), 0);
    }
}

/// The slot of an object that is not kept goes where every lane finds it, though its batch goes back to a lane.
#[test]
fn a_vacant_slot_does_not_stay_on_a_lane() {
    let faulty = Faulty::new();
    let pool = LanePool::<Object, 4, 2, &Faulty>::with_policy(&faulty);
    let (lane, other) = (pool.try_claim().unwrap(), pool.try_claim().unwrap());
    for recycles in [0, 1] {
        let mut batch = lane.try_get_batch::<4>().unwrap();
        batch.iter_mut().for_each(|object| object.is_kept = false);
        faulty.recycle.arm(recycles);
        assert_eq!(booms(|| drop(batch)), recycles > 0);
        let batch = other.try_get_batch::<4>().unwrap();
        assert_eq!((batch.len(), pool.metrics().steals), (4, 0), "no lane has one");
        batch.into_iter().for_each(|lease| drop(Lease::detach(lease)));
        assert_eq!(faulty.tally.alive(), 4);
    }
}

/// A batch that its lane cannot serve counts as misses, which age the pool.
#[test]
fn batches_age_a_pool() {
    type Aging = LanePool<u32, 64, 4, TickByMisses<4>>;
    static POOL: Aging = LanePool::with_policy(TickByMisses::new());
    let lane = POOL.try_claim().unwrap();
    drop(lane.try_get_batch::<64>().unwrap());
    assert_eq!((POOL.metrics().misses, POOL.metrics().evictions), (64, 0));
    let mut busy = Vec::new();
    while POOL.metrics().evictions == 0 {
        busy.push(lane.try_get_batch::<4>().unwrap());
        if busy.len() == 6 {
            busy.clear();
        }
        assert!(POOL.metrics().gets < 10_000, "nothing ages");
    }
    drop(busy);
    at_rest(&POOL);
    assert_eq!(lane.try_get_batch::<64>().unwrap().len(), 64);
}

/// An object that was lent in a batch since the last tick is not idle at the next one.
#[test]
fn objects_of_a_batch_are_in_use() {
    let pool: LanePool<u32, 9, 2> = LanePool::new();
    let [lane, _other] = warm_lanes(&pool);
    for round in 0..4 {
        assert_eq!(pool.tick(), 0, "all are idle since less than a tick");
        if round % 2 == 0 {
            drop(lane.try_get_batch::<9>().unwrap());
        } else {
            assert_eq!(lane.try_get_batch_up_to::<9>().len(), 9);
        }
    }
    assert_eq!(pool.tick(), 0);
    drop(lane.try_get_batch::<4>().unwrap());
    assert_eq!((pool.tick(), pool.metrics().evictions), (5, 5), "the others were idle");
}

/// A batch is lent on the lane of one thread and returned on that of another.
#[cfg(feature = "std")]
#[test]
fn batches_on_lanes_of_threads() {
    static POOL: LanePool<u32, 64, 2> = LanePool::new();
    POOL.fill();
    let [one, more] = std::thread::spawn(|| {
        drop(POOL.try_get_batch::<17>().unwrap());
        let again = POOL.try_get_batch::<17>().unwrap();
        let metrics = POOL.metrics();
        assert_eq!((metrics.steals, metrics.misses, metrics.in_use), (0, 0, 17));
        [again, POOL.try_get_batch::<17>().unwrap()]
    })
    .join()
    .unwrap();
    std::thread::spawn(move || {
        drop(one);
        let mut leases = more.into_iter();
        let first = leases.next();
        drop(leases);
        drop(first);
        POOL.flush();
    })
    .join()
    .unwrap();
    at_rest(&POOL);
    let all = POOL.try_get_batch::<64>().unwrap();
    assert_eq!((all.len(), POOL.metrics().misses), (64, 0), "nothing stays with a thread");
    drop(all);
    at_rest(&POOL);
}

fn reserved_last<W: WaitPolicy>(pool: &Pool<u32, 70, DefaultReset, W>) {
    for _ in 0..3 {
        assert!(pool.try_get_batch::<31>().is_err(), "40 of 70 are reserved");
        let gets = pool.metrics().gets;
        assert!(pool.try_get_batch::<70>().is_err());
        assert_eq!(pool.metrics().gets, gets, "refused at a look");
        assert_eq!(pool.try_get_batch_up_to::<70>().len(), 30);
        let most = pool.try_get_batch::<28>().unwrap();
        let few = pool.try_get_batch_reserved::<3>().unwrap();
        assert!(slots_of(pool).into_iter().eq(0..31), "one reserved object, and only that");
        assert!(pool.try_get_batch::<1>().is_err() && pool.try_get_batch_up_to::<1>().is_empty());
        assert!(pool.try_get_batch_reserved::<40>().is_err());
        assert_eq!(pool.available(), 39, "a refused call takes nothing");
        let rest = pool.try_get_batch_reserved::<39>().unwrap();
        assert_eq!((rest.len(), pool.available()), (39, 0));
        assert!(pool.try_get_batch_reserved::<1>().is_err());
        assert!(pool.try_get_batch_reserved::<0>().is_ok());
        drop(few);
        // One of the three objects is reserved again.
        assert_eq!(pool.try_get_batch_up_to::<70>().len(), 2);
        drop((most, rest));
        at_rest(pool);
    }
    let all = pool.try_get_batch_reserved::<70>().unwrap();
    assert!(all.iter().all(|object| *object == 0));
    assert!(pool.try_get_batch_reserved::<71>().is_err());
}

#[test]
fn reserved_objects_are_lent_last() {
    type Plain = Pool<u32, 70, DefaultReset, Headroom<40>>;
    reserved_last(&Plain::with_waiting(DefaultReset));
    #[cfg(any(feature = "std", feature = "async"))]
    {
        use forebay::Waking;
        type Waits = Pool<u32, 70, DefaultReset, Headroom<40, Waking<2>>>;
        reserved_last(&Waits::with_waiting(DefaultReset));
    }
    // With `std`, this thread has the lane.
    type OnLanes = Pool<u32, 70, DefaultReset, Lanes<1, Headroom<40>>>;
    reserved_last(&OnLanes::with_waiting(DefaultReset));
}

#[test]
fn a_lane_lends_no_reserved_objects_in_batches() {
    let pool: LanePool<u32, 8, 1, DefaultReset, Headroom<4>> = LanePool::with_waiting(DefaultReset);
    let lane = pool.try_claim().unwrap();
    for _ in 0..3 {
        let plain = lane.try_get_batch::<4>().unwrap();
        assert!(lane.try_get_batch::<1>().is_err() && lane.try_get_batch_up_to::<8>().is_empty());
        let reserved = [(); 4].map(|()| lane.try_get_reserved().unwrap());
        drop((reserved, plain));
        // The lane keeps no reserved object.
        assert!(lane.try_get_batch::<5>().is_err());
        assert_eq!(lane.try_get_batch_up_to::<8>().len(), 4);
        at_rest(&pool);
    }
}

#[cfg(any(feature = "std", feature = "async"))]
mod waiting {
    use super::*;
    use crate::woken::{Act, Hand};
    use forebay::Waking;
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    const SEATS: usize = 5;
    type Waits<const N: usize> = Pool<u32, N, DefaultReset, Waking<SEATS>>;
    type WaitsOnLanes<const N: usize> = LanePool<u32, N, 2, DefaultReset, Waking<SEATS>>;

    /// Asserts that callers in all seats are served in order when `give_back` returns all objects.
    fn serves<const N: usize, W>(pool: &Pool<u32, N, DefaultReset, W>, give_back: impl FnOnce())
    where
        W: forebay::wait::CanWait,
    {
        assert_eq!(pool.available(), 0);
        let mut waiters = Vec::from_iter((0..SEATS).map(|_| Hand::waiting(pool.get())));
        give_back();
        let served = N.min(SEATS);
        let woken = Vec::from_iter(waiters.iter().map(Hand::woken));
        assert!(
            woken.iter().enumerate().all(|(at, woken)| *woken == usize::from(at < served)),
            "{woken:?}"
        );
        assert_eq!(pool.available(), N - served, "what they are given is not free");
        let leases = Vec::from_iter(waiters.iter_mut().filter_map(Hand::poll));
        assert_eq!(leases.len(), served);
        let leases = Vec::from_iter(leases.into_iter().map(Result::unwrap));
        let slots = BTreeSet::from_iter(leases.iter().map(Lease::slot));
        assert_eq!((slots.len(), pool.audit().count()), (served, served));
        assert!(leases.iter().all(|object| **object == 0), "recycled");
        drop(waiters);
        drop(leases);
        at_rest(pool);
    }

    #[test]
    fn a_batch_serves_those_who_wait_in_order() {
        fn check<const N: usize>() {
            let pool = Box::new(Waits::<N>::with_waiting(DefaultReset));
            let get = || {
                let mut batch = pool.try_get_batch::<N>().unwrap();
                batch.iter_mut().for_each(|object| *object = 9);
                batch
            };
            let batch = get();
            serves(&pool, || drop(batch));
            let leases = get().into_iter();
            serves(&pool, || drop(leases));
            let mut split = get();
            let last = split.pop();
            serves(&pool, || drop((split, last)));
        }
        for_capacities!(check);
    }

    #[test]
    fn a_batch_on_a_lane_serves_those_who_wait() {
        fn check<const N: usize>() {
            let pool = Box::new(WaitsOnLanes::<N>::with_waiting(DefaultReset));
            let lane = pool.try_claim().unwrap();
            let batch = lane.try_get_batch::<N>().unwrap();
            serves(&pool, || drop(batch));
            lane.flush();
            pool.flush();
            let leases = lane.try_get_batch::<N>().unwrap().into_iter();
            serves(&pool, || drop(leases));
            // A caller without a handle returns it on the lane of its thread, if that has one.
            lane.flush();
            pool.flush();
            let batch = pool.try_get_batch::<N>().unwrap();
            serves(&pool, || drop(batch));
        }
        check::<3>();
        check::<8>();
        check::<33>();
        check::<70>();
    }

    /// A caller without a lane serves the waiters, too.
    #[test]
    fn a_batch_beside_lanes_serves_those_who_wait() {
        let pool = WaitsOnLanes::<70>::with_waiting(DefaultReset);
        let _lanes = [pool.try_claim().unwrap(), pool.try_claim().unwrap()];
        for _ in 0..2 {
            let batch = pool.try_get_batch::<70>().unwrap();
            serves(&pool, || drop(batch));
        }
    }

    #[test]
    fn reserved_objects_of_a_batch_go_to_those_who_may_have_them() {
        type Kept = Pool<u32, 4, DefaultReset, Headroom<2, Waking<SEATS>>>;
        let pool = Kept::with_waiting(DefaultReset);
        let batch = pool.try_get_batch_reserved::<4>().unwrap();
        let mut plain = Vec::from_iter((0..3).map(|_| Hand::waiting(pool.get())));
        let mut reserved = Hand::waiting(pool.get_reserved());
        drop(batch);
        let lease = reserved.poll().unwrap().unwrap();
        assert!(Lease::slot(&lease) >= 2);
        let leases = Vec::from_iter(plain.iter_mut().filter_map(Hand::poll).map(Result::unwrap));
        assert!(leases.iter().map(Lease::slot).eq(0..2), "two of three are served");
        assert_eq!((plain[2].woken(), pool.available()), (0, 1));
        drop(plain);
        drop((leases, lease));
        at_rest(&pool);
    }

    /// An object that is not kept is made anew for a caller that waits.
    #[test]
    fn objects_that_are_not_kept_serve_those_who_wait() {
        let faulty = Faulty::new();
        let pool = Pool::<Object, 40, &Faulty, Waking<SEATS>>::with_waiting(&faulty);
        for nth in 0..3 {
            let mut batch = pool.try_get_batch::<40>().unwrap();
            mark(&mut batch);
            [0, 1, 39].into_iter().for_each(|at| batch[at].is_kept = false);
            let mut waiters = Vec::from_iter((0..SEATS).map(|_| Hand::waiting(pool.get())));
            faulty.recycle.arm(nth); // 0 disarms it.
            assert_eq!(booms(|| drop(batch)), nth > 0);
            faulty.recycle.arm(0);
            assert!(waiters.iter().all(|waiter| waiter.woken() == 1));
            let leases = Vec::from_iter(waiters.iter_mut().map(|one| one.poll().unwrap().unwrap()));
            assert!(leases.iter().all(|object| object.value == 0));
            drop(leases);
            drop(waiters);
            assert_well(&pool, &faulty, nth as u64);
        }
    }

    /// Counts how often it is woken, and may panic then.
    struct Bomb {
        fuse: Fuse,
        woken: AtomicUsize,
    }

    impl Bomb {
        fn new(nth: isize) -> Arc<Self> {
            let bomb = Self { fuse: Fuse::new(), woken: AtomicUsize::new(0) };
            bomb.fuse.arm(nth);
            Arc::new(bomb)
        }
    }

    impl std::task::Wake for Bomb {
        fn wake(self: Arc<Self>) {
            self.woken.fetch_add(1, SeqCst);
            self.fuse.burn();
        }
    }

    /// Asserts that each waiter has an object and all others are free, though the waker of waiter `nth` panics while
    /// `give_back` returns all objects.
    fn panics_in_wake<const N: usize, W>(
        pool: &Pool<u32, N, DefaultReset, W>,
        nth: usize,
        give_back: impl FnOnce(),
    ) where
        W: forebay::wait::CanWait,
    {
        const WAITERS: usize = 3;
        let bomb = Bomb::new(nth as isize);
        let waker = Waker::from(Arc::clone(&bomb));
        let mut gets = [(); WAITERS].map(|()| Box::pin(pool.get()));
        let mut poll = |waker: &Waker| {
            gets.each_mut().map(|get| get.as_mut().poll(&mut Context::from_waker(waker)))
        };
        assert!(poll(&waker).iter().all(Poll::is_pending));
        assert!(booms(give_back), "the panic comes out");
        assert_eq!(bomb.woken.load(SeqCst), WAITERS, "each once");
        assert_eq!(pool.metrics().double_returns, 0);
        assert_eq!(pool.available(), N - WAITERS, "nothing is lost, nothing is free twice");
        let leases = poll(Waker::noop()).map(|polled| match polled {
            Poll::Ready(got) => got.unwrap(),
            Poll::Pending => panic!("woken for nothing"),
        });
        let slots = BTreeSet::from_iter(leases.iter().map(Lease::slot));
        assert_eq!((slots.len(), pool.audit().count()), (WAITERS, WAITERS));
        drop(leases);
        at_rest(pool);
    }

    #[test]
    fn a_waker_that_panics_costs_nothing() {
        fn check<const N: usize>() {
            for nth in 1..=3 {
                let pool = Box::new(Waits::<N>::with_waiting(DefaultReset));
                let batch = pool.try_get_batch::<N>().unwrap();
                panics_in_wake(&pool, nth, || drop(batch));
                let all = pool.try_get_batch::<N>().unwrap();
                assert_eq!(slots_of(&pool), Vec::from_iter(0..N));
                panics_in_wake(&pool, nth, || drop(all.into_iter()));
            }
        }
        check::<3>();
        check::<5>();
        check::<32>();
        check::<33>();
        check::<65>();
        check::<70>();
    }

    #[test]
    fn a_waker_that_panics_costs_nothing_on_lanes() {
        fn check<const N: usize>() {
            for nth in 1..=3 {
                let pool = Box::new(WaitsOnLanes::<N>::with_waiting(DefaultReset));
                let lane = pool.try_claim().unwrap();
                let batch = lane.try_get_batch::<N>().unwrap();
                panics_in_wake(&pool, nth, || drop(batch));
                lane.flush();
                pool.flush();
                let batch = pool.try_get_batch::<N>().unwrap();
                panics_in_wake(&pool, nth, || drop(batch));
                drop(lane);
                pool.flush();
                // Without a lane.
                let _lanes = [(); 2].map(|()| pool.try_claim());
                let batch = pool.try_get_batch::<N>().unwrap();
                panics_in_wake(&pool, nth, || drop(batch));
            }
        }
        check::<4>();
        check::<33>();
        check::<70>();
    }

    /// The panic comes out where a batch goes on to its second word.
    #[test]
    fn a_waker_that_panics_between_two_words_costs_no_object() {
        let faulty = Faulty::new();
        let pool = Pool::<Object, { 2 * WORD }, &Faulty, Waking<SEATS>>::with_waiting(&faulty);
        let mut batch = pool.try_get_batch::<{ 2 * WORD }>().unwrap();
        mark(&mut batch);
        let bomb = Bomb::new(1);
        let mut get = Box::pin(pool.get());
        let waker = Waker::from(Arc::clone(&bomb));
        assert!(get.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(booms(|| drop(batch)));
        let got = crate::woken::ready(get.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        let lease = got.unwrap().unwrap();
        let rest = pool.try_get_batch_up_to::<{ 2 * WORD }>();
        assert_eq!((rest.len(), lease.value), (2 * WORD - 1, 0));
        assert!(rest.iter().all(|object| object.counted.number != lease.counted.number));
        drop((lease, rest));
        drop(get);
        assert_well(&pool, &faulty, 0);
    }

    /// A waiter's waker gets none of the objects that come back in the same batch: others wait for them.
    #[test]
    fn no_caller_overtakes_a_waiter_while_a_batch_is_returned() {
        static POOL: Waits<4> = Pool::with_waiting(DefaultReset);
        static LANES: WaitsOnLanes<4> = LanePool::with_waiting(DefaultReset);
        static GOT: AtomicUsize = AtomicUsize::new(0);

        fn check<W: forebay::wait::CanWait>(
            pool: &'static Pool<u32, 4, DefaultReset, W>,
            give_back: impl FnOnce(),
        ) {
            let waker = Act::waker(move || {
                let batch = pool.try_get_batch_up_to::<4>();
                GOT.fetch_add(batch.len(), SeqCst);
                // The objects would be lost for those who wait.
                std::mem::forget(batch);
            });
            let mut first = Box::pin(pool.get());
            assert!(first.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            let mut others = [(); 3].map(|()| Hand::waiting(pool.get()));
            give_back();
            assert_eq!(GOT.load(SeqCst), 0);
            let leases = others.each_mut().map(|other| other.poll().unwrap().unwrap());
            assert!(others.iter().all(|other| other.woken() == 1));
            let first =
                crate::woken::ready(first.as_mut().poll(&mut Context::from_waker(Waker::noop())));
            drop((first.unwrap().unwrap(), leases));
            at_rest(pool);
        }
        let batch = POOL.try_get_batch::<4>().unwrap();
        check(&POOL, || drop(batch));
        let lane = LANES.try_claim().unwrap();
        let batch = lane.try_get_batch::<4>().unwrap();
        check(&LANES, || drop(batch));
        lane.flush();
        LANES.flush();
        let _other = LANES.try_claim();
        let batch = LANES.try_get_batch_up_to::<4>();
        assert_eq!(batch.len(), 4);
        check(&LANES, || drop(batch));
    }

    /// A waker may use the pool while a batch is being returned to it.
    #[test]
    fn a_waker_that_gets_a_batch() {
        static POOL: Waits<40> = Pool::with_waiting(DefaultReset);
        static GOT: AtomicUsize = AtomicUsize::new(0);
        let batch = POOL.try_get_batch::<40>().unwrap();
        let waker = Act::waker(|| {
            let batch = POOL.try_get_batch_up_to::<40>();
            GOT.store(batch.len() + 1, SeqCst);
        });
        let mut first = Box::pin(POOL.get());
        assert!(first.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        let mut second = Hand::waiting(POOL.get());
        drop(batch);
        assert!(GOT.load(SeqCst) > 0, "it was woken");
        let first =
            crate::woken::ready(first.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        let leases = [first.unwrap().unwrap(), second.poll().unwrap().unwrap()];
        assert_eq!((second.woken(), POOL.available()), (1, 38));
        drop(leases);
        at_rest(&POOL);
    }

    /// Threads that wait for single objects are served by threads that return batches.
    #[cfg(feature = "std")]
    #[test]
    fn batches_beside_threads_that_wait() {
        static PLAIN: Waits<6> = Pool::with_waiting(DefaultReset);
        static WORDS: Waits<40> = Pool::with_waiting(DefaultReset);
        static LANES: WaitsOnLanes<6> = LanePool::with_waiting(DefaultReset);
        fn check<const N: usize, W: forebay::wait::CanWait>(
            pool: &'static Pool<u32, N, DefaultReset, W>,
        ) {
            let _watchdog = crate::woken::Watchdog::new();
            let rounds = if cfg!(miri) { 20 } else { 2000 };
            let together = Together::new();
            let (together, left) = (&together, &AtomicUsize::new(2));
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(move || {
                        together.run(|| {
                            for _ in 0..rounds {
                                let mut lease = pool.get_blocking().unwrap();
                                *lease += 1;
                                assert_eq!(*lease, 1, "nobody else's");
                            }
                            left.fetch_sub(1, SeqCst);
                        })
                    });
                    scope.spawn(move || {
                        together.run(|| {
                            together.until(|| {
                                let mut batch = pool.try_get_batch_up_to::<40>();
                                batch.iter_mut().for_each(|object| {
                                    *object += 1;
                                    assert_eq!(*object, 1, "nobody else's");
                                });
                                drop(batch);
                                left.load(SeqCst) == 0
                            })
                        })
                    });
                }
            });
            at_rest(pool);
        }
        check(&PLAIN);
        check(&WORDS);
        check(&*LANES);
    }
}

#[test]
fn zero_sized() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    static RESETS: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug, Default)]
    struct Unit;
    impl Reset for Unit {
        fn reset(&mut self) {
            RESETS.fetch_add(1, SeqCst);
        }
    }
    impl Drop for Unit {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    let pool: Pool<Unit, 40> = Pool::new();
    let mut batch = pool.try_get_batch::<40>().unwrap();
    assert_eq!((batch.iter().count(), batch.iter_mut().count(), batch.len()), (40, 40, 40));
    assert_eq!(format!("{:?}", &batch[39]), "Unit");
    assert!(pool.try_get_batch::<1>().is_err());
    assert_eq!(slots_of(&pool), Vec::from_iter(0..40));
    let lease = batch.pop().unwrap();
    let mut leases = batch.into_iter();
    drop(leases.next());
    assert_eq!(RESETS.load(SeqCst), 1);
    drop((leases, lease));
    assert_eq!((RESETS.load(SeqCst), DROPS.load(SeqCst)), (40, 0));
    at_rest(&pool);
    drop(pool);
    assert_eq!(DROPS.load(SeqCst), 40);
}

/// Plain memory of several words, which tears if two threads write it.
type Wide = [usize; 4];

/// Writes `id` into an object that nobody else has.
fn own(object: &mut Wide, id: usize) {
    assert_eq!(*object, [0; 4], "reset, and nobody's");
    std::hint::black_box(&mut *object).fill(id);
}

fn stress<const N: usize, W: WaitPolicy>(
    pool: &'static Pool<Wide, N, DefaultReset, W>,
    threads: usize,
) {
    let rounds = if cfg!(miri) { 30 } else { 2000 };
    let together = &Together::new();
    std::thread::scope(|scope| {
        let spawn = |id| {
            scope.spawn(move || {
                together.run(|| {
                    let mut numbers = Numbers::new(id as u64);
                    let mut kept = None;
                    for round in 0..rounds {
                        let mut batch = match numbers.below(4) {
                            0 => pool.try_get_batch::<3>().ok().map(Batch::into_iter),
                            1 => Some(pool.try_get_batch_up_to::<3>().into_iter()),
                            _ => None,
                        };
                        let mut whole = pool.try_get_batch::<5>().ok();
                        let single = pool.try_get().ok();
                        let mut leases = Vec::from_iter(batch.iter_mut().flatten().take(2));
                        leases.extend(single);
                        leases.iter_mut().for_each(|lease| own(lease, id));
                        whole
                            .iter_mut()
                            .flat_map(Batch::iter_mut)
                            .for_each(|object| own(object, id));
                        if numbers.below(4) == 0 {
                            std::thread::yield_now();
                        }
                        assert!(leases.iter().all(|lease| **lease == [id; 4]));
                        assert!(
                            whole.iter().flat_map(Batch::iter).all(|object| *object == [id; 4])
                        );
                        drop(batch);
                        if numbers.below(2) == 0 {
                            let last = whole.as_mut().and_then(Batch::pop);
                            if let Some(lease) = std::mem::replace(&mut kept, last) {
                                assert_eq!(*lease, [id; 4], "kept beyond its batch");
                            }
                        }
                        if id == 1 && round % 16 == 0 {
                            pool.advance_epoch();
                        }
                    }
                });
            })
        };
        // A thread that was joined has left its lane.
        let threads = Vec::from_iter((1..=threads).map(spawn));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert!(pool.audit().next().is_none());
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, metrics.double_returns), (0, 0));
    assert_eq!(metrics.gets, metrics.puts);
}

#[test]
fn threads_share_a_pool() {
    static FEW: Pool<Wide, 8> = Pool::new();
    static WORDS: Pool<Wide, 40> = Pool::new();
    static KEPT: Pool<Wide, 40, DefaultReset, Headroom<10>> = Pool::with_waiting(DefaultReset);
    stress(&FEW, 3);
    stress(&WORDS, 4);
    stress(&KEPT, 3);
    assert_eq!(WORDS.try_get_batch::<40>().unwrap().len(), 40);
    assert_eq!(KEPT.try_get_batch_reserved::<40>().unwrap().len(), 40);
}

#[test]
fn threads_share_a_pool_with_lanes() {
    static FEW: LanePool<Wide, 12, 2> = LanePool::new();
    static WORDS: LanePool<Wide, 100, 3> = LanePool::new();
    stress(&*FEW, 3);
    stress(&*WORDS, 4);
    // The gets find the objects that ended threads kept.
    let [few, words] =
        [FEW.try_get_batch_up_to::<100>().len(), WORDS.try_get_batch_up_to::<100>().len()];
    assert_eq!((few, words), (12, 100));
}

/// A batch is lent on one thread and returned on another one, which sees the values that were written.
#[test]
fn a_batch_goes_to_another_thread() {
    static POOL: Pool<Wide, 40> = Pool::new();
    let rounds = if cfg!(miri) { 20 } else { 1000 };
    let (to, from) = std::sync::mpsc::sync_channel::<Batch<&'static Pool<Wide, 40>, 7>>(2);
    let thread = std::thread::spawn(move || {
        for (round, batch) in from.into_iter().enumerate() {
            assert!(batch.iter().all(|object| *object == [round + 1; 4]));
            let mut leases = batch.into_iter();
            let two = [leases.next(), leases.next()];
            drop(leases);
            assert!(two.iter().flatten().all(|lease| **lease == [round + 1; 4]));
        }
    });
    for round in 1..=rounds {
        // At most four of seven are out.
        let mut batch = POOL.try_get_batch::<7>().unwrap();
        batch.iter_mut().for_each(|object| own(object, round));
        to.send(batch).unwrap();
    }
    drop(to);
    thread.join().unwrap();
    at_rest(&POOL);
}

#[test]
fn audit_tells_the_age_of_each_object() {
    let pool: Pool<u32, 40> = Pool::new();
    let old = pool.try_get_batch::<20>().unwrap();
    assert_eq!((ages_of(&pool), pool.advance_epoch()), (vec![0; 20], 1));
    let young = pool.try_get_batch::<20>().unwrap();
    let ages = Vec::from_iter(pool.audit().map(|loan| (loan.age(), loan.since())));
    assert_eq!(ages.iter().filter(|age| **age == (1, 0)).count(), 20);
    assert_eq!(ages.iter().filter(|age| **age == (0, 1)).count(), 20);
    drop(old);
    assert_eq!(ages_of(&pool), [0; 20]);
    pool.advance_epoch();
    let again = pool.try_get_batch::<20>().unwrap();
    let ages = ages_of(&pool);
    assert_eq!(ages.iter().filter(|age| **age == 0).count(), 20, "of those got again");
    assert_eq!(ages.iter().filter(|age| **age == 1).count(), 20, "of those still out");
    // The age stays at its maximum.
    (0..300).for_each(|_| _ = pool.advance_epoch());
    assert_eq!(ages_of(&pool), [255; 40]);
    drop((young, again));
    assert!(pool.try_get_batch::<40>().is_ok());
    let _all = pool.try_get_batch::<40>().unwrap();
    assert_eq!(ages_of(&pool), [0; 40]);
    assert!(pool.audit().all(|loan| loan.since() == 302));
}

/// Slots that were lent and returned in the epoch before are warm. Each way to get tells the new epoch all the same.
#[test]
fn a_warm_slot_is_young_in_a_new_epoch() {
    fn check<W: WaitPolicy>(pool: &Pool<u32, 33, DefaultReset, W>) {
        for epoch in 1..=600 {
            drop(pool.try_get_batch::<33>().unwrap());
            drop(pool.try_get_batch::<33>().unwrap());
            assert_eq!(pool.advance_epoch(), epoch);
            let since = |loan: forebay::pool::Loan| (loan.age(), loan.since());
            let now = |count: usize| {
                assert_eq!(pool.audit().count(), count);
                assert!(pool.audit().map(since).all(|since| since == (0, epoch)));
            };
            let two = match epoch % 4 {
                0 => pool.try_get_batch::<2>().unwrap(),
                1 => pool.try_get_batch_reserved().unwrap(),
                2 => pool.try_get_batch_up_to(),
                _ => {
                    let leases = pool.try_get_many::<2>().unwrap();
                    now(2);
                    drop(leases);
                    pool.try_get_batch().unwrap()
                }
            };
            now(2);
            let one = pool.try_get().unwrap();
            now(3);
            drop((one, two));
        }
    }
    check(&Pool::<u32, 33>::new());
    check(&*LanePool::<u32, 33, 1>::new());
}

/// A batch makes slots cold by objects that are not kept, and the next one has them beside warm slots.
#[test]
fn warm_and_cold_slots_in_one_batch() {
    let faulty = Faulty::new();
    let pool = Pool::<Object, 40, &Faulty>::with_policy(&faulty);
    for epoch in 1..=20 {
        let mut batch = pool.try_get_batch::<40>().unwrap();
        assert_eq!(ages_of(&pool), [0; 40]);
        let bad = batch.iter_mut().skip(epoch).step_by(3);
        bad.for_each(|object| object.is_kept = false);
        drop(batch);
        if epoch % 2 == 0 {
            assert_eq!(pool.advance_epoch(), epoch / 2);
        }
        if epoch % 5 == 0 {
            pool.fill();
        }
        if epoch % 7 == 0 {
            pool.trim();
        }
    }
    assert_well(&pool, &faulty, 0);
    assert_eq!(faulty.tally.alive(), 40);
}

/// If an epoch begins while the objects of a batch are made, those made before it are one epoch old.
#[test]
fn an_epoch_begins_while_a_batch_is_made() {
    struct Eager;
    impl Policy<u32> for Eager {
        fn make(&self, slot: usize) -> u32 {
            if slot == 2 {
                POOL.advance_epoch();
            }
            7
        }
        fn recycle(&self, _object: &mut u32) -> bool {
            true
        }
    }
    static POOL: Pool<u32, 4, Eager> = Pool::with_policy(Eager);
    let batch = POOL.try_get_batch::<4>().unwrap();
    assert_eq!(ages_of(&POOL), [1, 1, 0, 0]);
    drop(batch);
    let batch = POOL.try_get_batch::<4>().unwrap();
    assert_eq!((ages_of(&POOL), batch.iter().sum::<u32>()), (vec![0; 4], 28), "got in this one");
}
