//! Streams: a channel of its own for each answer, or one that is used again.

use crate::measure::{Contender, Kind, Work, together};
use crate::rings::Item;
use forebay::{Polling, Receiver, RecvError, Sender, StreamPool, Waking};
use std::hint::{black_box, spin_loop};
use std::sync::Mutex;

/// Tokens that a stream holds.
const DEPTH: usize = 20;
/// How many streams the pools have.
const STREAMS: usize = 2048;
/// How many are live in the row of many: they stay open while the other rows are measured.
const LIVE: usize = 1000;

pub type Token = Item<4>;

/// What a look for a token finds.
#[derive(Debug, PartialEq)]
pub enum Found {
    Token(Token),
    Nothing,
    End,
}

/// Channels of [`DEPTH`] tokens. None waits: who cannot go on tries again.
pub trait Channels: 'static {
    const NAME: &'static str;
    const KIND: Kind = Kind::Rival;
    type Tx: Send + 'static;
    type Rx: Send + 'static;

    fn open() -> (Self::Tx, Self::Rx);
    fn send(tx: &mut Self::Tx, token: Token) -> bool;
    /// Ends the stream: the receiver gets what was sent, and then sees the end.
    fn end(tx: Self::Tx);
    fn receive(rx: &mut Self::Rx) -> Found;
}

macro_rules! channels {
    ($($name:ident, $label:literal, $kind:expr, $tx:ty, $rx:ty, $open:expr, |$t:ident, $token:ident| $send:expr,
       |$e:ident| $end:expr, |$r:ident| $receive:expr;)+) => {$(
        pub struct $name;

        impl Channels for $name {
            const NAME: &'static str = $label;
            const KIND: Kind = $kind;
            type Tx = $tx;
            type Rx = $rx;

            #[inline(always)]
            fn open() -> (Self::Tx, Self::Rx) {
                $open
            }

            #[inline(always)]
            fn send($t: &mut Self::Tx, $token: Token) -> bool {
                $send
            }

            #[inline(always)]
            fn end($e: Self::Tx) {
                $end
            }

            #[inline(always)]
            fn receive($r: &mut Self::Rx) -> Found {
                $receive
            }
        }
    )+};
}

pub(crate) static POLLED: StreamPool<Token, STREAMS, DEPTH> = StreamPool::new();
static WOKEN: StreamPool<Token, STREAMS, DEPTH, Waking> = StreamPool::new();

fn found(received: Result<Token, RecvError>) -> Found {
    match received {
        Ok(token) => Found::Token(token),
        Err(RecvError::Empty) => Found::Nothing,
        Err(RecvError::Ended(_)) => Found::End,
    }
}

/// A ring of rtrb, whose ends wait for each other to come back: the best that is made by hand of what there is.
/// Each end goes back with what it came from.
type Pair = (rtrb::Producer<Token>, rtrb::Consumer<Token>);

static RINGS: Mutex<Vec<Pair>> = Mutex::new(Vec::new());
static HALVES: Mutex<Vec<Half>> = Mutex::new(Vec::new());

enum Half {
    Tx(rtrb::Producer<Token>),
    Rx(rtrb::Consumer<Token>),
}

/// Puts a half back; who comes second puts the ring back.
fn put_half(half: Half) {
    let mut halves = HALVES.lock().unwrap();
    let same = |other: &Half| match (&half, other) {
        (Half::Tx(tx), Half::Rx(rx)) | (Half::Rx(rx), Half::Tx(tx)) => {
            std::ptr::eq(tx.buffer(), rx.buffer())
        }
        _ => false,
    };
    match halves.iter().position(same).map(|other| halves.swap_remove(other)) {
        None => halves.push(half),
        Some(other) => {
            drop(halves);
            if let (Half::Tx(tx), Half::Rx(mut rx)) | (Half::Rx(mut rx), Half::Tx(tx)) =
                (half, other)
            {
                // The receiver may have left before the end.
                while rx.pop().is_ok() {}
                RINGS.lock().unwrap().push((tx, rx));
            }
        }
    }
}

pub struct PooledTx(Option<rtrb::Producer<Token>>);
pub struct PooledRx(Option<rtrb::Consumer<Token>>);

/// What stands for the end in a ring that has none.
const END: Token = [u64::MAX; 4];

impl Drop for PooledTx {
    fn drop(&mut self) {
        let mut tx = self.0.take().unwrap();
        while tx.push(END).is_err() {
            spin_loop();
        }
        put_half(Half::Tx(tx));
    }
}

impl Drop for PooledRx {
    fn drop(&mut self) {
        put_half(Half::Rx(self.0.take().unwrap()));
    }
}

