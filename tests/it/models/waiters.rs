//! Waiting for objects, of a pool with and without lanes, as a first-in-first-out queue.

use forebay::error::WaitError;
use forebay::future::GetFuture;
use forebay::pool::Home;
use forebay::wait::{CanWait, WaitPolicy};
use forebay::{Headroom, Lane, LanePool, Lease, Policy, Pool, Waking};
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

super::kinds!(Step {
    Get,
    GetMore,
    GetReserved,
    Poll,
    PollMore,
    PollMost,
    Drop,
    Forget,
    Put,
    PutMore,
    PutMost,
    PutRefused,
    TryGet,
    TryGetMore,
    TryGetReserved,
    TryGetMany3,
    TimeOut,
    TimeOutReserved,
    LaneGet,
    LaneGetMore,
    LaneGetReserved,
    Flush,
    Trim,
    Fill,
    Tick,
});

/// Counts what it makes, and keeps what is not marked.
#[derive(Debug, Default)]
struct Maker(Arc<AtomicUsize>);

const REFUSED: u32 = 1;

impl Policy<u32> for Maker {
    fn make(&self, _slot: usize) -> u32 {
        self.0.fetch_add(1, SeqCst);
        0
    }

    fn recycle(&self, object: &mut u32) -> bool {
        *object != REFUSED
    }
}

#[derive(Debug, Default)]
struct Woken(AtomicUsize);

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A lease of any kind.
trait Loan {
    fn slot(&self) -> usize;
    fn refuse(&mut self);
}

impl<R: Home<Item = u32>> Loan for Lease<R> {
    fn slot(&self) -> usize {
        Lease::slot(self)
    }

    fn refuse(&mut self) {
        **self = REFUSED;
    }
}

/// What a lane does, whatever the pool.
trait OnLane {
    fn get(&self, privileged: bool) -> Option<Box<dyn Loan + '_>>;
    fn flush(&self);
}

impl<const N: usize, const LANES: usize, W: WaitPolicy> OnLane
    for Lane<'_, u32, N, LANES, Maker, W>
{
    fn get(&self, privileged: bool) -> Option<Box<dyn Loan + '_>> {
        let lease = if privileged { self.try_get_reserved() } else { self.try_get() };
        Some(Box::new(lease.ok()?))
    }

    fn flush(&self) {
        self.flush();
    }
}

/// A future, unless it was forgotten, and where it is.
struct Waiter<'p, const N: usize, W: CanWait> {
    id: usize,
    get: Option<GetFuture<'p, u32, N, Maker, W>>,
    privileged: bool,
    at: At,
    woken: Arc<Woken>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Outside,
    Seated,
    Granted(usize),
}

/// What becomes of a caller that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Served,
    Refused,
    Waits,
}

struct Model<'p, const N: usize, W: CanWait> {
    pool: &'p Pool<u32, N, Maker, W>,
    lanes: &'p [Box<dyn OnLane + 'p>],
    headroom: usize,
    seats: usize,
    /// Free, on a lane or on none: all callers may have them.
    free: BTreeSet<usize>,
    waiters: Vec<Waiter<'p, N, W>>,
    /// Those that sit, by their numbers, in the order in which they sat down.
    queue: Vec<usize>,
    next_id: usize,
    held: Vec<Box<dyn Loan + 'p>>,
    lent: BTreeSet<usize>,
    gets: u64,
    /// Puts that were seen. A slot that waits for a caller to look is not counted, but what was seen once stays.
    puts: u64,
    filled: usize,
    evictions: usize,
    exhausted: u64,
    made: &'p AtomicUsize,
}

/// Runs `steps` on a pool of `N`, the last `H` of them reserved, with `K` seats.
pub fn run<const N: usize, const H: usize, const K: usize>(steps: &[(Step, u8)]) {
    let made = Arc::<AtomicUsize>::default();
    let pool: Pool<u32, N, Maker, Headroom<H, Waking<K>>> =
        Pool::with_waiting(Maker(Arc::clone(&made)));
    drive(&pool, &[], &|| 0, H, K, &made, steps);
}

