//! Empty places: a value goes in once and is dropped once.

use crate::Form::{self, Blocking, Polling};
use crate::{Model, Tally, Tracked, role, threads};
use forebay::Slab;
use forebay::error::Full;
use std::sync::Arc;

pub static MODELS: &[Model] = &[
    Model::new("insert_vs_insert_polling", |n| insert_vs_insert(Polling, n))
        .floor(780)
        .cases(2)
        .seeds(&["claim_torn", "claim_relaxed", "release_relaxed"]),
    Model::new("insert_vs_insert_blocking", |n| insert_vs_insert(Blocking, n))
        .floor(770)
        .cases(2)
        .seeds(&["claim_torn", "claim_relaxed", "release_relaxed"]),
];

/// Two threads put values into the one place or the two there are, and take them out again.
fn insert_vs_insert(form: Form, places: usize) {
    match places {
        0 => insert_into::<1>(form),
        _ => insert_into::<2>(form),
    }
}

fn insert_into<const N: usize>(form: Form) {
    let tally = Tally::default();
    let slab = Arc::new(Slab::<Tracked, N>::new());
    let insert = |number: usize| {
        let (slab, tally) = (Arc::clone(&slab), tally.clone());
        role(move || {
            for _ in 0..2 {
                let mut value = Some(tally.make(number));
                let lease = form.attempt(|| match slab.insert(value.take().unwrap()) {
                    Ok(lease) => Some(lease),
                    Err(Full(refused)) => {
                        assert_eq!(refused.value, number);
                        value = Some(refused);
                        None
                    }
                });
                if let Some(mut lease) = lease {
                    assert_eq!(lease.value, number);
                    lease.value = 0;
                }
            }
        })
    };
    threads([insert(1), insert(2)]);
    assert_eq!((slab.available(), slab.metrics().double_returns), (N, 0));
    tally.assert_even();
}
