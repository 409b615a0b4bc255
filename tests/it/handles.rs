//! Programs that keep every handle there is in structs, and write no capacity twice: the type of a pool names all it lends.

use forebay::pool::{LaneOf, LeaseOf, Lends, PoolRef};
use forebay::{
    Batch, Consumer, LanePool, Lease, Pool, Producer, Receiver, Ring, Sender, SharedLease, Slab,
    StreamPool, Token,
};

/// No feature, and everything in statics, as on a microcontroller.
mod firmware {
    use super::*;

    type Frames = Pool<[u8; 16], 8>;
    type Samples = LanePool<u32, 16, 2>;
    type Jobs = Slab<fn(u8) -> u8, 4>;
    type Answers = StreamPool<Token, 2, 4>;
    type Uart = Ring<u8, 32>;

    static FRAMES: Frames = Frames::new();
    static SAMPLES: Samples = Samples::new();
    static JOBS: Jobs = Jobs::new();
    static ANSWERS: Answers = Answers::new();
    static UART: Uart = Uart::new();

    /// All that the main loop keeps.
    struct Main {
        frame: LeaseOf<'static, Frames>,
        seen: SharedLease<PoolRef<'static, Frames>>,
        burst: Batch<PoolRef<'static, Frames>, 2>,
        lane: LaneOf<'static, Samples>,
        sample: LeaseOf<'static, Samples>,
        job: LeaseOf<'static, Jobs>,
        answer: Receiver<&'static Answers>,
        uart: Consumer<&'static Uart>,
    }

    /// All that the interrupt handler keeps.
    struct Handler {
        answer: Sender<&'static Answers>,
        uart: Producer<&'static Uart>,
    }

    /// A lease of a lane stays beside the lane that it borrows.
    struct Sampling<'l> {
        sample: Lease<&'l LaneOf<'static, Samples>>,
    }

    fn start() -> Option<(Main, Handler)> {
        let (sender, receiver) = ANSWERS.try_open().ok()?;
        let main = Main {
            frame: FRAMES.try_get().ok()?,
            seen: Lease::share(FRAMES.try_get().ok()?),
            burst: FRAMES.try_get_batch().ok()?,
            lane: SAMPLES.try_claim()?,
            sample: SAMPLES.try_get().ok()?,
            job: JOBS.insert(|byte| byte + 1).ok()?,
            answer: receiver,
            uart: UART.try_consumer()?,
        };
        Some((main, Handler { answer: sender, uart: UART.try_producer()? }))
    }

    #[test]
    fn runs() {
        let (mut main, mut handler) = start().expect("everything is free");
        handler.uart.push(41).unwrap();
        handler.answer.try_send_text("42").unwrap();
        main.frame[0] = (main.job)(main.uart.pop().unwrap());
        main.burst[1] = *main.frame;
        *main.sample = u32::from(main.burst[1][0]);
        let mut sampling = Sampling { sample: main.lane.try_get().unwrap() };
        *sampling.sample = *main.sample;
        assert_eq!(main.answer.try_recv().unwrap(), sampling.sample.to_string().as_str());
        assert_eq!(main.seen[0], 0);
        drop(sampling);
        drop((main, handler));
        assert_eq!((FRAMES.available(), SAMPLES.available(), JOBS.available()), (8, 16, 4));
        assert_eq!(ANSWERS.available(), 2);
    }
}

/// Pools in statics and in `Arc`s, and tasks that wait.
#[cfg(feature = "std")]
mod server {
    use super::*;
    use forebay::monitor::{Clock, Monitor, Timed};
    use forebay::pool::Overflow;
    use forebay::{DefaultReset, Waking};
    use std::sync::Arc;

    const SCRATCH: usize = 8;
    type Scratch = LanePool<Vec<u8>, SCRATCH, 4, DefaultReset, Waking<16>>;
    type Answers = StreamPool<Token, 4, 20, Waking>;
    type Log = Ring<u64, 64>;

    static BUFFERS: Scratch = Scratch::with_waiting(DefaultReset);
    static TIMES: Monitor<SCRATCH> = Monitor::new(Clock::monotonic());
    static ANSWERS: Answers = Answers::new();

    /// A request, which borrows from statics.
    struct Request {
        buffer: LeaseOf<'static, Scratch>,
        spare: Lease<Overflow<PoolRef<'static, Scratch>>>,
        timed: Lease<Timed<'static, PoolRef<'static, Scratch>, SCRATCH>>,
        sender: Sender<&'static Answers>,
        receiver: Receiver<&'static Answers>,
    }

