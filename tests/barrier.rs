//! Lanes and their visitors in processes of their own: as the system is, forked, and where it refuses the barrier that a visit
//! needs.
//!
//! A test that needs a process of its own runs this file's binary once more, for that test alone, and there does what it is
//! about.
#![cfg(all(feature = "std", not(miri)))]

mod common;

use common::Together;
use forebay::{LanePool, Lease, Reset};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;

/// An object that panics when it has two users.
#[derive(Debug, Default)]
struct Alone(AtomicBool);

impl Alone {
    fn enter(&self) {
        assert!(!self.0.swap(true, SeqCst), "two users, or not reset");
    }

    fn leave(&self) {
        assert!(self.0.swap(false, SeqCst), "two users");
    }
}

impl Reset for Alone {
    fn reset(&mut self) {
        assert!(!*self.0.get_mut(), "in use");
    }
}

const OBJECTS: usize = 3;
const THREADS: usize = 8;

type Few = LanePool<Alone, OBJECTS, 4>;

/// Waits until the threads have ended, and given up their lanes: the end of a scope waits for closures only.
fn join_all<'s>(threads: impl Iterator<Item = thread::ScopedJoinHandle<'s, ()>>) {
    let threads = Vec::from_iter(threads);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// More threads than objects get and return them, on more lanes than objects. No object has two users, and what was got
/// was returned. The owner of a lane empties it at the end.
fn stress(pool: &Few) {
    let (gets, rounds) = (AtomicU64::new(0), 3_000);
    let before = pool.metrics();
    let together = &Together::new();
    thread::scope(|scope| {
        join_all((0..THREADS).map(|id| {
            let gets = &gets;
            scope.spawn(move || {
                together.run(|| {
                    together.meet(THREADS);
                    for round in 0..rounds {
                        let some = if round % 4 == 0 {
                            pool.try_get_up_to::<2>().into_iter().collect()
                        } else {
                            Vec::from_iter(pool.try_get().ok())
                        };
                        gets.fetch_add(some.len() as u64, SeqCst);
                        some.iter().for_each(|object| object.enter());
                        if round % 16 == id {
                            thread::yield_now(); // with what it got
                        }
                        some.iter().for_each(|object| object.leave());
                        let is_none = some.is_empty();
                        drop(some);
                        if is_none || round % 8 == id {
                            thread::yield_now(); // with what the lane keeps
                        }
                        match round % 512 {
                            100 if id == 0 => _ = pool.tick(),
                            200 if id == 1 => _ = pool.trim(),
                            300 if id == 2 => _ = pool.fill(),
                            _ => {}
                        }
                    }
                    // With no visitor left, the owner empties its lane.
                    together.meet(2 * THREADS);
                    pool.flush();
                });
            })
        }));
    });
    let after = pool.metrics();
    assert_eq!((after.gets - before.gets, after.gets - after.puts), (gets.into_inner(), 0));
    assert_eq!((after.in_use, after.double_returns, after.panics), (0, 0, 0));
    assert_eq!((pool.audit().count(), pool.available()), (0, OBJECTS));
}

/// Gets all objects that can be had, and returns them.
fn get_all(pool: &Few) -> usize {
    let all = Vec::from_iter(std::iter::from_fn(|| pool.try_get().ok()));
    let mut slots = Vec::from_iter(all.iter().map(Lease::slot));
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), all.len(), "each once");
    slots.len()
}

/// Runs `f` on a thread that then does nothing, and meanwhile `g`. Behind it the thread has ended, destructors included.
fn beside_idle<R>(f: impl FnOnce() + Send, g: impl FnOnce() -> R) -> R {
    let (ready, is_ready) = std::sync::mpsc::channel();
    let (send, end) = std::sync::mpsc::channel::<()>();
    thread::scope(|scope| {
        let idle = scope.spawn(move || {
            f();
            ready.send(()).unwrap();
            let _ = end.recv(); // parked
        });
        is_ready.recv().unwrap();
        let answer = g();
        drop(send);
        idle.join().unwrap();
        answer
    })
}