channels! {
    Polled, "forebay StreamPool", Kind::Ours, Sender<&'static StreamPool<Token, STREAMS, DEPTH, Polling>>,
        Receiver<&'static StreamPool<Token, STREAMS, DEPTH, Polling>>, POLLED.try_open().unwrap(),
        |tx, token| tx.try_send(token).is_ok(), |tx| tx.close(), |rx| found(rx.try_recv());
    Woken, "forebay StreamPool, Waking", Kind::Ours, Sender<&'static StreamPool<Token, STREAMS, DEPTH, Waking>>,
        Receiver<&'static StreamPool<Token, STREAMS, DEPTH, Waking>>, WOKEN.try_open().unwrap(),
        |tx, token| tx.try_send(token).is_ok(), |tx| tx.close(), |rx| found(rx.try_recv());
    PooledRtrb, "rtrb in a pool", Kind::Rival, PooledTx, PooledRx, {
            let ring = RINGS.lock().unwrap().pop();
            let (tx, rx) = ring.unwrap_or_else(|| rtrb::RingBuffer::new(DEPTH + 1));
            (PooledTx(Some(tx)), PooledRx(Some(rx)))
        }, |tx, token| {
            let tx = tx.0.as_mut().unwrap();
            tx.slots() > 1 && tx.push(token).is_ok()
        }, |tx| drop(tx), |rx| match rx.0.as_mut().unwrap().pop() {
            Ok(END) => Found::End,
            Ok(token) => Found::Token(token),
            Err(_) => Found::Nothing,
        };
    FreshRtrb, "rtrb, fresh", Kind::Rival, rtrb::Producer<Token>, rtrb::Consumer<Token>, rtrb::RingBuffer::new(DEPTH),
        |tx, token| tx.push(token).is_ok(), |tx| drop(tx), |rx| match rx.pop() {
            Ok(token) => Found::Token(token),
            Err(_) if !rx.is_abandoned() => Found::Nothing,
            // The last token may have come between the two looks.
            Err(_) => rx.pop().map_or(Found::End, Found::Token),
        };
    Crossbeam, "crossbeam-channel", Kind::Rival, crossbeam_channel::Sender<Token>, crossbeam_channel::Receiver<Token>,
        crossbeam_channel::bounded(DEPTH), |tx, token| tx.try_send(token).is_ok(), |tx| drop(tx),
        |rx| match rx.try_recv() {
            Ok(token) => Found::Token(token),
            Err(crossbeam_channel::TryRecvError::Empty) => Found::Nothing,
            Err(crossbeam_channel::TryRecvError::Disconnected) => Found::End,
        };
    Tokio, "tokio mpsc", Kind::Rival, tokio::sync::mpsc::Sender<Token>, tokio::sync::mpsc::Receiver<Token>,
        tokio::sync::mpsc::channel(DEPTH), |tx, token| tx.try_send(token).is_ok(), |tx| drop(tx),
        |rx| match rx.try_recv() {
            Ok(token) => Found::Token(token),
            Err(tokio::sync::mpsc::error::TryRecvError::Empty) => Found::Nothing,
            Err(tokio::sync::mpsc::error::TryRecvError::Disconnected) => Found::End,
        };
    Flume, "flume", Kind::Rival, flume::Sender<Token>, flume::Receiver<Token>, flume::bounded(DEPTH),
        |tx, token| tx.try_send(token).is_ok(), |tx| drop(tx), |rx| match rx.try_recv() {
            Ok(token) => Found::Token(token),
            Err(flume::TryRecvError::Empty) => Found::Nothing,
            Err(flume::TryRecvError::Disconnected) => Found::End,
        };
    Kanal, "kanal", Kind::Rival, kanal::Sender<Token>, kanal::Receiver<Token>, kanal::bounded(DEPTH),
        |tx, token| tx.try_send(token).unwrap_or(false), |tx| drop(tx), |rx| match rx.try_recv() {
            Ok(Some(token)) => Found::Token(token),
            Ok(None) => Found::Nothing,
            Err(_) => Found::End,
        };
    Std, "std sync_channel", Kind::Rival, std::sync::mpsc::SyncSender<Token>, std::sync::mpsc::Receiver<Token>,
        std::sync::mpsc::sync_channel(DEPTH), |tx, token| tx.try_send(token).is_ok(), |tx| drop(tx),
        |rx| match rx.try_recv() {
            Ok(token) => Found::Token(token),
            Err(std::sync::mpsc::TryRecvError::Empty) => Found::Nothing,
            Err(std::sync::mpsc::TryRecvError::Disconnected) => Found::End,
        };
}

/// In order, no more than fit, and the end comes after all that was sent.
fn check<C: Channels>() {
    for round in 0..3 {
        let (mut tx, mut rx) = C::open();
        assert_eq!(C::receive(&mut rx), Found::Nothing, "{}", C::NAME);
        for i in 0..DEPTH {
            assert!(
                C::send(&mut tx, [(i + round) as u64; 4]),
                "{} holds less than {DEPTH}",
                C::NAME
            );
        }
        assert!(!C::send(&mut tx, [0; 4]), "{} holds more than {DEPTH}", C::NAME);
        C::end(tx);
        for i in 0..DEPTH {
            assert_eq!(C::receive(&mut rx), Found::Token([(i + round) as u64; 4]), "{}", C::NAME);
        }
        assert_eq!(C::receive(&mut rx), Found::End, "{}", C::NAME);
    }
}