/// The same with lanes, which all have owners, so that the thread has none.
pub fn run_lanes<const N: usize, const LANES: usize, const H: usize, const K: usize>(
    steps: &[(Step, u8)],
) {
    type Subject<const N: usize, const LANES: usize, const H: usize, const K: usize> =
        LanePool<u32, N, LANES, Maker, Headroom<H, Waking<K>>>;
    let made = Arc::<AtomicUsize>::default();
    let pool: Subject<N, LANES, H, K> = LanePool::with_waiting(Maker(Arc::clone(&made)));
    let lanes: Vec<Box<dyn OnLane + '_>> =
        (0..LANES).map(|_| Box::new(pool.try_claim().unwrap()) as _).collect();
    drive(&*pool, &lanes, &|| pool.tick(), H, K, &made, steps);
}

fn drive<'p, const N: usize, W: CanWait>(
    pool: &'p Pool<u32, N, Maker, W>,
    lanes: &'p [Box<dyn OnLane + 'p>],
    tick: &dyn Fn() -> usize,
    headroom: usize,
    seats: usize,
    made: &'p AtomicUsize,
    steps: &[(Step, u8)],
) {
    let mut model = Model {
        pool,
        lanes,
        headroom,
        seats,
        free: (0..N).collect(),
        waiters: Vec::new(),
        queue: Vec::new(),
        next_id: 0,
        held: Vec::new(),
        lent: BTreeSet::new(),
        gets: 0,
        puts: 0,
        filled: 0,
        evictions: 0,
        exhausted: 0,
        made,
    };
    for &(step, which) in steps {
        model.step(step, usize::from(which), tick);
        model.compare();
    }
    // All who can, leave; what was forgotten is out for good.
    while let Some(at) = model.waiters.iter().position(|waiter| waiter.get.is_some()) {
        model.leave(at);
        model.compare();
    }
    while !model.held.is_empty() {
        model.put(0, false);
        model.compare();
    }
}

impl<'p, const N: usize, W: CanWait> Model<'p, N, W> {
    fn step(&mut self, step: Step, which: usize, tick: &dyn Fn() -> usize) {
        match step {
            Step::Get | Step::GetMore => self.wait(self.pool.get(), false),
            Step::GetReserved => self.wait(self.pool.get_reserved(), true),
            Step::Poll | Step::PollMore => self.poll(which),
            Step::PollMost => (0..=self.waiters.len() / 2).for_each(|at| self.poll(which + at)),
            Step::Drop if !self.waiters.is_empty() => self.leave(which % self.waiters.len()),
            Step::Forget if which.is_multiple_of(8) => self.forget(which / 8),
            Step::Put | Step::PutMore => self.put(which, false),
            Step::PutRefused => self.put(which, true),
            Step::PutMost => (0..=self.held.len() / 2).for_each(|at| self.put(which + at, false)),
            Step::TryGet | Step::TryGetMore => {
                let lease = self.pool.try_get();
                self.got(lease.ok().map(|lease| Box::new(lease) as _), false);
            }
            Step::TryGetReserved => {
                let lease = self.pool.try_get_reserved();
                self.got(lease.ok().map(|lease| Box::new(lease) as _), true);
            }
            Step::TryGetMany3 => self.try_get_many(),
            Step::TimeOut => self.time_out(false),
            Step::TimeOutReserved => self.time_out(true),
            Step::LaneGet | Step::LaneGetMore => self.get_on(which, false),
            Step::LaneGetReserved => self.get_on(which, true),
            Step::Flush if !self.lanes.is_empty() => {
                self.lanes[which % self.lanes.len()].flush();
            }
            Step::Trim => self.evictions += self.pool.trim(),
            Step::Fill => self.filled += self.pool.fill(),
            Step::Tick => self.evictions += tick(),
            _ => {}
        }
    }

    fn is_reserved(&self, slot: usize) -> bool {
        slot >= N - self.headroom
    }

