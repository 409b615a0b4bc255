//! Objects of several pools, all or none.

use crate::common::{Fuse, booms};
use forebay::cascade::Reserved;
use forebay::error::{Full, NotAll};
use forebay::reset::FromFn;
use forebay::{
    DefaultReset, Exhausted, Headroom, LanePool, Lease, Pool, Slab, StreamPool, Token, try_get_all,
};

type One = Pool<u32, 1>;
type Two = Pool<u32, 2>;

/// Nothing is on loan.
macro_rules! at_rest {
    ($($pool:expr),+ $(,)?) => {$(
        assert_eq!(($pool.available(), $pool.audit().count()), ($pool.capacity(), 0));
        let metrics = $pool.metrics();
        assert_eq!((metrics.gets, metrics.double_returns), (metrics.puts, 0));
    )+};
}

#[test]
fn smoke() {
    let (a, b) = (One::new(), Two::new());
    let (mut x, mut y) = try_get_all((&a, &b)).unwrap();
    (*x, *y) = (1, 2);
    assert_eq!((a.available(), b.available()), (0, 1));
    let refused: NotAll<Exhausted> = try_get_all((&b, &a)).unwrap_err();
    assert_eq!((refused.part(), refused.why().capacity()), (1, 1));
    assert_eq!(refused.to_string(), "part 1: pool of 1 exhausted");
    assert_eq!(b.available(), 1, "what it had is back");
    drop((x, y));
    at_rest!(a, b);
    assert_eq!(*try_get_all((&b,)).unwrap().0, 0, "and was reset");
}

/// For each size of a tuple, and each place in it: the pool there is exhausted, and all others keep what they have.
#[test]
fn exhaustion_at_each_place_gives_back_the_others() {
    macro_rules! check {
        ($($at:tt),+) => {{
            let pools: [One; 8] = std::array::from_fn(|_| One::new());
            let source = ($(&pools[$at],)+);
            let size = [$($at),+].len();
            let all = try_get_all(source).unwrap();
            $( assert_eq!((*all.$at, pools[$at].available()), (0, 0)); )+
            assert!(pools[size..].iter().all(|pool| pool.available() == 1));
            drop(all);
            for at in 0..size {
                let held = pools[at].try_get().unwrap();
                let refused = try_get_all(source).err().unwrap();
                assert_eq!(refused, NotAll::clone(&refused));
                assert_eq!((refused.part(), refused.why().capacity()), (at, 1));
                let on_loan: usize = pools.iter().map(|pool| pool.audit().count()).sum();
                assert_eq!(on_loan, 1);
                drop(held);
                at_rest!(pools[at]);
            }
            drop(try_get_all(source).unwrap());
            assert!(pools.iter().all(|pool| pool.available() == 1));
        }};
    }
    check!(0);
    check!(0, 1);
    check!(0, 1, 2);
    check!(0, 1, 2, 3);
    check!(0, 1, 2, 3, 4);
    check!(0, 1, 2, 3, 4, 5);
    check!(0, 1, 2, 3, 4, 5, 6);
    check!(0, 1, 2, 3, 4, 5, 6, 7);
}

#[test]
fn parts_of_nested_tuples_are_numbered_through() {
    let pools: [One; 5] = std::array::from_fn(|_| One::new());
    let [a, b, c, d, e] = &pools;
    let source = (a, ((b, c), d), (e,));
    let (x, ((y, z), u), (v,)) = try_get_all(source).unwrap();
    assert_eq!([*x, *y, *z, *u, *v], [0; 5]);
    drop((x, y, z, u, v));
    for (at, pool) in pools.iter().enumerate() {
        let held = pool.try_get().unwrap();
        assert_eq!(try_get_all(source).unwrap_err().part(), at);
        drop(held);
    }
    at_rest!(a, b, c, d, e);
}

