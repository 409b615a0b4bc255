//! How long objects are in use: histograms, audits by time, and who is told.

use forebay::monitor::{Clock, Histogram, Monitor};
use forebay::{LanePool, Lease, Pool, Reset, SharedLease, Slab, StreamPool};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

thread_local! {
    /// The time as a test has it, in milliseconds.
    static NOW: Cell<u64> = const { Cell::new(0) };
}

const ELSE: u64 = u64::MAX;

fn fake() -> u64 {
    let now = NOW.get();
    assert!(now != ELSE, "the clock is broken");
    now
}

const FAKE: Clock = Clock::new(fake, 1000);

fn pass(millis: u64) {
    NOW.set(NOW.get() + millis);
}

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// The count of each bucket that is not empty, by its start in milliseconds.
fn counts(times: &Histogram) -> Vec<(u64, u64)> {
    times
        .buckets()
        .filter(|bucket| bucket.count != 0)
        .map(|bucket| (bucket.from.as_millis() as u64, bucket.count))
        .collect()
}

/// Slots and milliseconds.
fn out<const N: usize>(monitor: &Monitor<N>) -> Vec<(usize, u64)> {
    monitor.audit().map(|out| (out.slot, out.time.as_millis() as u64)).collect()
}

#[test]
fn smoke() {
    static POOL: Pool<u32, 4> = Pool::new();
    static TIMES: Monitor<4> = Monitor::new(FAKE);
    pass(100);
    let mut one = TIMES.time(POOL.try_get().unwrap());
    *one = 7;
    pass(5);
    let two = TIMES.time(POOL.try_get().unwrap());
    let plain = POOL.try_get().unwrap(); // not timed
    pass(2);
    assert_eq!((*one, Lease::slot(&two)), (7, 1));
    assert_eq!(out(&TIMES), [(0, 7), (1, 2)]);
    assert_eq!(TIMES.longest_out().map(|out| (out.slot, out.time)), Some((0, millis(7))));
    assert_eq!(TIMES.histogram().count(), 0, "none is back");
    drop(one);
    pass(7);
    Lease::put(two);
    drop(plain);
    assert_eq!((out(&TIMES), TIMES.longest_out()), (vec![], None));
    let times = TIMES.histogram();
    assert_eq!((counts(&times), times.longest()), (vec![(4, 1), (8, 1)], millis(9)));
    assert_eq!((POOL.available(), *POOL.try_get().unwrap()), (4, 0), "and all is reset");
}

/// A lease is timed in whatever form it goes on, and once.
#[test]
fn shared_mapped_erased() {
    let pool: Pool<(u32, [u8; 4]), 2> = Pool::new();
    let times = Monitor::<2>::new(FAKE);
    let shared = Lease::share(times.time(pool.try_get().unwrap()));
    let holders = [shared.clone(), SharedLease::try_clone(&shared).unwrap()];
    pass(1);
    drop(shared);
    pass(1);
    assert_eq!((times.histogram().count(), out(&times)), (0, vec![(0, 2)]));
    drop(holders);
    assert_eq!((counts(&times.histogram()), pool.available()), (vec![(2, 1)], 2));

    let shared = Lease::share(times.time(pool.try_get().unwrap()));
    let mut part = Lease::map(SharedLease::try_unshare(shared).unwrap(), |whole| &mut whole.1[..2]);
    part.fill(1);
    pass(4);
    assert_eq!(out(&times), [(0, 4)]);
    drop(part);
    let erased = times.time(Lease::erase(pool.try_get().unwrap()));
    pass(16);
    drop(erased);
    assert_eq!((counts(&times.histogram()), pool.available()), (vec![(2, 1), (4, 1), (16, 1)], 2));
}

#[test]
fn of_any_home() {
    let times = Monitor::<8>::new(FAKE);
    let lanes: LanePool<u32, 8, 2> = LanePool::new();
    let lane = lanes.try_claim().unwrap();
    let on_lane = times.time(lane.try_get().unwrap());
    let beside = times.time(lanes.try_get().unwrap());
    pass(1);
    assert_eq!(times.audit().count(), 2);
    drop((on_lane, beside));
    assert_eq!((counts(&times.histogram()), lanes.metrics().in_use), (vec![(1, 2)], 0));

    let slab: Slab<String, 2> = Slab::new();
    let times = Monitor::<2>::new(FAKE);
    let text = times.time(slab.insert("text".into()).unwrap());
    pass(2);
    assert_eq!((text.as_str(), out(&times)), ("text", vec![(0, 2)]));
    drop(text);
    assert_eq!((times.histogram().count(), slab.available()), (1, 2));
}

