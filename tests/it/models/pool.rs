//! A pool as a vector of slots.

use forebay::pool::{Erased, Mapped};
use forebay::{Batch, Lease, Policy, Pool, SharedLease};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

super::kinds!(Step {
    Get,
    GetMore, // Once more, so that there is something to hold.
    GetMany3,
    GetMany40,
    GetUpTo2,
    GetUpTo40,
    GetBatch5,
    GetBatch35,
    GetBatchUpTo7,
    Write,
    Put,
    PutMore,
    PutAll,
    PutVetoed,
    Trim,
    Fill,
    Epoch,
    Epochs,
    Share,
    CloneShared,
    Unshare,
    Erase,
    Map,
    IntoRaw,
    FromRaw,
    FromRawOther,
    Forget,
});

/// The number of objects made and how many of them are alive.
#[derive(Debug, Default)]
struct Counts {
    made: AtomicUsize,
    alive: AtomicUsize,
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
        self.counts.alive.fetch_sub(1, SeqCst);
    }
}

#[derive(Debug)]
struct Maker(Arc<Counts>);

impl Policy<Object> for Maker {
    fn make(&self, slot: usize) -> Object {
        self.0.alive.fetch_add(1, SeqCst);
        let id = self.0.made.fetch_add(1, SeqCst);
        Object { counts: Arc::clone(&self.0), slot, id, value: 0, veto: false }
    }

    fn recycle(&self, object: &mut Object) -> bool {
        object.value = 0;
        !object.veto
    }
}

type Handle<'p, const N: usize> = &'p Pool<Object, N, Maker>;

