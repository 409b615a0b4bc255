//! A pool with lanes as a vector of slots.
//!
//! The model does not know where a free slot is: on which lane, or on none. No caller has to know, because a get takes from
//! any lane. Only one answer depends on it: a get prefers a vacant slot to an object that another lane keeps. So a get may
//! make an object while other lanes keep some, but not more than these may keep. All else is exact.

use forebay::pool::Home;
use forebay::wait::Lanes;
use forebay::{Batch, Headroom, Lane, LanePool, Lease, Policy, Pool};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

super::kinds!(Step {
    Claim,
    Leave,
    GetOn,
    GetOnMore,
    GetHere,
    GetHereMore,
    GetReserved,
    GetReservedHere,
    GetMany3,
    GetUpTo5,
    GetBatchOn,
    GetBatchHere,
    BatchOn,
    BatchHere,
    Detach,
    Put,
    PutMore,
    PutElsewhere,
    PutVetoed,
    PutAll,
    FlushOn,
    FlushHere,
    Tick,
    Trim,
    Fill,
    Epoch,
    GetOrNew,
    GetEach,
    GetEachFlushed,
});

/// Which objects there are.
#[derive(Debug, Default)]
struct Counts {
    made: AtomicUsize,
    dropped: Mutex<Vec<usize>>,
}

#[derive(Debug)]
struct Object {
    counts: Arc<Counts>,
    slot: usize,
    id: usize,
    value: u32,
    veto: bool,
}

impl Drop for Object {
    fn drop(&mut self) {
        self.counts.dropped.lock().unwrap().push(self.id);
    }
}

#[derive(Debug)]
struct Maker(Arc<Counts>);

impl Policy<Object> for Maker {
    fn make(&self, slot: usize) -> Object {
        let id = self.0.made.fetch_add(1, SeqCst);
        Object { counts: Arc::clone(&self.0), slot, id, value: 0, veto: false }
    }

    fn recycle(&self, object: &mut Object) -> bool {
        object.value = 0;
        !object.veto
    }
}

type Shared<const N: usize, const L: usize, const H: usize> =
    Pool<Object, N, Maker, Lanes<L, Headroom<H>>>;
type OnLane<'p, const N: usize, const L: usize, const H: usize> =
    Lane<'p, Object, N, L, Maker, Headroom<H>>;

/// A lease, and where it goes back to.
enum Held<'p, const N: usize, const L: usize, const H: usize> {
    /// Got without a handle, or detached from one.
    Here(Lease<&'p Shared<N, L, H>>),
    /// Of the handle with this place in the model.
    On(usize, Lease<&'p OnLane<'p, N, L, H>>),
}

impl<const N: usize, const L: usize, const H: usize> Held<'_, N, L, H> {
    fn slot(&self) -> usize {
        match self {
            Self::Here(lease) => Lease::slot(lease),
            Self::On(_, lease) => Lease::slot(lease),
        }
    }

    fn object(&mut self) -> &mut Object {
        match self {
            Self::Here(lease) => lease,
            Self::On(_, lease) => lease,
        }
    }
}

/// A handle that leases point at, and that goes before the model does.
struct Owner<'p, const N: usize, const L: usize, const H: usize>(NonNull<OnLane<'p, N, L, H>>);

impl<'p, const N: usize, const L: usize, const H: usize> Owner<'p, N, L, H> {
    fn new(lane: OnLane<'p, N, L, H>) -> Self {
        Self(NonNull::from(Box::leak(Box::new(lane))))
    }

    fn get(&self) -> &'p OnLane<'p, N, L, H> {
        #[allow(unsafe_code)]
        // SAFETY: from a box; `leave` frees it when no lease points at it any more.
        unsafe {
            self.0.as_ref()
        }
    }

