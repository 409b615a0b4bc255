//! What was measured, as a page with plots.

use crate::measure::{FAR, FEWEST_PASSES, Kind, Placement, Times, Work, median};
use crate::program::output;
use crate::{dpdk, go, targets};
use plotters::prelude::*;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A row that was measured.
pub struct Row {
    pub work: Work,
    /// By placement; not empty.
    pub times: Vec<Times>,
    /// Instructions for one piece of work, by contender.
    pub instructions: Vec<Option<f64>>,
    /// Allocations for one piece of work, by contender.
    pub allocations: Vec<Option<f64>>,
}

impl Row {
    /// The fastest of ours.
    fn best(&self, times: &Times) -> usize {
        let ours = |i: &usize| self.work.contenders[*i].kind == Kind::Ours;
        times.ranking().into_iter().find(ours).expect("a row has one of ours")
    }
}

/// What is said about the rows by hand: sections by their ids.
const NOTES: &str = include_str!("../notes.md");

fn notes(id: &str) -> Option<&'static str> {
    let heading = format!("## {id}\n");
    let (_, rest) = NOTES.split_once(&heading)?;
    Some(rest.split("\n## ").next().unwrap_or(rest).trim())
}

/// The versions of the rivals, as the lock file has them.
fn versions() -> String {
    const NAMES: [&str; 23] = [
        "atomic-pool",
        "crossbeam-channel",
        "crossbeam-queue",
        "flume",
        "heapless",
        "jsonschema",
        "kanal",
        "lockfree-object-pool",
        "mimalloc",
        "object-pool",
        "opool",
        "parking_lot",
        "plurality",
        "regex-automata",
        "ringbuf",
        "rtrb",
        "serde_json",
        "sharded-slab",
        "spin",
        "thingbuf",
        "tokio",
        "criterion",
        "plotters",
    ];
    let lock = include_str!("../Cargo.lock");
    let version = |name: &str| {
        let package = lock.split(&format!("name = \"{name}\"\nversion = \"")).last()?;
        Some(format!("{name} {}", package.split('"').next()?))
    };
    NAMES.iter().filter_map(|name| version(name)).collect::<Vec<_>>().join(", ")
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let of = |key: &str| {
        let line = info.lines().find(|line| line.starts_with(key))?;
        Some(line.split(':').nth(1)?.trim().to_string())
    };
    let model = of("model name").unwrap_or_else(|| "unknown".into());
    match (of("cpu family"), of("model\t")) {
        (Some(family), Some(number)) => format!("{model} (family {family}, model {number})"),
        _ => model,
    }
}