/// All objects can be had, also the one that the lane of an idle thread keeps.
fn assert_visited(pool: &Few) {
    pool.flush();
    let used = || assert_eq!(get_all(pool), OBJECTS);
    beside_idle(used, || {
        let steals = pool.metrics().steals;
        assert_eq!((get_all(pool), pool.metrics().steals), (OBJECTS, steals + 1));
    });
}

type Lone = LanePool<Alone, 1, 2>;

/// One object for two threads with a lane each: whenever both run at once, one visits the lane that the other uses.
fn duel(pool: &Lone) {
    let (gets, together) = (AtomicU64::new(0), &Together::new());
    thread::scope(|scope| {
        join_all((0..2).map(|_| {
            scope.spawn(|| {
                together.run(|| {
                    together.meet(2);
                    for _ in 0..200_000 {
                        if let Ok(object) = pool.try_get() {
                            object.enter();
                            object.leave();
                            gets.fetch_add(1, SeqCst);
                        }
                    }
                    together.meet(4);
                    pool.flush();
                });
            })
        }));
    });
    let metrics = pool.metrics();
    assert_eq!((metrics.gets, metrics.puts), (gets.load(SeqCst), gets.load(SeqCst)));
    assert_eq!((metrics.misses, metrics.double_returns, pool.available()), (1, 0, 1));
    assert!(pool.try_get().is_ok());
}

#[test]
fn two_threads_and_one_object() {
    static POOL: Lone = LanePool::new();
    duel(&POOL);
}

#[test]
fn more_threads_than_objects() {
    static POOL: Few = LanePool::new();
    stress(&POOL);
    assert_visited(&POOL);
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)] // Calls of the system.
mod processes {
    use super::*;
    use libc::{SYS_membarrier, c_ulong, sock_filter, sock_fprog, syscall};
    use std::process::Command;

    const CHILD: &str = "FOREBAY_BARRIER_CHILD";

