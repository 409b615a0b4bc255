//! Push and pop in the forms that programs write them in. Each queue has its own code here, with no trait in between: the
//! form is what is measured.

use crate::measure::{Contender, Kind, Work, measured};
use crate::rings::Item;
use crate::streams::{Channels, Found, FreshRtrb, POLLED, PooledRtrb};
use forebay::{RecvError, Ring};
use ringbuf::traits::{Consumer as _, Producer as _, Split as _};
use std::hint::{black_box, spin_loop};
use std::sync::Arc;

/// The items that are pushed, in turn: what a program reads from somewhere and passes on.
fn table<const WORDS: usize>() -> Vec<Item<WORDS>> {
    black_box((0..64).map(|i| [i; WORDS]).collect())
}

/// A function of the program that no compiler puts into its caller.
#[inline(never)]
fn called<Q, T>(queue: &mut Q, f: impl FnOnce(&mut Q) -> T) -> T {
    f(queue)
}

macro_rules! loop_and_break {
    ($rx:ident, $pop:ident, $some:ident) => {
        loop {
            if let $some(item) = $rx.$pop() {
                black_box(&item);
                break;
            }
        }
    };
}

macro_rules! while_let {
    ($rx:ident, $pop:ident, $some:ident) => {
        while let $some(item) = $rx.$pop() {
            black_box(&item);
        }
    };
}

macro_rules! match_and_return {
    ($rx:ident, $pop:ident, $some:ident) => {
        let mut next = || loop {
            match $rx.$pop() {
                $some(item) => return item,
                _ => spin_loop(),
            }
        };
        black_box(&next());
    };
}

macro_rules! function {
    ($rx:ident, $pop:ident, $some:ident) => {
        let item = called(&mut $rx, |rx| {
            loop {
                match rx.$pop() {
                    $some(item) => return item,
                    _ => spin_loop(),
                }
            }
        });
        black_box(&item);
    };
}

macro_rules! unwrap {
    ($rx:ident, $pop:ident, $some:ident) => {
        black_box($rx.$pop().unwrap());
    };
}

macro_rules! field {
    ($rx:ident, $pop:ident, $some:ident) => {
        if let $some(item) = $rx.$pop() {
            black_box(item[0]);
        }
    };
}

macro_rules! of_each {
    ($form:ident, $words:literal, $burst:literal) => {
        vec![
            {
                fn open<const N: usize>() -> Ring<Item<$words>, N> { Ring::new() }
                Contender::new("forebay Ring", Kind::Ours, |n| {
                    let table = table::<$words>();
                    measured(1, &mut || {
                        let mut ring = open::<64>();
                        let (mut tx, mut rx) = ring.split();
                        for i in 0..n as usize {
                            for at in i..i + $burst {
                                assert!(tx.push(table[at % 64]).is_ok());
                            }
                            $form!(rx, pop, Ok);
                        }
                    })
                })
            },
            of_each!(@ "forebay Ring in an Arc", Kind::Ours, $form, $words, $burst,
                Ring::<Item<$words>, 64>::split_arc(Arc::new(Ring::new())).unwrap(), push, pop, Ok),
            of_each!(@ "rtrb", Kind::Rival, $form, $words, $burst, rtrb::RingBuffer::new(64), push, pop, Ok),
            {
                Contender::new("heapless spsc", Kind::Rival, |n| {
                    let table = table::<$words>();
                    measured(1, &mut || {
                        let mut queue = heapless::spsc::Queue::<Item<$words>, 65>::new();
                        let (mut tx, mut rx) = queue.split();
                        for i in 0..n as usize {
                            for at in i..i + $burst {
                                assert!(tx.enqueue(table[at % 64]).is_ok());
                            }
                            $form!(rx, dequeue, Some);
                        }
                    })
                })
            },
            of_each!(@ "ringbuf", Kind::Rival, $form, $words, $burst, ringbuf::HeapRb::new(64).split(), try_push, try_pop, Some),
        ]
    };
    (@ $name:literal, $kind:expr, $form:ident, $words:literal, $burst:literal, $open:expr, $push:ident, $pop:ident, $some:ident) => {
        Contender::new($name, $kind, |n| {
            let table = table::<$words>();
            measured(1, &mut || {
                let (mut tx, mut rx) = $open;
                for i in 0..n as usize {
                    for at in i..i + $burst {
                        assert!(tx.$push(table[at % 64]).is_ok());
                    }
                    $form!(rx, $pop, $some);
                }
            })
        })
    };
}

macro_rules! rows {
    ($($id:literal, $long:literal, $title:literal, $about:ident, $form:ident, $burst:literal;)+) => {
        vec![$(
            Work::new($id, concat!($title, ", 8 bytes: one thread"), $about, false, of_each!($form, 1, $burst)),
            Work::new($long, concat!($title, ", 32 bytes: one thread"), $about, false, of_each!($form, 4, $burst)),
        )+]
    };
}

