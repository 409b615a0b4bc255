//! Shared leases: nobody writes while one reads, and the last holder returns the object, once.

use crate::Form::{self, Blocking, Polling};
use crate::{Model, Tally, Tracked, role, threads};
use forebay::{Lease, Pool, SharedLease};
use std::sync::Arc;

pub static MODELS: &[Model] = &[
    Model::new("drop_vs_drop_vs_get_polling", |_| drop_vs_drop_vs_get(Polling)).floor(550).seeds(
        &["holder_release_relaxed", "recycle_before_last", "claim_relaxed", "release_relaxed"],
    ),
    Model::new("drop_vs_drop_vs_get_blocking", |_| drop_vs_drop_vs_get(Blocking))
        .floor(1_400)
        .seeds(&[
            "holder_release_relaxed",
            "recycle_before_last",
            "claim_relaxed",
            "release_relaxed",
            "free_before_recycle",
        ]),
    Model::new("clone_vs_clone", |_| clone_vs_clone()).floor(240).seeds(&[
        "hold_torn",
        "holder_release_relaxed",
        "recycle_before_last",
    ]),
    Model::new("clone_vs_drop", |_| clone_vs_drop())
        .floor(61)
        .seeds(&["hold_torn", "holder_release_relaxed"]),
    Model::new("unshare_vs_drop_polling", |_| unshare_vs_drop(Polling)).floor(19).seeds(&[
        "unshare_relaxed",
        "unshare_beside_other",
        "holder_release_relaxed",
    ]),
    Model::new("unshare_vs_drop_blocking", |_| unshare_vs_drop(Blocking)).floor(4).seeds(&[
        "unshare_relaxed",
        "unshare_beside_other",
        "holder_release_relaxed",
    ]),
    Model::new("unshare_vs_unshare", |_| unshare_vs_unshare()).floor(24).seeds(&[
        "unshare_relaxed",
        "unshare_beside_other",
        "holder_release_relaxed",
        "recycle_before_last",
    ]),
    Model::new("unshare_vs_clone", |_| unshare_vs_clone()).floor(120).seeds(&[
        "unshare_relaxed",
        "unshare_beside_other",
        "hold_torn",
    ]),
];

type Objects = Arc<Pool<Tracked, 1, Tally>>;
type Shared = SharedLease<Objects>;

/// A pool of one object, two holders of it, and the tally. The object says 1.
fn shared() -> (Objects, Shared, Shared, Tally) {
    let tally = Tally::default();
    let pool = Arc::new(Pool::with_policy(tally.clone()));
    let mut lease = pool.try_get_arc().unwrap();
    lease.value = 1;
    let one = Lease::share(lease);
    let two = one.clone();
    (pool, one, two, tally)
}

fn read(shared: Shared) {
    assert_eq!(shared.value, 1);
}

fn assert_sound(pool: Objects, tally: &Tally) {
    assert_eq!((pool.available(), pool.metrics().double_returns), (1, 0));
    assert_eq!(pool.try_get().unwrap().value, 0, "recycled");
    drop(Arc::into_inner(pool));
    tally.assert_even();
}

/// Whoever drops last recycles; a third thread waits for the object and writes it.
fn drop_vs_drop_vs_get(form: Form) {
    let (pool, one, two, tally) = shared();
    let getter = Arc::clone(&pool);
    threads([
        role(move || read(one)),
        role(move || read(two)),
        role(move || {
            if let Some(mut lease) = form.attempt(|| getter.try_get().ok()) {
                assert_eq!(lease.value, 0);
                lease.value = 2;
            }
        }),
    ]);
    assert_sound(pool, &tally);
}

/// Both holders become two.
fn clone_vs_clone() {
    let (pool, one, two, tally) = shared();
    let both = |shared: Shared| {
        role(move || {
            let again = shared.clone();
            read(shared);
            read(again);
        })
    };
    threads([both(one), both(two)]);
    assert_sound(pool, &tally);
}

/// One holder becomes two while the other leaves.
fn clone_vs_drop() {
    let (pool, one, two, tally) = shared();
    threads([
        role(move || {
            let again = SharedLease::try_clone(&one).unwrap();
            read(one);
            read(again);
        }),
        role(move || read(two)),
    ]);
    assert_sound(pool, &tally);
}

/// A holder writes the object as soon as the other one has left.
fn unshare_vs_drop(form: Form) {
    let (pool, one, two, tally) = shared();
    threads([
        role(move || {
            let mut shared = Some(one);
            let lease = form.attempt(|| {
                SharedLease::try_unshare(shared.take()?)
                    .map_err(|refused| shared = Some(refused))
                    .ok()
            });
            if let Some(mut lease) = lease {
                assert_eq!(lease.value, 1);
                lease.value = 2;
            }
        }),
        role(move || read(two)),
    ]);
    assert_sound(pool, &tally);
}

fn unshare_or_drop(shared: Shared) {
    match SharedLease::try_unshare(shared) {
        Ok(mut lease) => {
            assert_eq!(lease.value, 1);
            lease.value = 2;
        }
        Err(shared) => read(shared),
    }
}

/// Both want to be the only one; one of them can be once the other has given up.
fn unshare_vs_unshare() {
    let (pool, one, two, tally) = shared();
    threads([role(move || unshare_or_drop(one)), role(move || unshare_or_drop(two))]);
    assert_sound(pool, &tally);
}

/// One wants to be the only one while the other becomes two.
fn unshare_vs_clone() {
    let (pool, one, two, tally) = shared();
    threads([
        role(move || unshare_or_drop(one)),
        role(move || {
            let again = two.clone();
            read(two);
            read(again);
        }),
    ]);
    assert_sound(pool, &tally);
}
