//! What the server counts besides what the pool counts itself, and how it tells both.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use forebay::{End, Metrics};
use serde_json::json;

/// Counts of all requests.
#[derive(Debug)]
pub struct Counts {
    started: Instant,
    /// Answers by how they ended for their client.
    pub finished: AtomicU64,
    pub failed: AtomicU64,
    pub aborted: AtomicU64,
    /// The client left before the end.
    pub cancelled: AtomicU64,
    /// Requests that got no ring.
    pub refused: AtomicU64,
    /// Requests that could not be understood, or asked for what is not there.
    pub bad_requests: AtomicU64,
    /// Tokens handed to connections.
    pub tokens: AtomicU64,
    /// Producers at work.
    pub producers: AtomicU64,
    /// The most tokens that a producer still offered after its client was seen to have left.
    pub late_tokens_max: AtomicU64,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            finished: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            aborted: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            bad_requests: AtomicU64::new(0),
            tokens: AtomicU64::new(0),
            producers: AtomicU64::new(0),
            late_tokens_max: AtomicU64::new(0),
        }
    }
}

impl Counts {
    pub(crate) fn ended(&self, end: End) {
        let count = match end {
            End::Finished => &self.finished,
            End::Failed(_) => &self.failed,
            _ => &self.aborted,
        };
        count.fetch_add(1, Relaxed);
    }

    /// The answers' ends, each with its name.
    fn ends(&self) -> [(&'static str, u64); 4] {
        [
            ("finished", self.finished.load(Relaxed)),
            ("cancelled", self.cancelled.load(Relaxed)),
            ("failed", self.failed.load(Relaxed)),
            ("aborted", self.aborted.load(Relaxed)),
        ]
    }

    /// For Prometheus, in its text format.
    pub(crate) fn to_prometheus(&self, pool: &Metrics) -> String {
        let mut text = String::with_capacity(4096);
        let mut metric = |kind: &str, name: &str, help: &str, values: &[(&str, u64)]| {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in values {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        };
        let gauges = [
            ("forebay_streams_open", "Rings that are lent now.", pool.in_use),
            ("forebay_streams_capacity", "Rings in the pool.", pool.capacity),
            ("forebay_streams_high_water", "Most rings lent at once.", pool.high_water),
        ];
        for (name, help, value) in gauges {
            metric("gauge", name, help, &[("", value)]);
        }
        let counters = [
            ("forebay_streams_opened_total", "Rings lent so far.", pool.gets),
            ("forebay_streams_made_total", "Rings made to be lent.", pool.misses),
            ("forebay_streams_exhausted_total", "Times no ring was free.", pool.exhausted),
        ];
        for (name, help, value) in counters {
            metric("counter", name, help, &[("", value)]);
        }
        let ends = self.ends().map(|(name, value)| (format!("{{end=\"{name}\"}}"), value));
        let ends: Vec<_> = ends.iter().map(|(label, value)| (label.as_str(), *value)).collect();
        metric("counter", "sse_answers_total", "Answers by how they ended.", &ends);
        let counters = [
            ("sse_tokens_sent_total", "Tokens handed to connections.", &self.tokens),
            ("sse_requests_refused_total", "Requests that got no ring: 429.", &self.refused),
            ("sse_requests_bad_total", "Requests not understood.", &self.bad_requests),
        ];
        for (name, help, value) in counters {
            metric("counter", name, help, &[("", value.load(Relaxed))]);
        }
        let gauges = [
            ("sse_producers", "Producers at work.", self.producers.load(Relaxed)),
            (
                "sse_late_tokens_max",
                "Most tokens a producer offered after its client was seen to have left.",
                self.late_tokens_max.load(Relaxed),
            ),
        ];
        for (name, help, value) in gauges {
            metric("gauge", name, help, &[("", value)]);
        }
        if let Some(bytes) = resident_bytes() {
            let help = "Resident memory size in bytes.";
            metric("gauge", "process_resident_memory_bytes", help, &[("", bytes)]);
        }
        text
    }

    /// For the page.
    pub(crate) fn to_json(&self, pool: &Metrics) -> String {
        let [finished, cancelled, failed, aborted] = self.ends().map(|(_, value)| value);
        json!({
            "seconds": self.started.elapsed().as_secs_f64(),
            "open": pool.in_use,
            "capacity": pool.capacity,
            "high_water": pool.high_water,
            "opened": pool.gets,
            "made": pool.misses,
            "exhausted": pool.exhausted,
            "finished": finished,
            "cancelled": cancelled,
            "failed": failed,
            "aborted": aborted,
            "tokens": self.tokens.load(Relaxed),
            "refused": self.refused.load(Relaxed),
            "bad_requests": self.bad_requests.load(Relaxed),
            "producers": self.producers.load(Relaxed),
            "late_tokens_max": self.late_tokens_max.load(Relaxed),
            "resident_bytes": resident_bytes(),
        })
        .to_string()
    }
}

/// The memory this process has, where the system says so in `/proc`.
pub fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// One request: how much its producer offered, and how much of that after the client had left.
#[derive(Debug)]
pub(crate) struct Record {
    counts: Arc<Counts>,
    offered: AtomicU64,
    /// What was offered when the client was seen to have left.
    left_at: AtomicU64,
}

const NOT_LEFT: u64 = u64::MAX;

impl Record {
    pub(crate) fn new(counts: Arc<Counts>) -> Arc<Self> {
        Arc::new(Self { counts, offered: AtomicU64::new(0), left_at: AtomicU64::new(NOT_LEFT) })
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The producer is about to offer a token.
    pub(crate) fn offer(&self) {
        self.offered.fetch_add(1, Relaxed);
    }

    /// The client was seen to have left, and the producer can notice.
    pub(crate) fn leave(&self) {
        self.counts.cancelled.fetch_add(1, Relaxed);
        self.left_at.store(self.offered.load(Relaxed), Relaxed);
    }
}

/// The last of producer and connection is gone, so both numbers stand.
impl Drop for Record {
    fn drop(&mut self) {
        let (offered, left_at) = (*self.offered.get_mut(), *self.left_at.get_mut());
        if left_at != NOT_LEFT {
            self.counts.late_tokens_max.fetch_max(offered - left_at, Relaxed);
        }
    }
}
