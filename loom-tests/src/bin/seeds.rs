//! Prints which model finds which seeded fault, after how many executions.
//!
//! Fails if a fault of forebay's source is found by no model.

use forebay_loom_tests::{MODELS, Outcome, explore, explorer};
use std::process::ExitCode;

/// Faults that no model can reach, and why.
const NOT_FOR_LOOM: &[(&str, &str)] = &[
    (
        "take_raw_torn",
        "out of reach: loom's cells have a header, so no address of an object is one of a slot",
    ),
    ("section_split", "critical sections are not for cores that loom knows"),
    ("spurious_is_contended", "no weak compare-exchange fails for no reason under loom"),
];

/// The number of executions and the beginning of the message.
fn short(how: &str) -> String {
    let first = how.lines().next().unwrap_or_default();
    first.split(", at ").next().unwrap_or_default().chars().take(80).collect()
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["--explore", module, name] => {
            explorer(module, name, None);
            return ExitCode::SUCCESS;
        }
        ["--explore", module, name, seed] => {
            explorer(module, name, Some(String::leak(seed.to_owned())));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let myself = std::env::current_exe().expect("a program knows its path");
    let mut missed = 0;
    println!("| seed | model | executions until found |\n|---|---|---|");
    for seed in seeds_in_source() {
        if let Some((_, why)) = NOT_FOR_LOOM.iter().find(|(name, _)| *name == seed) {
            println!("| {seed} | none | {why} |");
            continue;
        }
        let mut found = false;
        for (module, models) in MODELS {
            for model in models.iter().filter(|model| model.seeds.contains(&&*seed)) {
                let result = match explore(&myself, module, model.name, Some(&seed)) {
                    Outcome::Failed(how) => {
                        found = true;
                        short(&how)
                    }
                    Outcome::Passed(count) => format!("not in {count}"),
                };
                println!("| {seed} | {module}::{} | {result} |", model.name);
            }
        }
        if !found {
            println!("| {seed} | none | NOT FOUND |");
            missed += 1;
        }
    }
    println!("\n{missed} seeds not found");
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The names of all faults that forebay's source can plant.
fn seeds_in_source() -> Vec<String> {
    fn collect(folder: &std::path::Path, seeds: &mut Vec<String>) {
        let mut entries: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                collect(&path, seeds);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for rest in text.split("seeded!(\"").skip(1) {
                seeds.push(rest.split('"').next().unwrap().to_owned());
            }
        }
    }
    let mut seeds = Vec::new();
    collect(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../src"), &mut seeds);
    seeds.sort();
    seeds.dedup();
    assert!(!seeds.is_empty());
    seeds
}