    /// No lease is of this handle any more.
    fn leave(self) {
        #[allow(unsafe_code)]
        // SAFETY: from a box, and not used again.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Who gets.
#[derive(Clone, Copy)]
enum By {
    Here,
    /// The handle with this place in the model.
    Handle(usize),
}

/// What the model knows of a slot.
#[derive(Default)]
struct Slot<'p, const N: usize, const L: usize, const H: usize> {
    object: Option<usize>,
    value: u32,
    was_lent: bool,
    /// It was free and had its object at the last tick, and has been so since.
    idle: bool,
    held: Option<Held<'p, N, L, H>>,
}

struct Model<'p, const N: usize, const L: usize, const H: usize> {
    pool: &'p LanePool<Object, N, L, Maker, Headroom<H>>,
    counts: Arc<Counts>,
    lanes: Vec<Option<Owner<'p, N, L, H>>>,
    slots: Vec<Slot<'p, N, L, H>>,
    /// How many of the objects dropped so far were looked at.
    logged: usize,
    gets: u64,
    misses: u64,
    evictions: u64,
    exhausted: u64,
    overflows: u64,
}

/// With `std` the thread that runs the model may have a lane, too.
const THREADS: usize = if cfg!(feature = "std") { 1 } else { 0 };

/// How many objects a lane keeps at most: its share of the pool, or what its pockets hold where it does not count them.
const fn most_on_a_lane(capacity: usize, lanes: usize) -> usize {
    let word = usize::BITS as usize / 2;
    let pockets = if usize::BITS == 64 { 4 } else { 2 };
    match capacity / lanes {
        0 => 1,
        share if share < word => share,
        _ => pockets * word,
    }
}

/// Runs `steps` on a pool of `N` with `L` lanes, of which `H` are kept back, and on the model.
pub fn run<const N: usize, const L: usize, const H: usize>(steps: &[(Step, u8)]) {
    let counts = Arc::<Counts>::default();
    let pool = Box::new(LanePool::with_waiting(Maker(Arc::clone(&counts))));
    let mut model = Model::<N, L, H> {
        pool: &pool,
        counts: Arc::clone(&counts),
        lanes: (0..L).map(|_| None).collect(),
        slots: (0..N).map(|_| Slot::default()).collect(),
        logged: 0,
        gets: 0,
        misses: 0,
        evictions: 0,
        exhausted: 0,
        overflows: 0,
    };
    for &(step, which) in steps {
        model.step(step, usize::from(which));
        model.compare();
    }
    model.step(Step::PutAll, 0);
    model.compare();
    while model.get(By::Here, true) {}
    assert_eq!(model.free(true), 0);
    model.compare();
    (0..L).for_each(|lane| model.leave(lane, true));
    drop(model);
    drop(pool);
    let mut dropped = counts.dropped.lock().unwrap();
    dropped.sort_unstable();
    let all = Vec::from_iter(0..counts.made.load(SeqCst));
    assert_eq!(*dropped, all, "each object is dropped, and once");
}

