//! Models of forebay for loom: what they share, and the list of all of them.
//!
//! A model is a function that loom runs once for each interleaving it explores. Every role is a spawned
//! thread, and most models come in two forms ([`Form`]), because loom skips interleavings of a thread that
//! loads an atomic and then stores it; README.md has the details.

pub mod bitmap;
pub mod cascade;
pub mod lanes;
pub mod latest;
pub mod pool;
pub mod ring;
pub mod shared;
pub mod slab;
pub mod stream;
pub mod wait;

use std::any::Any;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// All models, by module.
pub static MODELS: &[(&str, &[Model])] = &[
    ("bitmap", bitmap::MODELS),
    ("cascade", cascade::MODELS),
    ("lanes", lanes::MODELS),
    ("latest", latest::MODELS),
    ("pool", pool::MODELS),
    ("slab", slab::MODELS),
    ("ring", ring::MODELS),
    ("shared", shared::MODELS),
    ("stream", stream::MODELS),
    ("wait", wait::MODELS),
];

/// One model, and what is expected of it.
#[derive(Clone, Copy)]
pub struct Model {
    pub name: &'static str,
    run: fn(usize),
    cases: usize,
    bound: usize,
    floor: usize,
    /// The faults that the model must find.
    pub seeds: &'static [&'static str],
}

impl Model {
    /// A model with one case and up to 3 preemptions in an execution.
    pub const fn new(name: &'static str, run: fn(usize)) -> Self {
        Self { name, run, cases: 1, bound: 3, floor: 0, seeds: &[] }
    }

    /// Runs the model for each number below `cases`.
    pub const fn cases(self, cases: usize) -> Self {
        Self { cases, ..self }
    }

    /// Another bound on preemptions, unless `LOOM_MAX_PREEMPTIONS` is set.
    pub const fn bound(self, bound: usize) -> Self {
        Self { bound, ..self }
    }

    /// The least number of executions, over all cases: fewer mean that loom no longer sees the threads.
    pub const fn floor(self, floor: usize) -> Self {
        Self { floor, ..self }
    }

    /// Adds faults that the model must find.
    pub const fn seeds(self, seeds: &'static [&'static str]) -> Self {
        Self { seeds, ..self }
    }

    /// Explores the model, counting executions in `count`. Panics in the first one that is wrong.
    fn explore(&self, count: &Arc<AtomicUsize>) {
        for case in 0..self.cases {
            let mut builder = loom::model::Builder::new();
            builder.preemption_bound.get_or_insert(self.bound);
            builder.max_branches = builder.max_branches.max(4_000); // Loom's own are 1,000.
            let (run, count) = (self.run, Arc::clone(count));
            builder.check(move || {
                count.fetch_add(1, Relaxed);
                run(case);
            });
        }
    }
}

/// The model `name` of `module`.
pub fn find(module: &str, name: &str) -> Option<&'static Model> {
    let (_, models) = MODELS.iter().find(|(m, _)| *m == module)?;
    models.iter().find(|model| model.name == name)
}

/// Explores a model without a fault: prints the number of executions and holds it against the floor.
/// `explorer` is the program `seeds`.
pub fn check(explorer: &str, module: &str, name: &str) {
    let model = find(module, name).expect("no such model");
    match explore(Path::new(explorer), module, name, None) {
        Outcome::Passed(count) => {
            say(&format!("model {module}::{name}: {count} executions"));
            let bound = loom::model::Builder::new().preemption_bound.unwrap_or(model.bound);
            assert!(bound < model.bound || count >= model.floor, "fewer than {}", model.floor);
        }
        Outcome::Failed(how) => panic!("{module}::{name} fails in execution {how}"),
    }
}

/// Holds the models of `module` against the `named` ones, and checks that each of them finds its faults.
pub fn check_controls(explorer: &str, module: &str, named: &[&str]) {
    let (_, models) = MODELS.iter().find(|(m, _)| *m == module).expect("no such module");
    let registered: Vec<&str> = models.iter().map(|model| model.name).collect();
    assert_eq!(registered, named, "each model is a test");
    for model in *models {
        for seed in model.seeds {
            match explore(Path::new(explorer), module, model.name, Some(seed)) {
                Outcome::Failed(how) => {
                    let first = how.lines().next().unwrap_or_default();
                    say(&format!("control {module}::{} finds {seed}: {first}", model.name));
                }
                Outcome::Passed(count) => {
                    panic!("{module}::{} misses {seed} in {count} executions", model.name)
                }
            }
        }
    }
}

