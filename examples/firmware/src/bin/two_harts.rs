//! Two cores at once: a pool that both use, a pool with a lane for each, a ring and streams from one to the other.
//! Is anything lost, doubled, out of order, or written by two?
//!
//! It runs on two RISC-V harts and on two Cortex-M33 (`BOARD=mps2-an521`, on code for a Cortex-M3); elsewhere it says
//! that it was skipped. Both have compare-and-swap, so that forebay needs no critical section here. That matters:
//! cortex-m's `critical-section-single-core` turns off the interrupts of one core and keeps out no other, so that on
//! two cores without compare-and-swap it would be the wrong choice.
//!
//! The emulator runs each core on a thread of its own, on a host that orders memory more strongly than these cores
//! do: a missing barrier does not show here.
//!
//! Boards: two-M33, two-rv32imac
//!
//! Planted faults: `shared-slot`, `lose-an-item`, `lose-a-token`.
//! Core 1 writes into an object that core 0 has; it leaves an item out of the ring; it leaves a token out of a stream.
#![no_std]
#![no_main]

#[cfg(not(dual_core))]
#[cfg_attr(target_arch = "arm", cortex_m_rt::entry)]
#[cfg_attr(target_arch = "riscv32", riscv_rt::entry)]
fn main() -> ! {
    firmware::println!("two_harts skipped: one core");
    firmware::exit(0)
}

#[cfg(all(dual_core, target_arch = "arm"))]
#[cortex_m_rt::entry]
fn main() -> ! {
    two::core0()
}

#[cfg(all(dual_core, target_arch = "riscv32"))]
#[riscv_rt::entry]
fn main(hart: usize) -> ! {
    if hart == 0 { two::core0() } else { firmware::core1::run() }
}

#[cfg(dual_core)]
mod two {
    use core::hint::spin_loop;
    use core::ptr;
    use core::sync::atomic::{
        AtomicPtr, AtomicU32,
        Ordering::{Acquire, Relaxed, Release},
    };

    use firmware::{core1, exit, planted, println};
    use forebay::error::PushError;
    use forebay::wait::Lanes;
    use forebay::{End, LanePool, Lease, Pool, Receiver, RecvError, Ring, SendError, StreamPool};

    // Few enough for a host that runs both cores on one of its own: then each turn moves one ringful.
    const ROUNDS: u32 = 5_000;
    const ITEMS: u32 = 20_000;
    const STREAMS: u32 = 50;
    const TOKENS: u32 = 100;

    type Object = [u32; 4];
    type Lent = Lease<&'static Pool<Object, 8, forebay::DefaultReset, Lanes<2>>>;
    type Rx = Receiver<&'static StreamPool<u32, 2, 8>>;

    /// At most five are out, so that no get is refused.
    static SHARED: Pool<Object, 5> = Pool::new();
    static LANES: LanePool<Object, 8, 2> = LanePool::new();
    static LENT: Ring<Lent, 2> = Ring::new();
    static ITEM: Ring<[u32; 3], 2> = Ring::new();
    static TEXTS: StreamPool<u32, 2, 8> = StreamPool::new();
    static OPENED: Ring<Rx, 2> = Ring::new();

    /// The parts that core 1 is done with.
    static PARTS: AtomicU32 = AtomicU32::new(0);
    /// An object that core 0 has.
    static KEPT: AtomicPtr<Object> = AtomicPtr::new(ptr::null_mut());
    /// Semihosting is for one core at a time, so core 0 asks for both.
    static FAULT: AtomicU32 = AtomicU32::new(0);

    const SHARED_SLOT: u32 = 1;
    const LOSE_AN_ITEM: u32 = 2;
    const LOSE_A_TOKEN: u32 = 3;

    fn fault(which: u32) -> bool {
        FAULT.load(Relaxed) == which
    }

    fn part_done() {
        PARTS.store(PARTS.load(Relaxed) + 1, Release);
    }

    fn wait_for(part: u32) {
        while PARTS.load(Acquire) < part {
            spin_loop();
        }
    }

    /// What `core` writes in `round`: no two are alike.
    fn mark(core: u32, round: u32) -> Object {
        [core, round, !round, round.wrapping_mul(0x9e37_79b9) ^ core]
    }

    /// Both cores get two objects at a time, write, look again, and put them back.
    fn share(core: u32) {
        for round in 0..ROUNDS {
            let mut first = SHARED.try_get().expect("four others at most are out");
            let mut second = SHARED.try_get().expect("four others at most are out");
            assert!(*first == [0; 4] && *second == [0; 4], "not emptied: {first:?} {second:?}");
            *first = mark(core, round);
            *second = mark(core, !round);
            // A look at memory, and not at what the compiler knows it has written.
            // SAFETY: both are ours.
            let seen = unsafe {
                [(&raw const *first).read_volatile(), (&raw const *second).read_volatile()]
            };
            assert_eq!(
                seen,
                [mark(core, round), mark(core, !round)],
                "core {core}: written by two"
            );
        }
    }

    /// Each core works on its lane; core 1 lends every eighth object to core 0.
    fn lanes(core: u32) {
        let lane = LANES.try_claim().expect("a lane for each core");
        let mut to_core0 = (core == 1).then(|| LENT.try_producer().expect("the first to ask"));
        let mut from_core1 = (core == 0).then(|| LENT.try_consumer().expect("the first to ask"));
        let mut sum = 0;
        for round in 0..ROUNDS {
            let mut object = lane.try_get().expect("more than are ever out");
            assert_eq!(*object, [0; 4], "not emptied");
            *object = mark(core, round);
            // SAFETY: it is ours; a look at memory.
            assert_eq!(unsafe { (&raw const *object).read_volatile() }, mark(core, round));
            let Some(to_core0) = to_core0.as_mut().filter(|_| round % 8 == 0) else { continue };
            let mut lent = Lease::detach(object);
            while let Err(refused) = to_core0.push(lent) {
                let PushError::Full(back) = refused else { panic!("core 0 left") };
                lent = back;
                spin_loop();
            }
        }
        let Some(from_core1) = from_core1.as_mut() else { return };
        for round in (0..ROUNDS).step_by(8) {
            let lent = loop {
                match from_core1.pop() {
                    Ok(lent) => break lent,
                    Err(_) => spin_loop(),
                }
            };
            assert_eq!(*lent, mark(1, round), "another object, or an older one");
            sum += 1;
        }
        assert_eq!(sum, ROUNDS.div_ceil(8));
    }