impl<'p, const N: usize, const L: usize, const H: usize> Model<'p, N, L, H> {
    fn step(&mut self, step: Step, which: usize) {
        match step {
            Step::Claim => self.claim(),
            Step::Leave => self.leave(which / 2 % L, which.is_multiple_of(2)),
            Step::GetOn | Step::GetOnMore => {
                if let Some(by) = self.handle(which) {
                    self.get(by, false);
                }
            }
            Step::GetHere | Step::GetHereMore => _ = self.get(By::Here, false),
            Step::GetReserved => {
                if let Some(by) = self.handle(which) {
                    self.get(by, true);
                }
            }
            Step::GetReservedHere => _ = self.get(By::Here, true),
            Step::GetMany3 => self.get_many::<3>(),
            Step::GetUpTo5 => {
                let (kept, free) = (self.kept_beside(By::Here), self.free(false));
                let leases = self.pool.try_get_up_to::<5>();
                assert_eq!(leases.len(), free.min(5));
                leases.into_iter().for_each(|lease| self.got(Held::Here(lease), false, kept));
            }
            Step::GetBatchOn => {
                if let Some(by @ By::Handle(at)) = self.handle(which) {
                    let (kept, free) = (self.kept_beside(by), self.free(false));
                    let batch = self.lane(at).try_get_batch_up_to::<6>();
                    assert_eq!(batch.len(), free.min(6));
                    for lease in batch {
                        self.got(Held::On(at, lease), false, kept);
                    }
                }
            }
            Step::GetBatchHere => {
                let (kept, free) = (self.kept_beside(By::Here), self.free(false));
                let batch = self.pool.try_get_batch_up_to::<6>();
                assert_eq!(batch.len(), free.min(6));
                for lease in batch {
                    self.got(Held::Here(lease), false, kept);
                }
            }
            Step::BatchOn => {
                if let Some(by @ By::Handle(at)) = self.handle(which) {
                    let kept = self.kept_beside(by);
                    self.batch(self.lane(at).try_get_batch_up_to::<20>(), kept, which);
                }
            }
            Step::BatchHere => {
                let kept = self.kept_beside(By::Here);
                self.batch(self.pool.try_get_batch_up_to::<20>(), kept, which);
            }
            Step::Detach => {
                if let Some(at) = self.pick(which) {
                    self.detach(at);
                }
            }
            Step::Put | Step::PutMore => {
                if let Some(at) = self.pick(which) {
                    self.put(at);
                }
            }
            Step::PutElsewhere => {
                if let Some(at) = self.pick(which) {
                    self.detach(at);
                    self.put(at);
                }
            }
            Step::PutVetoed => {
                if let Some(at) = self.pick(which) {
                    self.slots[at].held.as_mut().unwrap().object().veto = true;
                    self.put(at);
                    let object = self.slots[at].object.take().unwrap();
                    assert_eq!(self.dropped(), [object]);
                    self.evictions += 1;
                }
            }
            Step::PutAll => (0..N).for_each(|at| self.put(at)),
            Step::FlushOn => {
                if let Some(By::Handle(lane)) = self.handle(which) {
                    self.lanes[lane].as_ref().unwrap().get().flush();
                }
            }
            Step::FlushHere => self.pool.flush(),
            Step::Tick => self.tick(),
            Step::Trim => {
                let idle = self.slots.iter().filter(|slot| slot.held.is_none());
                let objects = Vec::from_iter(idle.filter_map(|slot| slot.object));
                let trimmed = self.pool.trim();
                self.evict(&objects, trimmed);
            }
            Step::Fill => {
                let vacant =
                    |slot: &&mut Slot<'_, N, L, H>| slot.held.is_none() && slot.object.is_none();
                let mut next = self.counts.made.load(SeqCst);
                let before = next;
                for slot in self.slots.iter_mut().filter(vacant) {
                    slot.object = Some(next);
                    next += 1;
                }
                assert_eq!(self.pool.fill(), next - before);
            }
            Step::Epoch => {
                self.pool.advance_epoch();
            }
            Step::GetOrNew => self.get_or_new(),
            Step::GetEach => {
                let by = self.handle(which).filter(|_| !which.is_multiple_of(3));
                let by = by.unwrap_or(By::Here);
                while self.get(by, which.is_multiple_of(2)) {}
                assert_eq!(self.free(which.is_multiple_of(2)), 0);
            }
            Step::GetEachFlushed => {
                // Where no lane keeps any, those with objects come first.
                self.flush_all();
                while self.free(false) > 0 {
                    self.get_beside(By::Here, false, 0);
                }
            }
        }
    }

    fn claim(&mut self) {
        let taken = self.lanes.iter().flatten().count();
        match self.pool.try_claim() {
            Some(lane) => {
                assert!(lane.number() < L);
                let numbers = self.lanes.iter().flatten().map(|owner| owner.get().number());
                assert!(numbers.into_iter().all(|number| number != lane.number()));
                let place = self.lanes.iter_mut().find(|place| place.is_none());
                *place.expect("fewer than all were taken") = Some(Owner::new(lane));
            }
            None => assert!(taken + THREADS >= L),
        }
    }

    /// Gives a lane back; its leases before it, or they go on without it.
    fn leave(&mut self, lane: usize, put: bool) {
        let Some(owner) = self.lanes[lane].take() else { return };
        for at in 0..N {
            if matches!(&self.slots[at].held, Some(Held::On(of, _)) if *of == lane) {
                if put { self.put(at) } else { self.detach(at) }
            }
        }
        owner.leave();
    }

    fn flush_all(&self) {
        self.lanes.iter().flatten().for_each(|owner| owner.get().flush());
        self.pool.flush();
    }

    /// How many objects other lanes may keep. A lane that was given back keeps none.
    fn kept_beside(&self, by: By) -> usize {
        let handles = self.lanes.iter().flatten().count();
        let others = match by {
            // It has a lane itself, or handles have all.
            By::Here => handles,
            By::Handle(_) => L.min(handles + THREADS) - 1,
        };
        others * most_on_a_lane(N, L)
    }

