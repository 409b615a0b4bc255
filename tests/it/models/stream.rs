//! Streams as queues with an end.

use forebay::{End, Receiver, RecvError, SendError, Sender, StreamPool};
use std::collections::VecDeque;
use std::sync::Arc;

super::kinds!(Step {
    Open,
    OpenMore,
    Send,
    SendMore,
    SendMany,
    Recv,
    RecvMore,
    Drain,
    DrainForget,
    DrainInto,
    Close,
    Fail,
    DropSender,
    Cancel,
    DropReceiver,
    Epoch,
    ForgetSender,
});

/// A token that is counted: the second field is only there to be dropped once.
type Token = (u32, Arc<()>);

struct Stream<'p, const S: usize, const D: usize> {
    ring: usize,
    epoch: usize,
    since: usize,
    sender: Option<Sender<&'p StreamPool<Token, S, D>>>,
    receiver: Option<Receiver<&'p StreamPool<Token, S, D>>>,
    /// The sender was forgotten: it is there, and nobody has it.
    haunted: bool,
    queue: VecDeque<u32>,
    end: Option<End>,
    cancelled: bool,
}

impl<const S: usize, const D: usize> Stream<'_, S, D> {
    /// The end that the receiver sees: the sender's, or else its own.
    fn seen_end(&self) -> Option<End> {
        self.end.or(self.cancelled.then_some(End::Cancelled))
    }
}

struct Model<'p, const S: usize, const D: usize> {
    pool: &'p StreamPool<Token, S, D>,
    streams: Vec<Stream<'p, S, D>>,
    /// How often each ring was opened; the first time makes it.
    opened: Vec<usize>,
    alive: Arc<()>,
    next: u32,
    epoch: usize,
    exhausted: u64,
}

/// Runs `steps` on `S` streams of `D` tokens and on the model.
pub fn run<const S: usize, const D: usize>(steps: &[(Step, u8)]) {
    let pool = Box::new(StreamPool::<Token, S, D>::new());
    let alive = Arc::new(());
    let mut model = Model {
        pool: &pool,
        streams: Vec::new(),
        opened: vec![0; S],
        alive: Arc::clone(&alive),
        next: 0,
        epoch: 0,
        exhausted: 0,
    };
    for &(step, which) in steps {
        model.step(step, usize::from(which));
        model.compare();
    }
    drop(model);
    drop(pool);
    assert_eq!(Arc::strong_count(&alive), 1, "each token is dropped, and once");
}

