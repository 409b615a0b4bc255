//! The ready-made pools. They are the program's, and tests run at once: each test takes another, or says what it needs.
#![cfg(not(miri))] // All objects of a pool, filled.

use forebay::global::Lazy;
use forebay::global::{self, Refused, ResponseSender, ResponseStream};
use forebay::{End, Policy, Pool, RecvError, Response, SendError};
use std::thread;

#[test]
fn responses() {
    let first = global::new_response("one").unwrap();
    assert_eq!((first.as_str(), first.end()), ("one", None));
    drop(first);

    // Too long: nothing is lent, not even counted.
    let gets = global::response_pool().metrics().gets;
    let long = "é".repeat(global::RESPONSE_BYTES / 2) + "x";
    let Err(Refused::TooLong(error)) = global::new_response(&long) else { panic!("it fits") };
    assert_eq!((error.len(), error.room()), (4097, global::RESPONSE_BYTES));
    assert_eq!(global::response_pool().metrics().gets, gets);
    let full = global::new_response(&long[..4096]).unwrap();
    assert_eq!(full.as_str(), &long[..4096], "to the last byte");
    drop(full);

    // All of them; what came back is empty.
    let all: Vec<_> = (0..global::RESPONSES)
        .map(|i| {
            let response = global::new_response(&format!("{i}")).unwrap();
            assert_eq!(response.as_str(), format!("{i}"), "nothing of another user");
            response
        })
        .collect();
    let refused = global::new_response("one more").unwrap_err();
    assert_eq!(refused.to_string(), "pool of 64 exhausted");
    assert!(matches!(refused, Refused::Exhausted(why) if why.capacity() == 64));
    thread::spawn(|| drop(all)).join().unwrap();
    let pool = global::response_pool();
    assert!(std::ptr::eq(pool, global::response_pool()), "one for the program");
    assert_eq!((pool.available(), pool.metrics().misses), (64, 64), "each was made once");
}

#[test]
fn tokens() {
    let token = global::new_token("x".repeat(30).as_str(), true).unwrap();
    assert_eq!((token.len(), token.is_finished()), (30, true));
    drop(token);
    let token = global::new_token("", false).unwrap();
    assert_eq!((token.as_str(), token.is_finished()), ("", false), "unlike the one before");
    let error = global::new_token("x".repeat(31).as_str(), true).unwrap_err();
    assert_eq!(error.to_string(), "text of 31 bytes does not fit into 30 bytes");
    let others: Vec<_> = (1..global::TOKENS).map(|_| global::new_token("t", false)).collect();
    assert!(others.iter().all(Result::is_ok));
    assert!(matches!(global::new_token("t", false), Err(Refused::Exhausted(_))));
    drop((token, others));
    assert_eq!(global::token_pool().available(), global::TOKENS);
}

/// Closed, failed, aborted, cancelled: each ring comes back, which Go's closed channels do not.
#[test]
fn streams() {
    for i in 0..10 * global::STREAMS {
        let (mut sender, mut receiver) = global::response_stream().unwrap();
        assert!(receiver.is_empty(), "nothing of another stream");
        sender.try_send_text("Hello").unwrap();
        let expected = match i % 4 {
            0 => {
                sender.close();
                End::Finished
            }
            1 => {
                sender.fail(7);
                End::Failed(7)
            }
            2 => {
                drop(sender);
                End::Aborted
            }
            _ => {
                drop(receiver);
                assert!(matches!(sender.try_send_text("more"), Err(error) if error.is_cancelled()));
                continue;
            }
        };
        assert_eq!(receiver.try_recv().unwrap(), "Hello");
        assert_eq!(receiver.try_recv(), Err(RecvError::Ended(expected)));
    }
    let mut open: Vec<(ResponseSender, ResponseStream)> =
        (0..global::STREAMS).map(|_| global::response_stream().unwrap()).collect();
    assert_eq!(global::response_stream().unwrap_err().capacity(), global::STREAMS);
    let (sender, receiver) = &mut open[0];
    for _ in 0..global::DEPTH {
        sender.try_send("t".try_into().unwrap()).unwrap();
    }
    assert!(matches!(sender.try_send("t".try_into().unwrap()), Err(SendError::Full(_))));
    assert_eq!(receiver.drain().count(), global::DEPTH);
    drop(open);
    assert_eq!(global::stream_pool().available(), global::STREAMS);
}

/// What the module's documentation shows: a pool whose policy is configured when it is first used.
#[test]
fn configured_at_run_time() {
    struct Greeting(&'static str);

    impl Policy<Response<16>> for Greeting {
        fn make(&self, _slot: usize) -> Response<16> {
            self.0.try_into().unwrap()
        }
        fn recycle(&self, response: &mut Response<16>) -> bool {
            *response = self.make(0);
            true
        }
    }

    fn greetings() -> &'static Pool<Response<16>, 2, Greeting> {
        static POOL: Lazy<Pool<Response<16>, 2, Greeting>> = Lazy::new(|| {
            let language = std::env::args().find(|arg| arg == "--no-such-argument");
            Pool::with_policy(Greeting(if language.is_some() { "Hallo" } else { "Hello" }))
        });
        &POOL
    }

    let threads: Vec<_> = (0..4)
        .map(|_| {
            thread::spawn(|| greetings().try_get().map(|greeting| greeting.len()).unwrap_or(5))
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 5));
    assert_eq!(greetings().try_get().unwrap().as_str(), "Hello");
    assert_eq!(greetings().available(), 2);
}
