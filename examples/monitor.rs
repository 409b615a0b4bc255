//! Four pools at work, watched while they run: counts, times in use, and a leak that the audit finds.
//!
//! ```text
//! cargo run --release --features std --example monitor
//! cargo run --release --features metrics --example monitor   # and what a recorder of metrics is told
//! ```
//!
//! `--millis N` says how long; 3000 if it does not.

use forebay::monitor::{Clock, Histogram, Monitor, Out};
use forebay::{LanePool, Metrics, Pool, Response, StreamPool, Token};
use std::io::{IsTerminal, stdout};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

// A monitor stands beside its pool; a pool without one pays nothing.
static ANSWERS: Pool<Response<512>, 16> = Pool::new();
static ANSWER_TIMES: Monitor<16> = Monitor::new(Clock::monotonic());

// Four objects a lane.
static SCRATCH: LanePool<Vec<u8>, 16, 4> = LanePool::new();
static SCRATCH_TIMES: Monitor<16> = Monitor::new(Clock::monotonic());

static STREAMS: StreamPool<Token, 16> = StreamPool::new();
static STREAM_TIMES: Monitor<16> = Monitor::new(Clock::monotonic());

// Too few, on purpose.
static SOCKETS: Pool<[u8; 32], 2> = Pool::new();
static SOCKET_TIMES: Monitor<2> = Monitor::new(Clock::monotonic());

static DONE: AtomicBool = AtomicBool::new(false);

/// Most are short, one in eight takes ten times as long, and the twentieth is lost.
fn answer(round: u64) {
    let Ok(lease) = ANSWERS.try_get() else { return pause(300) };
    let mut response = ANSWER_TIMES.time(lease); // a lease as before, and timed
    response.push_str("an answer").unwrap();
    pause(if round.is_multiple_of(8) { 4000 } else { 400 });
    if round == 20 {
        std::mem::forget(response); // the bug
    }
}

/// Short and often, as a lane is good at.
fn scratch(round: u64) {
    let mut buffer = SCRATCH_TIMES.time(SCRATCH.get_or_new());
    buffer.extend((round..round + 100).map(|n| n as u8));
    drop(buffer);
    if round.is_multiple_of(100) {
        pause(100);
    }
}

/// No lease, but two halves: a span times them.
fn stream(round: u64) {
    let Ok((mut sender, mut receiver)) = STREAMS.try_open() else { return pause(300) };
    let _span = STREAM_TIMES.span(receiver.id().ring); // ends before the halves are dropped
    for word in ["It ", "was ", "the ", "best ", "of ", "times"].iter().take(1 + round as usize % 6)
    {
        sender.try_send_text(word).unwrap();
        pause(200);
    }
    sender.close();
    assert!(receiver.drain().count() > 0);
}

/// Three workers want two.
fn socket(_round: u64) {
    match SOCKETS.try_get() {
        Ok(lease) => {
            let _socket = SOCKET_TIMES.time(lease);
            pause(900);
        }
        Err(_exhausted) => pause(300),
    }
}

fn pause(micros: u64) {
    thread::sleep(Duration::from_micros(micros));
}

/// What is known of a pool.
struct Row {
    name: &'static str,
    counts: Metrics,
    times: Histogram,
    longest_out: Option<Out>,
}

fn look() -> [Row; 4] {
    fn row<const N: usize>(name: &'static str, counts: Metrics, monitor: &Monitor<N>) -> Row {
        Row { name, counts, times: monitor.histogram(), longest_out: monitor.longest_out() }
    }
    [
        row("answers", ANSWERS.metrics(), &ANSWER_TIMES),
        row("scratch", SCRATCH.metrics(), &SCRATCH_TIMES),
        row("streams", STREAMS.metrics(), &STREAM_TIMES),
        row("sockets", SOCKETS.metrics(), &SOCKET_TIMES),
    ]
}