fn one_thread<C: Channels>() -> Contender {
    check::<C>();
    Contender::repeat(C::NAME, C::KIND, || {
        let (mut tx, mut rx) = C::open();
        for _ in 0..DEPTH {
            assert!(C::send(&mut tx, black_box([1; 4])));
        }
        C::end(tx);
        let mut received = 0;
        while let Found::Token(token) = C::receive(&mut rx) {
            black_box(token);
            received += 1;
        }
        assert_eq!(received, DEPTH);
    })
}

/// Receives to the end.
fn receive_all<C: Channels>(mut rx: C::Rx) -> usize {
    let mut received = 0;
    loop {
        match C::receive(&mut rx) {
            Found::Token(token) => {
                black_box(token);
                received += 1;
            }
            Found::Nothing => spin_loop(),
            Found::End => return received,
        }
    }
}

fn send<C: Channels>(tx: &mut C::Tx, token: Token) {
    while !C::send(tx, black_box(token)) {
        spin_loop();
    }
}

/// Streams of 50 tokens, one after the other; the receiving halves go over in a queue of two.
fn two_threads<C: Channels>() -> Contender {
    check::<C>();
    Contender::new(C::NAME, C::KIND, |n| {
        let (mut openings, mut opened) = rtrb::RingBuffer::<C::Rx>::new(2);
        together(
            move || {
                for _ in 0..n {
                    let (mut tx, rx) = C::open();
                    let mut rest = Some(rx);
                    while let Some(rx) = rest.take() {
                        if let Err(rtrb::PushError::Full(rx)) = openings.push(rx) {
                            rest = Some(rx);
                            spin_loop();
                        }
                    }
                    (0..50).for_each(|_| send::<C>(&mut tx, [1; 4]));
                    C::end(tx);
                }
            },
            move || {
                for _ in 0..n {
                    let rx = loop {
                        match opened.pop() {
                            Ok(rx) => break rx,
                            Err(_) => spin_loop(),
                        }
                    };
                    assert_eq!(receive_all::<C>(rx), 50);
                }
            },
        )
    })
}

/// 1,000 streams at once: one thread sends a token on each in turn, another receives one of each in turn.
fn live<C: Channels>() -> Contender {
    check::<C>();
    let (mut senders, mut receivers): (Vec<_>, Vec<_>) = (0..LIVE).map(|_| C::open()).unzip();
    Contender::new(C::NAME, C::KIND, move |n| {
        let rounds = n.div_ceil(LIVE as u64);
        let took = together(
            || {
                for _ in 0..rounds {
                    senders.iter_mut().for_each(|tx| send::<C>(tx, [1; 4]));
                }
            },
            || {
                for _ in 0..rounds {
                    for rx in &mut receivers {
                        while !matches!(black_box(C::receive(rx)), Found::Token(_)) {
                            spin_loop();
                        }
                    }
                }
            },
        );
        took.mul_f64(n as f64 / (rounds * LIVE as u64) as f64)
    })
}

macro_rules! of_each {
    ($f:ident) => {
        vec![
            $f::<Polled>(),
            $f::<Woken>(),
            $f::<PooledRtrb>(),
            $f::<FreshRtrb>(),
            $f::<Crossbeam>(),
            $f::<Tokio>(),
            $f::<Flume>(),
            $f::<Kanal>(),
            $f::<Std>(),
        ]
    };
}

/// All rows about streams.
pub fn works() -> Vec<Work> {
    let mut one = of_each!(one_thread);
    one.extend(crate::go::contender("chan, Go", "stream"));
    let mut two = of_each!(two_threads);
    two.extend(crate::go::contender("chan, Go", "stream-50"));
    let mut live = of_each!(live);
    live.extend(crate::go::contender("chan, Go", "live"));
    vec![
        Work {
            id: "stream-20",
            title: "Streams of 20 tokens: one thread".into(),
            about: "A stream is opened, 20 tokens of 32 bytes are sent, it ends, all are received; ns a stream.",
            two_threads: false,
            contenders: one,
        },
        Work {
            id: "stream-50",
            title: "Streams of 50 tokens: two threads".into(),
            about: "50 tokens of 32 bytes through a stream of 20, from its opening to its end, one stream after the \
                    other; ns a stream.",
            two_threads: true,
            contenders: two,
        },
        Work {
            id: "live",
            title: "1,000 streams at once: two threads".into(),
            about: "One thread sends a token on each in turn, the other receives one of each in turn; ns a token.",
            two_threads: true,
            contenders: live,
        },
    ]
}
