//! The newest value of one writer for one reader.

use crate::measure::{Contender, Kind, Work, together};
use forebay::ring::Latest;
use std::hint::black_box;

/// A value of 32 bytes.
type Value = [u64; 4];

/// Looks that the newest value is read.
fn check(write: impl FnOnce(Value), read: impl FnOnce() -> Value) {
    write([7; 4]);
    assert_eq!(read(), [7; 4], "the newest value is read");
}

fn ours() -> &'static Latest<Value> {
    Box::leak(Box::new(Latest::new()))
}

/// One value is written and read.
fn one_thread() -> Vec<Contender> {
    let latest = ours();
    let (mut writer, mut reader) = (latest.try_writer().unwrap(), latest.try_reader().unwrap());
    check(|value| writer.write(value), || *reader.get().unwrap());
    let (mut input, mut output) = triple_buffer::triple_buffer::<Value>(&[0; 4]);
    check(|value| input.write(value), || *output.read());
    vec![
        Contender::repeat("forebay Latest", Kind::Ours, move || {
            writer.write(black_box([1; 4]));
            black_box(reader.get());
        }),
        Contender::repeat("triple_buffer", Kind::Rival, move || {
            input.write(black_box([1; 4]));
            black_box(output.read());
        }),
    ]
}

/// One thread writes as fast as it can; the other reads as often.
fn two_threads() -> Vec<Contender> {
    let latest = ours();
    let (mut writer, mut reader) = (latest.try_writer().unwrap(), latest.try_reader().unwrap());
    let (mut input, mut output) = triple_buffer::triple_buffer::<Value>(&[0; 4]);
    vec![
        Contender::new("forebay Latest", Kind::Ours, move |n| {
            together(
                || (0..n).for_each(|i| writer.write(black_box([i; 4]))),
                || {
                    for _ in 0..n {
                        black_box(reader.get());
                    }
                },
            )
        }),
        Contender::new("triple_buffer", Kind::Rival, move |n| {
            together(
                || (0..n).for_each(|i| input.write(black_box([i; 4]))),
                || {
                    for _ in 0..n {
                        black_box(output.read());
                    }
                },
            )
        }),
    ]
}

/// All rows about the newest value.
pub fn works() -> Vec<Work> {
    vec![
        Work::new(
            "latest-one",
            "The newest value, 32 bytes: one thread",
            "A value is written and read; ns for both.",
            false,
            one_thread(),
        ),
        Work::new(
            "latest-two",
            "The newest value, 32 bytes: two threads",
            "One thread writes, the other reads as often; ns for a write and a read at once.",
            true,
            two_threads(),
        ),
    ]
}