impl<const S: usize, const D: usize> Model<'_, S, D> {
    fn step(&mut self, step: Step, which: usize) {
        match step {
            Step::Open | Step::OpenMore => self.open(),
            Step::Epoch => {
                self.epoch += 1;
                assert_eq!(self.pool.advance_epoch(), self.epoch);
            }
            _ if !self.streams.is_empty() => {
                let at = which % self.streams.len();
                let many = which / self.streams.len() % (D + 2);
                self.send(step, at, many);
                self.receive(step, at, many);
                self.streams.retain(|stream| {
                    stream.sender.is_some() || stream.receiver.is_some() || stream.haunted
                });
            }
            _ => {}
        }
    }

    fn open(&mut self) {
        let is_free = |ring| self.streams.iter().all(|stream| stream.ring != ring);
        match self.pool.try_open() {
            Ok((sender, receiver)) => {
                let ring = sender.id().ring;
                assert!(is_free(ring), "{ring} is open");
                let epoch = self.opened[ring];
                self.opened[ring] += 1;
                assert_eq!(sender.id().epoch, epoch);
                self.streams.push(Stream {
                    ring,
                    epoch,
                    since: self.epoch,
                    sender: Some(sender),
                    receiver: Some(receiver),
                    haunted: false,
                    queue: VecDeque::new(),
                    end: None,
                    cancelled: false,
                });
            }
            Err(error) => {
                let free = (0..S).find(|&ring| is_free(ring));
                assert_eq!((error.capacity(), free), (S, None), "refused, though one is free");
                self.exhausted += 1;
            }
        }
    }

    fn send(&mut self, step: Step, at: usize, many: usize) {
        let stream = &mut self.streams[at];
        let Some(mut sender) = stream.sender.take() else { return };
        match step {
            Step::Send | Step::SendMore | Step::SendMany => {
                let many = if step == Step::SendMany { many } else { 1 };
                for _ in 0..many {
                    self.next += 1;
                    match sender.try_send((self.next, Arc::clone(&self.alive))) {
                        Ok(()) => {
                            assert!(!stream.cancelled);
                            stream.queue.push_back(self.next);
                            assert!(stream.queue.len() <= D);
                        }
                        Err(SendError::Full((token, _))) => {
                            assert_eq!((token, stream.cancelled), (self.next, false));
                            assert_eq!(stream.queue.len(), D);
                        }
                        Err(SendError::Cancelled((token, _))) => {
                            assert_eq!((token, stream.cancelled), (self.next, true));
                        }
                    }
                }
            }
            Step::Close => {
                sender.close();
                stream.end = Some(End::Finished);
                return;
            }
            Step::Fail => {
                let code = (many as u16).wrapping_mul(5000);
                sender.fail(code);
                stream.end = Some(End::Failed(code));
                return;
            }
            Step::DropSender => {
                drop(sender);
                stream.end = Some(End::Aborted);
                return;
            }
            // Seldom, or no ring is left.
            Step::ForgetSender if many == 1 => {
                std::mem::forget(sender);
                stream.haunted = true;
                return;
            }
            _ => {}
        }
        stream.sender = Some(sender);
    }

    fn receive(&mut self, step: Step, at: usize, many: usize) {
        let stream = &mut self.streams[at];
        let Some(mut receiver) = stream.receiver.take() else { return };
        match step {
            Step::Recv | Step::RecvMore => {
                let none = stream.seen_end().map_or(RecvError::Empty, RecvError::Ended);
                let got = receiver.try_recv().map(|(token, _)| token);
                assert_eq!(got, stream.queue.pop_front().ok_or(none));
            }
            Step::Drain | Step::DrainForget => {
                let mut tokens = receiver.drain();
                assert_eq!(tokens.len(), stream.queue.len());
                for _ in 0..many {
                    assert_eq!(tokens.next().map(|(token, _)| token), stream.queue.pop_front());
                }
                if step == Step::DrainForget {
                    std::mem::forget(tokens);
                }
            }
            Step::DrainInto => {
                let mut out = Vec::new();
                assert_eq!(receiver.drain_into(&mut out), stream.queue.len());
                assert!(out.iter().map(|(token, _)| *token).eq(stream.queue.drain(..)));
            }
            Step::Cancel => {
                receiver.cancel();
                stream.cancelled = true;
            }
            Step::DropReceiver => {
                drop(receiver);
                stream.cancelled = true;
                stream.queue.clear(); // Nobody can read it any more.
                return;
            }
            _ => {}
        }
        stream.receiver = Some(receiver);
    }

    /// All that can be seen of the streams is as in the model.
    fn compare(&self) {
        let metrics = self.pool.metrics();
        let open = self.streams.len();
        let gets: usize = self.opened.iter().sum();
        let rings = self.opened.iter().filter(|&&opened| opened > 0).count() as u64;
        assert_eq!((metrics.capacity, metrics.in_use), (S as u64, open as u64));
        assert_eq!((metrics.gets, metrics.puts), (gets as u64, (gets - open) as u64));
        assert_eq!((metrics.misses, metrics.high_water), (rings, rings));
        assert_eq!((metrics.exhausted, metrics.evictions), (self.exhausted, 0));
        assert_eq!((metrics.panics, metrics.double_returns), (0, 0));
        assert_eq!(self.pool.available(), S - open);

        let mut by_ring: Vec<_> = self.streams.iter().collect();
        by_ring.sort_by_key(|stream| stream.ring);
        let mut loans = self.pool.audit();
        let mut queued = 0;
        for stream in by_ring {
            let loan = loans.next().unwrap();
            let holders = usize::from(stream.sender.is_some() || stream.haunted)
                + usize::from(stream.receiver.is_some());
            assert_eq!((loan.slot(), loan.holders()), (stream.ring, holders));
            assert_eq!(usize::from(loan.age()), (self.epoch - stream.since).min(255));
            let len = stream.queue.len();
            queued += len;
            if let Some(sender) = &stream.sender {
                assert_eq!((sender.len(), sender.is_cancelled()), (len, stream.cancelled));
                assert_eq!((sender.id().ring, sender.id().epoch), (stream.ring, stream.epoch));
            }
            if let Some(receiver) = &stream.receiver {
                assert_eq!((receiver.len(), receiver.is_empty()), (len, len == 0));
                assert_eq!(receiver.end(), stream.seen_end());
                assert_eq!((receiver.id().ring, receiver.id().epoch), (stream.ring, stream.epoch));
            }
        }
        assert!(loans.next().is_none());
        // One handle is the caller's, one the model's.
        assert_eq!(Arc::strong_count(&self.alive), queued + 2, "tokens live in the rings only");
    }
}