/// A stream is opened, all of its tokens are sent, it ends, and the form receives them.
macro_rules! stream {
    ($form:ident) => {
        vec![
            stream!(@ "forebay StreamPool", |rx| { $form!(rx, Ok, |rx| rx.try_recv()); }),
            stream!($form, PooledRtrb),
            stream!($form, FreshRtrb),
        ]
    };
    (@ $name:literal, |$rx:ident| $receive:block) => {
        Contender::repeat($name, Kind::Ours, {
            let table = table::<4>();
            move || {
                let (mut tx, mut $rx) = POLLED.try_open().unwrap();
                for token in &table[..20] {
                    assert!(tx.try_send(*token).is_ok());
                }
                tx.close();
                $receive
            }
        })
    };
    ($form:ident, $channels:ident) => {
        Contender::repeat($channels::NAME, $channels::KIND, {
            let table = table::<4>();
            move || {
                let (mut tx, mut rx) = $channels::open();
                for token in &table[..20] {
                    assert!($channels::send(&mut tx, *token));
                }
                $channels::end(tx);
                $form!(rx, Found::Token, |rx| $channels::receive(rx));
            }
        })
    };
}

macro_rules! stream_while {
    ($rx:ident, $some:path, |$r:ident| $receive:expr) => {
        let $r = &mut $rx;
        while let $some(token) = $receive {
            black_box(&token);
        }
    };
}

macro_rules! stream_field {
    ($rx:ident, $some:path, |$r:ident| $receive:expr) => {
        let $r = &mut $rx;
        let mut sum = 0;
        while let $some(token) = $receive {
            sum += token[0];
        }
        black_box(sum);
    };
}

macro_rules! stream_helper {
    ($rx:ident, $some:path, |$r:ident| $receive:expr) => {
        while let Some(token) = called(&mut $rx, |$r| match $receive {
            $some(token) => Some(token),
            _ => None,
        }) {
            black_box(&token);
        }
    };
}

macro_rules! stream_flag {
    ($rx:ident, $some:path, |$r:ident| $receive:expr) => {
        let $r = &mut $rx;
        loop {
            if let $some(token) = $receive {
                black_box(&token);
                if token[3] == 19 {
                    break;
                }
            }
        }
    };
}

macro_rules! stream_helper_flag {
    ($rx:ident, $some:path, |$r:ident| $receive:expr) => {
        loop {
            let token = called(&mut $rx, |$r| {
                loop {
                    match $receive {
                        $some(token) => return token,
                        _ => spin_loop(),
                    }
                }
            });
            black_box(&token);
            if token[3] == 19 {
                break;
            }
        }
    };
}

/// All rows about forms of receiving a stream.
pub fn stream_works() -> Vec<Work> {
    let about = "A stream is opened, 20 tokens of 32 bytes from a table are sent, it ends, all are received in this form; \
                 ns per stream.";
    let work = |id, title: &str, contenders| Work::new(id, title, about, false, contenders);
    let mut drain = stream!(stream_while);
    drain.push(stream!(@ "forebay StreamPool::drain", |rx| {
        for token in rx.drain() {
            black_box(&token);
        }
        assert!(matches!(rx.try_recv(), Err(RecvError::Ended(_))));
    }));
    vec![
        work("stream-form-while", "Streams, while let Ok(token) = try_recv(): one thread", drain),
        work(
            "stream-form-field",
            "Streams, one field of each token: one thread",
            stream!(stream_field),
        ),
        work(
            "stream-form-helper",
            "Streams, a function that returns the token: one thread",
            stream!(stream_helper),
        ),
        work(
            "stream-form-flag",
            "Streams, the last token says so: one thread",
            stream!(stream_flag),
        ),
        work(
            "stream-form-helper-flag",
            "Streams, a function, and the last token says so: one thread",
            stream!(stream_helper_flag),
        ),
    ]
}

/// All rows about forms.
pub fn works() -> Vec<Work> {
    let one = "An item from a table is pushed and popped, in this form; ns for both.";
    let many = "16 items from a table are pushed and then popped, in this form; ns for all 16.";
    rows! {
        "ring-form-loop-8", "ring-form-loop-32", "loop { if let Ok(item) = pop() { …; break } }", one, loop_and_break, 1;
        "ring-form-while-8", "ring-form-while-32", "while let Ok(item) = pop()", many, while_let, 16;
        "ring-form-match-8", "ring-form-match-32", "match pop() { Ok(item) => return item, … }", one, match_and_return, 1;
        "ring-form-function-8", "ring-form-function-32", "A function that returns the item", one, function, 1;
        "ring-form-unwrap-8", "ring-form-unwrap-32", "pop().unwrap()", one, unwrap, 1;
        "ring-form-field-8", "ring-form-field-32", "pop() for one field", one, field, 1;
    }
}