    /// One of the handles there are.
    fn handle(&self, which: usize) -> Option<By> {
        let there = Vec::from_iter((0..L).filter(|&lane| self.lanes[lane].is_some()));
        (!there.is_empty()).then(|| By::Handle(there[which % there.len()]))
    }

    /// One of the slots on loan.
    fn pick(&self, which: usize) -> Option<usize> {
        let lent = Vec::from_iter((0..N).filter(|&at| self.slots[at].held.is_some()));
        (!lent.is_empty()).then(|| lent[which % lent.len()])
    }

    /// How many a caller could have.
    fn free(&self, privileged: bool) -> usize {
        let limit = if privileged { N } else { N - H };
        self.slots[..limit].iter().filter(|slot| slot.held.is_none()).count()
    }

    /// How many of them have an object.
    fn filled(&self, privileged: bool) -> usize {
        let limit = if privileged { N } else { N - H };
        let filled = |slot: &&Slot<'_, N, L, H>| slot.held.is_none() && slot.object.is_some();
        self.slots[..limit].iter().filter(filled).count()
    }

    /// Gets one; whether there was one.
    fn get(&mut self, by: By, privileged: bool) -> bool {
        self.get_beside(by, privileged, self.kept_beside(by))
    }

    /// [`get`](Self::get) while other lanes keep at most `kept`.
    fn get_beside(&mut self, by: By, privileged: bool, kept: usize) -> bool {
        let held = match by {
            By::Here if privileged => self.pool.try_get_reserved().map(Held::Here),
            By::Here => self.pool.try_get().map(Held::Here),
            By::Handle(at) => {
                let lane = self.lanes[at].as_ref().unwrap().get();
                let lease = if privileged { lane.try_get_reserved() } else { lane.try_get() };
                lease.map(|lease| Held::On(at, lease))
            }
        };
        match held {
            Ok(held) => {
                self.got(held, privileged, kept);
                true
            }
            Err(error) => {
                assert_eq!((error.capacity(), self.free(privileged)), (N, 0));
                self.exhausted += 1;
                false
            }
        }
    }

    fn lane(&self, at: usize) -> &'p OnLane<'p, N, L, H> {
        self.lanes[at].as_ref().unwrap().get()
    }

    /// A batch was lent and goes back as one. Some of its objects are not kept.
    fn batch<R: Home<Item = Object>, const K: usize>(
        &mut self,
        mut batch: Batch<R, K>,
        kept: usize,
        which: usize,
    ) {
        assert_eq!(batch.len(), self.free(false).min(K));
        let filled = batch.iter().filter(|object| self.slots[object.slot].object.is_some()).count();
        let all_filled = filled == batch.len() || self.filled(false) - filled <= kept;
        assert!(all_filled, "one with an object was preferred");
        self.misses += (batch.len() - filled) as u64;
        self.gets += batch.len() as u64;
        let mut vetoed = Vec::new();
        for object in batch.iter_mut() {
            assert!(object.slot < N - H, "a reserved one");
            let slot = &mut self.slots[object.slot];
            assert!(slot.held.is_none(), "lent twice");
            assert_eq!((*slot.object.get_or_insert(object.id), object.value), (object.id, 0));
            (slot.was_lent, slot.idle) = (true, false);
            object.value = 1;
            object.veto = (object.id + which).is_multiple_of(9);
            if object.veto {
                slot.object = None;
                vetoed.push(object.id);
            }
        }
        drop(batch);
        assert_eq!(self.dropped(), vetoed);
        self.evictions += vetoed.len() as u64;
    }

    fn get_many<const K: usize>(&mut self) {
        let (kept, free) = (self.kept_beside(By::Here), self.free(false));
        match self.pool.try_get_many::<K>() {
            Ok(leases) => {
                assert!(free >= K);
                leases.into_iter().for_each(|lease| self.got(Held::Here(lease), false, kept));
            }
            Err(_) => {
                assert!(free < K);
                self.exhausted += 1;
            }
        }
    }

    #[cfg(feature = "std")]
    fn get_or_new(&mut self) {
        let (kept, free) = (self.kept_beside(By::Here), self.free(false));
        let lease = self.pool.get_or_new();
        assert_eq!(Lease::is_on_heap(&lease), free == 0);
        if free == 0 {
            self.overflows += 1;
            let id = lease.id;
            drop(lease);
            assert_eq!(self.dropped(), [id]);
        } else {
            let (at, id) = (Lease::slot(&lease), lease.id);
            self.lent(at, id, false, kept);
            drop(lease);
        }
    }