/// An object on the heap has no slot: it is in the histogram, and not in the audit.
#[cfg(feature = "std")]
#[test]
fn owned_and_on_the_heap() {
    let pool = std::sync::Arc::new(Pool::<u32, 1>::new());
    let times = Monitor::<1>::new(FAKE);
    let owned = times.time(pool.try_get_arc().unwrap());
    let heap = times.time(pool.get_or_new());
    pass(3);
    assert_eq!(out(&times), [(0, 3)]);
    drop(heap);
    assert_eq!(
        (out(&times), times.histogram().count()),
        (vec![(0, 3)], 1),
        "the other is still out"
    );
    drop(owned);
    assert_eq!((times.histogram().count(), pool.available()), (2, 1));

    // Nor where the monitor has more slots than the pool: those on the heap are not taken for one of them.
    let pool: Pool<[u32; 2], 1> = Pool::new();
    let times = Monitor::<4>::new(FAKE);
    let pooled = times.time(pool.get_or_new());
    let heap = times.time(pool.get_or_new());
    let shared = Lease::share(times.time(pool.get_or_new()));
    let part = Lease::map(times.time(pool.get_or_new()), |both| &mut both[0]);
    let outer = times.time(Lease::map(pool.get_or_new(), |both| &mut both[1]));
    pass(2);
    assert_eq!(out(&times), [(0, 2)]);
    drop((heap, shared, part, outer));
    assert_eq!((out(&times), times.histogram().count()), (vec![(0, 2)], 4));
    drop(pooled);
    assert_eq!((out(&times), times.histogram().count()), (vec![], 5));
}

#[test]
fn spans_time_streams() {
    static STREAMS: StreamPool<u32, 2> = StreamPool::new();
    static TIMES: Monitor<2> = Monitor::new(FAKE);
    let first = STREAMS.try_open().unwrap();
    let first_span = TIMES.span(first.1.id().ring);
    pass(1);
    let (sender, receiver) = STREAMS.try_open().unwrap();
    let span = TIMES.span(receiver.id().ring);
    pass(1);
    assert_eq!(out(&TIMES), [(0, 2), (1, 1)]);
    assert!(format!("{span:?} {TIMES:?}").contains("slot: 1"));
    drop((span, sender, receiver));
    assert_eq!((out(&TIMES), counts(&TIMES.histogram())), (vec![(0, 2)], vec![(1, 1)]));
    drop((first_span, first));
    // Behind the last slot: counted all the same.
    drop(TIMES.span(usize::MAX));
    assert_eq!((TIMES.histogram().count(), STREAMS.available()), (3, 2));
}

#[test]
fn forgotten_leases_show_and_their_age_grows() {
    let pool: Pool<u32, 3> = Pool::new();
    let times = Monitor::<3>::new(FAKE);
    drop(times.time(pool.try_get().unwrap()));
    std::mem::forget(times.time(pool.try_get().unwrap()));
    pass(1000);
    let fine = times.time(pool.try_get().unwrap());
    pass(1);
    assert_eq!(out(&times), [(0, 1001), (1, 1)]);
    let old: Vec<_> = times.audit().filter(|out| out.time >= millis(1000)).collect();
    let loan = pool.audit().find(|loan| loan.slot() == old[0].slot).unwrap();
    assert_eq!((old.len(), loan.holders(), loan.is_raw()), (1, 0, false));
    drop(fine);
    pass(1000);
    assert_eq!((out(&times), times.histogram().count()), (vec![(0, 2001)], 2));
    // A span that is forgotten shows until its slot is timed again.
    std::mem::forget(times.span(1));
    pass(5);
    assert_eq!(out(&times), [(0, 2001 + 5), (1, 5)]);
    drop(times.time(pool.try_get().unwrap()));
    assert_eq!(out(&times), [(0, 2006)]);
}

#[test]
fn a_clock_that_panics_costs_no_slot() {
    let pool: Pool<u32, 1> = Pool::new();
    let times = Monitor::<1>::new(FAKE);
    let lease = pool.try_get().unwrap();
    let start = NOW.replace(ELSE);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(times.time(lease)))).is_err());
    assert_eq!(pool.available(), 1, "it is back");

    NOW.set(start);
    let mut lease = times.time(pool.try_get().unwrap());
    *lease = 5;
    NOW.set(ELSE);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(lease))).is_err());
    NOW.set(start);
    assert_eq!((pool.available(), times.histogram().count(), out(&times)), (1, 0, vec![]));
    assert_eq!((*pool.try_get().unwrap(), pool.metrics().panics), (0, 0), "it was recycled");
    let span = times.span(0);
    NOW.set(ELSE);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(span))).is_err());
    NOW.set(start);
    assert_eq!((times.histogram().count(), out(&times)), (0, vec![]));
}

