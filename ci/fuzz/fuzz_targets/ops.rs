//! Bytes as steps on a pool, with lanes and waiters or without, a ring or a stream pool, compared with the
//! models of `tests/it/model.rs`.
//!
//! The first byte chooses what is tried and how large it is, the second where a ring starts; then each step is a
//! byte for its kind and a byte to choose by.
#![no_main]

#[path = "../../../tests/it/models/mod.rs"]
mod models;

use libfuzzer_sys::fuzz_target;
use models::{lanes, pool, ring, stream, waiters};

fuzz_target!(|bytes: &[u8]| {
    let [what, turn, steps @ ..] = bytes else { return };
    // More steps say nothing that fewer do not.
    let steps = &steps[..steps.len().min(600)];
    let pairs = steps.chunks_exact(2);
    let turn = usize::from(*turn);
    match what % 24 {
        0 => pool::run::<1>(&of(pairs, pool::Step::from_byte)),
        1 => pool::run::<2>(&of(pairs, pool::Step::from_byte)),
        2 => pool::run::<5>(&of(pairs, pool::Step::from_byte)),
        3 => pool::run::<32>(&of(pairs, pool::Step::from_byte)),
        4 => pool::run::<33>(&of(pairs, pool::Step::from_byte)),
        5 => pool::run::<70>(&of(pairs, pool::Step::from_byte)),
        6 => ring::run::<1>(turn, &of(pairs, ring::Step::from_byte)),
        7 => ring::run::<2>(turn, &of(pairs, ring::Step::from_byte)),
        8 => ring::run::<3>(turn, &of(pairs, ring::Step::from_byte)),
        9 => ring::run::<64>(turn, &of(pairs, ring::Step::from_byte)),
        10 => stream::run::<1, 1>(&of(pairs, stream::Step::from_byte)),
        11 => stream::run::<1, 3>(&of(pairs, stream::Step::from_byte)),
        12 => stream::run::<2, 2>(&of(pairs, stream::Step::from_byte)),
        13 => stream::run::<3, 20>(&of(pairs, stream::Step::from_byte)),
        14 => waiters::run::<1, 0, 1>(&of(pairs, waiters::Step::from_byte)),
        15 => waiters::run::<3, 1, 4>(&of(pairs, waiters::Step::from_byte)),
        16 => waiters::run::<34, 3, 3>(&of(pairs, waiters::Step::from_byte)),
        17 => waiters::run_lanes::<2, 1, 0, 3>(&of(pairs, waiters::Step::from_byte)),
        18 => waiters::run_lanes::<6, 2, 3, 4>(&of(pairs, waiters::Step::from_byte)),
        19 => waiters::run_lanes::<36, 3, 0, 3>(&of(pairs, waiters::Step::from_byte)),
        20 => lanes::run::<1, 3, 0>(&of(pairs, lanes::Step::from_byte)),
        21 => lanes::run::<8, 3, 3>(&of(pairs, lanes::Step::from_byte)),
        22 => lanes::run::<33, 3, 0>(&of(pairs, lanes::Step::from_byte)),
        _ => lanes::run::<70, 4, 40>(&of(pairs, lanes::Step::from_byte)),
    }
});

fn of<K>(pairs: std::slice::ChunksExact<'_, u8>, kind: impl Fn(u8) -> K) -> Vec<(K, u8)> {
    pairs.map(|pair| (kind(pair[0]), pair[1])).collect()
}