#[test]
fn each_kind_of_source() {
    let pool: Pool<u32, 2, DefaultReset, Headroom<1>> = Pool::with_waiting(DefaultReset);
    let lanes: LanePool<u32, 4, 2> = LanePool::new();
    let streams: StreamPool<Token, 1> = StreamPool::new();
    let lane = lanes.try_claim().unwrap();
    let source = (&pool, &lanes, &lane, &streams);
    let (one, two, three, (mut sender, mut receiver)) = try_get_all(source).unwrap();
    sender.try_send_text("hello").unwrap();
    assert_eq!((*one, *two, *three), (0, 0, 0));
    assert_eq!(receiver.try_recv().unwrap(), "hello");
    assert_eq!(try_get_all((&pool, &lanes)).unwrap_err().part(), 0, "the last one is reserved");
    let all = try_get_all((Reserved(&pool), Reserved(&lanes))).unwrap();
    let refused = try_get_all((Reserved(&lanes), Reserved(&pool))).unwrap_err();
    assert_eq!((refused.part(), refused.why().capacity()), (1, 2));
    lanes.flush(); // What came back is not this thread's own.
    let on_lane = try_get_all((Reserved(&lane),)).unwrap();
    let refused = try_get_all((&lane, &lanes)).unwrap_err();
    assert_eq!((refused.part(), refused.why().capacity(), lanes.available()), (0, 4, 0));
    drop((one, two, three, sender, receiver, all, on_lane));
    drop(lane);
    at_rest!(pool, lanes, streams);
}

/// A struct of leases, and where it is from.
struct Job<'a> {
    frame: Lease<&'a Two>,
    name: Lease<&'a Pool<heapless::String<8>, 2>>,
}

#[derive(Clone, Copy)]
struct Jobs<'a> {
    frames: &'a Two,
    names: &'a Pool<heapless::String<8>, 2>,
}

impl<'a> Jobs<'a> {
    fn try_get(self) -> Result<Job<'a>, NotAll> {
        try_get_all((self.frames, self.names)).map(|(frame, name)| Job { frame, name })
    }
}

#[test]
fn a_struct_of_leases_gives_back_its_parts() {
    let (frames, names) = (Two::new(), Pool::new());
    let jobs = Jobs { frames: &frames, names: &names };
    let mut job = jobs.try_get().unwrap();
    *job.frame = 7;
    job.name.push_str("job").unwrap();
    let second = jobs.try_get().unwrap();
    assert_eq!(jobs.try_get().err().unwrap().part(), 0);
    drop(job);
    // A part is taken out, and kept.
    let Job { frame, name } = second;
    drop(name);
    assert_eq!((frames.available(), names.available(), *frame), (1, 2, 0));
    drop(frame);
    at_rest!(frames, names);
}

/// A panic while a whole is held gives back its parts, and so does one in the drop of a part.
#[test]
fn a_panic_of_the_holder_gives_back_all() {
    let (a, b) = (One::new(), Two::new());
    assert!(booms(|| {
        let _all = try_get_all((&a, &b)).unwrap();
        crate::common::boom();
    }));
    at_rest!(a, b);
}

#[test]
fn a_slab_takes_the_whole_last() {
    let (a, b) = (Two::new(), Two::new());
    let slab = Slab::<(Lease<&Two>, Lease<&Two>), 1>::new();
    let kept = slab.insert(try_get_all((&a, &b)).unwrap()).unwrap();
    let Err(Full(whole)) = slab.insert(try_get_all((&a, &b)).unwrap()) else { panic!("full") };
    drop(whole);
    assert_eq!((a.available(), b.available(), *kept.0), (1, 1, 0));
    drop(kept);
    at_rest!(a, b, slab);
}

/// `make` panics for one part: those before it are back, those behind it were not asked.
#[test]
fn a_panic_while_a_part_is_made_gives_back_the_others() {
    static FUSE: Fuse = Fuse::new();
    type Fused = Pool<u32, 1, FromFn<fn(usize) -> u32>>;
    fn make(_slot: usize) -> u32 {
        FUSE.burn();
        5
    }
    for at in 1..=3 {
        let pools: [Fused; 3] = std::array::from_fn(|_| Fused::from_fn(make));
        let source = (&pools[0], (&pools[1], &pools[2]));
        FUSE.arm(at);
        assert!(booms(|| try_get_all(source)));
        for (i, pool) in (1..).zip(&pools) {
            at_rest!(pool);
            let metrics = pool.metrics();
            assert_eq!((metrics.misses, metrics.panics), (u64::from(i <= at), u64::from(i == at)));
            assert_eq!(metrics.hits(), 0);
        }
        drop(try_get_all(source).unwrap());
        for (i, pool) in (1..).zip(&pools) {
            assert_eq!(pool.metrics().misses, 1 + u64::from(i == at), "nothing is broken");
        }
    }
}