fn print_view(rows: &[Row]) {
    println!(
        "pool     in use            most      gets    hits  refused  50 % in  99 % in  out for"
    );
    for Row { name, counts, times, longest_out } in rows {
        let bar: String = (0..counts.capacity)
            .map(|slot| match slot {
                _ if slot < counts.in_use => '#',
                _ if slot < counts.high_water => '-',
                _ => '.',
            })
            .collect();
        let time = |of| format!("{:.1?}", times.quantile(of).unwrap_or_default());
        println!(
            "{name:8} {bar:16} {:>2}/{:<2} {:9} {:6.1}% {:8} {:>8} {:>8} {:>8}",
            counts.high_water,
            counts.capacity,
            counts.gets,
            counts.hit_ratio().unwrap_or_default() * 100.0,
            counts.exhausted,
            time(0.5),
            time(0.99),
            longest_out.map_or(String::from("-"), |out| format!("{:.1?}", out.time)),
        );
    }
}

fn main() {
    let mut args = std::env::args().skip_while(|arg| arg != "--millis").skip(1);
    let millis = args.next().map_or(3000, |n| n.parse().expect("--millis takes a number"));
    let works: [(fn(u64), usize); 4] = [(answer, 3), (scratch, 2), (stream, 4), (socket, 3)];
    let workers: Vec<_> = works
        .into_iter()
        .flat_map(|(work, threads)| std::iter::repeat_n(work, threads))
        // At least as many rounds as the lost answer needs.
        .map(|work| {
            thread::spawn(move || {
                (0..).take_while(|n| *n <= 20 || !DONE.load(Relaxed)).for_each(work)
            })
        })
        .collect();

    // Live, where there is a terminal to be drawn over.
    let started = Instant::now();
    let is_live = stdout().is_terminal();
    while started.elapsed() < Duration::from_millis(millis) {
        if is_live {
            let rows = look();
            print_view(&rows);
            print!("\x1b[{}A", rows.len() + 1); // up again
        }
        thread::sleep(Duration::from_millis(millis.min(100)));
    }
    print_view(&look());
    DONE.store(true, Relaxed);
    workers.into_iter().for_each(|worker| worker.join().unwrap());

    let rows = look();
    for Row { name, counts, times, .. } in &rows {
        println!("\n{name}: {counts}\n{times:#}");
        assert_eq!(
            times.count() + counts.in_use,
            counts.gets + counts.overflows,
            "each is timed once"
        );
    }

    // All workers are gone: what is out now is lost.
    println!();
    for loan in ANSWERS.audit() {
        let out = ANSWER_TIMES.audit().find(|out| out.slot == loan.slot()).expect("all are timed");
        println!("leak: slot {} of the answers, out for {:.1?}", out.slot, out.time);
    }
    let lost = [&rows[0], &rows[1], &rows[2], &rows[3]].map(|row| row.counts.in_use);
    assert_eq!(lost, [3, 0, 0, 0], "each of three workers lost its answer");

    #[cfg(feature = "metrics")]
    recorder::show(&rows[0]);
}

/// What an exporter, such as metrics-exporter-prometheus, would be told.
#[cfg(feature = "metrics")]
mod recorder {
    use metrics::{
        Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder,
        SharedString, Unit,
    };
    use std::sync::Arc;

    pub(super) fn show(row: &super::Row) {
        println!();
        metrics::with_local_recorder(&Print, || {
            row.counts.export(row.name);
            row.times.export(row.name);
        });
    }

    struct Print;

    /// A name with its labels.
    struct Line(String);

    fn line(key: &Key) -> Arc<Line> {
        let labels: Vec<_> =
            key.labels().map(|label| format!("{}={:?}", label.key(), label.value())).collect();
        Arc::new(Line(format!("{}{{{}}}", key.name(), labels.join(","))))
    }

    impl CounterFn for Line {
        fn increment(&self, _value: u64) {}
        fn absolute(&self, value: u64) {
            println!("{} {value}", self.0);
        }
    }

    impl GaugeFn for Line {
        fn increment(&self, _value: f64) {}
        fn decrement(&self, _value: f64) {}
        fn set(&self, value: f64) {
            println!("{} {value}", self.0);
        }
    }

    impl Recorder for Print {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            Counter::from_arc(line(key))
        }
        fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::from_arc(line(key))
        }
        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }
}