/// What came of exploring a model.
pub enum Outcome {
    /// After so many executions.
    Passed(usize),
    /// In which execution, and how.
    Failed(String),
}

/// Explores a model, with a fault planted if there is a `seed`.
///
/// In a process of its own, the program `seeds`: a planted fault may well drop an object twice, and a panic
/// in one of loom's threads must not unwind through the handles that the others still hold. Loom's own
/// prints, one for each join, are thrown away.
pub fn explore(explorer: &Path, module: &str, name: &str, seed: Option<&str>) -> Outcome {
    let mut command = Command::new(explorer);
    command.args(["--explore", module, name]).args(seed).stderr(Stdio::null());
    let output = command.output().expect("the program `seeds` runs");
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match said.strip_prefix("passed ").map(str::parse) {
        Some(Ok(count)) if output.status.success() => Outcome::Passed(count),
        _ if output.status.code() == Some(1) => Outcome::Failed(said),
        _ => Outcome::Failed(format!("{said} ({})", output.status)),
    }
}

/// What the process behind [`explore`] does.
pub fn explorer(module: &str, name: &str, seed: Option<&'static str>) {
    let model = find(module, name).expect("no such model");
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::panic::set_hook(Box::new(move |info| {
        let message = info.payload_as_str().unwrap_or("a panic").trim();
        let at = info.location().map(|at| format!(", at {}:{}", at.file(), at.line()));
        let at = at.filter(|at| !at.contains("loom-")).unwrap_or_default();
        say(&format!("{}: {message}{at}", counted.load(Relaxed)));
        std::process::exit(1);
    }));
    match seed {
        Some(seed) => forebay::seed::with(seed, || model.explore(&count)),
        None => model.explore(&count),
    }
    say(&format!("passed {}", count.load(Relaxed)));
}

/// Prints a line past the capture of the test harness, so that counts are seen without a flag.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// One test for each named model, and one for their controls.
#[macro_export]
macro_rules! suite {
    ($module:ident: $($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                let explorer = env!("CARGO_BIN_EXE_seeds");
                $crate::check(explorer, stringify!($module), stringify!($name));
            }
        )+

        #[test]
        fn controls() {
            let named = [$(stringify!($name)),+];
            $crate::check_controls(env!("CARGO_BIN_EXE_seeds"), stringify!($module), &named);
        }
    };
}

/// How a role of a model gets what another one gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// It looks once and goes without: what it saw decides what it does.
    Polling,
    /// It looks until it is there, and yields in between.
    Blocking,
}

impl Form {
    /// What `look` gives: at once, perhaps nothing, or in the end.
    pub fn attempt<T>(self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            let found = look();
            if found.is_some() || self == Form::Polling {
                return found;
            }
            loom::thread::yield_now();
        }
    }
}

/// What a role returns is dropped when all roles are done.
type Role = Box<dyn FnOnce() -> Box<dyn Any>>;

/// A role for [`threads`]. It returns a handle that must outlive the other roles: the last drop of an `Arc`
/// happens after the others for the machine, but loom does not know `std`'s.
pub fn role<T: 'static>(f: impl FnOnce() -> T + 'static) -> Role {
    Box::new(|| Box::new(f()))
}

/// Runs each role in a thread of its own and waits for all of them.
pub fn threads<const K: usize>(roles: [Role; K]) {
    let kept = roles.map(loom::thread::spawn).map(|thread| thread.join().unwrap());
    drop(kept);
}

/// Counts objects made and dropped, outside of what loom models.
#[derive(Clone, Default)]
pub struct Tally(Arc<(AtomicUsize, AtomicUsize)>);

impl Tally {
    /// Makes an object.
    pub fn make(&self, value: usize) -> Tracked {
        self.0.0.fetch_add(1, Relaxed);
        Tracked { value, tally: self.clone() }
    }

    /// How many objects were made and not dropped.
    pub fn alive(&self) -> usize {
        self.0.0.load(Relaxed) - self.0.1.load(Relaxed)
    }

    /// Asserts that every object was dropped, once.
    pub fn assert_even(&self) {
        assert_eq!(self.0.0.load(Relaxed), self.0.1.load(Relaxed), "made and dropped");
    }
}

/// An object of a [`Tally`].
pub struct Tracked {
    pub value: usize,
    tally: Tally,
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.tally.0.1.fetch_add(1, Relaxed);
    }
}

/// Makes the objects of a pool.
impl forebay::Policy<Tracked> for Tally {
    fn make(&self, _slot: usize) -> Tracked {
        Tally::make(self, 0)
    }

    fn recycle(&self, object: &mut Tracked) -> bool {
        object.value = 0;
        true
    }
}