    /// A tenant, which owns its pools and may be dropped at any time: what it lent keeps them.
    struct Tenant {
        scratch: Arc<Scratch>,
        answers: Arc<Answers>,
        log: Arc<Log>,
    }

    /// A session of a tenant.
    struct Session {
        buffer: Lease<Arc<Scratch>>,
        shared: SharedLease<Arc<Scratch>>,
        sender: Sender<Arc<Answers>>,
        receiver: Receiver<Arc<Answers>>,
        log: Producer<Arc<Log>>,
        read: Consumer<Arc<Log>>,
    }

    impl Tenant {
        fn new() -> Self {
            Self {
                scratch: Arc::new(Scratch::with_waiting(DefaultReset)),
                answers: Arc::new(Answers::new()),
                log: Arc::new(Log::new()),
            }
        }

        fn open(self) -> Session {
            let (sender, receiver) = self.answers.try_open_arc().unwrap();
            let (log, read) = Ring::split_arc(self.log).unwrap();
            Session {
                buffer: self.scratch.try_get_arc().unwrap(),
                shared: Lease::share(self.scratch.try_get_arc().unwrap()),
                sender,
                receiver,
                log,
                read,
            }
        }
    }

    #[test]
    fn runs() {
        let (sender, receiver) = ANSWERS.open_blocking().unwrap();
        let mut request = Request {
            buffer: BUFFERS.get_blocking().unwrap(),
            spare: BUFFERS.get_or_new(),
            timed: TIMES.time(BUFFERS.try_get().unwrap()),
            sender,
            receiver,
        };
        request.buffer.push(1);
        request.spare.extend_from_slice(&request.buffer);
        request.timed.extend_from_slice(&request.spare);
        request.sender.send_text_blocking("1").unwrap();
        assert_eq!(request.receiver.recv_blocking().unwrap(), "1");
        assert_eq!(*request.timed, [1]);
        drop(request);
        assert_eq!((BUFFERS.available(), TIMES.histogram().count()), (SCRATCH, 1));

        let mut session = Tenant::new().open();
        let log = std::thread::spawn(move || {
            session.buffer.push(7);
            session.log.push(u64::from(session.buffer[0])).unwrap();
            session.sender.send_text_blocking("7").unwrap();
            (session.read, session.receiver, session.shared)
        });
        let (mut read, mut receiver, shared) = log.join().unwrap();
        assert_eq!((read.pop(), receiver.recv_blocking().unwrap().as_str()), (Ok(7), "7"));
        assert!(shared.is_empty());
    }
}

/// Code for any pool, as a model of one is written: it names what it holds by the pool's type alone.
mod verifier {
    use super::*;

    /// The leases of a pool that is not known here, and the numbers that it was given for them.
    struct Held<'p, P: Lends + 'p> {
        leases: Vec<LeaseOf<'p, P>>,
        get: fn(&'p P) -> Option<LeaseOf<'p, P>>,
        pool: &'p P,
    }

    impl<'p, P: Lends<Item = u32>> Held<'p, P> {
        fn new(pool: &'p P, get: fn(&'p P) -> Option<LeaseOf<'p, P>>) -> Self {
            Self { leases: Vec::new(), get, pool }
        }

        /// Takes all there are, writes to each, and finds that no two are one. How many there were.
        fn take_all(mut self) -> u32 {
            let mut count = 0;
            while let Some(mut lease) = (self.get)(self.pool) {
                *lease = count;
                self.leases.push(lease);
                count += 1;
            }
            assert!(self.leases.iter().map(|lease| **lease).eq(0..count));
            count
        }
    }

    #[test]
    fn runs() {
        type Plain = Pool<u32, 5>;
        type OnLanes = LanePool<u32, 7, 2>;
        type Places = Slab<u32, 3>;

        let (plain, on_lanes, places) = (Plain::new(), OnLanes::new(), Places::new());
        for _ in 0..2 {
            assert_eq!(Held::new(&plain, |pool| pool.try_get().ok()).take_all(), 5);
            assert_eq!(Held::new(&on_lanes, |pool| pool.try_get().ok()).take_all(), 7);
            assert_eq!(Held::new(&places, |slab| slab.insert(9).ok()).take_all(), 3);
        }
    }
}
