//! Objects: made once, lent to one at a time, dropped once.

use crate::Form::{self, Blocking, Polling};
use crate::{Model, Tally, Tracked, role, threads};
use forebay::{Lease, Pool, Ring};
use std::sync::Arc;

pub static MODELS: &[Model] =
    &[
        Model::new("get_vs_trim_polling", |_| get_vs_trim(Polling)).floor(34).seeds(&[
            "claim_relaxed",
            "release_relaxed",
            "claim_at_relaxed",
            "claim_at_of_taken",
            "free_before_recycle",
            "vacant_stays_warm",
        ]),
        Model::new("get_vs_trim_blocking", |_| get_vs_trim(Blocking)).floor(74).seeds(&[
            "claim_relaxed",
            "release_relaxed",
            "claim_at_relaxed",
            "claim_at_of_taken",
            "free_before_recycle",
            "vacant_stays_warm",
        ]),
        Model::new("trim_vs_trim", |_| trim_vs_trim()).floor(360).seeds(&[
            "release_relaxed",
            "claim_at_of_taken",
            "trim_no_second_look",
        ]),
        Model::new("fill_vs_fill", |_| fill_vs_fill()).floor(150).seeds(&[
            "release_relaxed",
            "claim_at_of_taken",
            "fill_no_second_look",
        ]),
        Model::new("fill_vs_get_vs_trim", |_| fill_vs_get_vs_trim()).floor(1_700).seeds(&[
            "release_relaxed",
            "claim_relaxed",
            "claim_at_relaxed",
            "claim_at_of_taken",
        ]),
        Model::new("epoch_vs_first_get", epoch_vs_first_get).floor(340).cases(2).seeds(&[
            "epoch_stays_warm",
            "epoch_unseen",
            "warm_up_relaxed",
        ]),
        Model::new("put_on_other_thread_polling", |_| put_on_other_thread(Polling))
            .floor(51)
            .seeds(&["claim_relaxed", "release_relaxed", "publish_relaxed"]),
        Model::new("put_on_other_thread_blocking", |_| put_on_other_thread(Blocking))
            .floor(160)
            .seeds(&["claim_relaxed", "release_relaxed", "publish_relaxed", "free_before_recycle"]),
    ];

type Objects<const N: usize> = Arc<Pool<Tracked, N, Tally>>;

fn pool<const N: usize>() -> (Objects<N>, Tally) {
    let tally = Tally::default();
    (Arc::new(Pool::with_policy(tally.clone())), tally)
}

fn use_alone(object: &mut Tracked) {
    assert_eq!(object.value, 0);
    object.value = 1;
}

/// All slots are free, and each object made is dropped once when the pool is.
fn assert_sound<const N: usize>(pool: Objects<N>, tally: &Tally) {
    assert_eq!((pool.available(), pool.metrics().double_returns), (N, 0));
    drop(Arc::into_inner(pool));
    tally.assert_even();
}

/// An idle object is dropped under the eyes of somebody who wants it.
fn get_vs_trim(form: Form) {
    let (pool, tally) = pool::<1>();
    let mut lease = pool.try_get_arc().unwrap();
    let (getter, trimmer) = (Arc::clone(&pool), Arc::clone(&pool));
    threads([
        role(move || {
            use_alone(&mut lease);
            drop(lease);
            if let Some(mut lease) = form.attempt(|| getter.try_get().ok()) {
                use_alone(&mut lease);
            }
        }),
        role(move || {
            form.attempt(|| (trimmer.trim() == 1).then_some(()));
        }),
    ]);
    // If it was dropped, another one is made.
    let lease = pool.try_get().unwrap();
    assert_eq!(tally.alive(), 1);
    drop(lease);
    assert_sound(pool, &tally);
}

/// Two threads drop the same idle objects.
fn trim_vs_trim() {
    let (pool, tally) = pool::<2>();
    pool.fill();
    let trim = || {
        let pool = Arc::clone(&pool);
        role(move || {
            pool.trim();
        })
    };
    threads([trim(), trim()]);
    assert_eq!(pool.metrics().evictions, 2);
    assert_sound(pool, &tally);
}

/// Two threads make objects for the same slots.
fn fill_vs_fill() {
    let (pool, tally) = pool::<2>();
    let fill = || {
        let pool = Arc::clone(&pool);
        role(move || {
            pool.fill();
        })
    };
    threads([fill(), fill()]);
    assert_sound(pool, &tally);
}

/// Everybody who can fill or empty a slot at once.
fn fill_vs_get_vs_trim() {
    let (pool, tally) = pool::<1>();
    let (fill, get, trim) = (Arc::clone(&pool), Arc::clone(&pool), Arc::clone(&pool));
    threads([
        role(move || {
            fill.fill();
        }),
        role(move || {
            if let Ok(mut lease) = get.try_get() {
                use_alone(&mut lease);
            }
        }),
        role(move || {
            trim.trim();
        }),
    ]);
    assert_sound(pool, &tally);
}

/// An epoch begins beside the get that makes a slot warm, of an object that is made, or of one from an epoch before. The
/// next get is of the new epoch.
fn epoch_vs_first_get(case: usize) {
    let (pool, tally) = pool::<1>();
    if case == 1 {
        drop(pool.try_get().unwrap());
        pool.advance_epoch();
    }
    let (getter, counter) = (Arc::clone(&pool), Arc::clone(&pool));
    threads([
        role(move || use_alone(&mut getter.try_get().unwrap())),
        role(move || {
            counter.advance_epoch();
        }),
    ]);
    let lease = pool.try_get().unwrap();
    assert_eq!(pool.audit().map(|loan| loan.age()).collect::<Vec<_>>(), [0]);
    drop(lease);
    assert_sound(pool, &tally);
}

/// One thread gets the only object, time and again; another one returns it.
fn put_on_other_thread(form: Form) {
    let (pool, tally) = pool::<1>();
    let ring = Arc::new(Ring::<Lease<Objects<1>>, 1>::new());
    let (mut producer, mut consumer) = Ring::split_arc(ring).unwrap();
    let getter = Arc::clone(&pool);
    threads([
        role(move || {
            for _ in 0..2 {
                let Some(mut lease) = form.attempt(|| getter.try_get_arc().ok()) else { continue };
                use_alone(&mut lease);
                // Whoever has the only object has room for it.
                assert!(producer.push(lease).is_ok());
            }
            producer
        }),
        role(move || {
            for _ in 0..2 {
                let Some(mut lease) = form.attempt(|| consumer.pop().ok()) else { continue };
                assert_eq!(lease.value, 1);
                lease.value = 2;
                Lease::put(lease);
            }
            consumer
        }),
    ]);
    assert_sound(pool, &tally);
}
