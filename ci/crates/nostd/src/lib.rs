//! Links forebay into something that has no std and no allocator.
#![no_std]

use forebay::monitor::{Clock, Monitor};
use forebay::{DefaultReset, Exhausted, Headroom, LanePool, Lease, Pool, Ring, StreamPool, Token};

static FRAMES: Pool<[u8; 4], 3> = Pool::new();
static BUFFERS: LanePool<[u8; 4], 8, 2> = LanePool::new();
static REPLIES: Pool<u8, 2, DefaultReset, Headroom<1>> = Pool::with_waiting(DefaultReset);
static SAMPLES: Ring<u16, 4> = Ring::new();
static STREAMS: StreamPool<Token, 2> = StreamPool::new();

/// A little of everything, so that the code is generated and not only checked.
#[unsafe(no_mangle)]
extern "C" fn forebay_runs_without_std() -> bool {
    little_of_everything().is_ok_and(|sum| sum == 13)
        && lanes().is_ok_and(|metrics| metrics.gets == 3)
        && waiting()
        && timed().is_ok_and(|count| count == 1)
        && checked()
}

#[cfg(not(feature = "validate"))]
fn checked() -> bool {
    true
}

/// Schemas are made while this compiles, reports come from a pool.
#[cfg(feature = "validate")]
fn checked() -> bool {
    use forebay::validate::{Options, Schema, StreamValidator, Validator};

    static BUILT: Schema<12, 16> =
        Schema::object().property("id", Schema::string().pattern("^[a-z]+$")).closed();
    static READ: Schema<8> = Schema::from_json(r#"{"properties": {"n": {"type": "integer"}}}"#);
    static VALIDATOR: Validator<1, 2, 8, 32> = Validator::new().with(Options::new().coerce(true));

    let mut stream = StreamValidator::<64, 8, 32>::new(&BUILT);
    let streams = stream.push(r#"{"id": "#).is_ok() && stream.push("1").is_err();
    streams && VALIDATOR.validate(&READ, r#"{"n": "7"}"#).is_ok_and(|report| report.is_valid())
}

/// A clock is a function. What is in `global` and is not called is not there.
fn timed() -> Result<u64, Exhausted> {
    static TIMES: Monitor<3> = Monitor::new(Clock::new(|| 7, 1000));
    drop(TIMES.time(FRAMES.try_get()?));
    Ok(TIMES.histogram().count())
}

fn lanes() -> Result<forebay::Metrics, Exhausted> {
    let _reply = (REPLIES.try_get()?, REPLIES.try_get_reserved()?);
    if let Some(lane) = BUFFERS.try_claim() {
        drop(lane.try_get()?);
        drop(Lease::detach(lane.try_get()?));
        lane.flush();
    }
    drop(BUFFERS.try_get()?);
    BUFFERS.tick();
    Ok(BUFFERS.metrics())
}

#[cfg(not(feature = "async"))]
fn waiting() -> bool {
    true
}

/// Futures without an allocator: pinned on the stack.
#[cfg(feature = "async")]
fn waiting() -> bool {
    use core::future::Future;
    use core::pin::pin;
    use core::task::{Context, Waker};
    use forebay::Waking;

    static JOBS: Pool<u32, 1, DefaultReset, Headroom<0, Waking<2>>> =
        Pool::with_waiting(DefaultReset);
    static ON_LANES: LanePool<u32, 2, 1, DefaultReset, Waking<2>> =
        LanePool::with_waiting(DefaultReset);
    static TALKS: StreamPool<Token, 1, 4, Waking<2>> = StreamPool::new();

    let mut context = Context::from_waker(Waker::noop());
    let mut first = pin!(JOBS.get());
    let mut second = pin!(JOBS.get_reserved());
    let job = first.as_mut().poll(&mut context);
    let waits = second.as_mut().poll(&mut context).is_pending();
    drop(job);
    let served = second.poll(&mut context).is_ready();
    let on_lane = pin!(ON_LANES.get()).poll(&mut context).is_ready();
    let opened = pin!(TALKS.open()).poll(&mut context).is_ready();
    waits && served && on_lane && opened
}

fn little_of_everything() -> Result<u16, Exhausted> {
    let mut frame = FRAMES.try_get()?;
    frame[0] = 6;
    let mut sum = u16::from(frame[0]);
    if let (Some(mut producer), Some(mut consumer)) =
        (SAMPLES.try_producer(), SAMPLES.try_consumer())
    {
        sum += u16::from(producer.push(2).is_ok());
        sum += consumer.pop().unwrap_or_default();
    }
    let (mut sender, mut receiver) = STREAMS.try_open()?;
    sum += u16::from(sender.try_send_text("four").is_ok());
    sum += receiver.try_recv().map_or(0, |token| token.len() as u16) - 1;
    #[cfg(feature = "async")]
    waiting::a_task_for_each_half()?;
    Ok(sum)
}

/// Two tasks and the smallest executor: both are polled until one is done.
#[cfg(feature = "async")]
mod waiting {
    use core::future::Future;
    use core::pin::{Pin, pin};
    use core::task::{Context, Waker};
    use forebay::{Exhausted, StreamPool, Token, Waking};
    use futures_core::Stream;
    use futures_sink::Sink;

    static STREAMS: StreamPool<Token, 2, 2, Waking> = StreamPool::new();

    pub fn a_task_for_each_half() -> Result<(), Exhausted> {
        let (mut sender, mut receiver) = STREAMS.try_open()?;
        let mut cx = Context::from_waker(Waker::noop());
        let mut model = pin!(async move {
            let _ =
                sender.send_text("more text than a stream of two small tokens has room for").await;
            let _ = sender.send(Token::new()).await;
            let _ = sender.ready().await;
            drop(sender.send(Token::new()));
            drop(sender.take_unsent());
            let mut cx = Context::from_waker(Waker::noop());
            let _ = Pin::new(&mut sender).poll_close(&mut cx);
            sender.cancelled().await;
        });
        let mut client = pin!(async move {
            while receiver.ready(2).await != 0 {
                receiver.drain().for_each(drop);
            }
            let _ = receiver.recv().await;
            let mut cx = Context::from_waker(Waker::noop());
            let _ = Pin::new(&mut receiver).poll_next(&mut cx);
        });
        while client.as_mut().poll(&mut cx).is_pending() {
            let _ = model.as_mut().poll(&mut cx);
        }
        Ok(())
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

/// Interrupts off is a critical section, on a single core.
#[cfg(feature = "backend")]
mod backend {
    #[cfg(not(any(target_arch = "arm", target_arch = "riscv32")))]
    compile_error!("a critical section is only written for Arm and RISC-V microcontrollers");

    use core::arch::asm;
    use critical_section::RawRestoreState;

    struct InterruptsOff;
    critical_section::set_impl!(InterruptsOff);

    // SAFETY: on a single core nothing else runs between the two.
    unsafe impl critical_section::Impl for InterruptsOff {
        unsafe fn acquire() -> RawRestoreState {
            let before: usize;
            // SAFETY: reads and sets the interrupt mask only.
            #[cfg(target_arch = "arm")]
            unsafe {
                asm!("mrs {}, PRIMASK", "cpsid i", out(reg) before);
                before & 1 == 0
            }
            // SAFETY: as above.
            #[cfg(target_arch = "riscv32")]
            unsafe {
                asm!("csrrci {}, mstatus, 8", out(reg) before);
                before & 8 != 0
            }
        }

        unsafe fn release(were_on: RawRestoreState) {
            if were_on {
                // SAFETY: interrupts were on when the critical section began.
                #[cfg(target_arch = "arm")]
                unsafe {
                    asm!("cpsie i")
                };
                // SAFETY: as above.
                #[cfg(target_arch = "riscv32")]
                unsafe {
                    asm!("csrsi mstatus, 8")
                };
            }
        }
    }
}
