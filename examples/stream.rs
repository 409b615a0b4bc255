//! Streams the answers of language models through forebay: of a small one that runs here, or recorded ones.
//!
//! ```text
//! cargo run --release --features std --example stream -- [OPTION…] [FILE…]
//! ```
//!
//! What it shows:
//!
//! * A pool of token rings in a `static`: nothing is allocated to open a stream, and a ring that comes back is lent again.
//! * One thread has the text, out of a model (`tiny_lm`) or a transcript, and sends it; another receives it. The ring
//!   between them holds a sender back when its receiver is slow, and tells either side when the other has left.
//! * Every way a stream can end: finished, failed with a code, aborted, cancelled by its receiver.
//! * That all of it runs without the heap. A counting global allocator watches every thread from the first `try_open` to the
//!   last close, and the summary says what it saw: `allocations` is 0.
//!
//! To get there, everything that has to be allocated is made before the first stream is opened: threads, buffers and the
//! contents of the files. A receiver travels to its thread through a forebay ring, too (see [`HANDOVERS`]).
//!
//! A transcript is what the server of a model API sends, as server-sent events. The formats of OpenAI (chat completions,
//! completions, responses), Anthropic, Azure, Mistral, vLLM, llama.cpp and Ollama are read, and told apart by what is in
//! them. Text in a form that is not known is an error, so that no answer looks finished and lacks some of its text; see
//! `transcript/answer.rs`. Event streams are read by the HTML standard, with the exceptions in `transcript/sse.rs`.

use std::fmt;
use std::io::{self, BufRead, IsTerminal as _, Write as _};
use std::iter;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use forebay::{End, Receiver, Sender, StreamPool, Token, Waking};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use command_line::{Command, Options};
use files::{Origin, Request, STDIN_LIMIT, Transcript};
use transcript::patient::{Patience, Patient};
use transcript::sse::{Fault, What};
use transcript::{Piece, Reader};

#[allow(dead_code, unreachable_pub)] // It is a library, too.
mod tiny_lm;
mod transcript;

/// How many streams can be open at once.
const RINGS: usize = 64;
/// How many tokens a ring holds before its sender has to wait.
const DEPTH: usize = 20;

type TextSender = Sender<&'static StreamPool<Token, RINGS, DEPTH, Waking>>;
type TextReceiver = Receiver<&'static StreamPool<Token, RINGS, DEPTH, Waking>>;

/// The rings the answers flow through.
static STREAMS: StreamPool<Token, RINGS, DEPTH, Waking> = StreamPool::new();

/// A ring per pair of threads, through which the player hands its printer the receiving end of each answer.
static HANDOVERS: StreamPool<Answer, RINGS, 2, Waking> = StreamPool::new();
/// A ring per pair of threads, through which the printer says that it is done with an answer.
static RETURNS: StreamPool<usize, RINGS, 2, Waking> = StreamPool::new();

/// A stream that ends with this code carried a transcript that cannot be read. Streams that end because the API reported
/// an error carry the HTTP status that is nearest to it.
const UNREADABLE: u16 = 422;

/// After Ctrl-C or a closed pipe: how long threads have to notice before the process ends without them. One that waits
/// for standard input never would.
const GRACE: Duration = Duration::from_millis(250);
/// A run shorter than this shows no progress bar.
const BAR_AFTER: Duration = Duration::from_secs(1);

/// The receiving end of one answer, on its way to the thread that prints it.
struct Answer {
    /// Its place in the order of all answers.
    job: usize,
    tokens: TextReceiver,
}

