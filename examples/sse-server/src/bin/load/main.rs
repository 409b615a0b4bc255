//! The load run: many answers at once, over and over, some of them left midway, through forebay's rings and, to
//! compare, through a channel of tokio's a request.
//!
//! Each of the two has a process of its own, with the server, its clients and nothing else in it, so that memory can
//! be told apart; the two take turns, round by round. It fails if an answer is not byte by byte what it should be, if
//! a producer goes on when its client has left, if a ring does not come back, if forebay allocates, or if its process
//! grows.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use std::{env, fs};

use lexopt::{Arg, ValueExt as _};
use serde::{Deserialize, Serialize};
use sse_server::answers::{Answer, Answers, Ending};
use sse_server::counts::{Counts, resident_bytes};
use sse_server::streams::{STREAMS, Streams};
use sse_server::{Config, Server};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use channels::Channels;
use client::Expected;
use watched::Watched;

mod allocator;
mod channels;
mod client;
mod watched;

const USAGE: &str = "usage: load [--rounds N] [--streams N] [--tokens N]";
/// Every so many-th client leaves midway.
const LEAVES: usize = 20;
/// A client that leaves asks for a longer answer, more than the sockets' buffers hold: its producer would be done
/// before anybody noticed.
const LONG: usize = 50_000;
/// How long what has to happen may take, on a machine at work.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much larger the process may be at the end than after the third round: some of it, and some megabytes, since
/// the heap is never filled twice in the same way.
const GROWTH: f64 = 1.05;
const GROWTH_BYTES: u64 = 4 << 20;
/// How many bytes more may be allocated then. Whatever a request leaves behind is more than that after a few rounds.
const HELD_BYTES: usize = 16 << 10;

#[derive(Debug, Clone)]
struct Options {
    rounds: usize,
    streams: usize,
    tokens: usize,
    part: Option<String>,
}

