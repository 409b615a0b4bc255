//! What forebay wants to reach, by row, and whether it did.

use crate::measure::{Kind, Placement, Times, Work, median};

/// How a contender of ours is to stand beside others of its row.
enum Goal {
    /// It takes at most so many times as long as this one.
    AtMost(&'static str, f64),
    /// It takes at most so many nanoseconds.
    Within(f64),
    /// These take at least so many times as long as it does; all rivals, if none is named.
    Ahead(&'static [&'static str], f64),
    /// Two threads take no more times as long as one, in "…, one thread", than two of this one do.
    LosesNoMoreThan(&'static str),
}
use Goal::{Ahead, AtMost, LosesNoMoreThan, Within};

/// A target, and what was reached of it in each placement; `None` for one that was not seen.
pub struct Target {
    pub target: String,
    placements: Vec<(Placement, Option<Reached>)>,
}

impl Target {
    /// Whether it is met in each placement.
    pub fn is_met(&self) -> bool {
        self.placements.iter().all(|(_, reached)| reached.as_ref().is_some_and(|r| r.is_met))
    }

    /// Whether it is missed in some placement.
    pub fn is_missed(&self) -> bool {
        self.placements.iter().any(|(_, reached)| reached.as_ref().is_some_and(|r| !r.is_met))
    }

    /// The values that were reached.
    pub fn reached(&self) -> String {
        self.of_each(|reached| reached.map_or("–", |r| &r.reached))
    }

    pub fn verdict(&self) -> String {
        self.of_each(|reached| match reached {
            None => "not seen",
            Some(Reached { is_met: true, .. }) => "met",
            Some(_) => "**missed**",
        })
    }

