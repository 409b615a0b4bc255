//! What the guide says and no other test shows; and that the tests it names are there.

use crate::common::Tally;
use forebay::{End, Policy, Pool, RecvError, StreamPool, Token};

/// Pitfall 2: what is small is passed by value.
#[test]
fn tokens_travel_without_a_pool_of_tokens() {
    assert_eq!(size_of::<Token>(), 32);
    let streams: StreamPool<Token, 1> = StreamPool::new();
    let (mut sender, mut receiver) = streams.try_open().unwrap();
    sender.try_send_text("by value").unwrap();
    sender.close();
    let token: Token = receiver.try_recv().unwrap();
    assert_eq!(receiver.try_recv(), Err(RecvError::Ended(End::Finished)));
    drop(receiver);
    assert_eq!((token.as_str(), streams.available()), ("by value", 1), "it outlives its stream");
    assert_eq!(streams.metrics().gets, 1, "a ring was lent, and nothing else");
}

/// Makes objects that are counted.
struct Maker(Tally);

impl Policy<crate::common::Counted> for Maker {
    fn make(&self, _slot: usize) -> crate::common::Counted {
        self.0.make()
    }

    fn recycle(&self, _object: &mut crate::common::Counted) -> bool {
        true
    }
}

/// Pitfall 4: too many slots show, and hold nothing.
#[test]
fn a_pool_that_is_too_large_says_so() {
    let tally = Tally::default();
    let pool = Pool::<_, 16, _>::with_policy(Maker(tally.clone()));
    for _ in 0..100 {
        drop((pool.try_get().unwrap(), pool.try_get().unwrap()));
    }
    let metrics = pool.metrics();
    assert_eq!((metrics.high_water, metrics.capacity, metrics.exhausted), (2, 16, 0));
    assert_eq!(tally.made(), 2, "14 slots were never filled");
}

/// When 1 and 2: what a pool saves is the making.
#[test]
fn an_object_that_is_dear_to_make_is_made_once() {
    let tally = Tally::default();
    let pool = Pool::<_, 4, _>::with_policy(Maker(tally.clone()));
    for _ in 0..1000 {
        assert_eq!(pool.try_get().unwrap().number, 1);
    }
    let metrics = pool.metrics();
    assert_eq!((tally.made(), metrics.gets, metrics.misses), (1, 1000, 1));
    assert_eq!(metrics.hit_ratio(), Some(0.999));
}

/// Never put: the others go on, and the audit tells which and since when.
#[test]
fn forgotten_leases_are_found() {
    let pool: Pool<u32, 3> = Pool::new();
    std::mem::forget(pool.try_get().unwrap());
    for _ in 0..10 {
        pool.advance_epoch();
        let two = pool.try_get_many::<2>().unwrap();
        assert!(pool.try_get().is_err());
        drop(two);
    }
    let lost: Vec<_> = pool.audit().map(|loan| (loan.slot(), loan.age(), loan.since())).collect();
    assert_eq!((lost, pool.available()), (vec![(0, 10, 0)], 2));
}

/// The tables of the guide name tests, so that nobody has to believe them.
#[cfg(not(miri))] // Reads files.
mod tables {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn in_repository(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    /// The rows of all tables whose last column is called `shown by`, each with the file it stands in.
    fn rows() -> Vec<(String, Vec<String>)> {
        let mut rows = Vec::new();
        for entry in fs::read_dir(in_repository("src/guide")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            let mut shows = false;
            for line in fs::read_to_string(&path).unwrap().lines() {
                let Some(cells) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|'))
                else {
                    shows = false;
                    continue;
                };
                let cells: Vec<_> = cells.split('|').map(|cell| cell.trim().to_string()).collect();
                if cells.last().is_some_and(|last| last == "shown by") {
                    shows = true;
                } else if shows && !line.starts_with("|---") {
                    rows.push((name.clone(), cells));
                }
            }
        }
        rows
    }

    /// Whether there is such a test: `file::test`, `file::module::test`, or `ui::file`.
    fn exists(test: &str) -> bool {
        let parts: Vec<_> = test.split("::").collect();
        let (Some(file), Some(name)) = (parts.first(), parts.get(1..).and_then(<[_]>::last)) else {
            return false;
        };
        if *file == "ui" {
            return in_repository(&format!("tests/ui/{name}.rs")).exists();
        }
        let in_folder = |folder| fs::read_to_string(in_repository(&format!("{folder}/{file}.rs")));
        let Ok(text) = in_folder("tests/it").or_else(|_| in_folder("tests")) else { return false };
        let modules = &parts[1..parts.len() - 1];
        let mut before = "";
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            is_test |= before == "#[test]" && line.starts_with(&format!("fn {name}("));
            before = line;
        }
        is_test && modules.iter().all(|module| text.contains(&format!("mod {module} {{")))
    }

    #[test]
    fn tests_that_are_named_exist() {
        let rows = rows();
        let mut wrong = Vec::new();
        for (page, cells) in &rows {
            let named = cells.last().unwrap();
            let tests: Vec<_> = named.split('`').skip(1).step_by(2).collect();
            if tests.is_empty() {
                wrong.push(format!("{page}: no test shows: {}", cells[0]));
            }
            let missing = tests.iter().filter(|test| !exists(test));
            wrong.extend(missing.map(|test| format!("{page}: {test}")));
        }
        assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    }

    /// Every rule has its row.
    #[test]
    fn no_rule_is_left_out() {
        let rows = rows();
        let count =
            |kind: &str| rows.iter().filter(|(_, cells)| cells[0].starts_with(kind)).count();
        let counts = ["practice", "technique", "pitfall", "system", "when"].map(count);
        assert_eq!(counts, [6, 2, 5, 6, 4]);
        assert!(rows.iter().filter(|(page, _)| page == "pitfalls.md").count() > 10);
    }

    /// What lies in the folder is read by somebody.
    #[test]
    fn programs_for_microcontrollers_are_all_named_and_exist() {
        if crate::common::is_published_package() {
            return println!("skipped: a published package does not hold examples/firmware");
        }
        let page = fs::read_to_string(in_repository("src/guide/embedded.md")).unwrap();
        let named: BTreeSet<String> = page
            .lines()
            .filter_map(|line| Some(line.strip_suffix("` |")?.rsplit_once("| `")?.1.to_string()))
            .collect();
        let there: BTreeSet<String> = fs::read_dir(in_repository("examples/firmware/src/bin"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_string())
            .collect();
        assert_eq!(named, there);
    }

    #[test]
    fn every_page_is_rendered() {
        let source = fs::read_to_string(in_repository("src/guide.rs")).unwrap();
        for entry in fs::read_dir(in_repository("src/guide")).unwrap() {
            let page = entry.unwrap().file_name().into_string().unwrap();
            assert!(source.contains(&format!("include_str!(\"guide/{page}\")")), "{page}");
        }
    }

    #[test]
    fn what_is_missing_is_seen() {
        assert!(exists("pool::smoke") && exists("ui::lease_used_after_put"));
        assert!(exists("guide::tables::what_is_missing_is_seen"));
        for test in
            ["pool", "pool::", "pool::no_such", "none::smoke", "ui::none", "pool::waiting::smoke"]
        {
            assert!(!exists(test), "{test}");
        }
        assert!(!exists("pool::lends_each_slot_once"), "a function, and no test");
    }
}