fn main() -> ExitCode {
    let done = options().map_err(|error| format!("{error}\n{USAGE}")).and_then(|options| {
        match options.part.as_deref() {
            None => compare(&options),
            Some(RINGS) => work(&options, &STREAMS, rings_are_back),
            Some(_) => work(&options, Channels::default(), || Ok(())),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("load: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, lexopt::Error> {
    let mut options = Options { rounds: 10, streams: 1000, tokens: 200, part: None };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("rounds") => options.rounds = arguments.value()?.parse()?,
            Arg::Long("streams") => options.streams = arguments.value()?.parse()?,
            Arg::Long("tokens") => options.tokens = arguments.value()?.parse()?,
            // For its own two processes.
            Arg::Long("part") => options.part = Some(arguments.value()?.string()?),
            _ => return Err(argument.unexpected()),
        }
    }
    let capacity = STREAMS.capacity();
    if options.streams > capacity {
        return Err(format!("--streams: the pool has {capacity} rings").into());
    }
    if [options.rounds, options.streams, options.tokens].contains(&0) {
        return Err("there is nothing to do".into());
    }
    Ok(options)
}

// The process that compares.

const RINGS: &str = "rings";
const CHANNELS: &str = "channels";

/// What a round took.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Round {
    tokens: usize,
    seconds: f64,
    /// Of all threads.
    cpu_seconds: f64,
    /// Inside what is under test.
    allocations: u64,
    /// What is allocated afterwards, by whomever.
    held_bytes: usize,
    resident_bytes: u64,
    peak_bytes: u64,
    /// Tokens that a producer offered after its client was seen to have left, at most, so far.
    late_tokens_max: u64,
}

/// A process that goes through a round when it is told to.
struct Part {
    child: Child,
    go: ChildStdin,
    answers: BufReader<ChildStdout>,
    rounds: Vec<Round>,
}

impl Part {
    fn start(name: &str, options: &Options) -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args(["--part", name])
            .args(["--streams", &options.streams.to_string()])
            .args(["--tokens", &options.tokens.to_string()])
            // glibc's heap a thread would have the process grow for some fifty rounds, by luck of who frees where.
            .env("MALLOC_ARENA_MAX", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let go = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Ok(Self { child, go, answers, rounds: Vec::new() })
    }

    fn go_round(&mut self) -> Result<&Round, String> {
        let mut line = String::new();
        let read = self.go.write_all(b"\n").and_then(|()| self.answers.read_line(&mut line));
        match read {
            Ok(1..) => {}
            // It said why.
            _ => return Err("a check failed".into()),
        }
        self.rounds.push(serde_json::from_str(&line).map_err(|error| error.to_string())?);
        Ok(self.rounds.last().expect("it was just pushed"))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn compare(options: &Options) -> Result<(), String> {
    check_limits(options)?;
    let leaving = (0..options.streams).filter(|&client| leaves(client)).count();
    println!(
        "{} rounds of {} streams of {} tokens; {leaving} clients leave midway",
        options.rounds, options.streams, options.tokens
    );
    let start = |name| Part::start(name, options).map_err(|error| error.to_string());
    let (mut rings, mut channels) = (start(RINGS)?, start(CHANNELS)?);
    for round in 1..=options.rounds {
        let go = |name, part: &mut Part| {
            let Round { tokens, seconds, resident_bytes, allocations, .. } = part.go_round()?;
            let (rate, mb) = (*tokens as f64 / seconds, *resident_bytes as f64 / 1e6);
            println!(
                "round {round:2}  {name:8}  {seconds:6.3} s  {rate:8.0} tokens/s  {mb:6.1} MB  {allocations} allocations inside"
            );
            Ok::<_, String>(())
        };
        // Each goes first in every other round.
        if round % 2 == 1 {
            go(RINGS, &mut rings)?;
            go(CHANNELS, &mut channels)?;
        } else {
            go(CHANNELS, &mut channels)?;
            go(RINGS, &mut rings)?;
        }
    }
    print_table(options, &rings.rounds, &channels.rounds);
    check(&rings.rounds)
}

/// A connection has a descriptor at each end, and both ends are in one process.
fn check_limits(options: &Options) -> Result<(), String> {
    let needed = 2 * options.streams + 50;
    let limits = fs::read_to_string("/proc/self/limits").map_err(|error| error.to_string())?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).unwrap_or_default();
    match soft.parse::<usize>() {
        Ok(soft) if soft < needed => Err(format!(
            "{soft} open files are allowed, but {} streams need {needed}: ulimit -n {needed}",
            options.streams
        )),
        _ => Ok(()),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

fn print_table(options: &Options, rings: &[Round], channels: &[Round]) {
    type Row<'a> = (&'a str, usize, &'a dyn Fn(&[Round]) -> f64);
    let all = |rounds: &[Round], of: &dyn Fn(&Round) -> f64| rounds.iter().map(of).sum::<f64>();
    let streams = options.streams as f64;
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let rows: [Row<'_>; 9] = [
        ("tokens/s, median", 0, &|rounds| {
            median(rounds.iter().map(|round| round.tokens as f64 / round.seconds))
        }),
        ("seconds a round, median", 3, &|rounds| median(rounds.iter().map(|round| round.seconds))),
        ("fastest round, s", 3, &|rounds| {
            rounds.iter().map(|round| round.seconds).fold(f64::INFINITY, f64::min)
        }),
        ("processor µs a token, median", 2, &|rounds| {
            median(rounds.iter().map(|round| 1e6 * round.cpu_seconds / round.tokens as f64))
        }),
        ("allocations inside, a stream", 2, &|rounds| {
            all(rounds, &|round| round.allocations as f64) / (streams * rounds.len() as f64)
        }),
        ("allocations inside, a token", 4, &|rounds| {
            all(rounds, &|round| round.allocations as f64)
                / all(rounds, &|round| round.tokens as f64)
        }),
        ("resident after round 3, MB", 1, &|rounds| {
            mb(rounds[2.min(rounds.len() - 1)].resident_bytes)
        }),
        ("resident at the end, MB", 1, &|rounds| mb(rounds[rounds.len() - 1].resident_bytes)),
        ("most resident, MB", 1, &|rounds| mb(rounds[rounds.len() - 1].peak_bytes)),
    ];
    println!("\n| | forebay's rings | tokio's channels |\n|---|--:|--:|");
    for (name, digits, value) in rows {
        println!("| {name} | {:.digits$} | {:.digits$} |", value(rings), value(channels));
    }
    println!();
}

/// What concerns all rounds; the rest was checked round by round.
fn check(rings: &[Round]) -> Result<(), String> {
    let allocations: u64 = rings.iter().map(|round| round.allocations).sum();
    if allocations != 0 {
        return Err(format!("forebay allocated {allocations} times"));
    }
    let late = rings.iter().map(|round| round.late_tokens_max).max().unwrap_or(0);
    println!("every answer was whole, every ring came back, and forebay allocated nothing");
    println!("of a client that leaves, its producer offered {late} more tokens at most");
    let [_, _, third, _, .., a, b] = rings else {
        println!("too few rounds to see whether memory grows");
        return Ok(());
    };
    let held = (third.held_bytes, a.held_bytes.min(b.held_bytes));
    if held.1 > held.0 + HELD_BYTES {
        return Err(format!("{} bytes are allocated after round 3, {} at the end", held.0, held.1));
    }
    let resident = (third.resident_bytes, a.resident_bytes.min(b.resident_bytes));
    if resident.1 as f64 > resident.0 as f64 * GROWTH && resident.1 > resident.0 + GROWTH_BYTES {
        return Err(format!(
            "memory grows from {} bytes after round 3 to {}",
            resident.0, resident.1
        ));
    }
    println!(
        "memory does not grow: {} bytes are allocated after round 3, {} at the end",
        held.0, held.1
    );
    Ok(())
}

// The process that goes through the rounds.

fn leaves(client: usize) -> bool {
    client % LEAVES == LEAVES / 2
}

fn rings_are_back() -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    while STREAMS.available() < STREAMS.capacity() {
        if Instant::now() > deadline {
            return Err(format!(
                "rings did not come back: {:?}",
                STREAMS.audit().collect::<Vec<_>>()
            ));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    match STREAMS.audit().count() {
        0 => Ok(()),
        lost => Err(format!("{lost} rings are lent to nobody")),
    }
}

/// Serves and asks, a round for each line of standard input. `settled` checks what has to be so between rounds.
#[tokio::main]
async fn work<S: Streams>(
    options: &Options,
    streams: S,
    settled: fn() -> Result<(), String>,
) -> Result<(), String> {
    let tokens = Answers::bundled().pick(None).tokens.clone();
    let answer = |name: &str, length: usize| Answer {
        name: name.to_owned(),
        tokens: tokens.iter().cycle().take(length).cloned().collect(),
        ending: Ending::Finished,
    };
    let answers = [answer("whole", options.tokens), answer("long", LONG + options.tokens)];
    let [whole, long] = answers.each_ref().map(|answer| Arc::new(Expected::new(&answer.tokens)));
    let answers = Answers::new(answers.into()).expect("there are two");

    let listener = sse_server::listen("127.0.0.1:0").await.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let gate = Arc::new(Barrier::new(options.streams));
    let config = Config { pace: Duration::ZERO, ..Config::default() };
    let server = Server::new(Watched { streams, gate }, answers, config);
    tokio::spawn(Arc::clone(&server).serve(listener, std::future::pending()));

    // The server, what waits for its sign to stop, and in a round the connections.
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let mut lines = io::stdin().lines();
    let mut round = 0;
    while lines.next().is_some() {
        round += 1;
        let before = (allocator::count(), cpu_seconds(), Instant::now());
        let mut clients = JoinSet::new();
        for client in 0..options.streams {
            let leave_after =
                leaves(client).then(|| 1 + (37 * client + 11 * round) % options.tokens);
            let (name, expected) =
                if leave_after.is_some() { ("long", &long) } else { ("whole", &whole) };
            let expected = Arc::clone(expected);
            clients.spawn(async move { client::ask(address, name, leave_after, &expected).await });
        }
        let all = async {
            let mut tokens = 0;
            while let Some(client) = clients.join_next().await {
                tokens += client.map_err(|error| error.to_string())??;
            }
            Ok::<_, String>(tokens)
        };
        let tokens = tokio::time::timeout(10 * PATIENCE, all)
            .await
            .map_err(|_| "a round does not end".to_owned())??;
        let seconds = before.2.elapsed().as_secs_f64();
        let counts = server.counts();
        check_round(counts, options, round).await?;
        wait_until(|| tasks() <= 2, || format!("{} tasks are left", tasks())).await?;
        tokio::task::block_in_place(settled)?;
        let done = Round {
            tokens,
            seconds,
            cpu_seconds: cpu_seconds() - before.1,
            allocations: allocator::count() - before.0,
            held_bytes: allocator::held(),
            resident_bytes: resident_bytes().unwrap_or(0),
            peak_bytes: peak_bytes(),
            late_tokens_max: counts.late_tokens_max.load(Relaxed),
        };
        let json = serde_json::to_string(&done).map_err(|error| error.to_string())?;
        println!("{json}");
    }
    Ok(())
}

/// All answers ended as they should, and producers that were left have stopped.
async fn check_round(counts: &Counts, options: &Options, round: usize) -> Result<(), String> {
    let leaving = (0..options.streams).filter(|&client| leaves(client)).count();
    let wanted = ((options.streams - leaving) * round, leaving * round, 0, 0);
    let ended = || {
        let [finished, cancelled, failed, producers] =
            [&counts.finished, &counts.cancelled, &counts.failed, &counts.producers]
                .map(|count| count.load(Relaxed) as usize);
        (finished, cancelled, failed + counts.aborted.load(Relaxed) as usize, producers)
    };
    wait_until(
        || ended() == wanted,
        || format!("(finished, left, broken, at work) is {:?}, not {wanted:?}", ended()),
    )
    .await?;
    match counts.late_tokens_max.load(Relaxed) {
        0..=2 => Ok(()),
        late => Err(format!("a producer offered {late} tokens after its client had left")),
    }
}

async fn wait_until(done: impl Fn() -> bool, problem: impl Fn() -> String) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        if Instant::now() > deadline {
            return Err(problem());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Processor time of this process.
fn cpu_seconds() -> f64 {
    // In ticks, of which Linux always shows a hundred a second; counted from behind the name, which may have spaces.
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory this process ever had.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) * 1024
}