fn main() -> ExitCode {
    let options = match command_line::read(std::env::args_os().skip(1)) {
        Ok(Command::Play(options)) => options,
        Ok(Command::Help) => {
            // A closed pipe is no reason to panic, here and wherever else a result is dropped.
            let mut out = Patient(io::stdout());
            let _ = out.write_all(command_line::HELP.as_bytes()).and_then(|()| out.flush());
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            complain(format_args!("stream: {problem}\n{}", command_line::USAGE));
            return ExitCode::from(2);
        }
    };
    let (transcripts, missing) = files::load(&options);
    match play(&Run::new(transcripts, missing, &options), &options) {
        Ok(code) => code,
        Err(error) => {
            complain(format_args!("stream: cannot start a thread: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Plays everything and reports on it.
fn play(run: &Arc<Run>, options: &Options) -> io::Result<ExitCode> {
    let on_ctrl_c = Arc::clone(run);
    // Without a handler Ctrl-C still ends the process, only without a summary.
    if ctrlc::set_handler(move || on_ctrl_c.stop(Stop::Interrupted)).is_ok() {
        wait_for_ctrl_c_thread();
    }
    let pairs = options.streams.min(run.jobs);
    for _ in 0..pairs {
        start_pair(run)?;
    }
    // The standard streams make their buffers at first use.
    let _ = (io::stdout().flush(), io::stdin());

    run.start.wait(); // Every thread is up and has its buffers.
    let allocations_before = allocator::count();
    let started = Instant::now();
    run.start.wait(); // Now they may open streams.
    let bar_wanted = !options.json
        && io::stderr().is_terminal()
        && (options.quiet || !io::stdout().is_terminal());
    run.wait(pairs, bar_wanted);
    let seconds = started.elapsed().as_secs_f64();
    let allocations = allocator::count() - allocations_before;

    if io::stdout().is_terminal() {
        // The text may end within a line.
        run.say("\n");
    }
    let summary = Summary { allocations, seconds, ..run.summary() };
    if options.json {
        complain(format_args!("{}", Json(&summary)));
    } else {
        complain(format_args!("{summary}"));
    }
    Ok(match run.stopped() {
        Some(Stop::Interrupted) => ExitCode::from(130),
        Some(Stop::Broken) => ExitCode::FAILURE,
        _ if run.faults.load(Relaxed) > 0 => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

/// Starts a player and its printer, and the two rings between them.
fn start_pair(run: &Arc<Run>) -> io::Result<()> {
    let (Ok((answers, inbox)), Ok((done, returns))) = (HANDOVERS.try_open(), RETURNS.try_open())
    else {
        return Err(io::Error::other("no ring is left for another pair"));
    };
    let player = Arc::clone(run);
    let printer = Arc::clone(run);
    thread::Builder::new()
        .name("player".into())
        .spawn(move || player.play_jobs(answers, returns))?;
    thread::Builder::new().name("printer".into()).spawn(move || printer.print_jobs(inbox, done))?;
    Ok(())
}

/// Waits until the thread that `ctrlc` starts is up: what it allocates for itself must not be counted. It tells nobody,
/// but on Linux it can be seen asleep, waiting for the signal. Elsewhere a moment has to do.
fn wait_for_ctrl_c_thread() {
    let asleep = |task: &Path| {
        std::fs::read_to_string(task.join("stat")).is_ok_and(|stat| stat.contains("(ctrl-c) S "))
    };
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(1) {
        let Ok(mut tasks) = std::fs::read_dir("/proc/self/task") else { break };
        if tasks.any(|task| task.is_ok_and(|task| asleep(&task.path()))) {
            return;
        }
        thread::yield_now();
    }
    thread::sleep(Duration::from_millis(10));
}

/// Writes a line to standard error; when that is gone there is nobody left to tell.
fn complain(line: fmt::Arguments<'_>) {
    let _ = writeln!(Patient(io::stderr().lock()), "{line}");
}

/// Why a run ends before all answers are played.
#[derive(Clone, Copy, PartialEq)]
enum Stop {
    /// Ctrl-C.
    Interrupted = 1,
    /// Nobody reads standard output any more.
    PipeClosed = 2,
    /// Standard output cannot be written.
    Broken = 3,
}

/// What all threads of a run share.
struct Run {
    transcripts: Vec<Transcript>,
    /// Answers to play: every transcript, `--repeat` times.
    jobs: usize,
    /// In bytes; buffers are made for it.
    longest_event: usize,
    quiet: bool,
    /// All threads and `main`, twice: when ready, and when told to go.
    start: Barrier,
    /// The next job nobody has taken.
    next_job: AtomicUsize,
    /// A [`Stop`], or 0.
    stop: AtomicU8,
    progress: Mutex<Progress>,
    progressed: Condvar,
    finished: AtomicU64,
    failed: AtomicU64,
    tokens: AtomicU64,
    bytes: AtomicU64,
    /// Transcripts that are missing or could not be played to their end.
    faults: AtomicU64,
}

#[derive(Default)]
struct Progress {
    /// The answer that may be written to standard output.
    turn: usize,
    /// Answers that have ended, whichever way.
    ended: usize,
    /// Players that will not open another stream.
    players_done: usize,
}

impl Run {
    /// `faults` is what has gone wrong already.
    fn new(transcripts: Vec<Transcript>, faults: u64, options: &Options) -> Arc<Self> {
        let jobs = transcripts.len() * options.repeat;
        let longest_event = transcripts.iter().map(Transcript::longest_event).max();
        Arc::new(Self {
            start: Barrier::new(2 * options.streams.min(jobs) + 1),
            longest_event: longest_event.unwrap_or(0),
            transcripts,
            jobs,
            quiet: options.quiet,
            next_job: AtomicUsize::new(0),
            stop: AtomicU8::new(0),
            progress: Mutex::default(),
            progressed: Condvar::new(),
            finished: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            tokens: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            faults: AtomicU64::new(faults),
        })
    }

    // The player: decodes transcripts and sends their text.

    fn play_jobs(
        &self,
        mut answers: Sender<&StreamPool<Answer, RINGS, 2, Waking>>,
        mut returns: Receiver<&StreamPool<usize, RINGS, 2, Waking>>,
    ) {
        let mut reader = Reader::with_capacity(self.longest_event);
        // A thread makes its waker where it waits for the first time.
        returns.ready_timeout(1, Duration::ZERO);
        self.start.wait();
        self.start.wait();
        while let Some(job) = self.take_job() {
            let Some((sender, tokens)) = self.open() else {
                break;
            };
            if answers.send_blocking(Answer { job, tokens }).is_err() {
                break;
            }
            self.play_job(job, sender, &mut reader);
            // The ring is free again when both sides have left; only then may this player open the next.
            if returns.recv_blocking().is_err() {
                break;
            }
        }
        self.update(|progress| progress.players_done += 1);
    }

    /// Opens a stream. There are no more players than rings, so a ring is free; but a pool of that size is not looked at
    /// in one instant, and may miss a ring that comes back behind its eyes. Then it is worth another look.
    fn open(&self) -> Option<(TextSender, TextReceiver)> {
        while self.stopped().is_none() {
            match STREAMS.try_open() {
                Ok(ends) => return Some(ends),
                Err(_) => thread::yield_now(),
            }
        }
        None
    }

    fn take_job(&self) -> Option<usize> {
        if self.stopped().is_some() {
            return None;
        }
        Some(self.next_job.fetch_add(1, Relaxed)).filter(|&job| job < self.jobs)
    }

    fn play_job(&self, job: usize, mut sender: TextSender, reader: &mut Reader) {
        let transcript = &self.transcripts[job % self.transcripts.len()];
        let ending = match &transcript.origin {
            Origin::Model(request) => {
                self.send_generated(request, job / self.transcripts.len(), &mut sender)
            }
            Origin::Stored(bytes) => self.send_answer(&bytes[..], transcript, &mut sender, reader),
            Origin::Stdin => self.send_answer(io::stdin().lock(), transcript, &mut sender, reader),
        };
        match ending {
            Ending::Finished => sender.close(),
            Ending::Failed(code) => {
                self.faults.fetch_add(1, Relaxed);
                sender.fail(code);
            }
            Ending::Cut => {
                self.faults.fetch_add(1, Relaxed);
                drop(sender);
            }
            // Leaving without a word is what tells the receiver that the stream was aborted.
            Ending::Stopped | Ending::ReceiverLeft => drop(sender),
        }
    }

    /// Lets the model write, and sends each piece of text as it comes: first those of the prompt, as it was given.
    fn send_generated(&self, request: &Request, time: usize, sender: &mut TextSender) -> Ending {
        let seed = request.seed.wrapping_add(time as u32);
        let model = tiny_lm::Model::new(&request.prompt, seed);
        let written = model.take(request.tokens).map(|piece| -> &str { piece });
        for piece in iter::once(&*request.prompt).chain(written) {
            if self.stopped().is_some() {
                return Ending::Stopped;
            }
            if sender.send_text_blocking(piece).is_err() {
                return Ending::ReceiverLeft;
            }
        }
        Ending::Finished
    }

    /// Reads one transcript event by event and sends the text that is in it.
    fn send_answer(
        &self,
        mut input: impl BufRead,
        source: &Transcript,
        sender: &mut TextSender,
        reader: &mut Reader,
    ) -> Ending {
        reader.restart();
        let mut patience = Patience::new();
        loop {
            if self.stopped().is_some() {
                return Ending::Stopped;
            }
            let line = reader.framer.end();
            let fault = |error| Fault { line, what: What::Read(error) };
            if reader.framer.unfinished() > STDIN_LIMIT {
                return source.report(&fault(io::ErrorKind::FileTooLarge.into()));
            }
            let (bytes, length) = match input.fill_buf() {
                Ok(bytes) => (bytes, bytes.len()),
                Err(error) if patience.has(&error) => continue,
                Err(error) => return source.report(&fault(error)),
            };
            patience = Patience::new();
            let mut rest = bytes;
            let piece = match length {
                0 => reader.finish().map(Some),
                _ => reader.read(&mut rest),
            };
            let used = length - rest.len();
            match piece {
                Ok(Some(Piece { text, is_last })) => {
                    // Waits while the ring is full.
                    if sender.send_text_blocking(text).is_err() {
                        return Ending::ReceiverLeft;
                    }
                    if is_last {
                        return Ending::Finished;
                    }
                }
                Ok(None) => {}
                Err(fault) => return source.report(&fault),
            }
            input.consume(used);
        }
    }

    // The printer: receives the text and writes it.

    fn print_jobs(
        &self,
        mut inbox: Receiver<&StreamPool<Answer, RINGS, 2, Waking>>,
        mut done: Sender<&StreamPool<usize, RINGS, 2, Waking>>,
    ) {
        inbox.ready_timeout(1, Duration::ZERO); // As above.
        self.start.wait();
        self.start.wait();
        while let Ok(Answer { job, tokens }) = inbox.recv_blocking() {
            self.print_job(job, tokens);
            if done.send_blocking(job).is_err() {
                break;
            }
        }
    }

    fn print_job(&self, job: usize, mut stream: TextReceiver) {
        let (mut tokens, mut bytes) = (0, 0);
        let mut end = None;
        if self.quiet || self.wait_for_turn(job) {
            if job > 0 {
                self.say("\n");
            }
            end = loop {
                match stream.recv_blocking() {
                    Ok(token) => {
                        tokens += 1;
                        bytes += token.as_str().len() as u64;
                        if !self.say(token.as_str()) {
                            break None;
                        }
                    }
                    Err(end) => break Some(end),
                }
            };
        }
        // To a sender that is still there this means that it is cancelled: its next token is refused.
        drop(stream);
        match end {
            Some(End::Finished) => self.finished.fetch_add(1, Relaxed),
            Some(End::Failed(_)) => self.failed.fetch_add(1, Relaxed),
            // The rest counts as aborted: see `summary`.
            _ => 0,
        };
        self.tokens.fetch_add(tokens, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
        self.update(|progress| {
            progress.ended += 1;
            progress.turn += 1;
        });
    }

    /// Waits until all answers before this one are written. False if the run was stopped instead.
    fn wait_for_turn(&self, job: usize) -> bool {
        let mut progress = lock(&self.progress);
        while progress.turn != job && self.stopped().is_none() {
            progress = self.progressed.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        progress.turn == job
    }

    /// Writes a piece of text at once, so that an answer appears as it arrives. False if it cannot be written.
    fn say(&self, text: &str) -> bool {
        if self.quiet {
            return true;
        }
        let mut out = Patient(io::stdout().lock());
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.stop(Stop::PipeClosed);
                false
            }
            Err(error) => {
                complain(format_args!("stream: standard output: {error}"));
                self.stop(Stop::Broken);
                false
            }
        }
    }

    // Everybody.

    fn stop(&self, why: Stop) {
        // The first reason counts.
        let _ = self.stop.compare_exchange(0, why as u8, Relaxed, Relaxed);
        self.update(|_| ());
    }

    fn stopped(&self) -> Option<Stop> {
        let stop = self.stop.load(Relaxed);
        [Stop::Interrupted, Stop::PipeClosed, Stop::Broken]
            .into_iter()
            .find(|&why| why as u8 == stop)
    }

    fn update(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut lock(&self.progress));
        self.progressed.notify_all();
    }

    /// Waits in `main` until all players are done, or until a stopped run has had its time.
    fn wait(&self, players: usize, bar_wanted: bool) {
        const TICK: Duration = Duration::from_millis(100);
        let started = Instant::now();
        let mut stopped_at = None;
        let mut bar = None;
        let mut progress = lock(&self.progress);
        while progress.players_done < players {
            if self.stopped().is_some()
                && stopped_at.get_or_insert_with(Instant::now).elapsed() > GRACE
            {
                break;
            }
            let ended = progress.ended;
            drop(progress);
            if bar_wanted && started.elapsed() > BAR_AFTER {
                // The bar allocates, and is counted apart: it is no part of what this example shows.
                allocator::aside(|| {
                    bar.get_or_insert_with(|| new_bar(self.jobs)).set_position(ended as u64)
                });
            }
            progress = lock(&self.progress);
            if progress.players_done < players {
                (progress, _) = self
                    .progressed
                    .wait_timeout(progress, TICK)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
        drop(progress);
        if let Some(bar) = bar {
            allocator::aside(|| bar.finish_and_clear());
        }
    }

    fn summary(&self) -> Summary {
        let metrics = STREAMS.metrics();
        let (opens, rings) = (metrics.gets, metrics.misses);
        let (finished, failed) = (self.finished.load(Relaxed), self.failed.load(Relaxed));
        Summary {
            streams: opens,
            finished,
            aborted: opens - finished - failed,
            failed,
            tokens: self.tokens.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            opens,
            rings,
            allocations: 0,
            seconds: 0.0,
        }
    }
}

/// How a transcript ended, for the one who sends it.
enum Ending {
    /// With its end marker.
    Finished,
    /// With an error of the API, or with something that cannot be read.
    Failed(u16),
    /// Without an end marker.
    Cut,
    /// The receiver has left: nobody wants the rest.
    ReceiverLeft,
    /// The run was stopped.
    Stopped,
}

/// A lock without poisoning: what is behind these is only ever changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn new_bar(answers: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} answers");
    ProgressBar::with_draw_target(Some(answers as u64), ProgressDrawTarget::stderr())
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The numbers of a run.
struct Summary {
    streams: u64,
    finished: u64,
    aborted: u64,
    failed: u64,
    tokens: u64,
    bytes: u64,
    opens: u64,
    rings: u64,
    allocations: u64,
    seconds: f64,
}

impl Summary {
    /// How many of a hundred leases were of a ring that had been lent before.
    fn reuse_percent(&self) -> f64 {
        match self.opens {
            0 => 0.0,
            opens => 100.0 * (opens - self.rings) as f64 / opens as f64,
        }
    }
}

/// The summary as a line of JSON.
struct Json<'a>(&'a Summary);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { streams, finished, aborted, failed, .. } = self.0;
        let Summary { tokens, bytes, opens, rings, allocations, seconds, .. } = self.0;
        let reuse = self.0.reuse_percent();
        write!(f, r#"{{"streams":{streams},"finished":{finished},"aborted":{aborted},"#)?;
        write!(f, r#""failed":{failed},"tokens":{tokens},"bytes":{bytes},"opens":{opens},"#)?;
        write!(f, r#""rings":{rings},"reuse_percent":{reuse:.2},"allocations":{allocations},"#)?;
        write!(f, r#""seconds":{seconds:.6}}}"#)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "streams {}: finished {}, ", self.streams, self.finished)?;
        write!(f, "aborted {}, failed {}; ", self.aborted, self.failed)?;
        write!(f, "tokens {}, bytes {}; opens {}, ", self.tokens, self.bytes, self.opens)?;
        write!(f, "rings {}, reuse {:.2} %; ", self.rings, self.reuse_percent())?;
        write!(f, "allocations {}; {:.3} s", self.allocations, self.seconds)
    }
}

/// The command line.
mod command_line {
    use std::ffi::OsString;

    use crate::RINGS;

    pub(crate) const USAGE: &str = "usage: stream [--streams K] [--repeat N] [--quiet] [--json] [--help] [--prompt TEXT] [--seed N] [--tokens N] | [--] [FILE…]   (- is standard input)";

    pub(crate) const HELP: &str = "\
Streams answers of language models through forebay's token streams and writes their text.

usage: stream [OPTION…] [--] [FILE…]

FILE is a transcript: the server-sent events of OpenAI (chat completions, completions, responses), Anthropic, Azure,
Mistral, vLLM, llama.cpp or Ollama. Refusals are text; reasoning, calls of tools, citations and audio are passed over.
Of several choices the one with index 0 is played. - is standard input, which is played as it arrives; it may be
non-blocking. Without a FILE a small model (examples/tiny_lm) goes on with a prompt, in the
manner of Shakespeare, of whom it has read 1 MB.

  --prompt TEXT what the model goes on with (ROMEO:)
  --seed N      of the random numbers it draws with; the same N, the same text (1)
  --tokens N    how many pieces of text it writes (200)
  --streams K   play K transcripts at a time, 1 to 64 (1)
  --repeat N    play every transcript N times (1); not with standard input. The model takes N seeds, one after the other
  --quiet       write no text
  --json        end standard error with a line of JSON instead of a readable line
  --help        print this and exit

The text of a single answer is written as it is, nothing added. Several answers are written whole, in the order of the
command line (all of it once, then again for --repeat), with a newline between one and the next.

A transcript that cannot be read to its end is reported on standard error with its file and line; what came before is
kept, and the others are played. So is one with text in an unknown form, with bytes that are not UTF-8, with an error of
the API, or without an end marker. An event that the end of the input cuts off is not played.

The last line on standard error sums up: with --json an object with
streams, finished, aborted, failed, tokens, bytes, opens (leases of rings), rings (different ones that were lent),
reuse_percent, allocations (of all threads, between the first open and the last close) and seconds.

Exit status: 0 when every transcript was played to its end or the pipe was closed, 1 when one was not or is missing,
2 for bad usage, 130 after Ctrl-C.
";

    pub(crate) enum Command {
        Help,
        Play(Options),
    }

    #[derive(Debug)]
    pub(crate) struct Options {
        pub(crate) files: Vec<OsString>,
        pub(crate) streams: usize,
        pub(crate) repeat: usize,
        pub(crate) quiet: bool,
        pub(crate) json: bool,
        /// For the model; none of the three goes with files.
        pub(crate) prompt: Option<String>,
        pub(crate) seed: Option<u32>,
        pub(crate) tokens: Option<usize>,
    }

    pub(crate) fn read(mut arguments: impl Iterator<Item = OsString>) -> Result<Command, String> {
        let mut options = Options {
            files: Vec::new(),
            streams: 1,
            repeat: 1,
            quiet: false,
            json: false,
            prompt: None,
            seed: None,
            tokens: None,
        };
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy();
            let (name, value) = match text.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (&*text, None),
            };
            let mut given = |what: &str| match value.clone() {
                Some(value) => Ok(value),
                None => match arguments.next().map(OsString::into_string) {
                    Some(Ok(value)) => Ok(value),
                    Some(Err(value)) => {
                        Err(format!("{name}: {} is not UTF-8", value.to_string_lossy()))
                    }
                    None => Err(format!("{name} wants {what}")),
                },
            };
            match (name, &value) {
                ("--streams", _) => options.streams = number(name, &given("a number")?, 1)?,
                ("--repeat", _) => options.repeat = number(name, &given("a number")?, 1)?,
                ("--prompt", _) => options.prompt = Some(given("a text")?),
                ("--seed", _) => options.seed = Some(number(name, &given("a number")?, 0)?),
                ("--tokens", _) => options.tokens = Some(number(name, &given("a number")?, 0)?),
                ("--quiet", None) => options.quiet = true,
                ("--json", None) => options.json = true,
                ("--help" | "-h", None) => return Ok(Command::Help),
                ("--", None) => options.files.extend(arguments.by_ref()),
                _ if text.starts_with('-') && text != "-" => {
                    return Err(format!("{text} is not an option"));
                }
                _ => options.files.push(argument),
            }
        }
        check(&options)?;
        Ok(Command::Play(options))
    }

    fn number<N>(name: &str, value: &str, from: N) -> Result<N, String>
    where
        N: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        match value.parse() {
            Ok(number) if number >= from => Ok(number),
            _ => Err(format!("{name}: {value} is not a number from {from}")),
        }
    }

    fn check(options: &Options) -> Result<(), String> {
        let of_the_model = [
            ("--prompt", options.prompt.is_some()),
            ("--seed", options.seed.is_some()),
            ("--tokens", options.tokens.is_some()),
        ];
        let one = of_the_model.iter().find(|(_, given)| *given);
        if let (Some((name, _)), false) = (one, options.files.is_empty()) {
            return Err(format!("{name} is for the model, which is silent when there is a FILE"));
        }
        let stdins = options.files.iter().filter(|file| *file == "-").count();
        if options.streams > RINGS {
            return Err(format!(
                "--streams {}: the pool has {RINGS} rings, so at most {RINGS}",
                options.streams
            ));
        }
        if stdins > 1 || (stdins == 1 && options.repeat > 1) {
            return Err("standard input can be played only once".into());
        }
        match options.files.len().max(1).checked_mul(options.repeat) {
            Some(_) => Ok(()),
            None => Err(format!("--repeat {} is too many", options.repeat)),
        }
    }
}

/// Where transcripts come from.
mod files {
    use std::ffi::OsString;
    use std::io;
    use std::path::{Path, PathBuf};

    use crate::command_line::Options;
    use crate::transcript::sse::{Fault, Framer, What};
    use crate::{Ending, UNREADABLE, complain};

    /// The longest event standard input may carry before memory has to be allocated for it.
    const STDIN_EVENT: usize = 1 << 20;
    /// The longest event that is accepted from standard input.
    pub(crate) const STDIN_LIMIT: usize = 64 << 20;

    pub(crate) struct Transcript {
        /// As the user calls it.
        name: PathBuf,
        pub(crate) origin: Origin,
    }

    /// What the model is asked for.
    pub(crate) struct Request {
        pub(crate) prompt: String,
        /// Of the first text; the next has the next.
        pub(crate) seed: u32,
        pub(crate) tokens: usize,
    }

    pub(crate) enum Origin {
        Model(Request),
        Stored(Vec<u8>),
        /// There is one of these at most.
        Stdin,
    }

    impl Transcript {
        /// How long an event of this transcript can be, in bytes.
        pub(crate) fn longest_event(&self) -> usize {
            let bytes = match &self.origin {
                Origin::Model(_) => return 0,
                Origin::Stdin => return STDIN_EVENT,
                Origin::Stored(bytes) => bytes,
            };
            let (mut framer, mut rest) = (Framer::with_capacity(0), &bytes[..]);
            let mut longest = 0;
            // A transcript is played up to its first fault, so what is behind does not count.
            while let (before, Ok(Some(_))) = (rest.len(), framer.advance(&mut rest)) {
                longest = longest.max(before - rest.len());
            }
            longest.max(framer.unfinished())
        }

        /// Tells the user what is wrong and where, and the caller how the stream has to end.
        pub(crate) fn report(&self, fault: &Fault<'_>) -> Ending {
            complain(format_args!("{}:{}: {}", self.name.display(), fault.line, fault.what));
            match &fault.what {
                What::Cut => Ending::Cut,
                What::Api(error) => Ending::Failed(error.status()),
                _ => Ending::Failed(UNREADABLE),
            }
        }
    }

    /// Reads all files; names those that cannot be read, and says how many there were. No file is a wish for the model.
    pub(crate) fn load(options: &Options) -> (Vec<Transcript>, u64) {
        let files = &options.files;
        if files.is_empty() {
            let request = Request {
                prompt: options.prompt.clone().unwrap_or_else(|| "ROMEO:".into()),
                seed: options.seed.unwrap_or(1),
                tokens: options.tokens.unwrap_or(200),
            };
            return (vec![Transcript { name: "model".into(), origin: Origin::Model(request) }], 0);
        }
        let mut missing = 0;
        let mut transcripts = Vec::with_capacity(files.len());
        for file in files {
            match open(file) {
                Ok(transcript) => transcripts.push(transcript),
                Err(error) => {
                    complain(format_args!("stream: {}: {error}", Path::new(file).display()));
                    missing += 1;
                }
            }
        }
        (transcripts, missing)
    }

    fn open(file: &OsString) -> io::Result<Transcript> {
        Ok(if file == "-" {
            Transcript { name: "<stdin>".into(), origin: Origin::Stdin }
        } else {
            Transcript { name: file.into(), origin: Origin::Stored(std::fs::read(file)?) }
        })
    }
}

/// Counts what is allocated, on all threads.
mod allocator {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    struct Counting;

    #[global_allocator]
    static COUNTING: Counting = Counting;
    static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

    thread_local! {
        static ASIDE: Cell<bool> = const { Cell::new(false) };
    }

    /// Allocations so far.
    pub(crate) fn count() -> u64 {
        ALLOCATIONS.load(Relaxed)
    }

    /// Runs something on this thread whose allocations are not to be counted.
    pub(crate) fn aside<T>(f: impl FnOnce() -> T) {
        ASIDE.set(true);
        f();
        ASIDE.set(false);
    }

    fn note() {
        // A thread on its way out may have no locals any more, but still counts.
        if !ASIDE.try_with(Cell::get).unwrap_or(false) {
            ALLOCATIONS.fetch_add(1, Relaxed);
        }
    }

    // SAFETY: Every call goes to `System` as it came, which keeps the contract; counting touches nothing but an atomic
    // and a thread-local that needs neither an allocation nor a destructor.
    #[allow(unsafe_code)]
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            note();
            // SAFETY: The caller keeps what `alloc` asks for.
            unsafe { System.alloc(layout) }
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            note();
            // SAFETY: The caller keeps what `alloc_zeroed` asks for.
            unsafe { System.alloc_zeroed(layout) }
        }

        unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
            note();
            // SAFETY: The caller keeps what `realloc` asks for, and `block` came from `System`.
            unsafe { System.realloc(block, layout, new_size) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            // SAFETY: The caller keeps what `dealloc` asks for, and `block` came from `System`.
            unsafe { System.dealloc(block, layout) }
        }
    }
}
