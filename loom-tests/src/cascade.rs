//! Callers that gather objects of several pools: whatever order they name them in, all are served, and nothing is lost
//! with one who gives up.
//!
//! Callers that wait for each other are a deadlock, which loom reports. The pools of a model are fields of one
//! static, so that their addresses are in the same order in each execution.

use crate::wait::{By, Waiting, use_alone};
use crate::{Model, role, threads};
use forebay::cascade::get_all_blocking;
use forebay::error::WaitAllError;
use forebay::{DefaultReset, Pool, StreamPool, Waking, get_all};
use loom::future::block_on;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

pub static MODELS: &[Model] = &[
    Model::new("both_orders_threads", |_| both_orders(By::Thread))
        .seeds(&["parts_as_named"])
        .floor(200),
    Model::new("both_orders_tasks", |_| both_orders(By::Task))
        .seeds(&["parts_as_named"])
        .floor(440),
    Model::new("nested_vs_stream", |_| nested_vs_stream()).seeds(&["parts_as_named"]).floor(510),
    Model::new("gathering_vs_get", |_| gathering_vs_get())
        .seeds(&["grant_without_wake", "free_without_settle"])
        .floor(9_000),
    Model::new("two_of_one_pool", two_of_one_pool)
        .cases(2)
        .bound(2)
        .seeds(&["parts_not_counted"])
        .floor(7_000),
    Model::new("gathering_is_dropped", |_| gathering_is_dropped())
        .seeds(&["dropped_get_keeps_slot"])
        .floor(2_100),
];

/// Two pools of one object each.
struct Two {
    a: Waiting<1, 2>,
    b: Waiting<1, 2>,
}

impl Two {
    fn new() -> Self {
        Self { a: Pool::with_waiting(DefaultReset), b: Pool::with_waiting(DefaultReset) }
    }

    fn assert_even(&self) {
        assert_even(&self.a);
        assert_even(&self.b);
    }
}

fn assert_even<const N: usize, const K: usize>(pool: &Waiting<N, K>) {
    let metrics = pool.metrics();
    assert_eq!((pool.available(), pool.audit().count(), metrics.double_returns), (N, 0, 0));
    assert_eq!(metrics.gets, metrics.puts);
}

/// Two callers want both objects, and name them in opposite orders.
fn both_orders(by: By) {
    loom::lazy_static! { static ref POOLS: Two = Two::new(); }
    let caller = |forth: bool| {
        role(move || {
            let first = if forth { &POOLS.a } else { &POOLS.b };
            let second = if forth { &POOLS.b } else { &POOLS.a };
            let got = match by {
                By::Thread => get_all_blocking((first, second)),
                By::Task => block_on(get_all((first, second))),
            };
            let (mut one, mut other) = got.unwrap();
            use_alone(&mut one);
            use_alone(&mut other);
        })
    };
    threads([caller(true), caller(false)]);
    POOLS.assert_even();
}

/// The same of three pools, one of them of streams, and with a tuple in a tuple.
fn nested_vs_stream() {
    struct Three {
        two: Two,
        streams: StreamPool<usize, 1, 1, Waking<2>>,
    }
    loom::lazy_static! {
        static ref POOLS: Three = Three { two: Two::new(), streams: StreamPool::new() };
    }
    threads([
        role(|| {
            let Three { two, streams } = &*POOLS;
            let ((mut one, halves), mut other) =
                get_all_blocking(((&two.a, streams), &two.b)).unwrap();
            use_alone(&mut one);
            use_alone(&mut other);
            drop(halves);
        }),
        role(|| {
            let Three { two, streams } = &*POOLS;
            let (mut one, (mut sender, mut receiver)) =
                get_all_blocking((&two.b, streams)).unwrap();
            use_alone(&mut one);
            sender.try_send(8).unwrap();
            assert_eq!(receiver.try_recv(), Ok(8));
        }),
    ]);
    POOLS.two.assert_even();
    assert_eq!((POOLS.streams.available(), POOLS.streams.metrics().gets), (1, 2));
}

/// One caller wants both, two others one each.
fn gathering_vs_get() {
    loom::lazy_static! { static ref POOLS: Two = Two::new(); }
    threads([
        role(|| {
            let (mut other, mut one) = get_all_blocking((&POOLS.b, &POOLS.a)).unwrap();
            use_alone(&mut one);
            use_alone(&mut other);
        }),
        role(|| use_alone(&mut POOLS.a.get_blocking().unwrap())),
        role(|| use_alone(&mut POOLS.b.get_blocking().unwrap())),
    ]);
    POOLS.assert_even();
}

/// Two callers want two objects each of one pool: of three, both are served; of two, both are told.
fn two_of_one_pool(case: usize) {
    loom::lazy_static! {
        static ref LARGE: Waiting<3, 2> = Pool::with_waiting(DefaultReset);
        static ref SMALL: Waiting<2, 2> = Pool::with_waiting(DefaultReset);
    }
    fn caller<const N: usize>(pool: &'static Waiting<N, 2>) {
        match get_all_blocking((pool, pool)) {
            Ok((mut one, mut other)) => {
                use_alone(&mut one);
                use_alone(&mut other);
            }
            Err(refused) => {
                assert_eq!((N, refused.why()), (2, WaitAllError::TooManyParts { max_parts: 1 }));
            }
        }
    }
    if case == 0 {
        threads([role(|| caller(&SMALL)), role(|| caller(&SMALL))]);
        assert_even(&*SMALL);
    } else {
        threads([role(|| caller(&LARGE)), role(|| caller(&LARGE))]);
        assert_even(&*LARGE);
    }
}

/// Somebody has one object, waits for the other and gives up while that comes; both are free then.
fn gathering_is_dropped() {
    loom::lazy_static! { static ref POOLS: Two = Two::new(); }
    let mut held = POOLS.b.try_get().unwrap();
    threads([
        role(move || {
            use_alone(&mut held);
            drop(held);
        }),
        role(|| {
            let mut gathers = get_all((&POOLS.b, &POOLS.a));
            let _ = Pin::new(&mut gathers).poll(&mut Context::from_waker(Waker::noop()));
        }),
    ]);
    POOLS.assert_even();
    let (mut one, mut other) = get_all_blocking((&POOLS.a, &POOLS.b)).unwrap();
    use_alone(&mut one);
    use_alone(&mut other);
}