#[test]
fn a_recycle_that_panics_is_timed() {
    #[derive(Default)]
    struct Fragile;
    impl Reset for Fragile {
        fn reset(&mut self) {
            panic!("in reset");
        }
    }
    let pool: Pool<Fragile, 1> = Pool::new();
    let times = Monitor::<1>::new(FAKE);
    let lease = times.time(pool.try_get().unwrap());
    pass(3);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(lease))).is_err());
    assert_eq!((counts(&times.histogram()), out(&times)), (vec![(2, 1)], vec![]));
    assert_eq!((pool.available(), pool.metrics().panics), (1, 1));
}

#[test]
fn a_clock_that_runs_backwards_is_zero() {
    let pool: Pool<u32, 1> = Pool::new();
    let times = Monitor::<1>::new(FAKE);
    pass(10);
    let lease = times.time(pool.try_get().unwrap());
    NOW.set(NOW.get() - 5);
    assert_eq!(out(&times), [(0, 0)]);
    drop(lease);
    assert_eq!(
        (counts(&times.histogram()), times.histogram().longest()),
        (vec![(0, 1)], millis(0))
    );
}

/// At tick 0 a start must not pass for none.
#[test]
fn at_the_first_tick() {
    let times = Monitor::<1>::new(FAKE);
    assert_eq!(fake(), 0);
    let span = times.span(0);
    assert_eq!(out(&times), [(0, 0)]);
    drop(span);
    assert_eq!(counts(&times.histogram()), [(0, 1)]);
}

#[test]
#[should_panic = "a clock has ticks"]
fn a_clock_without_ticks() {
    let _ = Clock::new(fake, 0);
}

/// Each time is counted once, whoever puts where; audits meanwhile see slots of the pool and no nonsense.
#[test]
fn counts_add_up_over_threads() {
    const THREADS: usize = 4;
    const ROUNDS: u64 = if cfg!(miri) { 20 } else { 20_000 };
    /// Later whenever it is looked at.
    fn later() -> u64 {
        static TICKS: AtomicU64 = AtomicU64::new(0);
        TICKS.fetch_add(1, Relaxed)
    }
    static POOL: Pool<u64, THREADS> = Pool::new();
    static TIMES: Monitor<THREADS> = Monitor::new(Clock::new(later, 1000));
    let (send, receive) = std::sync::mpsc::channel();
    let workers: Vec<_> = (0..THREADS)
        .map(|_| {
            let send = send.clone();
            thread::spawn(move || {
                for round in 0..ROUNDS {
                    while let Ok(lease) = POOL.try_get() {
                        let lease = TIMES.time(lease);
                        if round % 16 != 0 {
                            break;
                        }
                        send.send(lease).unwrap(); // put on another thread
                    }
                }
            })
        })
        .collect();
    drop(send);
    let longest_there_can_be = Duration::from_millis(u64::from(u32::MAX));
    let mut put_here = 0;
    for lease in receive {
        assert!(TIMES.audit().all(|out| out.slot < THREADS && out.time < longest_there_can_be));
        drop(lease);
        put_here += 1;
    }
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    let (times, metrics) = (TIMES.histogram(), POOL.metrics());
    assert!(put_here > 0);
    assert_eq!((times.count(), metrics.in_use), (metrics.gets, 0));
    assert_eq!((out(&TIMES), metrics.puts), (vec![], metrics.gets));
    assert!(
        times.quantile(0.5) <= times.quantile(0.99)
            && times.quantile(0.99) <= Some(times.longest())
    );
}

#[cfg(feature = "std")]
#[test]
fn the_clock_of_the_system() {
    let times = Monitor::<1>::new(Clock::monotonic());
    let started = std::time::Instant::now();
    let span = times.span(0);
    while times.longest_out().unwrap().time < millis(1) {
        thread::yield_now();
    }
    drop(span);
    let longest = times.histogram().longest();
    assert!(longest >= millis(1) && longest <= started.elapsed() + millis(1), "{longest:?}");
}

