//! The newest value: whole, never an older one than before, and each value dropped once.

use crate::Form::{self, Blocking, Polling};
use crate::{Model, Tally, Tracked, role, threads};
use forebay::ring::Latest;

/// The faults that any model finds in which values go over and places come back.
const EXCHANGE: &[&str] = &["latest_write_relaxed", "latest_get_relaxed", "latest_write_torn"];
/// The faults of an end that is taken again.
const TAKE: &[&str] = &["take_relaxed", "give_back_relaxed", "take_torn"];

pub static MODELS: &[Model] = &[
    Model::new("write_vs_get_polling", |_| write_vs_get(Polling)).seeds(EXCHANGE).floor(3_900),
    Model::new("write_vs_get_blocking", |_| write_vs_get(Blocking)).seeds(EXCHANGE).floor(9_900),
    Model::new("writer_taken_again", |_| writer_taken_again()).seeds(TAKE).floor(15),
    Model::new("reader_taken_again", |_| reader_taken_again()).seeds(TAKE).floor(19),
];

loom::lazy_static! {
    static ref CELL: Latest<Tracked> = Latest::new();
}

/// Reads the newest value in place, if there is one, which is no older than `last`.
fn look(last: usize) -> usize {
    let mut reader = CELL.try_reader().unwrap();
    let value = reader.get().map_or(0, |tracked| tracked.value);
    assert!(value >= last, "an older value");
    value
}

/// Three values are written while the reader looks twice.
fn write_vs_get(form: Form) {
    let tally = Tally::default();
    let mine = tally.clone();
    threads([
        role(move || {
            let mut writer = CELL.try_writer().unwrap();
            (1..=3).for_each(|n| writer.write(mine.make(n)));
            writer
        }),
        role(move || {
            let mut reader = CELL.try_reader().unwrap();
            let mut last = 0;
            for _ in 0..2 {
                let found = form.attempt(|| reader.get_new().map(|tracked| tracked.value));
                let value = found.unwrap_or(last);
                assert!(value >= last, "an older value");
                last = value;
                if last == 3 {
                    break; // There is no newer one to wait for.
                }
            }
            reader
        }),
    ]);
    assert_eq!(look(0), 3, "the last value arrives");
    assert!(tally.alive() <= 3);
}

/// Two writers, one after the other, on different threads.
fn writer_taken_again() {
    let tally = Tally::default();
    let write = |n: usize| {
        let mine = tally.clone();
        role(move || {
            // Twice: a refusal gives nothing back.
            CELL.try_writer().or_else(|| CELL.try_writer()).map(|mut writer| {
                writer.write(mine.make(n));
                writer.write(mine.make(n + 1));
            })
        })
    };
    threads([write(1), write(3)]);
    assert!(look(0) >= 2, "one of the writers has written");
    assert!(tally.alive() <= 3);
}

/// Two readers, one after the other, on different threads, beside a writer that is there before.
fn reader_taken_again() {
    let tally = Tally::default();
    let mut writer = CELL.try_writer().unwrap();
    writer.write(tally.make(1));
    let read = || {
        role(|| {
            CELL.try_reader().or_else(|| CELL.try_reader()).map(|mut reader| {
                let value = reader.get().map(|tracked| tracked.value);
                assert_eq!(value, Some(1));
            })
        })
    };
    threads([read(), read()]);
    writer.write(tally.make(2));
    drop(writer);
    assert_eq!(look(1), 2);
}
