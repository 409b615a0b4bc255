//! Free slots: what one claims nobody else has, and what comes back is found again.

use crate::Form::{self, Blocking, Polling};
use crate::{Model, role, threads};
use forebay::{DefaultReset, Headroom, Lease, Pool};
use std::sync::Arc;

pub static MODELS: &[Model] = &[
    Model::new("claim_vs_claim_vs_release_polling", |n| match n {
        0 => claim_vs_claim_vs_release::<1>(Polling),
        1 => claim_vs_claim_vs_release::<2>(Polling),
        _ => claim_vs_claim_vs_release::<3>(Polling),
    })
    .floor(3_700)
    .cases(3)
    .seeds(&["claim_torn", "claim_relaxed", "release_relaxed", "free_before_recycle"]),
    Model::new("claim_vs_claim_vs_release_blocking", |n| match n {
        0 => claim_vs_claim_vs_release::<1>(Blocking),
        1 => claim_vs_claim_vs_release::<2>(Blocking),
        _ => claim_vs_claim_vs_release::<3>(Blocking),
    })
    .floor(11_000)
    .cases(3)
    .seeds(&["claim_torn", "claim_relaxed", "release_relaxed", "free_before_recycle"]),
    Model::new("claims_of_free_slots_succeed", |n| match n {
        0 => claims_of_free_slots_succeed::<2>(1, 2),
        1 => claims_of_free_slots_succeed::<3>(2, 3),
        _ => claims_of_free_slots_succeed::<3>(1, 2),
    })
    .floor(1_300)
    .cases(3)
    .seeds(&["claim_torn"]),
    Model::new("get_many_vs_get_polling", |n| match n {
        0 => get_many_vs_get::<2, 2>(Polling),
        _ => get_many_vs_get::<3, 3>(Polling),
    })
    .floor(38_000)
    .cases(2)
    .seeds(&["claim_torn", "claim_relaxed", "release_relaxed"]),
    Model::new("get_many_vs_get_blocking", |n| match n {
        0 => get_many_vs_get::<2, 2>(Blocking),
        _ => get_many_vs_get::<3, 3>(Blocking),
    })
    .floor(20_000)
    .cases(2)
    .bound(2)
    .seeds(&["claim_torn", "claim_relaxed", "release_relaxed"]),
    Model::new("get_many_vs_get_many", |_| get_many_vs_get_many()).floor(4_000).bound(2).seeds(&[
        "claim_torn",
        "claim_relaxed",
        "release_relaxed",
    ]),
    Model::new("batch_put_vs_claims_polling", |n| batch_put_vs_claims(Polling, n))
        .floor(220)
        .cases(2)
        .seeds(&["claim_torn", "claim_relaxed", "release_relaxed", "batch_freed_early"]),
    Model::new("batch_put_vs_claims_blocking", |n| batch_put_vs_claims(Blocking, n))
        .floor(100)
        .cases(2)
        .seeds(&["claim_torn", "claim_relaxed", "release_relaxed", "batch_freed_early"]),
    Model::new("usage_vs_get_vs_put", |_| usage_vs_get_vs_put())
        .floor(300)
        .seeds(&["claims_since_unseen", "usage_relaxed"]),
    Model::new("gets_from_homes", |n| match n {
        0 => gets_from_homes(),
        _ => claims_of_free_slots_succeed::<4>(2, 4),
    })
    .floor(10_000)
    .cases(2)
    .bound(2)
    .seeds(&["claim_torn", "contended_is_exhausted", "words_below_home_skipped"]),
    Model::new("get_beside_put_is_lowest_first", |_| get_beside_put_is_lowest_first())
        .floor(20)
        .seeds(&["release_is_contended"]),
    Model::new("reserved_get_vs_get", |_| reserved_get_vs_get())
        .floor(240)
        .seeds(&["reserved_at_once"]),
];

/// Two or three are on loan, at times of one word, at times of the other: nobody sees fewer, nor more puts than there were.
fn usage_vs_get_vs_put() {
    let pool: Arc<Pool<usize, 4>> = Arc::new(Pool::new());
    let [spare, _held, last] = [(); 3].map(|()| pool.try_get_arc().unwrap());
    drop(spare);
    let worker = Arc::clone(&pool);
    let looker = Arc::clone(&pool);
    threads([
        role(move || {
            let first = worker.try_get_arc().unwrap();
            drop(last);
            first
        }),
        role(move || {
            let metrics = looker.metrics();
            assert!((2..=4).contains(&metrics.in_use), "{metrics:?}");
            assert!((3..=4).contains(&metrics.gets), "{metrics:?}");
            assert!((1..=2).contains(&metrics.puts) && metrics.puts < metrics.gets, "{metrics:?}");
            let later = looker.metrics();
            assert!(later.puts >= metrics.puts && later.gets >= metrics.gets);
        }),
    ]);
}

/// A reserved object, of the other word, is not lent while an ordinary one is free, whatever happens to its word.
fn reserved_get_vs_get() {
    let pool: Arc<Pool<usize, 4, DefaultReset, Headroom<2>>> =
        Arc::new(Pool::with_waiting(DefaultReset));
    let other = Arc::clone(&pool);
    threads([
        role(move || drop(other.try_get_arc())),
        role(move || assert!(Lease::slot(&pool.try_get_reserved().unwrap()) < 2)),
    ]);
}

/// All slots are free, and nobody returned one twice.
fn assert_all_free<const N: usize>(pool: &Pool<usize, N>) {
    let metrics = pool.metrics();
    assert_eq!((pool.available(), metrics.double_returns), (N, 0));
    assert_eq!(metrics.gets, metrics.puts);
}

/// Uses an object that the caller alone has, and that was reset by whoever had it before.
fn use_alone(object: &mut usize) {
    assert_eq!(*object, 0);
    *object = 1;
}