fn number(value: f64) -> String {
    match value {
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

fn count(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| if v < 0.05 { "0".into() } else { number(v) })
}

/// Writes `performance.md` and `plots/` to `folder`.
pub fn write(rows: &[Row], passes: usize, folder: &Path) -> Result<(), Box<dyn Error>> {
    let plots = folder.join("plots");
    fs::create_dir_all(&plots)?;
    let mut page = String::new();
    head(&mut page, rows, passes)?;
    for row in rows {
        section(&mut page, row)?;
        plot(row, &plots.join(format!("{}.svg", row.work.id)))?;
    }
    fs::write(folder.join("performance.md"), page)?;
    Ok(())
}

fn head(page: &mut String, rows: &[Row], passes: usize) -> Result<(), Box<dyn Error>> {
    writeln!(page, "# Performance\n")?;
    writeln!(
        page,
        "Written by `cargo run --release --manifest-path benches/Cargo.toml`; all rows, wins and losses alike.\n"
    )?;
    writeln!(
        page,
        "- Machine: {}, {} cores, Linux {}.",
        processor(),
        crate::measure::cores(),
        output("uname", &["-r"]).unwrap_or_default()
    )?;
    writeln!(
        page,
        "- Date: {}. {}; {}.",
        output("date", &["-u", "+%F"]).unwrap_or_default(),
        output("rustc", &["--version"]).unwrap_or_default(),
        go::version()
    )?;
    writeln!(page, "- Beside: {}, {}.", versions(), dpdk::version())?;
    let times = rows.iter().flat_map(|row| &row.times);
    let trips: Vec<f64> = times.flat_map(|times| times.round_trips.iter().copied()).collect();
    if !trips.is_empty() {
        let (least, most) =
            trips.iter().fold((f64::MAX, 0.0_f64), |(a, b), t| (a.min(*t), b.max(*t)));
        writeln!(
            page,
            "- A cache line's round trip between the two cores, measured before and after each pass of two \
            threads: {} ns in the middle, from {} to {}. Cores are near each other if it takes less than {FAR} ns, and far \
            otherwise. Times of two threads are given for either placement, if it was seen in {FEWEST_PASSES} passes of the row; \
            a target of two threads is met if it is met in both.",
            number(median(trips)),
            number(least),
            number(most)
        )?;
    }
    writeln!(
        page,
        "\n{passes} passes; in each, every contender of a row once, beginning with another one each time. A time is the \
        median of the passes; a ratio is the median of the ratios within each pass. Instructions are callgrind's, of one \
        thread; allocations are counted. Before it is timed each contender is checked: that no object has two users, that \
        items come out in order, that a full one refuses.\n"
    )?;
    writeln!(page, "## Targets\n\n| work | target | reached | |\n|---|---|---|---|")?;
    let (mut all, mut met, mut missed) = (0, 0, 0);
    for row in rows {
        for target in targets::of(&row.work, &row.times) {
            all += 1;
            met += usize::from(target.is_met());
            missed += usize::from(target.is_missed());
            writeln!(
                page,
                "| [{}](#{}) | {} | {} | {} |",
                row.work.title,
                anchor(&row.work.title),
                target.target,
                target.reached(),
                target.verdict()
            )?;
        }
    }
    write!(page, "\n{met} of {all} targets are met, {missed} are missed.")?;
    if met + missed < all {
        let open = all - met - missed;
        write!(page, " {open} are open: met in the only placement that was seen.")?;
    }
    writeln!(page, "\n")?;
    if let Some(notes) = notes("all") {
        writeln!(page, "{notes}\n")?;
    }
    Ok(())
}

/// The anchor of a heading.
fn anchor(title: &str) -> String {
    let kept = title.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
}

fn section(page: &mut String, row: &Row) -> Result<(), Box<dyn Error>> {
    let work = &row.work;
    writeln!(page, "## {}\n\n{}\n", work.title, work.about)?;
    writeln!(page, "![{}](plots/{}.svg)\n", work.title, work.id)?;
    for times in &row.times {
        table(page, row, times)?;
    }
    if let Some(notes) = notes(work.id) {
        writeln!(page, "{notes}\n")?;
    }
    Ok(())
}

fn table(page: &mut String, row: &Row, times: &Times) -> Result<(), Box<dyn Error>> {
    let (work, best) = (&row.work, row.best(times));
    if work.two_threads {
        writeln!(page, "Cores {}:\n", times.title())?;
    }
    writeln!(
        page,
        "| | ns | from … to | times {} | instructions | allocations |",
        work.contenders[best].name
    )?;
    writeln!(page, "|---|---:|---:|---:|---:|---:|")?;
    for i in times.ranking() {
        let contender = &work.contenders[i];
        let name = match contender.kind {
            Kind::Ours => format!("**{}**", contender.name),
            Kind::Rival => contender.name.clone(),
            Kind::Floor => format!("*{}*", contender.name),
        };
        let passes = &times.passes[i];
        let (least, most) =
            passes.iter().fold((f64::MAX, 0.0_f64), |(a, b), t| (a.min(*t), b.max(*t)));
        writeln!(
            page,
            "| {name} | {} | {} … {} | {:.2} | {} | {} |",
            number(times.median(i)),
            number(least),
            number(most),
            times.ratio(i, best),
            count(row.instructions[i]),
            count(row.allocations[i])
        )?;
    }
    writeln!(page)?;
    Ok(())
}

/// Bars, fastest on top; those that are too long are cut. Of the placement that was seen in most passes.
fn plot(row: &Row, path: &Path) -> Result<(), Box<dyn Error>> {
    const BAR: i32 = 22;
    const LEFT: i32 = 250;
    const WIDTH: i32 = 900;
    let times = row.times.iter().max_by_key(|times| times.count()).expect("it was measured");
    let ranking = times.ranking();
    let height = BAR * ranking.len() as i32 + 50;
    let area = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let font = |size: i32| ("sans-serif", size).into_font();
    let cores = match times.placement {
        Placement::OneThread => String::new(),
        placement => format!(", {} cores", placement.name()),
    };
    let title = format!("{}{cores}, ns (less is better)", row.work.title);
    area.draw(&Text::new(title, (10, 10), font(18)))?;
    // Ours and its neighbours are to be seen, also where the last is a hundred times as slow.
    let cut = (times.median(row.best(times)) * 8.0).max(times.median(ranking[0]) * 2.0);
    let longest = times.median(*ranking.last().expect("a row has contenders")).min(cut);
    let scale = f64::from(WIDTH - LEFT - 110) / longest;
    for (line, i) in ranking.into_iter().enumerate() {
        let (contender, ns) = (&row.work.contenders[i], times.median(i));
        let colour = match contender.kind {
            Kind::Ours => RGBColor(0, 114, 178),
            Kind::Rival => RGBColor(170, 170, 170),
            Kind::Floor => RGBColor(230, 159, 0),
        };
        let top = 42 + line as i32 * BAR;
        let end = LEFT + (ns.min(cut) * scale) as i32;
        area.draw(&Text::new(contender.name.clone(), (10, top), font(14)))?;
        area.draw(&Rectangle::new([(LEFT, top), (end, top + BAR - 7)], colour.filled()))?;
        let is_cut = if ns > cut { " … " } else { " " };
        area.draw(&Text::new(format!("{is_cut}{}", number(ns)), (end + 4, top), font(14)))?;
    }
    area.present()?;
    Ok(())
}