    /// Whether one is free that a caller may have.
    fn fits(&self, privileged: bool) -> bool {
        self.free.iter().any(|&slot| privileged || !self.is_reserved(slot))
    }

    /// A free slot became a lease.
    fn lend(&mut self, lease: Box<dyn Loan + 'p>, privileged: bool) {
        let slot = lease.slot();
        assert!(!self.is_reserved(slot) || !self.fits(false), "reserved ones are lent last");
        assert!(self.free.remove(&slot), "{slot} was not free");
        assert!(privileged || !self.is_reserved(slot));
        self.hold(lease);
    }

    /// A slot that is ours became a lease.
    fn hold(&mut self, lease: Box<dyn Loan + 'p>) {
        self.lent.insert(lease.slot());
        self.gets += 1;
        self.held.push(lease);
    }

    /// The answer to a get that does not wait.
    fn got(&mut self, lease: Option<Box<dyn Loan + 'p>>, privileged: bool) {
        match lease {
            Some(lease) => self.lend(lease, privileged),
            None => {
                assert!(!self.fits(privileged), "refused, though one is free");
                self.exhausted += 1;
            }
        }
    }

    fn get_on(&mut self, which: usize, privileged: bool) {
        if self.lanes.is_empty() {
            return;
        }
        let at = which % self.lanes.len();
        self.got(self.lanes[at].get(privileged), privileged);
    }

    fn try_get_many(&mut self) {
        let free = self.free.iter().filter(|slot| !self.is_reserved(**slot)).count();
        match self.pool.try_get_many::<3>() {
            Ok(leases) => {
                assert!(free >= 3);
                for lease in leases {
                    self.lend(Box::new(lease), false);
                }
            }
            Err(_) => {
                assert!(free < 3);
                self.exhausted += 1;
            }
        }
    }

    fn wait(&mut self, get: GetFuture<'p, u32, N, Maker, W>, privileged: bool) {
        let id = self.next_id;
        self.next_id += 1;
        let woken = Arc::default();
        self.waiters.push(Waiter { id, get: Some(get), privileged, at: At::Outside, woken });
    }

    /// What becomes of a caller that comes now.
    fn fate(&self, privileged: bool) -> Fate {
        let seated = self.waiters.iter().filter(|waiter| waiter.at != At::Outside).count();
        let fits = self.fits(privileged);
        if fits && (privileged || self.queue.is_empty()) {
            Fate::Served
        } else if seated == self.seats {
            Fate::Refused
        } else {
            assert!(!fits, "nothing is kept from those who wait");
            Fate::Waits
        }
    }

    fn poll(&mut self, which: usize) {
        if self.waiters.is_empty() {
            return;
        }
        let at = which % self.waiters.len();
        let (privileged, was) = (self.waiters[at].privileged, self.waiters[at].at);
        let fate = self.fate(privileged);
        let waiter = &mut self.waiters[at];
        let Some(get) = &mut waiter.get else { return };
        let waker = Waker::from(Arc::clone(&waiter.woken));
        let answer = Pin::new(get).poll(&mut Context::from_waker(&waker));
        drop(waker);
        match (was, answer) {
            (At::Granted(slot), Poll::Ready(Ok(lease))) => {
                assert_eq!(Lease::slot(&lease), slot);
                self.remove(at);
                self.hold(Box::new(lease));
            }
            (At::Outside, Poll::Ready(Ok(lease))) => {
                assert_eq!(fate, Fate::Served);
                self.waiters.remove(at);
                self.lend(Box::new(lease), privileged);
            }
            (At::Outside, Poll::Ready(Err(_))) => {
                assert_eq!(fate, Fate::Refused);
                self.exhausted += 1;
                self.remove(at);
            }
            (At::Outside, Poll::Pending) => {
                assert_eq!(fate, Fate::Waits);
                self.waiters[at].at = At::Seated;
                self.queue.push(self.waiters[at].id);
            }
            (At::Seated, Poll::Pending) => {}
            (was, answer) => panic!("{was:?}, and {answer:?}"),
        }
    }

