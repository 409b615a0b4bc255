//! How work is measured: contenders side by side, pass by pass, and what is made of the times.

use core_affinity::CoreId;
use std::hint::{black_box, spin_loop};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What a contender is in its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ours,
    Rival,
    /// What the machine cannot do faster: no contender, a measure.
    Floor,
}

/// One who does the work: `run` does it so many times and says how long that took.
pub struct Contender {
    pub name: String,
    pub kind: Kind,
    /// Whether another process does the work.
    pub is_program: bool,
    pub run: Box<dyn FnMut(u64) -> Duration>,
}

impl Contender {
    pub fn new(name: &str, kind: Kind, run: impl FnMut(u64) -> Duration + 'static) -> Self {
        Self { name: name.into(), kind, is_program: false, run: Box::new(run) }
    }

    /// Does `work` again and again on the calling thread.
    pub fn repeat(name: &str, kind: Kind, mut work: impl FnMut() + 'static) -> Self {
        Self::new(name, kind, move |n| measured(n, &mut work))
    }
}

/// One kind of work, and those who do it.
pub struct Work {
    /// Names the row in commands and files.
    pub id: &'static str,
    pub title: String,
    /// What is done, in a sentence, and what one time is of.
    pub about: &'static str,
    /// Whether two threads do it.
    pub two_threads: bool,
    pub contenders: Vec<Contender>,
}

impl Work {
    pub fn new(
        id: &'static str,
        title: &str,
        about: &'static str,
        two_threads: bool,
        contenders: Vec<Contender>,
    ) -> Self {
        Self { id, title: title.into(), about, two_threads, contenders }
    }
}

/// Does `work` `n` times. Not inlined, so that callgrind finds it by its name and counts nothing else.
#[inline(never)]
pub fn measured(n: u64, work: &mut impl FnMut()) -> Duration {
    let from = Instant::now();
    for _ in 0..n {
        work();
    }
    from.elapsed()
}

/// The cores there are for this program, as they were before anything was bound to one.
fn core_ids() -> &'static [CoreId] {
    static CORES: OnceLock<Vec<CoreId>> = OnceLock::new();
    CORES.get_or_init(|| core_affinity::get_core_ids().unwrap_or_default())
}

/// Binds the calling thread to a core, if there is that one.
pub fn pin(core: usize) {
    if let Some(core) = core_ids().get(core) {
        core_affinity::set_for_current(*core);
    }
}

/// Prepares to run `program` on all cores, even if the calling thread is bound to one.
pub fn all_cores(program: &Path) -> Command {
    let mut command =
        Command::new(if cfg!(target_os = "linux") { "taskset".as_ref() } else { program });
    if cfg!(target_os = "linux") {
        let cores: Vec<String> = core_ids().iter().map(|core| core.id.to_string()).collect();
        command.arg("--cpu-list").arg(cores.join(",")).arg(program);
    }
    command
}

/// How many cores there are.
pub fn cores() -> usize {
    core_ids().len()
}

/// Runs both at once, each on a core of its own: from when both are there until both are done.
pub fn together(here: impl FnOnce(), there: impl FnOnce() + Send) -> Duration {
    let ready = AtomicUsize::new(0);
    let meet = || {
        ready.fetch_add(1, Ordering::SeqCst);
        while ready.load(Ordering::SeqCst) < 2 {
            spin_loop();
        }
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            pin(1);
            meet();
            there();
            Instant::now()
        });
        pin(0);
        meet();
        let from = Instant::now();
        here();
        let here = Instant::now();
        here.max(other.join().unwrap()) - from
    })
}

/// One message there and back, over two cache lines: what two cores need at least to answer each other.
pub fn line_round_trip(n: u64) -> Duration {
    #[repr(align(128))]
    struct Line(AtomicUsize);
    let lines = [const { Line(AtomicUsize::new(0)) }; 2];
    let await_value = |line: &Line, value| {
        while line.0.load(Ordering::Acquire) != value {
            spin_loop();
        }
    };
    let n = n as usize;
    together(
        || {
            for i in 1..=n {
                lines[0].0.store(i, Ordering::Release);
                await_value(&lines[1], i);
            }
        },
        || {
            for i in 1..=n {
                await_value(&lines[0], i);
                lines[1].0.store(i, Ordering::Release);
            }
        },
    )
}

/// Where the threads of a pass were. The host of a virtual machine moves its cores, and times of two threads change with that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    OneThread,
    /// Two threads, between whose cores a cache line's round trip takes less than [`FAR`].
    Near,
    Far,
}

/// A cache line's round trip between far cores takes at least so many nanoseconds.
pub const FAR: f64 = 200.0;