/// How a slot is held.
enum Held<'p, const N: usize> {
    Lease(Lease<Handle<'p, N>>),
    Erased(Lease<Erased<'p, Object>>),
    Mapped(Lease<Mapped<Handle<'p, N>, u32>>),
    Shared(Vec<SharedLease<Handle<'p, N>>>),
    Raw(NonNull<Object>),
    Forgotten,
}

/// What the model knows of a slot.
struct Slot<'p, const N: usize> {
    object: Option<usize>,
    value: u32,
    lent: bool,
    since: usize,
    held: Option<Held<'p, N>>,
}

struct Model<'p, const N: usize> {
    pool: Handle<'p, N>,
    counts: Arc<Counts>,
    slots: Vec<Slot<'p, N>>,
    epoch: usize,
    gets: u64,
    misses: u64,
    evictions: u64,
    exhausted: u64,
}

/// Runs `steps` on a pool of `N` and on the model.
pub fn run<const N: usize>(steps: &[(Step, u8)]) {
    let counts = Arc::<Counts>::default();
    let pool = Box::new(Pool::<Object, N, _>::with_policy(Maker(Arc::clone(&counts))));
    let mut model = Model {
        pool: &pool,
        counts: Arc::clone(&counts),
        slots: (0..N)
            .map(|_| Slot { object: None, value: 0, lent: false, since: 0, held: None })
            .collect(),
        epoch: 0,
        gets: 0,
        misses: 0,
        evictions: 0,
        exhausted: 0,
    };
    for &(step, which) in steps {
        model.step(step, usize::from(which));
        model.compare();
    }
    drop(model);
    drop(pool);
    assert_eq!(counts.alive.load(SeqCst), 0, "each object is dropped, and once");
}

impl<'p, const N: usize> Model<'p, N> {
    fn step(&mut self, step: Step, which: usize) {
        match step {
            Step::Get | Step::GetMore => match self.pool.try_get() {
                Ok(lease) => self.got([lease]),
                Err(error) => {
                    assert_eq!((error.capacity(), self.free()), (N, 0));
                    self.exhausted += 1;
                }
            },
            Step::GetMany3 => self.get_many::<3>(),
            Step::GetMany40 => self.get_many::<40>(),
            Step::GetUpTo2 => self.try_get_up_to::<2>(),
            Step::GetUpTo40 => self.try_get_up_to::<40>(),
            Step::GetBatch5 => self.get_batch::<5>(which),
            Step::GetBatch35 => self.get_batch::<35>(which),
            Step::GetBatchUpTo7 => {
                let batch = self.pool.try_get_batch_up_to::<7>();
                assert_eq!(batch.len(), self.free().min(7));
                self.split(batch, which);
            }
            Step::Write => self.write(which),
            Step::Put | Step::PutMore => {
                if let Some(slot) = self.pick(which, |held| !matches!(held, Held::Forgotten)) {
                    self.put(slot, which);
                }
            }
            Step::PutAll => {
                for slot in 0..N {
                    while self.slots[slot].held.as_ref().is_some_and(|held| !lost(held)) {
                        self.put(slot, which);
                    }
                }
            }
            Step::PutVetoed => {
                if let Some(slot) = self.pick(which, |held| matches!(held, Held::Lease(_))) {
                    let Some(Held::Lease(mut lease)) = self.slots[slot].held.take() else {
                        unreachable!()
                    };
                    lease.veto = true;
                    drop(lease);
                    self.slots[slot].object = None;
                    self.evictions += 1;
                }
            }
            Step::Trim => {
                let idle = self.slots.iter_mut().filter(|slot| slot.held.is_none());
                let dropped = idle.filter_map(|slot| slot.object.take()).count();
                assert_eq!(self.pool.trim(), dropped);
                self.evictions += dropped as u64;
            }
            Step::Fill => {
                let mut next = self.counts.made.load(SeqCst);
                let before = next;
                for slot in &mut self.slots {
                    if slot.held.is_none() && slot.object.is_none() {
                        slot.object = Some(next);
                        next += 1;
                    }
                }
                assert_eq!(self.pool.fill(), next - before);
            }
            Step::Epoch => self.advance(1),
            Step::Epochs => self.advance(which * 2),
            Step::Share => self.turn(which, |held| match held {
                Held::Lease(lease) => Held::Shared(vec![Lease::share(lease)]),
                other => other,
            }),
            Step::CloneShared => self.turn(which, |mut held| {
                if let Held::Shared(holders) = &mut held {
                    let clone = SharedLease::try_clone(&holders[0]).unwrap();
                    holders.extend([clone.clone(), clone]);
                }
                held
            }),
            Step::Unshare => self.turn(which, |held| match held {
                Held::Shared(mut holders) => {
                    let count = holders.len();
                    match SharedLease::try_unshare(holders.pop().unwrap()) {
                        Ok(lease) => {
                            assert_eq!(count, 1);
                            Held::Lease(lease)
                        }
                        Err(back) => {
                            assert!(count > 1);
                            holders.push(back);
                            Held::Shared(holders)
                        }
                    }
                }
                other => other,
            }),
            Step::Erase => self.turn(which, |held| match held {
                Held::Lease(lease) => Held::Erased(Lease::erase(lease)),
                other => other,
            }),
            Step::Map => self.turn(which, |held| match held {
                Held::Lease(lease) => Held::Mapped(Lease::map(lease, |object| &mut object.value)),
                other => other,
            }),
            Step::IntoRaw => self.turn(which, |held| match held {
                Held::Lease(lease) => Held::Raw(Lease::into_raw(lease)),
                other => other,
            }),
            Step::FromRaw => {
                let pool = self.pool;
                self.turn(which, |held| match held {
                    Held::Raw(raw) => {
                        #[allow(unsafe_code)]
                        // SAFETY: nobody uses the pointer any more.
                        let lease = unsafe { Lease::from_raw(pool, raw) };
                        Held::Lease(lease.expect("it came from `into_raw`"))
                    }
                    other => other,
                });
            }
            Step::FromRawOther => {
                // A pointer that is not out is refused, and nothing changes.
                let slot = self.pick(which, |held| matches!(held, Held::Lease(_)));
                let held = slot.and_then(|slot| self.slots[slot].held.as_ref());
                if let Some(Held::Lease(lease)) = held {
                    #[allow(unsafe_code)]
                    // SAFETY: it did not come from `into_raw`.
                    let lease = unsafe { Lease::from_raw(self.pool, NonNull::from(&**lease)) };
                    assert!(lease.is_none());
                }
            }
            Step::Forget => {
                // Seldom, or nothing is left.
                if which.is_multiple_of(8) {
                    self.turn(which / 8, |held| {
                        std::mem::forget(held);
                        Held::Forgotten
                    });
                }
            }
        }
    }

    fn free(&self) -> usize {
        self.slots.iter().filter(|slot| slot.held.is_none()).count()
    }

    /// One of the held slots for which `f`, by number.
    fn pick(&self, which: usize, f: impl Fn(&Held<'p, N>) -> bool) -> Option<usize> {
        let of_kind: Vec<_> =
            (0..N).filter(|&slot| self.slots[slot].held.as_ref().is_some_and(&f)).collect();
        (!of_kind.is_empty()).then(|| of_kind[which % of_kind.len()])
    }

    /// Makes something else of how a held slot is held.
    fn turn(&mut self, which: usize, f: impl FnOnce(Held<'p, N>) -> Held<'p, N>) {
        if let Some(slot) = self.pick(which, |_| true) {
            let held = self.slots[slot].held.take().map(f);
            self.slots[slot].held = held;
        }
    }

    /// Free slots were lent, their objects made if there were none. Any of them: a claim may fail spuriously and go on to
    /// another word.
    fn got(&mut self, leases: impl IntoIterator<Item = Lease<Handle<'p, N>>>) {
        let leases: Vec<_> = leases.into_iter().collect();
        let vacant = |lease: &&Lease<_>| self.slots[Lease::slot(lease)].object.is_none();
        // One call makes them in the order of its leases.
        let mut next = self.counts.made.load(SeqCst) - leases.iter().filter(vacant).count();
        for lease in leases {
            let slot = &mut self.slots[Lease::slot(&lease)];
            assert!(slot.held.is_none(), "it was free");
            if slot.object.is_none() {
                slot.object = Some(next);
                next += 1;
                self.misses += 1;
            }
            assert_eq!((Some(lease.id), lease.value), (slot.object, 0), "kept, and recycled");
            (slot.lent, slot.since, slot.value) = (true, self.epoch, 0);
            slot.held = Some(Held::Lease(lease));
            self.gets += 1;
        }
    }

    fn get_many<const K: usize>(&mut self) {
        match self.pool.try_get_many::<K>() {
            Ok(leases) => self.got(leases),
            Err(_) => {
                assert!(self.free() < K);
                self.exhausted += 1;
            }
        }
    }

    fn try_get_up_to<const K: usize>(&mut self) {
        let leases = self.pool.try_get_up_to::<K>();
        assert_eq!(leases.len(), self.free().min(K));
        self.got(leases);
    }

    fn get_batch<const K: usize>(&mut self, which: usize) {
        match self.pool.try_get_batch::<K>() {
            Ok(batch) => {
                assert_eq!(batch.len(), K);
                self.split(batch, which);
            }
            Err(_) => {
                assert!(self.free() < K);
                self.exhausted += 1;
            }
        }
    }

    /// Some objects of a batch become leases. The others go back with it, and some of them are not kept.
    fn split<const K: usize>(&mut self, mut batch: Batch<Handle<'p, N>, K>, which: usize) {
        let vacant = |object: &&Object| self.slots[object.slot].object.is_none();
        // One call makes them in the order of its batch.
        let mut next = self.counts.made.load(SeqCst) - batch.iter().filter(vacant).count();
        for object in batch.iter_mut() {
            let slot = &mut self.slots[object.slot];
            assert!(slot.held.is_none(), "it was free");
            if slot.object.is_none() {
                slot.object = Some(next);
                next += 1;
                self.misses += 1;
            }
            assert_eq!((Some(object.id), object.value), (slot.object, 0), "kept, and recycled");
            (slot.lent, slot.since) = (true, self.epoch);
            object.value = 1;
            object.veto = (object.id + which).is_multiple_of(5);
            self.gets += 1;
        }
        let (len, count) = (batch.len(), which % (batch.len() + 1));
        let all = Vec::from_iter(batch.iter().map(|object| (object.slot, object.veto)));
        let (leases, rest) = if which.is_multiple_of(2) {
            let leases = Vec::from_iter((0..count).map(|_| batch.pop().unwrap()));
            drop(batch);
            (leases, &all[..len - count])
        } else {
            let mut split = batch.into_iter();
            (Vec::from_iter(split.by_ref().take(count)), &all[count..])
        };
        for (at, _) in rest.iter().filter(|(_, veto)| *veto) {
            self.slots[*at].object = None;
            self.evictions += 1;
        }
        for mut lease in leases {
            assert_eq!((lease.slot, lease.value), (Lease::slot(&lease), 1));
            (lease.value, lease.veto) = (0, false);
            let slot = &mut self.slots[Lease::slot(&lease)];
            (slot.value, slot.held) = (0, Some(Held::Lease(lease)));
        }
    }

    /// Writes through whatever holds a slot.
    fn write(&mut self, which: usize) {
        if let Some(at) = self.pick(which, |_| true) {
            let slot = &mut self.slots[at];
            let new = slot.value.wrapping_add(1);
            match slot.held.as_mut().unwrap() {
                Held::Lease(lease) => lease.value = new,
                Held::Erased(lease) => lease.value = new,
                Held::Mapped(lease) => **lease = new,
                Held::Raw(raw) => {
                    #[allow(unsafe_code)]
                    // SAFETY: the pointer is ours alone between `into_raw` and `from_raw`.
                    unsafe {
                        raw.as_mut().value = new;
                    }
                }
                Held::Shared(_) | Held::Forgotten => return,
            }
            slot.value = new;
        }
    }

    /// Gives a slot back, or one of its holders.
    fn put(&mut self, at: usize, which: usize) {
        let slot = &mut self.slots[at];
        match slot.held.take().unwrap() {
            Held::Lease(lease) => Lease::put(lease),
            Held::Erased(lease) => drop(lease),
            Held::Mapped(lease) => drop(lease),
            Held::Shared(mut holders) => {
                drop(holders.swap_remove(which % holders.len()));
                slot.held = (!holders.is_empty()).then_some(Held::Shared(holders));
            }
            Held::Raw(raw) => {
                #[allow(unsafe_code)]
                // SAFETY: nobody uses the pointer any more.
                drop(unsafe { Lease::from_raw(self.pool, raw) }.unwrap());
            }
            Held::Forgotten => slot.held = Some(Held::Forgotten),
        }
    }

    fn advance(&mut self, epochs: usize) {
        for _ in 0..epochs {
            self.epoch += 1;
            assert_eq!(self.pool.advance_epoch(), self.epoch);
        }
    }

    /// All that can be seen of the pool is as in the model.
    fn compare(&self) {
        let metrics = self.pool.metrics();
        let in_use = (N - self.free()) as u64;
        assert_eq!((metrics.capacity, metrics.in_use), (N as u64, in_use));
        assert_eq!((metrics.gets, metrics.puts), (self.gets, self.gets - in_use));
        assert_eq!((metrics.misses, metrics.hits()), (self.misses, self.gets - self.misses));
        assert_eq!((metrics.evictions, metrics.exhausted), (self.evictions, self.exhausted));
        assert_eq!((metrics.panics, metrics.double_returns), (0, 0));
        let lent = self.slots.iter().filter(|slot| slot.lent).count();
        assert_eq!(metrics.high_water, lent as u64);
        assert_eq!(self.pool.available(), self.free());
        let alive = self.slots.iter().filter(|slot| slot.object.is_some()).count();
        assert_eq!(self.counts.alive.load(SeqCst), alive);

        let mut loans = self.pool.audit();
        for (at, slot) in self.slots.iter().enumerate() {
            let Some(held) = &slot.held else { continue };
            let loan = loans.next().unwrap();
            let age = (self.epoch - slot.since).min(255);
            assert_eq!((loan.slot(), usize::from(loan.age())), (at, age));
            assert_eq!(loan.since(), self.epoch - age);
            let (holders, raw, seen) = match held {
                Held::Lease(lease) => (0, false, lease.value),
                Held::Erased(lease) => (0, false, lease.value),
                Held::Mapped(lease) => (0, false, **lease),
                Held::Shared(all) => {
                    assert!(all.iter().all(|one| one.value == slot.value));
                    assert_eq!(SharedLease::holders(&all[0]), all.len());
                    (all.len(), false, all[0].value)
                }
                // How it was held is forgotten with it.
                Held::Forgotten => (loan.holders(), loan.is_raw(), slot.value),
                Held::Raw(raw) => {
                    #[allow(unsafe_code)]
                    // SAFETY: as in `write`.
                    (0, true, unsafe { raw.as_ref() }.value)
                }
            };
            assert_eq!((loan.holders(), loan.is_raw(), seen), (holders, raw, slot.value));
        }
        assert!(loans.next().is_none());
    }
}

fn lost<const N: usize>(held: &Held<'_, N>) -> bool {
    matches!(held, Held::Forgotten)
}
