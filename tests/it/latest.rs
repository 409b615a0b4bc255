//! The newest value between a writer and a reader: which one is read, that it is whole, and that each is dropped once.

use crate::common::{Fuse, Tally, booms};
use forebay::ring::Latest;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

#[test]
fn smoke() {
    static SPEED: Latest<u32> = Latest::new();
    let mut writer = SPEED.try_writer().unwrap();
    let mut reader = SPEED.try_reader().unwrap();
    assert!(reader.get().is_none() && reader.get_new().is_none());
    for value in 1..10 {
        writer.write(value);
        if value % 3 == 0 {
            assert_eq!(reader.get_new(), Some(&value));
            assert_eq!(reader.get_new(), None);
        }
        assert!(reader.get().is_none_or(|seen| *seen == value));
    }
}

#[test]
fn ends_are_taken_once_and_again() {
    let latest = Latest::new();
    let mut writer = latest.try_writer().unwrap();
    // Twice: a refusal gives nothing back.
    assert!(latest.try_writer().is_none() && latest.try_writer().is_none());
    writer.write(1);
    drop(writer);
    let mut reader = latest.try_reader().unwrap();
    assert!(latest.try_reader().is_none() && latest.try_reader().is_none());
    assert_eq!(reader.get(), Some(&1));
    drop(reader);
    latest.try_writer().unwrap().write(2);
    latest.try_writer().unwrap().write(3);
    let mut reader = latest.try_reader().unwrap();
    assert_eq!(reader.get(), Some(&3));
    assert_eq!(reader.get_new(), None);
    drop(reader);
    assert_eq!(latest.try_reader().unwrap().get(), Some(&3), "a value stays with the cell");
}

/// After any order of writes and reads.
#[test]
fn each_value_is_dropped_once() {
    for order in 0..1 << 10 {
        let tally = Tally::default();
        let latest = Latest::new();
        let (mut writer, mut reader) = (latest.try_writer().unwrap(), latest.try_reader().unwrap());
        for step in 0..10 {
            if order >> step & 1 == 0 {
                writer.write(tally.make());
            } else {
                let newest = reader.get().map(|value| value.number);
                let made = tally.made();
                assert_eq!(newest, (made != 0).then_some(made));
            }
            assert!(tally.alive() <= 3);
        }
        drop((writer, reader));
        drop(latest);
        assert_eq!(tally.alive(), 0);
    }
}

/// The drop of a value that is replaced panics: the new one is there all the same.
#[test]
fn a_drop_that_panics_costs_no_value() {
    struct Sour<'a>(u32, &'a Fuse);
    impl Drop for Sour<'_> {
        fn drop(&mut self) {
            self.1.burn();
        }
    }
    let fuse = Fuse::new();
    let latest = Latest::new();
    let (mut writer, mut reader) = (latest.try_writer().unwrap(), latest.try_reader().unwrap());
    writer.write(Sour(1, &fuse));
    writer.write(Sour(2, &fuse));
    fuse.arm(1);
    assert!(booms(|| writer.write(Sour(3, &fuse))));
    assert_eq!(reader.get().map(|value| value.0), Some(3));
    writer.write(Sour(4, &fuse));
    assert_eq!(reader.get().map(|value| value.0), Some(4));
}

/// Each value that is read is whole, and no older than the one before; the last one arrives.
#[test]
fn values_are_whole_and_in_order() {
    const MANY: u64 = if cfg!(miri) { 100 } else { 100_000 };
    static WORDS: Latest<[u64; 16]> = Latest::new();
    static DONE: AtomicBool = AtomicBool::new(false);
    let writer = std::thread::spawn(|| {
        let mut writer = WORDS.try_writer().unwrap();
        (1..=MANY).for_each(|n| writer.write([n; 16]));
        DONE.store(true, SeqCst);
    });
    let mut reader = WORDS.try_reader().unwrap();
    let mut last = 0;
    loop {
        let is_done = DONE.load(SeqCst);
        let Some(value) = reader.get() else {
            std::thread::yield_now();
            continue;
        };
        assert!(value.iter().all(|word| *word == value[0]), "torn: {value:?}");
        assert!(value[0] >= last);
        last = value[0];
        if is_done {
            break;
        }
    }
    assert_eq!(last, MANY);
    writer.join().unwrap();
}