#[cfg(feature = "serde")]
#[test]
fn through_json() {
    let times = Monitor::<1>::new(FAKE);
    let empty = times.histogram();
    let json = serde_json::to_string(&empty).unwrap();
    assert_eq!(json, r#"{"ticks_per_second":1000,"longest":0,"counts":[]}"#);
    assert_eq!(serde_json::from_str::<Histogram>(&json).unwrap(), empty);
    for time in [0, 5, 5] {
        let span = times.span(0);
        pass(time);
        drop(span);
    }
    let json = serde_json::to_string(&times.histogram()).unwrap();
    assert_eq!(json, r#"{"ticks_per_second":1000,"longest":5,"counts":[1,0,0,2]}"#);
    assert_eq!(serde_json::from_str::<Histogram>(&json).unwrap(), times.histogram());
    let list = |n: usize| vec!["1"; n].join(",");
    let with = |counts| format!(r#"{{"ticks_per_second":1,"longest":5,"counts":[{counts}]}}"#);
    assert_eq!(serde_json::from_str::<Histogram>(&with(list(48))).unwrap().count(), 48);
    let error = serde_json::from_str::<Histogram>(&with(list(49))).unwrap_err();
    assert!(error.to_string().contains("at most 48 counts"), "{error}");
    let no_clock = r#"{"ticks_per_second":0,"longest":5,"counts":[]}"#;
    assert!(serde_json::from_str::<Histogram>(no_clock).is_err(), "and no division by it");
    // Numbers that no monitor gave are estimated from all the same.
    let odd = r#"{"ticks_per_second":1,"longest":1,"counts":[18446744073709551615,0,0,18446744073709551615]}"#;
    let odd: Histogram = serde_json::from_str(odd).unwrap();
    assert!(
        odd.count() == u64::MAX && odd.quantile(1.0).is_some() && !format!("{odd:#}").is_empty()
    );
}

#[cfg(feature = "metrics")]
mod facade {
    use super::*;
    use metrics::{
        Counter, CounterFn, Gauge, GaugeFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    };
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    type Values = Arc<Mutex<BTreeMap<String, f64>>>;

    /// Keeps what it is told last.
    #[derive(Default)]
    struct Told(Values);

    struct Value(Values, String);

    impl Value {
        fn put(&self, value: f64) {
            self.0.lock().unwrap().insert(self.1.clone(), value);
        }
    }

    impl CounterFn for Value {
        fn increment(&self, _value: u64) {
            panic!("it would count twice");
        }
        fn absolute(&self, value: u64) {
            self.put(value as f64);
        }
    }

    impl GaugeFn for Value {
        fn increment(&self, _value: f64) {
            panic!("it would count twice");
        }
        fn decrement(&self, _value: f64) {
            panic!("it would count twice");
        }
        fn set(&self, value: f64) {
            self.put(value);
        }
    }

    impl Told {
        fn value(&self, key: &Key) -> Arc<Value> {
            let labels: Vec<_> =
                key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            Arc::new(Value(self.0.clone(), format!("{}{{{}}}", key.name(), labels.join(","))))
        }
    }

    impl Recorder for Told {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            Counter::from_arc(self.value(key))
        }
        fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::from_arc(self.value(key))
        }
        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> metrics::Histogram {
            panic!("none is used")
        }
    }

    #[test]
    fn counts_and_times_reach_the_recorder() {
        let pool: Pool<u32, 2> = Pool::new();
        let times = Monitor::<2>::new(FAKE);
        let told = Told::default();
        let export = || {
            metrics::with_local_recorder(&told, || {
                pool.metrics().export("jobs");
                times.histogram().export("jobs");
            });
            told.0.lock().unwrap().clone()
        };
        let at_first = export();
        assert_eq!(at_first.len(), 13, "no quantile of nothing: {at_first:?}");
        assert!(at_first.iter().all(|(name, value)| *value == 0.0 || name.contains("capacity")));

        for _ in 0..2 {
            drop(times.time(pool.try_get().unwrap()));
        }
        let lease = times.time(pool.try_get().unwrap());
        pass(250);
        drop(lease);
        let _both = pool.try_get_many::<2>().unwrap();
        assert!(pool.try_get().is_err());
        export();
        let values = export(); // twice, and nothing is added
        let expected = [
            ("capacity", 2.0),
            ("in_use", 2.0),
            ("high_water", 2.0),
            ("gets", 5.0),
            ("misses", 2.0),
            ("puts", 3.0),
            ("exhausted", 1.0),
            ("times", 3.0),
        ];
        for (name, value) in expected {
            assert_eq!(values[&format!("forebay_{name}{{pool=jobs}}")], value, "{name}");
        }
        let quantile =
            |of| values[&format!("forebay_time_in_use_seconds{{pool=jobs,quantile={of}}}")];
        assert_eq!((quantile("0.5"), quantile("1")), (0.0, 0.25));
        assert_eq!(values.len(), 17);
    }
}