    #[cfg(not(feature = "std"))]
    fn get_or_new(&mut self) {
        assert_eq!(self.overflows, 0);
    }

    /// A slot was lent that was free, and its object made only if it had none. Other lanes kept at most `kept`.
    fn got(&mut self, mut held: Held<'p, N, L, H>, privileged: bool, kept: usize) {
        let (at, id) = (held.slot(), held.object().id);
        assert_eq!(held.object().value, 0, "recycled");
        self.lent(at, id, privileged, kept);
        self.slots[at].held = Some(held);
    }

    fn lent(&mut self, at: usize, id: usize, privileged: bool, kept: usize) {
        assert!(self.slots[at].held.is_none(), "lent twice");
        let reserved = at >= N - H;
        assert!(privileged || !reserved, "a reserved one");
        assert!(!reserved || self.free(false) == 0, "reserved ones are lent last");
        if self.slots[at].object.is_none() {
            assert!(self.filled(reserved) <= kept, "one with an object was preferred");
            self.misses += 1;
        }
        let slot = &mut self.slots[at];
        assert_eq!(*slot.object.get_or_insert(id), id, "kept");
        (slot.was_lent, slot.idle, slot.value) = (true, false, 0);
        self.gets += 1;
    }

    /// Parts a lease from its lane.
    fn detach(&mut self, at: usize) {
        let held = self.slots[at].held.take();
        self.slots[at].held = held.map(|held| match held {
            Held::On(_, lease) => Held::Here(Lease::detach(lease)),
            here => here,
        });
    }

    /// Writes to an object and gives it back.
    fn put(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        if let Some(mut held) = slot.held.take() {
            assert_eq!(Some(held.object().id), slot.object);
            assert_eq!(held.object().value, slot.value, "nobody else wrote");
            held.object().value = 1;
        }
    }

    fn tick(&mut self) {
        let old = self.slots.iter().filter(|slot| slot.idle).filter_map(|slot| slot.object);
        let old = Vec::from_iter(old);
        let dropped = self.pool.tick();
        self.evict(&old, dropped);
        for slot in &mut self.slots {
            slot.idle = slot.held.is_none() && slot.object.is_some();
        }
    }

    /// These `count` objects were dropped, and nothing else was.
    fn evict(&mut self, objects: &[usize], count: usize) {
        assert_eq!((self.dropped(), count), (objects.to_vec(), objects.len()));
        for slot in self.slots.iter_mut().filter(|slot| slot.held.is_none()) {
            if slot.object.is_some_and(|object| objects.contains(&object)) {
                (slot.object, slot.idle) = (None, false);
                self.evictions += 1;
            }
        }
    }

    /// The objects that were dropped since this was asked.
    fn dropped(&mut self) -> Vec<usize> {
        let log = self.counts.dropped.lock().unwrap();
        let new = log[self.logged..].to_vec();
        self.logged = log.len();
        new
    }

    /// All that can be seen of the pool is as in the model.
    fn compare(&mut self) {
        assert_eq!(self.dropped(), [0; 0], "nothing else was dropped");
        let metrics = self.pool.metrics();
        let in_use = self.slots.iter().filter(|slot| slot.held.is_some()).count() as u64;
        assert_eq!((metrics.capacity, metrics.in_use), (N as u64, in_use));
        assert_eq!((metrics.gets, metrics.puts), (self.gets, self.gets - in_use));
        assert_eq!((metrics.misses, metrics.evictions), (self.misses, self.evictions));
        assert_eq!((metrics.exhausted, metrics.overflows), (self.exhausted, self.overflows));
        assert_eq!((metrics.panics, metrics.double_returns), (0, 0));
        assert!(metrics.steals <= self.gets);
        let lent = self.slots.iter().filter(|slot| slot.was_lent).count();
        assert_eq!((metrics.high_water, self.pool.available()), (lent as u64, self.free(true)));
        let on_loan = (0..N).filter(|&at| self.slots[at].held.is_some());
        assert!(self.pool.audit().map(|loan| loan.slot()).eq(on_loan));
    }
}