    fn item(n: u32) -> [u32; 3] {
        [n, !n, n.wrapping_mul(0x9e37_79b9)]
    }

    fn send_items() {
        let mut ring = ITEM.try_producer().expect("the first to ask");
        for n in 0..ITEMS {
            if fault(LOSE_AN_ITEM) && n == ITEMS / 2 {
                continue;
            }
            while ring.push(item(n)).is_err() {
                spin_loop();
            }
        }
        ring.close();
    }

    fn receive_items() {
        let mut ring = ITEM.try_consumer().expect("the first to ask");
        let mut expected = 0;
        loop {
            match ring.pop() {
                Ok(got) => {
                    assert_eq!(got, item(expected), "torn, lost or out of order");
                    expected += 1;
                }
                Err(forebay::error::PopError::Empty) => spin_loop(),
                Err(forebay::error::PopError::Closed) => break,
            }
        }
        assert_eq!(expected, ITEMS, "items are missing");
    }

    fn send_streams() {
        let mut opened = OPENED.try_producer().expect("the first to ask");
        for stream in 0..STREAMS {
            // A ring is free again once core 0 has left the stream before the last.
            let (mut sender, mut receiver) = loop {
                match TEXTS.try_open() {
                    Ok(halves) => break halves,
                    Err(_) => spin_loop(),
                }
            };
            while let Err(refused) = opened.push(receiver) {
                receiver = refused.into_inner();
                spin_loop();
            }
            for n in 0..TOKENS {
                let mut token = stream * TOKENS + n;
                if fault(LOSE_A_TOKEN) && token == STREAMS * TOKENS / 2 {
                    continue;
                }
                while let Err(SendError::Full(back)) = sender.try_send(token) {
                    token = back;
                    spin_loop();
                }
            }
            sender.fail(stream as u16);
        }
    }

    fn receive_streams() {
        let mut opened = OPENED.try_consumer().expect("the first to ask");
        let mut expected = 0;
        for stream in 0..STREAMS {
            let mut receiver = loop {
                match opened.pop() {
                    Ok(receiver) => break receiver,
                    Err(_) => spin_loop(),
                }
            };
            let end = loop {
                match receiver.try_recv() {
                    Ok(token) => {
                        assert_eq!(token, expected, "lost or out of order");
                        expected += 1;
                    }
                    Err(RecvError::Empty) => spin_loop(),
                    Err(RecvError::Ended(end)) => break end,
                }
            };
            assert_eq!(end, End::Failed(stream as u16));
        }
        assert_eq!(expected, STREAMS * TOKENS, "tokens are missing");
    }

    fn on_core1() -> ! {
        if fault(SHARED_SLOT) {
            // SAFETY: none; this is the planted fault.
            unsafe { KEPT.load(Relaxed).write_volatile([9; 4]) };
        }
        share(1);
        part_done();
        lanes(1);
        part_done();
        send_items();
        part_done();
        send_streams();
        part_done();
        loop {
            spin_loop();
        }
    }

    pub fn core0() -> ! {
        let faults = [
            (SHARED_SLOT, "shared-slot"),
            (LOSE_AN_ITEM, "lose-an-item"),
            (LOSE_A_TOKEN, "lose-a-token"),
        ];
        for (number, name) in faults {
            if planted(name) {
                FAULT.store(number, Relaxed);
            }
        }
        let mut kept = SHARED.try_get().expect("all are free");
        *kept = mark(2, 0);
        KEPT.store(&raw mut *kept, Relaxed);
        core1::start(on_core1);

        share(0);
        wait_for(1);
        // SAFETY: it is ours; a look at memory.
        let seen = unsafe { KEPT.load(Relaxed).read_volatile() };
        assert_eq!(seen, mark(2, 0), "somebody wrote into an object on loan to core 0");
        drop(kept);
        let metrics = SHARED.metrics();
        let gets = 1 + 4 * u64::from(ROUNDS);
        assert_eq!((metrics.gets, metrics.puts, metrics.in_use), (gets, gets, 0), "{metrics}");
        assert_eq!((metrics.exhausted, metrics.double_returns), (0, 0), "{metrics}");
        println!("pool: {metrics}");

        lanes(0);
        wait_for(2);
        let metrics = LANES.metrics();
        let gets = 2 * u64::from(ROUNDS);
        assert_eq!((metrics.gets, metrics.puts, metrics.in_use), (gets, gets, 0), "{metrics}");
        assert_eq!((metrics.exhausted, LANES.available()), (0, 8), "{metrics}");
        println!("lanes: {metrics}");

        receive_items();
        receive_streams();
        wait_for(4);
        let metrics = TEXTS.metrics();
        let streams = u64::from(STREAMS);
        assert_eq!(
            (metrics.gets, metrics.puts, metrics.in_use),
            (streams, streams, 0),
            "{metrics}"
        );
        println!("streams: {metrics}");
        println!(
            "two_harts ok: {ITEMS} items, {STREAMS} streams of {TOKENS} tokens, {ROUNDS} rounds a core"
        );
        exit(0)
    }
}
