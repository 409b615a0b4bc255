//! Measures everything and writes `benches/performance.md`.
//!
//! ```sh
//! cargo run --release --manifest-path benches/Cargo.toml              # all rows, and the page
//! cargo run --release --manifest-path benches/Cargo.toml -- ring      # rows whose ids say "ring", to the terminal
//! ```

use forebay_benches::allocations::{self, Counting};
use forebay_benches::measure::{Contender, Kind, Work, cores, race};
use forebay_benches::report::{Row, write};
use forebay_benches::{dpdk, go, program, targets, works};
use std::env;
use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How long a contender works in a pass.
const ONE_THREAD: Duration = Duration::from_millis(15);
const TWO_THREADS: Duration = Duration::from_millis(40);
const PASSES: usize = 15;
/// Pieces of work whose instructions are counted.
const COUNTED: u64 = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [flag, row, contender, n] = args.as_slice()
        && flag == "--count"
    {
        return once(row, contender.parse()?, n.parse()?);
    }
    let filter = args.first().map_or("", String::as_str);
    let mut rows = Vec::new();
    for work in works(|id| id.contains(filter)) {
        if work.two_threads && cores() < 2 {
            eprintln!("{}: left out, since there is one core", work.title);
            continue;
        }
        rows.extend(measure(work));
    }
    go::PROGRAM.clean_up();
    dpdk::PROGRAM.clean_up();
    if filter.is_empty() {
        write(&rows, PASSES, Path::new(env!("CARGO_MANIFEST_DIR")))?;
        println!("benches/performance.md is written");
    }
    Ok(())
}

fn measure(mut work: Work) -> Option<Row> {
    println!("\n{}", work.title);
    let budget = if work.two_threads { TWO_THREADS } else { ONE_THREAD };
    let times = race(&mut work, PASSES, budget);
    if times.is_empty() {
        eprintln!("left out, since the host moves the cores too often");
        return None;
    }
    let allocations = work.contenders.iter_mut().map(allocations_of).collect();
    let count = |i: usize, contender: &Contender| {
        let counted = !work.two_threads && !contender.is_program;
        counted.then(|| instructions(work.id, i, times[0].median(i))).flatten()
    };
    let instructions = work.contenders.iter().enumerate().map(|(i, c)| count(i, c)).collect();
    let row = Row { times, instructions, allocations, work };
    for times in &row.times {
        println!("{}", times.title());
        for (i, contender) in row.work.contenders.iter().enumerate() {
            let trait_of = if contender.kind == Kind::Ours { '*' } else { ' ' };
            let instructions =
                row.instructions[i].map_or_else(String::new, |n| format!("{n:.1} instructions"));
            println!(
                "{trait_of} {:32} {:10.1} ns  {instructions}",
                contender.name,
                times.median(i)
            );
        }
    }
    for target in targets::of(&row.work, &row.times) {
        println!("  {} | {} | {}", target.target, target.reached(), target.verdict());
    }
    Some(row)
}

/// Allocations for one piece of work: of twice as many less those of once, since a run allocates, too.
fn allocations_of(contender: &mut Contender) -> Option<f64> {
    if contender.is_program {
        return None;
    }
    let mut of = |n| allocations::count(|| _ = (contender.run)(n)) as f64;
    let (once, twice) = (of(100), of(200));
    Some((twice - once) / 100.0)
}

/// Does the work of one contender, for a tool that counts.
fn once(row: &str, contender: usize, n: u64) -> Result<(), Box<dyn Error>> {
    let mut work = works(|id| id == row).pop().ok_or("no such row")?;
    let contender = work.contenders.get_mut(contender).ok_or("no such contender")?;
    (contender.run)(n);
    Ok(())
}

/// Instructions for one piece of work, which takes `ns`; `None` where there is no valgrind.
fn instructions(row: &str, contender: usize, ns: f64) -> Option<f64> {
    // callgrind makes a millisecond last a second.
    let n = ((1e7 / ns) as u64).clamp(2, COUNTED);
    let once = collected(row, contender, n)?;
    if n == COUNTED {
        return Some(once / n as f64);
    }
    // Of few, the first would show.
    Some((collected(row, contender, 2 * n)? - once) / n as f64)
}

/// Instructions for `n` pieces of work and for what the first of them begins with.
fn collected(row: &str, contender: usize, n: u64) -> Option<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg("--toggle-collect=*measure::measured*")
        .arg(env::current_exe().ok()?)
        .args(["--count", row, &contender.to_string(), &n.to_string()])
        .env(program::WITHOUT, "1")
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{row}, contender {contender}: {text}");
    let line = text.lines().find(|line| line.contains("Collected"))?;
    line.rsplit(':').next()?.trim().parse().ok()
}