    fn of_each<'a>(&'a self, say: impl Fn(Option<&'a Reached>) -> &'a str) -> String {
        let said = self.placements.iter().map(|(placement, reached)| {
            let said = say(reached.as_ref());
            match placement {
                Placement::OneThread => said.into(),
                _ => format!("{}: {said}", placement.name()),
            }
        });
        said.collect::<Vec<_>>().join(", ")
    }
}

/// The targets of a row.
pub fn of(work: &Work, times: &[Times]) -> Vec<Target> {
    let mut all: Vec<Target> = Vec::new();
    for times in times {
        for (i, reached) in of_one(work, times).into_iter().enumerate() {
            if i == all.len() {
                let placements = Placement::all(work.two_threads).iter().map(|p| (*p, None));
                let placements = placements.collect();
                all.push(Target { target: reached.target.clone(), placements });
            }
            let mut placements = all[i].placements.iter_mut();
            let placement = placements.find(|(placement, _)| *placement == times.placement);
            placement.expect("one of the work's").1 = Some(reached);
        }
    }
    all
}

/// The value that was reached of a target in one placement.
struct Reached {
    pub target: String,
    pub reached: String,
    pub is_met: bool,
}

const POOL: &str = "forebay Pool";
const LANES: &str = "forebay LanePool";
const BATCH: &str = "forebay Pool, batch";
const ONE_THREAD: &str = "forebay Pool, one thread";
const RING: &str = "forebay Ring";
const ARC_RING: &str = "forebay Ring in an Arc";
const STREAM: &str = "forebay StreamPool";

/// Pools all threads share, without anything kept for one thread.
const SHARED: &[&str] = &[
    "spin Mutex<Vec>",
    "std Mutex<Vec>",
    "parking_lot Mutex<Vec>",
    "crossbeam ArrayQueue",
    "atomic-pool",
    "heapless object_pool",
    "heapless box_pool",
    "opool",
    "object-pool",
    "lockfree-object-pool spinlock",
    "lockfree-object-pool linear",
    "plurality in a Mutex",
];

const TARGETS: &[(&str, &str, Goal)] = &[
    ("get-put", POOL, AtMost("two locked operations", 1.25)),
    ("get-put", POOL, Ahead(SHARED, 1.0)),
    ("get-put", LANES, AtMost("thread-local Vec", 1.0)),
    ("get-put", LANES, Ahead(SHARED, 3.0)),
    ("get-put", LANES, Ahead(&["sync.Pool, Go"], 1.0)),
    ("burst-16", LANES, AtMost("thread-local Vec", 1.5)),
    ("burst-64", LANES, AtMost("thread-local Vec", 1.5)),
    ("burst-16", "forebay Pool::try_get_many", Ahead(&["thread-local Vec"], 1.0)),
    ("burst-64", "forebay Pool::try_get_many", Ahead(&["thread-local Vec"], 1.0)),
    ("get-put-both", LANES, LosesNoMoreThan("thread-local Vec")),
    ("get-put-both", POOL, Ahead(SHARED, 1.0)),
    ("burst-16", BATCH, Within(16.0 * 1.5)),
    ("burst-64", BATCH, Within(64.0 * 1.5)),
    ("burst-16", "forebay LanePool, batch", Within(16.0 * 1.5)),
    ("burst-64", "forebay LanePool, batch", Within(64.0 * 1.5)),
    ("get-put-both-64", POOL, Ahead(SHARED, 1.0)),
    ("get-put-both-1024", POOL, AtMost(ONE_THREAD, 1.25)),
    ("get-put-both-1024", POOL, Ahead(SHARED, 2.0)),
    ("burst-16-both", "forebay Pool::try_get_many", Ahead(SHARED, 1.0)),
    ("burst-16-both", BATCH, Ahead(SHARED, 2.0)),
    ("across", POOL, Ahead(&[], 1.0)),
    ("across", LANES, Ahead(&[], 1.0)),
    ("size", "65535, all free", AtMost("32, all free", 2.0)),
    ("size", "65535, 1 free", AtMost("32, all free", 2.0)),
    ("ring-one-8", RING, Ahead(&[], 1.0)),
    ("ring-one-32", RING, Ahead(&[], 1.0)),
    ("ring-form-loop-8", RING, Ahead(&[], 1.0)),
    ("ring-form-loop-8", ARC_RING, Ahead(&[], 1.0)),
    ("ring-form-loop-32", RING, Ahead(&[], 1.0)),
    ("ring-form-loop-32", ARC_RING, Ahead(&[], 1.0)),
    ("ring-form-while-8", RING, Ahead(&[], 1.0)),
    ("ring-form-while-8", ARC_RING, Ahead(&[], 1.0)),
    ("ring-form-while-32", RING, Ahead(&[], 1.0)),
    ("ring-form-while-32", ARC_RING, Ahead(&[], 1.0)),
    ("ring-form-match-8", RING, Ahead(&[], 1.0)),
    ("ring-form-match-8", ARC_RING, Ahead(&[], 1.0)),
    ("ring-form-match-32", RING, Ahead(&[], 1.0)),
    ("ring-form-match-32", ARC_RING, Ahead(&[], 1.0)),
    ("ring-form-function-8", RING, Ahead(&[], 1.0)),
    ("ring-form-function-8", ARC_RING, Ahead(&[], 1.0)),
    ("ring-form-function-32", RING, Ahead(&[], 1.0)),
    ("ring-form-function-32", ARC_RING, Ahead(&[], 1.0)),
    ("ring-form-unwrap-8", RING, Ahead(&[], 1.0)),
    ("ring-form-unwrap-8", ARC_RING, Ahead(&[], 1.0)),
    ("ring-form-unwrap-32", RING, Ahead(&[], 1.0)),
    ("ring-form-unwrap-32", ARC_RING, Ahead(&[], 1.0)),
    ("ring-form-field-8", RING, Ahead(&[], 1.0)),
    ("ring-form-field-8", ARC_RING, Ahead(&[], 1.0)),
    ("ring-form-field-32", RING, Ahead(&[], 1.0)),
    ("ring-form-field-32", ARC_RING, Ahead(&[], 1.0)),
    ("ring-64-8", RING, Ahead(&[], 1.0)),
    ("ring-1024-8", RING, Ahead(&[], 1.0)),
    ("ring-64-32", RING, Ahead(&[], 1.0)),
    ("ring-1024-32", RING, Ahead(&[], 1.0)),
    ("ring-chunks-64", RING, Ahead(&[], 1.0)),
    ("ring-chunks-1024", RING, Ahead(&[], 1.0)),
    ("ring-round-trip", RING, AtMost("two cache lines", 1.15)),
    ("latest-one", "forebay Latest", Ahead(&[], 1.0)),
    ("latest-two", "forebay Latest", Ahead(&[], 1.0)),
    (
        "stream-20",
        STREAM,
        Ahead(
            &["crossbeam-channel", "tokio mpsc", "flume", "kanal", "std sync_channel", "chan, Go"],
            3.0,
        ),
    ),
    ("stream-20", STREAM, Ahead(&["rtrb in a pool", "rtrb, fresh"], 1.5)),
    ("stream-form-while", STREAM, Ahead(&["rtrb in a pool", "rtrb, fresh"], 1.25)),
    ("stream-form-field", STREAM, Ahead(&["rtrb in a pool", "rtrb, fresh"], 1.25)),
    ("stream-form-helper", STREAM, Ahead(&["rtrb in a pool", "rtrb, fresh"], 1.25)),
    ("stream-form-flag", STREAM, Ahead(&["rtrb in a pool", "rtrb, fresh"], 1.25)),
    ("stream-form-helper-flag", STREAM, Ahead(&["rtrb in a pool", "rtrb, fresh"], 1.25)),
    ("stream-50", STREAM, Ahead(&[], 1.0)),
    ("live", STREAM, Ahead(&["tokio mpsc", "crossbeam-channel"], 2.0)),
    ("validate-small", "forebay", Ahead(&["serde_json and jsonschema"], 5.0)),
    ("validate-lines", "forebay", Ahead(&["serde_json and jsonschema"], 5.0)),
    ("validate-prose", "forebay", Ahead(&["serde_json and jsonschema"], 5.0)),
];

/// The targets of a row in one placement.
fn of_one(work: &Work, times: &Times) -> Vec<Reached> {
    let index = |name: &str| work.contenders.iter().position(|contender| contender.name == name);
    let mut all = Vec::new();
    for (_, ours, goal) in TARGETS.iter().filter(|(id, ..)| *id == work.id) {
        let us = index(ours).unwrap_or_else(|| panic!("no contender {ours} in {}", work.id));
        match goal {
            AtMost(other, most) => {
                let ratio = times.ratio(us, index(other).unwrap());
                all.push(Reached {
                    target: format!("{ours}: at most {most:.2} of {other}"),
                    reached: format!("{ratio:.2}"),
                    is_met: ratio <= *most,
                });
            }
            LosesNoMoreThan(other) => {
                let loss = |name: &str, pass: usize| {
                    let took = |name: &str| times.passes[index(name).unwrap()][pass];
                    took(name) / took(&format!("{name}, one thread"))
                };
                let losses = |name| median((0..times.count()).map(|i| loss(name, i)).collect());
                let both = (0..times.count()).map(|i| loss(ours, i) / loss(other, i));
                let ratio = median(both.collect());
                all.push(Reached {
                    target: format!("{ours}: loses no more with two threads than {other}"),
                    reached: format!("{ratio:.2} ({:.2} and {:.2})", losses(ours), losses(other)),
                    is_met: ratio <= 1.0,
                });
            }
            Within(most) => {
                let took = times.median(us);
                all.push(Reached {
                    target: format!("{ours}: at most {most:.0} ns"),
                    reached: format!("{took:.1} ns"),
                    is_met: took <= *most,
                });
            }
            Ahead(names, least) => {
                let rivals = work.contenders.iter().enumerate().filter(|(_, contender)| {
                    let is_rival = contender.kind == Kind::Rival;
                    if names.is_empty() {
                        is_rival
                    } else {
                        names.contains(&contender.name.as_str())
                    }
                });
                let ratios = rivals.map(|(i, rival)| (times.ratio(i, us), &rival.name));
                let Some((ratio, nearest)) = ratios.min_by(|one, other| one.0.total_cmp(&other.0))
                else {
                    continue;
                };
                let of = match names {
                    [] => "every rival".into(),
                    [one] => (*one).to_string(),
                    many if *many == SHARED => "every shared pool".into(),
                    many => many.join(", "),
                };
                let ahead = if *least > 1.0 {
                    format!("{least} times faster than")
                } else {
                    "ahead of".into()
                };
                all.push(Reached {
                    target: format!("{ours}: {ahead} {of}"),
                    reached: format!("{ratio:.2} ({nearest})"),
                    is_met: ratio >= *least,
                });
            }
        }
    }
    all
}