/// `recycle` panics while what was lent goes back, after a refusal.
#[test]
fn a_panic_while_parts_go_back_loses_none() {
    static FUSE: Fuse = Fuse::new();
    #[derive(Default)]
    struct Fused;
    impl forebay::Reset for Fused {
        fn reset(&mut self) {
            FUSE.burn();
        }
    }
    let (a, b, c) = (Pool::<Fused, 1>::new(), Pool::<Fused, 1>::new(), One::new());
    let held = c.try_get().unwrap();
    for nth in 1..=2 {
        FUSE.arm(nth);
        assert!(booms(|| try_get_all((&a, &b, &c)).is_err()));
        at_rest!(a, b);
    }
    drop(held);
    drop(try_get_all((&a, &b, &c)).unwrap());
    at_rest!(a, b, c);
}

#[test]
fn a_whole_that_is_forgotten_stays_on_loan() {
    let (a, b) = (One::new(), Two::new());
    std::mem::forget(try_get_all((&a, &b)).unwrap());
    assert_eq!((a.audit().count(), b.audit().count()), (1, 1));
    assert_eq!(try_get_all((&b, &a)).unwrap_err().part(), 1);
    assert_eq!((a.available(), b.available()), (0, 1));
}

#[test]
fn one_pool_several_times() {
    let pool = Two::new();
    let (one, other) = try_get_all((&pool, &pool)).unwrap();
    assert_eq!(pool.audit().count(), 2);
    drop((one, other));
    let refused = try_get_all((&pool, &pool, &pool)).unwrap_err();
    assert_eq!((refused.part(), pool.available()), (2, 2));
    at_rest!(pool);
}

#[cfg(feature = "std")]
mod waiting {
    use super::*;
    use crate::common::{Numbers, Together};
    use crate::woken::{Hand, Watchdog};
    use forebay::cascade::{get_all_blocking, get_all_timeout};
    use forebay::error::WaitAllError;
    use forebay::{Policy, TooManyWaiters, Waking, get_all};
    use std::thread;
    use std::time::Duration;

    /// `N` objects, `K` seats.
    type Waited<const N: usize, const K: usize = 4> = Pool<u32, N, DefaultReset, Waking<K>>;

    fn waited<const N: usize, const K: usize>() -> Waited<N, K> {
        Pool::with_waiting(DefaultReset)
    }

    /// As many can wait as ever.
    macro_rules! seats_are_free {
        ($n:literal, $k:literal: $($pool:expr),+) => {$(
            at_rest!($pool);
            let all: [_; $n] = std::array::from_fn(|_| $pool.try_get().unwrap());
            let waiting: [_; $k] = std::array::from_fn(|_| Hand::waiting($pool.get()));
            drop((all, waiting));
            at_rest!($pool);
        )+};
    }

    #[test]
    fn all_at_once_or_one_after_the_other() {
        let (a, b, c) = (waited::<1, 4>(), waited::<1, 4>(), waited::<1, 4>());
        let (x, (y, z)) = Hand::new(get_all((&a, (&b, &c)))).poll().unwrap().unwrap();
        let mut next = Hand::waiting(get_all((&c, &b, &a)));
        for part in [z, x] {
            drop(part);
            assert!(next.poll().is_none());
        }
        drop(y);
        let (z, y, x) = next.poll().unwrap().unwrap();
        assert_eq!((*x, *y, *z), (0, 0, 0));
        drop((x, y, z));
        seats_are_free!(1, 4: a, b, c);
    }

