//! Does one operation again and again: `instruction-check OPERATION`. Without a name it prints all names.
//!
//! Each is done 100 times to warm up and then 1,000 times in `bench_fn`, which callgrind counts.

use forebay::{LanePool, Lease, Pool, Ring, SharedLease, Slab, StreamPool, Token, Waking};
use std::hint::black_box;

static POOL: Pool<[u64; 8], 64> = Pool::new();
static LANES: LanePool<[u64; 8], 64, 4> = LanePool::new();
static SLAB: Slab<u64, 64> = Slab::new();
static WORDS: Ring<u64, 64> = Ring::new();
static TOKENS: Ring<Token, 64> = Ring::new();
static STREAMS: StreamPool<Token, 4, 20> = StreamPool::new();
static WAKING: StreamPool<Token, 4, 20, Waking> = StreamPool::new();

/// What is counted.
#[inline(never)]
#[unsafe(no_mangle)]
fn bench_fn(n: u32, operation: &mut dyn FnMut()) {
    for _ in 0..n {
        operation();
    }
}

fn answer(tokens: u32) {
    let (mut sender, mut receiver) = STREAMS.try_open().unwrap();
    for _ in 0..tokens {
        assert!(sender.try_send(black_box(Token::new())).is_ok());
    }
    sender.close();
    while let Ok(token) = receiver.try_recv() {
        black_box(token);
    }
}

type Operation = (&'static str, Box<dyn FnMut()>);

fn operations() -> Vec<Operation> {
    let lane = Box::leak(Box::new(LANES.try_claim().unwrap()));
    let (mut words, mut popped) = (WORDS.try_producer().unwrap(), WORDS.try_consumer().unwrap());
    let (mut tokens, mut taken) = (TOKENS.try_producer().unwrap(), TOKENS.try_consumer().unwrap());
    let (mut sender, mut receiver) = WAKING.try_open().unwrap();
    let shared: SharedLease<_> = Lease::share(POOL.try_get().unwrap());
    vec![
        ("pool_get_put", Box::new(|| drop(black_box(POOL.try_get().unwrap())))),
        ("pool_get_many_8", Box::new(|| drop(black_box(POOL.try_get_many::<8>().unwrap())))),
        ("lane_pool_get_put", Box::new(|| drop(black_box(LANES.try_get().unwrap())))),
        ("lane_get_put", Box::new(|| drop(black_box(lane.try_get().unwrap())))),
        ("slab_insert_drop", Box::new(|| drop(black_box(SLAB.insert(black_box(1)).unwrap())))),
        ("shared_clone_drop", Box::new(move || drop(black_box(shared.clone())))),
        (
            "ring_push_pop_word",
            Box::new(move || {
                words.push(black_box(1)).unwrap();
                black_box(popped.pop().unwrap());
            }),
        ),
        (
            "ring_push_pop_token",
            Box::new(move || {
                assert!(tokens.push(black_box(Token::new())).is_ok());
                black_box(taken.pop().unwrap());
            }),
        ),
        ("stream_of_20_tokens", Box::new(|| answer(20))),
        (
            "waking_send_receive",
            Box::new(move || {
                assert!(sender.try_send(black_box(Token::new())).is_ok());
                black_box(receiver.try_recv().unwrap());
            }),
        ),
        // No operation of its own: what the guard has to see. It does a fifth more than `pool_get_put`.
        (
            "control",
            Box::new({
                let mut n = 0;
                move || {
                    n += 1;
                    drop(black_box(POOL.try_get().unwrap()));
                    if n % 5 == 0 {
                        drop(black_box(POOL.try_get().unwrap()));
                    }
                }
            }),
        ),
    ]
}

fn main() {
    let mut operations = operations();
    let Some(name) = std::env::args().nth(1) else {
        operations.iter().for_each(|(name, _)| println!("{name}"));
        return;
    };
    let (_, operation) =
        operations.iter_mut().find(|(known, _)| *known == name).expect("no such operation");
    (0..100).for_each(|_| operation());
    bench_fn(1000, operation.as_mut());
}
