//! One program that uses everything together: its objects are statics, its loop and its interrupt handlers share them,
//! and what they do is inlined into each other.
use forebay::monitor::{Clock, Monitor};
use forebay::{
    Consumer, DefaultReset, End, Headroom, LanePool, Lease, Pool, Producer, Receiver, RecvError,
    Response, Ring, Sender, SharedLease, Slab, StreamPool, Token, Waking, try_get_all,
};

type Frame = [u8; 32];
type Frames = Pool<Frame, 8>;
type Replies = StreamPool<Token, 4, 20, Waking<2>>;

static FRAMES: Frames = Pool::new();
static URGENT: Pool<u32, 4, DefaultReset, Headroom<1, Waking<2>>> =
    Pool::with_waiting(DefaultReset);
static LANES: LanePool<Response<256>, 8, 2> = LanePool::new();
static JOBS: Slab<Lease<&'static Frames>, 4> = Slab::new();
static SAMPLES: Ring<u16, 32> = Ring::new();
static FILLED: Ring<Lease<&'static Frames>, 8> = Ring::new();
static REPLIES: Replies = StreamPool::new();
static TIMES: Monitor<8> = Monitor::new(Clock::new(ticks, 1000));

fn ticks() -> u64 {
    crate::elsewhere(1);
    0
}

/// What the interrupt handlers have, and what the loop has.
pub struct Ends {
    samples: (Producer<&'static Ring<u16, 32>>, Consumer<&'static Ring<u16, 32>>),
    filled: (
        Producer<&'static Ring<Lease<&'static Frames>, 8>>,
        Consumer<&'static Ring<Lease<&'static Frames>, 8>>,
    ),
    reply: (
        Sender<&'static StreamPool<Token, 4, 20, Waking<2>>>,
        Receiver<&'static StreamPool<Token, 4, 20, Waking<2>>>,
    ),
}

export! { "op_"
    fn firmware_starts() -> Option<Ends> {
        FRAMES.fill();
        Some(Ends {
            samples: (SAMPLES.try_producer()?, SAMPLES.try_consumer()?),
            filled: (FILLED.try_producer()?, FILLED.try_consumer()?),
            reply: REPLIES.try_open().ok()?,
        })
    }

    // An interrupt: samples in a burst, a frame that a DMA fills, which travels as a pointer.
    fn firmware_interrupt(ends: &mut Ends, burst: &[u16]) -> usize {
        let taken = ends.samples.0.push_slice(burst);
        let Ok(frame) = FRAMES.try_get() else { return taken };
        let filled = Lease::into_raw(frame);
        // SAFETY: it is from `into_raw`, and nobody else has it.
        let Some(frame) = (unsafe { Lease::from_raw(&FRAMES, filled) }) else { return taken };
        if let Ok(place) = ends.filled.0.reserve() {
            place.write(frame).commit();
        }
        taken
    }

    fn firmware_loop(ends: &mut Ends) -> Option<End> {
        let mut samples = [0; 8];
        while ends.samples.1.pop_slice(&mut samples) != 0 {}
        while let Ok(frame) = ends.filled.1.pop() {
            drop(TIMES.span(Lease::slot(&frame)));
            if let Ok(job) = JOBS.insert(frame) {
                drop(job);
            }
        }
        if let Ok((frame, urgent)) = try_get_all((&FRAMES, &URGENT)) {
            let shared = Lease::share(frame);
            let reader = SharedLease::try_clone(&shared);
            drop((reader, urgent, SharedLease::try_unshare(shared)));
        }
        let many: Result<[_; 3], _> = FRAMES.try_get_many();
        drop((many, FRAMES.try_get_up_to::<4>()));
        if let Ok(mut burst) = FRAMES.try_get_batch::<3>() {
            let last = burst.pop();
            drop((burst, last));
        }

        let lane = LANES.try_claim()?;
        let mut answer = lane.try_get().ok()?;
        let _ = ends.reply.0.try_send_text("an answer in pieces");
        loop {
            match ends.reply.1.try_recv() {
                Ok(token) => drop(answer.push(&token)),
                Err(RecvError::Empty) => break,
                Err(RecvError::Ended(end)) => answer.set_end(end),
            }
        }
        for token in ends.reply.1.drain() {
            let _ = answer.push(&token);
        }
        let end = answer.end();
        drop(Lease::detach(answer));
        lane.flush();
        LANES.tick();
        URGENT.try_get_reserved().ok()?;
        FRAMES.audit().find(|loan| loan.age() > 3).and(end)
    }

    fn firmware_ends(ends: Ends) {
        ends.samples.0.close();
        ends.filled.1.close();
        ends.reply.0.fail(1);
        drop(ends.reply.1);
        FRAMES.trim();
    }
}