    #[test]
    fn smoke_of_each_form_and_source() {
        let pool: Pool<u32, 2, DefaultReset, Headroom<1, Waking<2>>> =
            Pool::with_waiting(DefaultReset);
        let lanes: LanePool<u32, 3, 2, DefaultReset, Waking<2>> =
            LanePool::with_waiting(DefaultReset);
        let streams: StreamPool<Token, 1, 20, Waking<2>> = StreamPool::new();
        let source = (&pool, &lanes, &streams);
        let (one, two, (sender, receiver)) = get_all_blocking(source).unwrap();
        assert_eq!((*one, *two), (0, 0));
        let zero = Duration::ZERO;
        let refused = get_all_timeout((&lanes, &pool), zero).unwrap_err();
        let WaitAllError::TimedOut(why) = refused.why() else { panic!("{refused:?}") };
        assert_eq!((refused.part(), why.capacity()), (1, 2));
        let kept = get_all_timeout((Reserved(&lanes), Reserved(&pool)), zero).unwrap();
        let refused = get_all_timeout((Reserved(&pool), Reserved(&lanes)), zero).unwrap_err();
        assert_eq!(refused.part(), 0);
        let refused = get_all_timeout((&streams,), zero).err().unwrap();
        assert_eq!(refused.to_string(), "part 0: the time was up: pool of 1 exhausted");
        drop((one, two, kept));
        let mut waits = Hand::waiting(get_all(source));
        drop(sender);
        assert!(waits.poll().is_none());
        drop(receiver);
        assert_eq!(waits.woken(), 1);
        drop(waits.poll().unwrap().unwrap());
        lanes.flush();
        at_rest!(pool, lanes, streams);
    }

    /// Dropped at each poll, and before each, and when it was just handed the part it waited for.
    #[test]
    fn a_future_that_is_dropped_gives_back_all() {
        for polls in 0..=4 {
            for freed in 0..=3 {
                let pools: [Waited<1>; 3] = std::array::from_fn(|_| waited());
                let [a, b, c] = &pools;
                let mut held: Vec<_> = pools.iter().map(|pool| pool.try_get().unwrap()).collect();
                let mut waits = Hand::new(get_all((b, (c, a))));
                let mut behind: Vec<_> = Vec::new();
                for poll in 0..polls {
                    assert!(waits.poll().is_none());
                    if poll == 0 {
                        behind.extend(pools.iter().map(|pool| Hand::waiting(pool.get())));
                    }
                    if poll < freed {
                        // In the order of the array, which is that of their addresses.
                        held.remove(0);
                    }
                    if held.is_empty() {
                        break;
                    }
                }
                let woken = waits.cancel();
                assert_eq!(std::sync::Arc::strong_count(&woken), 1, "no waker is kept");
                drop(held);
                for mut next in behind {
                    drop(next.poll().expect("it is the next one's turn").unwrap());
                }
                seats_are_free!(1, 4: a, b, c);
            }
        }
    }