/// Two threads claim while a third returns one of the slots, which are all on loan. Only one of the two
/// blocks, since loom lets two that wait and yield take turns for ever.
fn claim_vs_claim_vs_release<const N: usize>(form: Form) {
    let pool = Arc::new(Pool::<usize, N>::new());
    let mut leases: Vec<_> = (0..N).map(|_| pool.try_get_arc().unwrap()).collect();
    leases.iter_mut().for_each(|lease| use_alone(lease));
    let claim = |form: Form| {
        let pool = Arc::clone(&pool);
        role(move || {
            if let Some(mut lease) = form.attempt(|| pool.try_get().ok()) {
                use_alone(&mut lease);
            }
        })
    };
    // Of several words, the one that the search comes to last.
    let last = leases.pop();
    threads([claim(form), claim(Polling), role(move || drop(last))]);
    drop(leases);
    assert_all_free(&pool);
}

/// Two threads ask for no more than the `free` slots, so each gets all it asks for, in one attempt each. The others are on
/// loan.
fn claims_of_free_slots_succeed<const N: usize>(first: usize, free: usize) {
    let pool = Arc::new(Pool::<usize, N>::new());
    // Where all are free, their objects are made in the model.
    let lent = if free < N { N } else { 0 };
    let mut on_loan: Vec<_> = (0..lent).map(|_| pool.try_get_arc().unwrap()).collect();
    on_loan.drain(..free.min(lent));
    let claim = |count: usize| {
        let pool = Arc::clone(&pool);
        role(move || {
            let mut leases: Vec<_> = (0..count).map(|_| pool.try_get().unwrap()).collect();
            leases.iter_mut().for_each(|lease| use_alone(lease));
            // Returning would free slots for the other thread.
            std::mem::forget(leases);
        })
    };
    threads([claim(first), claim(free - first)]);
    assert_eq!((pool.available(), pool.metrics().gets), (0, (lent + free) as u64));
}

/// Of three words, that in the middle has the last two free slots. Two threads get one each, twice. After the first claim
/// that one loses to the other they have homes, which are full, and find the slots all the same.
fn gets_from_homes() {
    let pool = Arc::new(Pool::<usize, 6>::new());
    let mut on_loan: Vec<_> = (0..6).map(|_| pool.try_get_arc().unwrap()).collect();
    on_loan.drain(2..4);
    let get_twice = |home| {
        let pool = Arc::clone(&pool);
        role(move || {
            // The number before that of the home: a thread moves when it loses.
            forebay::set_home(home);
            for _ in 0..2 {
                let mut object = pool.try_get().unwrap();
                assert!((2..4).contains(&Lease::slot(&object)));
                use_alone(&mut object);
            }
        })
    };
    threads([get_twice(1), get_twice(2)]);
    assert_eq!((pool.available(), pool.metrics().high_water), (2, 6));
}

/// A put beside a get of the same word is no reason to leave the word: no more objects are lent than were at once.
fn get_beside_put_is_lowest_first() {
    let pool: Arc<Pool<usize, 4>> = Arc::new(Pool::new());
    let [first, second] = [(); 2].map(|()| pool.try_get_arc().unwrap());
    drop(second);
    let other = Arc::clone(&pool);
    threads([role(move || drop(first)), role(move || drop(other.try_get().unwrap()))]);
    assert_eq!((pool.available(), pool.metrics().high_water), (4, 2));
}

/// All or nothing beside one: they never have the same slot, and a refusal leaves nothing behind.
fn get_many_vs_get<const N: usize, const K: usize>(form: Form) {
    let pool = Arc::new(Pool::<usize, N>::new());
    let many = Arc::clone(&pool);
    let one = Arc::clone(&pool);
    threads([
        role(move || {
            if let Some(mut leases) = form.attempt(|| many.try_get_many::<K>().ok()) {
                leases.iter_mut().for_each(|lease| use_alone(lease));
            }
        }),
        role(move || {
            for _ in 0..2 {
                if let Ok(mut lease) = one.try_get() {
                    use_alone(&mut lease);
                }
            }
        }),
    ]);
    assert_all_free(&pool);
}

/// Two free slots of different words, twice: one caller at most has them at a time.
fn get_many_vs_get_many() {
    let pool = Arc::new(Pool::<usize, 3>::new());
    let first = pool.try_get_arc().unwrap();
    let many = || {
        let pool = Arc::clone(&pool);
        role(move || {
            if let Ok(mut leases) = pool.try_get_many::<2>() {
                leases.iter_mut().for_each(|lease| use_alone(lease));
            }
        })
    };
    threads([many(), many()]);
    drop(first);
    assert_all_free(&pool);
}

/// A batch of one word, or of two, comes back while another caller takes a batch and then one object.
fn batch_put_vs_claims(form: Form, case: usize) {
    match case {
        0 => batch_put_vs_claims_of::<2, 2>(form),
        _ => batch_put_vs_claims_of::<3, 3>(form),
    }
}

fn batch_put_vs_claims_of<const N: usize, const K: usize>(form: Form) {
    let pool = Arc::new(Pool::<usize, N>::new());
    let mut batch = pool.try_get_batch_arc::<K>().unwrap();
    let other = Arc::clone(&pool);
    threads([
        role(move || {
            batch.iter_mut().for_each(use_alone);
            drop(batch);
        }),
        role(move || {
            if let Some(mut batch) = form.attempt(|| other.try_get_batch::<2>().ok()) {
                batch.iter_mut().for_each(use_alone);
            }
            if let Ok(mut lease) = other.try_get() {
                use_alone(&mut lease);
            }
        }),
    ]);
    assert_all_free(&pool);
}