/// A placement that a row was in for fewer passes has no times.
pub const FEWEST_PASSES: usize = 3;

impl Placement {
    /// All in which work is measured.
    pub fn all(two_threads: bool) -> &'static [Self] {
        if two_threads { &[Self::Near, Self::Far] } else { &[Self::OneThread] }
    }

    fn of(round_trip: Option<f64>) -> Self {
        match round_trip {
            None => Self::OneThread,
            Some(trip) if trip < FAR => Self::Near,
            Some(_) => Self::Far,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::OneThread => "one thread",
            Self::Near => "near",
            Self::Far => "far",
        }
    }
}

/// The times of a row in one placement: of each contender one in each pass, in nanoseconds for one piece of work.
pub struct Times {
    pub placement: Placement,
    /// By contender, then by pass.
    pub passes: Vec<Vec<f64>>,
    /// A cache line's round trip, before and after each pass of work of two threads.
    pub round_trips: Vec<f64>,
}

impl Times {
    /// The placement, and how often it was seen.
    pub fn title(&self) -> String {
        let (placement, count) = (self.placement.name(), self.count());
        if self.round_trips.is_empty() {
            return format!("{placement}, {count} passes");
        }
        let trip = median(self.round_trips.clone());
        format!("{placement}, {count} passes, a cache line's round trip is {trip:.0} ns")
    }

    /// How many passes there were.
    pub fn count(&self) -> usize {
        self.passes[0].len()
    }

    /// The median over the passes of how many times as long `one` took as `other`.
    pub fn ratio(&self, one: usize, other: usize) -> f64 {
        let pairs = self.passes[one].iter().zip(&self.passes[other]);
        median(pairs.map(|(one, other)| one / other).collect())
    }

    pub fn median(&self, contender: usize) -> f64 {
        median(self.passes[contender].clone())
    }

    /// Contenders, fastest first.
    pub fn ranking(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.passes.len()).collect();
        order.sort_by(|one, other| self.median(*one).total_cmp(&self.median(*other)));
        order
    }
}

pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        numbers[middle]
    } else {
        f64::midpoint(numbers[middle - 1], numbers[middle])
    }
}

/// Measures a row: in each pass each contender once, beginning with another one each time, so that what the
/// machine does meanwhile hits all alike. Returns the times of each placement in which there were enough passes. A pass
/// during which the host moved the cores is measured again; after twice as many passes as asked for it is enough.
pub fn race(work: &mut Work, passes: usize, budget: Duration) -> Vec<Times> {
    pin(0);
    // A run of a contender is long enough not to be all start and end, and short enough that a pass is one moment.
    let counts: Vec<u64> = work.contenders.iter_mut().map(|c| calibrate(c, budget)).collect();
    let empty = |placement: &Placement| Times {
        placement: *placement,
        passes: vec![Vec::new(); counts.len()],
        round_trips: Vec::new(),
    };
    let mut all: Vec<Times> = Placement::all(work.two_threads).iter().map(empty).collect();
    let mut before = work.two_threads.then(round_trip);
    for pass in 0..2 * passes {
        let mut took = vec![0.0; counts.len()];
        for i in 0..counts.len() {
            let i = (i + pass) % counts.len();
            let time = (work.contenders[i].run)(counts[i]);
            took[i] = time.as_nanos() as f64 / counts[i] as f64;
        }
        let after = work.two_threads.then(round_trip);
        let placement = Placement::of(before);
        if placement == Placement::of(after) {
            let times = all.iter_mut().find(|times| times.placement == placement);
            let times = times.expect("one of those in which the work is measured");
            times.passes.iter_mut().zip(took).for_each(|(passes, took)| passes.push(took));
            times.round_trips.extend(before.into_iter().chain(after));
        }
        if all.iter().map(Times::count).sum::<usize>() == passes {
            break;
        }
        before = after;
    }
    all.retain(|times| times.count() >= FEWEST_PASSES);
    all
}

/// A cache line's round trip in nanoseconds. The median of some, since a core that the host takes away for a while would make
/// near ones look far.
fn round_trip() -> f64 {
    median((0..5).map(|_| line_round_trip(4000).as_nanos() as f64 / 4000.0).collect())
}

/// How many pieces of work take about `budget`; warms up on the way.
fn calibrate(contender: &mut Contender, budget: Duration) -> u64 {
    let mut n = 64;
    loop {
        let took = (contender.run)(n);
        if took > budget / 8 || n > 1 << 32 {
            let per_piece = took.as_secs_f64() / n as f64;
            return black_box(((budget.as_secs_f64() / per_piece) as u64).max(1));
        }
        n *= 4;
    }
}