    /// A waiter leaves the model; no waker of it is left.
    fn remove(&mut self, at: usize) -> At {
        let waiter = self.waiters.remove(at);
        drop(waiter.get);
        assert_eq!(Arc::strong_count(&waiter.woken), 1);
        waiter.at
    }

    fn leave(&mut self, at: usize) {
        if self.waiters[at].get.is_none() {
            return;
        }
        let id = self.waiters[at].id;
        // Before what it was handed goes to another.
        self.queue.retain(|other| *other != id);
        if let At::Granted(slot) = self.remove(at) {
            self.release(slot);
        }
    }

    /// It keeps its seat, and what it was handed or will be.
    fn forget(&mut self, which: usize) {
        if self.waiters.is_empty() {
            return;
        }
        let at = which % self.waiters.len();
        std::mem::forget(self.waiters[at].get.take());
        if self.waiters[at].at == At::Outside {
            self.waiters.remove(at);
        }
    }

    fn time_out(&mut self, privileged: bool) {
        let fate = self.fate(privileged);
        let answer = if privileged {
            self.pool.get_reserved_timeout(Duration::ZERO)
        } else {
            self.pool.get_timeout(Duration::ZERO)
        };
        match answer {
            Ok(lease) => {
                assert_eq!(fate, Fate::Served);
                self.lend(Box::new(lease), privileged);
            }
            Err(WaitError::TooManyWaiters(_)) => {
                assert_eq!(fate, Fate::Refused);
                self.exhausted += 1;
            }
            Err(WaitError::TimedOut(_)) => {
                assert_eq!(fate, Fate::Waits);
                self.exhausted += 1;
            }
        }
    }

    fn put(&mut self, which: usize, refused: bool) {
        if self.held.is_empty() {
            return;
        }
        let mut lease = self.held.swap_remove(which % self.held.len());
        let slot = lease.slot();
        if refused {
            lease.refuse();
            self.evictions += 1;
        }
        drop(lease);
        self.release(slot);
    }

    /// `slot` goes to the first who may have it, or is free.
    fn release(&mut self, slot: usize) {
        let reserved = self.is_reserved(slot);
        let by_id = |id: usize| self.waiters.iter().position(|waiter| waiter.id == id).unwrap();
        let first =
            self.queue.iter().position(|&id| !reserved || self.waiters[by_id(id)].privileged);
        match first {
            Some(first) => {
                let at = by_id(self.queue[first]);
                self.queue.remove(first);
                self.waiters[at].at = At::Granted(slot);
            }
            None => assert!(self.free.insert(slot)),
        }
    }

    /// All that can be seen of the pool is as in the model.
    fn compare(&mut self) {
        let free = self.free.len();
        let on_loan: Vec<_> = (0..N).filter(|slot| !self.free.contains(slot)).collect();
        let audited: Vec<_> = self.pool.audit().map(|loan| loan.slot()).collect();
        assert_eq!((audited, self.pool.available()), (on_loan, free));

        let metrics = self.pool.metrics();
        let in_use = (N - free) as u64;
        assert_eq!((metrics.in_use, metrics.gets), (in_use, self.gets));
        self.puts = self.puts.max(self.gets.saturating_sub(in_use));
        assert_eq!(metrics.puts, self.puts);
        let made = self.made.load(SeqCst);
        assert_eq!(metrics.misses as usize, made - self.filled);
        assert_eq!(metrics.evictions as usize, self.evictions);
        assert_eq!(
            (metrics.exhausted, metrics.high_water),
            (self.exhausted, self.lent.len() as u64)
        );
        assert_eq!((metrics.panics, metrics.double_returns), (0, 0));

        for waiter in &self.waiters {
            // Once, when it is handed something, and not before.
            let woken = usize::from(matches!(waiter.at, At::Granted(_)));
            assert_eq!(waiter.woken.0.load(SeqCst), woken, "{:?}", waiter.at);
        }
    }
}
