//! An RTIC application in which one interrupt preempts another, and both preempt `idle`, all of them in the middle of
//! gets and puts of one pool. Does each get what nobody else has, without a lock?
//!
//! No task locks anything: the pool and the rings are plain statics, and not resources. On a Cortex-M3 they work by
//! compare-and-swap; on a Cortex-M0 each of its few read-modify-writes is a critical section. SysTick (priority 3)
//! fills objects for PendSV (priority 2), which looks at them and hands them to `idle`.
//!
//! `--features rtic`, and one target a call. For Cortex-M only:
//!
//! Boards: M0, M3, M4F, M7
//!
//! Planted faults: `shared-slot`, `lose-an-item`.
//! The higher interrupt writes into what the lower one has; it does not hand an object over.
#![no_std]
#![no_main]

/// What RTIC asks of a chip's crate. Its tasks are bound to exceptions of the core here, so there is no more.
mod device {
    pub const NVIC_PRIO_BITS: u8 = 2;
}

#[rtic::app(device = crate::device, peripherals = false)]
mod app {
    use core::ptr;
    use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed};

    use cortex_m::peripheral::{SCB, syst::SystClkSource};
    use firmware::{exit, planted, println};
    use forebay::{Consumer, Lease, Pool, Producer, Ring};

    const PERIOD: u32 = 3_000;
    const ITEMS: u32 = 200;
    const DEPTH: usize = 4;

    type Object = [u32; 4];
    type Item = Lease<&'static Pool<Object, SLOTS>>;
    type Hands = Ring<Item, DEPTH>;

    /// Two full rings, three of PendSV (its own, one it works on, one it could not hand on), and one each of SysTick
    /// and `idle`: so no get is refused.
    const SLOTS: usize = 2 * DEPTH + 5;
    static POOL: Pool<Object, SLOTS> = Pool::new();
    static FILLED: Hands = Ring::new();
    static SEEN: Hands = Ring::new();

    /// Times that SysTick came while PendSV had an object.
    static PREEMPTED: AtomicU32 = AtomicU32::new(0);
    /// What PendSV has; null while it does not run.
    static LOWER: AtomicPtr<Object> = AtomicPtr::new(ptr::null_mut());

    #[shared]
    struct Shared {}

    #[local]
    struct Local {
        to_lower: Producer<&'static Hands>,
        from_higher: Consumer<&'static Hands>,
        to_idle: Producer<&'static Hands>,
        from_lower: Consumer<&'static Hands>,
        next: u32,
        /// Item that is not handed over.
        lost: u32,
        strays: bool,
        kept: Option<Item>,
    }

    #[init]
    fn init(context: init::Context) -> (Shared, Local) {
        let mut timer = context.core.SYST;
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(PERIOD - 1);
        timer.clear_current();
        timer.enable_counter();
        timer.enable_interrupt();
        let local = Local {
            to_lower: FILLED.try_producer().expect("the first to ask"),
            from_higher: FILLED.try_consumer().expect("the first to ask"),
            to_idle: SEEN.try_producer().expect("the first to ask"),
            from_lower: SEEN.try_consumer().expect("the first to ask"),
            next: 0,
            lost: if planted("lose-an-item") { ITEMS / 2 } else { u32::MAX },
            strays: planted("shared-slot"),
            kept: None,
        };
        (Shared {}, local)
    }

    /// What is in item `n`.
    fn item(n: u32) -> Object {
        [n, !n, n.wrapping_mul(0x9e37_79b9), 1]
    }

    /// Gets an object, writes into it, looks at it again, and puts it back.
    fn use_one(mark: u32) {
        let mut object = POOL.try_get().expect("there is one for each context");
        assert_eq!(*object, [0; 4], "not emptied");
        *object = [mark; 4];
        // SAFETY: it is ours; a look at memory, and not at what the compiler knows.
        assert_eq!(unsafe { (&raw const *object).read_volatile() }, [mark; 4], "written by two");
    }

    #[task(binds = SysTick, priority = 3, local = [to_lower, next, lost, strays])]
    fn higher(context: higher::Context) {
        let local = context.local;
        use_one(0x5757_5757);
        let lower = LOWER.load(Relaxed);
        if !lower.is_null() {
            PREEMPTED.store(PREEMPTED.load(Relaxed) + 1, Relaxed);
            if *local.strays {
                // SAFETY: none; this is the planted fault.
                unsafe { lower.write_volatile([9; 4]) };
            }
        }
        // As many as the ring takes, and one more.
        for _ in 0..=DEPTH {
            if *local.next == ITEMS {
                break;
            }
            if *local.next == *local.lost {
                *local.next += 1;
            }
            let mut object = POOL.try_get().expect("there is one for each context");
            *object = item(*local.next);
            if local.to_lower.push(object).is_err() {
                break;
            }
            *local.next += 1;
        }
        // Every other time, so that `idle` has its turns.
        if lower.is_null() {
            SCB::set_pendsv();
        }
    }

    #[task(binds = PendSV, priority = 2, local = [from_higher, to_idle, kept])]
    fn lower(context: lower::Context) {
        let local = context.local;
        let mut own = POOL.try_get().expect("there is one for each context");
        *own = [0x1111_1111; 4];
        LOWER.store(&raw mut *own, Relaxed);
        // Until SysTick came in between, wherever that is, this only gets and puts.
        let before = PREEMPTED.load(Relaxed);
        while PREEMPTED.load(Relaxed) == before {
            use_one(0x2222_2222);
        }
        LOWER.store(ptr::null_mut(), Relaxed);
        // SAFETY: it is ours; a look at memory.
        let seen = unsafe { (&raw const *own).read_volatile() };
        assert_eq!(seen, [0x1111_1111; 4], "written by the interrupt that came in between");
        drop(own);
        while let Some(object) = local.kept.take().or_else(|| local.from_higher.pop().ok()) {
            if let Err(refused) = local.to_idle.push(object) {
                // `idle` has not come so far.
                *local.kept = Some(refused.into_inner());
                break;
            }
        }
    }

    #[idle(local = [from_lower])]
    fn idle(context: idle::Context) -> ! {
        let mut expected = 0;
        while expected < ITEMS {
            use_one(0x3333_3333);
            let Ok(object) = context.local.from_lower.pop() else { continue };
            assert_eq!(*object, item(expected), "lost, out of order, or written by two");
            expected += 1;
        }
        // A SysTick that is pending would start PendSV, which waits for another.
        cortex_m::interrupt::disable();
        let (metrics, preempted) = (POOL.metrics(), PREEMPTED.load(Relaxed));
        assert_eq!(
            (metrics.in_use, metrics.exhausted, metrics.double_returns),
            (0, 0, 0),
            "{metrics}"
        );
        assert_eq!(metrics.gets, metrics.puts, "{metrics}");
        assert!(preempted > 0, "nothing was preempted");
        println!(
            "rtic ok: {ITEMS} items through three priorities, {preempted} preemptions; {metrics}"
        );
        exit(0)
    }
}