    #[test]
    fn a_future_that_is_forgotten_keeps_what_it_has() {
        // In an array, so that the first has the lower address, and is had first.
        let [a, b]: &[Waited<1, 2>; 2] = &std::array::from_fn(|_| waited());
        let held = b.try_get().unwrap();
        let mut waits = Box::pin(get_all((b, a)));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending());
        std::mem::forget(waits);
        let _first = Hand::waiting(get_all((a,)));
        drop(held);
        // It was handed what it waited for, and its seat is not free again; another is.
        assert!(Hand::new(b.get()).poll().is_none());
        assert_eq!((a.available(), b.available()), (0, 0));
    }

    #[test]
    fn too_many_waiters() {
        let (a, b) = (waited::<1, 1>(), waited::<1, 1>());
        let held = b.try_get().unwrap();
        let waits = Hand::waiting(b.get());
        let refused = get_all_blocking((&a, &b)).unwrap_err();
        assert_eq!(refused.part(), 1);
        assert_eq!(refused.why(), WaitAllError::TooManyWaiters(TooManyWaiters));
        assert_eq!(a.available(), 1, "what it had is back");
        drop((held, waits));
        seats_are_free!(1, 1: a, b);
    }

    /// Naming one pool more often than it can promise ends in an error, before anything is taken.
    #[test]
    fn one_pool_too_often() {
        let (other, few, lone) = (waited::<1, 4>(), waited::<2, 1>(), waited::<2, 2>());
        let refused = get_all_blocking((&other, &few, &few, &few)).unwrap_err();
        assert_eq!(
            (refused.part(), refused.why()),
            (1, WaitAllError::TooManyParts { max_parts: 2 })
        );
        let refused = get_all_timeout((&other, (&lone, &lone)), Duration::ZERO).unwrap_err();
        assert_eq!(
            (refused.part(), refused.why()),
            (1, WaitAllError::TooManyParts { max_parts: 1 })
        );
        assert!(refused.to_string().starts_with("part 1: more objects of one pool than the 1"));
        assert_eq!(other.metrics().gets + few.metrics().gets + lone.metrics().gets, 0);
        // One seat: two callers cannot wait for each other.
        drop(get_all_blocking((&few, &other, &few)).unwrap());
        // Reserved objects are not promised; those that lanes may keep are.
        let reserved: Pool<u32, 3, DefaultReset, Headroom<1, Waking<1>>> =
            Pool::with_waiting(DefaultReset);
        let lanes: LanePool<u32, 3, 4, DefaultReset, Waking<1>> =
            LanePool::with_waiting(DefaultReset);
        let streams: StreamPool<u8, 2, 4, Waking<1>> = StreamPool::new();
        let seatless = waited::<2, 0>();
        macro_rules! most {
            ($source:expr, $most:literal) => {
                let refused = get_all_blocking(($source, $source, $source, $source)).err().unwrap();
                assert_eq!(refused.why(), WaitAllError::TooManyParts { max_parts: $most });
            };
        }
        most!(&reserved, 2);
        most!(Reserved(&reserved), 3);
        most!(&lanes, 3);
        most!(Reserved(&lanes), 3);
        drop(get_all_blocking((&lanes, &lanes, &lanes)).unwrap());
        most!(&streams, 2);
        most!(&seatless, 2);
        drop(get_all_blocking((&seatless, &seatless)).unwrap());
        at_rest!(other, few, lone, reserved, lanes, streams, seatless);
    }

    /// Three callers with two objects each of a pool of four: with three seats, one of them always gets on.
    #[test]
    fn one_pool_several_times_is_served() {
        let _watchdog = Watchdog::new();
        let pool = waited::<4, 3>();
        let held: Vec<_> = (0..4).map(|_| pool.try_get().unwrap()).collect();
        let mut waits: Vec<_> = (0..3).map(|_| Hand::waiting(get_all((&pool, &pool)))).collect();
        drop(held);
        while !waits.is_empty() {
            // Dropped, what was served lets the next one on.
            let served = waits.iter_mut().position(|one| one.poll().is_some_and(|got| got.is_ok()));
            waits.remove(served.expect("one of them is"));
        }
        seats_are_free!(4, 3: pool);

        let together = Together::new();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    together.run(|| {
                        together.meet(3);
                        for _ in 0..if cfg!(miri) { 10 } else { 2_000 } {
                            let (mut one, mut other) = get_all_blocking((&pool, &pool)).unwrap();
                            assert_eq!((*one, *other), (0, 0));
                            (*one, *other) = (1, 1);
                        }
                    });
                });
            }
        });
        seats_are_free!(4, 3: pool);
    }

    /// The scene in which callers that hold nothing while they wait hand two objects round for ever: three of them, in
    /// both orders, each woken by the one before.
    #[test]
    fn three_callers_in_both_orders_get_on() {
        let (p, q) = (waited::<1, 4>(), waited::<1, 4>());
        let held = (p.try_get().unwrap(), q.try_get().unwrap());
        let mut forth: Vec<_> = (0..2).map(|_| Hand::waiting(get_all((&p, &q)))).collect();
        let mut back = Hand::waiting(get_all((&q, &p)));
        drop(held);
        let mut served = [0; 3];
        for _ in 0..4 {
            for (at, one) in forth.iter_mut().enumerate() {
                if served[at] == 0 {
                    served[at] += usize::from(one.poll().is_some_and(|got| got.is_ok()));
                }
            }
            if served[2] == 0 {
                served[2] += usize::from(back.poll().is_some_and(|got| got.is_ok()));
            }
        }
        assert_eq!(served, [1; 3]);
        drop((forth, back));
        seats_are_free!(1, 4: p, q);
    }

    #[test]
    fn served_in_the_order_in_which_they_came() {
        let (p, q) = (waited::<1, 4>(), waited::<1, 4>());
        let held = (p.try_get().unwrap(), q.try_get().unwrap());
        let mut first = Hand::waiting(get_all((&q, &p)));
        let mut second = Hand::waiting(get_all((&p, &q)));
        drop(held);
        assert!(second.poll().is_none());
        let got = first.poll().unwrap().unwrap();
        assert!(second.poll().is_none() && p.try_get().is_err() && q.try_get().is_err());
        drop(got);
        drop(second.poll().unwrap().unwrap());
        seats_are_free!(1, 4: p, q);
    }

    /// Threads that name three pools in each order, beside some that wait for one.
    #[test]
    fn threads_in_all_orders_are_served() {
        let _watchdog = Watchdog::new();
        let (a, b) = (waited::<1, 8>(), waited::<2, 8>());
        let c: StreamPool<u8, 1, 1, Waking<8>> = StreamPool::new();
        let rounds = if cfg!(miri) { 5 } else { 1_000 };
        let together = Together::new();
        thread::scope(|scope| {
            for seed in 0..6 {
                let (a, b, c, together) = (&a, &b, &c, &together);
                scope.spawn(move || {
                    let mut numbers = Numbers::new(seed);
                    together.run(|| {
                        together.meet(6);
                        for _ in 0..rounds {
                            match numbers.below(6) {
                                0 => drop(get_all_blocking((a, b, c)).unwrap()),
                                1 => drop(get_all_blocking((b, (c, a))).unwrap()),
                                2 => drop(get_all_blocking(((c, a), b)).unwrap()),
                                3 => drop(get_all_blocking((c, b)).unwrap()),
                                4 => drop(a.get_blocking().unwrap()),
                                // Time is up at once, or when the parts are there.
                                _ => drop(get_all_timeout((c, b, a), Duration::ZERO)),
                            }
                        }
                    });
                });
            }
        });
        seats_are_free!(1, 8: a);
        seats_are_free!(2, 8: b);
        at_rest!(c);
    }

    /// A poll panics while a part is made: the future has the others, and can go on.
    #[test]
    fn a_panic_in_a_poll_loses_nothing() {
        static FUSE: Fuse = Fuse::new();
        struct Burns;
        impl Policy<u32> for Burns {
            fn make(&self, _slot: usize) -> u32 {
                FUSE.burn();
                5
            }
            fn recycle(&self, _object: &mut u32) -> bool {
                true
            }
        }
        for at in 1..=2 {
            for goes_on in [false, true] {
                let pools: [Pool<u32, 1, Burns, Waking<2>>; 2] =
                    std::array::from_fn(|_| Pool::with_waiting(Burns));
                let mut waits = Hand::new(get_all((&pools[1], &pools[0])));
                FUSE.arm(at);
                assert!(booms(|| waits.poll()));
                assert_eq!(pools[0].available(), if at == 1 { 1 } else { 0 });
                if goes_on {
                    let (one, other) = waits.poll().unwrap().unwrap();
                    assert_eq!((*one, *other), (5, 5));
                }
                drop(waits);
                at_rest!(pools[0], pools[1]);
            }
        }
    }

    #[test]
    fn what_comes_at_the_last_moment_is_kept() {
        // The time is up at once, and both are there.
        let (a, b) = (waited::<1, 1>(), waited::<1, 1>());
        drop(get_all_timeout((&a, &b), Duration::ZERO).unwrap());
        let held = a.try_get().unwrap();
        let before = a.metrics().exhausted;
        assert!(get_all_timeout((&b, &a), Duration::from_millis(1)).is_err());
        assert_eq!(a.metrics().exhausted, before + 1);
        drop(held);
        drop(get_all_timeout((&a, &b), Duration::MAX).unwrap());
        seats_are_free!(1, 1: a, b);
    }

    #[test]
    fn debug() {
        let a = waited::<1, 1>();
        let text = format!("{:?} {:?}", get_all((&a,)), Reserved(&a));
        assert!(text.starts_with("GetAllFuture { next: Some"), "{text}");
    }
}
