//! In place of a model: sends a recorded answer's tokens at a pace.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use forebay::End;
use tokio::sync::watch;
use tokio::time::interval;

use crate::answers::{Answer, Ending};
use crate::counts::Record;
use crate::error::STOPPED;
use crate::streams::Sending;

/// What a producer has to do.
pub(crate) struct Play {
    pub(crate) answer: Arc<Answer>,
    /// How many of its tokens.
    pub(crate) tokens: usize,
    /// The time from token to token; zero for as fast as they are taken.
    pub(crate) pace: Duration,
}

impl Play {
    /// Not all of the answer was asked for.
    pub(crate) fn is_cut_short(&self) -> bool {
        self.tokens < self.answer.tokens.len()
    }

    pub(crate) async fn run<S: Sending>(
        self,
        mut sender: S,
        record: Arc<Record>,
        stop: watch::Receiver<bool>,
    ) {
        let _at_work = AtWork::begin(&record);
        match self.send_all(&mut sender, &record, stop).await {
            Outcome::Left => drop(sender),
            Outcome::Stopped => sender.end(End::Failed(STOPPED)).await,
            Outcome::Sent if self.is_cut_short() => sender.end(End::Finished).await,
            Outcome::Sent => match self.answer.ending {
                Ending::Finished => sender.end(End::Finished).await,
                Ending::Failed(code) => sender.end(End::Failed(code)).await,
                // Dropped without a word: the stream ends as aborted.
                Ending::Cut => drop(sender),
            },
        }
    }

    async fn send_all<S: Sending>(
        &self,
        sender: &mut S,
        record: &Record,
        mut stop: watch::Receiver<bool>,
    ) -> Outcome {
        // Ticks that are late are made up for, so that the pace holds on average.
        let mut pace = (!self.pace.is_zero()).then(|| interval(self.pace));
        let mut stop = pin!(stop.wait_for(|&stop| stop));
        for token in &self.answer.tokens[..self.tokens] {
            if let Some(pace) = &mut pace {
                tokio::select! {
                    biased;
                    _ = &mut stop => return Outcome::Stopped,
                    // Not needed: the next `send` would say so. But a slow model need not be waited for.
                    () = sender.left() => return Outcome::Left,
                    _ = pace.tick() => {}
                }
            }
            record.offer();
            tokio::select! {
                biased;
                sent = sender.send(token.clone()) => if sent.is_err() {
                    return Outcome::Left;
                },
                // Looked at only while there is no room.
                _ = &mut stop => return Outcome::Stopped,
            }
        }
        Outcome::Sent
    }
}

enum Outcome {
    Sent,
    Left,
    Stopped,
}

/// Counts a producer for as long as it runs, however it ends.
struct AtWork<'a>(&'a Record);

impl<'a> AtWork<'a> {
    fn begin(record: &'a Record) -> Self {
        record.counts().producers.fetch_add(1, Relaxed);
        Self(record)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.counts().producers.fetch_sub(1, Relaxed);
    }
}