    /// Runs `f`, which is test `name`, in a process of its own.
    fn by_itself(name: &str, f: impl FnOnce()) {
        if std::env::var(CHILD).is_ok_and(|child| child == name) {
            return f();
        }
        let test = std::env::current_exe().expect("a test knows where it is");
        let name_in_file = format!("processes::{name}");
        let run = Command::new(test)
            .args(["--exact", &name_in_file, "--nocapture", "--test-threads", "1"])
            .env(CHILD, name)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&run.stdout);
        let error = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success() && text.contains("1 passed"), "{text}\n{error}");
    }

    /// Makes the system refuse `membarrier` to all threads of this process from now on. `false` if it cannot be made to.
    fn refuse() -> bool {
        const ABS_WORD: u16 = 0x20; // loads the number of the call
        const JUMP_IF_EQUAL: u16 = 0x15;
        const RETURN: u16 = 0x06;
        let step = |code, jf, k| sock_filter { code, jt: 0, jf, k };
        let mut steps = [
            step(ABS_WORD, 0, 0),
            step(JUMP_IF_EQUAL, 1, u32::try_from(SYS_membarrier).unwrap()),
            step(RETURN, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned()),
            step(RETURN, 0, libc::SECCOMP_RET_ALLOW),
        ];
        let program = sock_fprog { len: 4, filter: steps.as_mut_ptr() };
        let (yes, no): (c_ulong, c_ulong) = (1, 0);
        // SAFETY: numbers, and a filter that lives while the call looks at it.
        let refused = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, yes, no, no, no) == 0
                && syscall(
                    libc::SYS_seccomp,
                    libc::SECCOMP_SET_MODE_FILTER,
                    libc::SECCOMP_FILTER_FLAG_TSYNC,
                    &raw const program,
                ) == 0
        };
        if refused {
            assert!(!is_offered(), "the filter works");
        } else {
            eprintln!("skipped: the system does not let a process refuse itself a call");
        }
        refused
    }

    /// Whether the system offers `membarrier`.
    fn is_offered() -> bool {
        // SAFETY: a question in numbers.
        unsafe { syscall(SYS_membarrier, 0, 0, 0) >= 0 }
    }

    /// Without the barrier from the start, visits are made by fences and find the same.
    #[test]
    fn refused_from_the_start() {
        by_itself("refused_from_the_start", || {
            static POOL: Few = LanePool::new();
            static LONE: Lone = LanePool::new();
            if !refuse() {
                return;
            }
            duel(&LONE);
            stress(&POOL);
            assert_visited(&POOL);
        });
    }

    /// A barrier that is refused after lanes were used: a visit finds nothing, since nothing is known of the owner. What the
    /// owner of a lane puts there is its own from then on, until it flushes its lane or ends.
    #[test]
    fn refused_later() {
        by_itself("refused_later", || {
            static POOL: Few = LanePool::new();
            static HELD: Few = LanePool::new();
            static LONE: Lone = LanePool::new();
            let is_offered = is_offered() && !cfg!(forebay_fences);
            stress(&POOL);
            let all = || assert_eq!(get_all(&HELD), OBJECTS);
            beside_idle(all, || {
                if !refuse() {
                    return;
                }
                let steals = [POOL.metrics().steals, HELD.metrics().steals];
                duel(&LONE);
                stress(&POOL);
                assert_eq!(get_all(&POOL), OBJECTS, "all were flushed");
                // One is on the lane of the idle thread, unless there never was a barrier and fences do.
                let reach = if is_offered { OBJECTS - 1 } else { OBJECTS };
                assert_eq!((get_all(&HELD), HELD.available()), (reach, OBJECTS));
                HELD.flush(); // a visit finds nothing on the caller's own lane either
                assert_eq!((HELD.trim(), HELD.available()), (reach, OBJECTS));
                if is_offered {
                    let now = [POOL.metrics().steals, HELD.metrics().steals];
                    assert_eq!(now, steals, "no visit found anything");
                }
            });
            // The lane of the thread that ended is the next one's that comes by, with what is on it.
            let reached = thread::scope(|scope| {
                let next = || {
                    let lanes = Vec::from_iter(std::iter::from_fn(|| HELD.try_claim()));
                    lanes.iter().for_each(forebay::Lane::flush);
                    get_all(&HELD)
                };
                scope.spawn(next).join().unwrap()
            });
            assert_eq!(reached, OBJECTS);
        });
    }

    /// A process that is forked has one thread, and gets what the lanes of all others kept: the barrier is registered for it,
    /// too.
    #[test]
    fn forked() {
        by_itself("forked", || {
            static POOL: Few = LanePool::new();
            let use_one = || drop(POOL.try_get().unwrap());
            // One object on the lane of a thread that the other process will not have, and two that were got here.
            let status = beside_idle(use_one, || {
                let two = [POOL.try_get().unwrap(), POOL.try_get().unwrap()];
                assert_eq!((POOL.metrics().misses, POOL.metrics().steals), (3, 0));
                drop(two);
                // SAFETY: the other process uses the pool, and then ends without a look at what it has of this one.
                unsafe {
                    let child = libc::fork();
                    if child == 0 {
                        let all = [(); OBJECTS].map(|()| POOL.try_get().ok());
                        let got = all.iter().flatten().count();
                        let metrics = POOL.metrics();
                        let is_well = got == OBJECTS && metrics.misses == 3 && metrics.steals == 1;
                        libc::_exit(if is_well { 0 } else { 1 });
                    }
                    let mut status = -1;
                    assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
                    status
                }
            });
            assert!(libc::WIFEXITED(status), "{status}");
            assert_eq!(libc::WEXITSTATUS(status), 0);
            assert_eq!((get_all(&POOL), POOL.metrics().misses), (OBJECTS, 3), "and here as well");
        });
    }
}
