//! A request that needs objects of three pools gets all of them, or none, in one expression; and callers that wait for
//! them, in whatever order they name the pools, are all served.
//!
//! ```text
//! cargo run --features std --example cascade
//! ```
//!
//! Comments that begin with `Go:` are the code that is replaced. Every claim is asserted.

use forebay::cascade::{get_all_blocking, get_all_timeout};
use forebay::error::{NotAll, WaitAllError};
use forebay::{
    DefaultReset, Lease, Pool, Receiver, Response, Sender, StreamPool, Token, Waking, try_get_all,
};
use std::fmt::Write;
use std::thread;
use std::time::Duration;

type Answers = Pool<Response<256>, 4, DefaultReset, Waking<16>>;
type Scratch = Pool<heapless::String<64>, 2, DefaultReset, Waking<16>>;
type Streams = StreamPool<Token, 3, 4, Waking<16>>;

// What requests share: fewer scratch buffers than streams, and fewer streams than answers.
static ANSWERS: Answers = Pool::with_waiting(DefaultReset);
static SCRATCH: Scratch = Pool::with_waiting(DefaultReset);
static STREAMS: Streams = StreamPool::new();

// The pools of a request, to be named once. A source is a copy of references.
type Sources = (&'static Answers, (&'static Scratch, &'static Streams));
const REQUEST: Sources = (&ANSWERS, (&SCRATCH, &STREAMS));

/// What one request needs. Dropped, each part goes back to where it is from: there is no `Drop` to write.
struct Request {
    answer: Lease<&'static Answers>,
    model: Model,
    tokens: Receiver<&'static StreamPool<Token, 3, 4, Waking<16>>>,
}

/// The part of it that goes to the other stage.
struct Model {
    scratch: Lease<&'static Scratch>,
    sender: Sender<&'static StreamPool<Token, 3, 4, Waking<16>>>,
}

impl Request {
    // Go:  obj := factory.objectPool.Get().(*ComplexObject)   // panics, if somebody put something else
    //      obj.ChildA = factory.childAPool.Get().(*ChildA)    // a panic here loses obj,
    //      obj.ChildB = factory.childBPool.Get().(*ChildB)    // and one here obj and ChildA
    //
    // It is there as a whole, or not at all.
    fn try_get() -> Result<Self, NotAll> {
        try_get_all(REQUEST).map(|(answer, (scratch, (sender, tokens)))| Self {
            answer,
            model: Model { scratch, sender },
            tokens,
        })
    }

    /// Waits for what is missing. Every other caller names the pools from back to front, which does no harm.
    fn get(number: usize) -> Result<Self, NotAll<WaitAllError>> {
        let (answer, (scratch, (sender, tokens))) = if number.is_multiple_of(2) {
            get_all_blocking(REQUEST)?
        } else {
            let ((sender, tokens), scratch, answer) =
                get_all_blocking((&STREAMS, &SCRATCH, &ANSWERS))?;
            (answer, (scratch, (sender, tokens)))
        };
        Ok(Self { answer, model: Model { scratch, sender }, tokens })
    }

    /// Two stages, on two threads. Each gives back its parts when it is done with them: the model its buffer while
    /// the answer is still being read.
    fn run(self, number: usize) -> Lease<&'static Answers> {
        let Self { mut answer, model, mut tokens } = self;
        let stage = thread::spawn(move || model.say(number));
        for token in tokens.iter() {
            answer.push(&token.unwrap()).unwrap();
        }
        stage.join().unwrap();
        answer
    }
}

impl Model {
    fn say(mut self, number: usize) {
        for line in 1..=3 {
            self.scratch.clear();
            write!(self.scratch, "{line} times {number} is {}. ", line * number).unwrap();
            self.sender.send_text_blocking(&self.scratch).unwrap();
        }
        self.sender.close();
    }
}

fn free() -> [usize; 3] {
    [ANSWERS.available(), SCRATCH.available(), STREAMS.available()]
}

fn show(what: &str) {
    let [answers, scratch, streams] = free();
    println!(
        "{what:<34} free: {answers} of 4 answers, {scratch} of 2 scratch, {streams} of 3 streams"
    );
}

fn main() {
    show("at first");
    let first = Request::try_get().unwrap();
    let second = Request::try_get().unwrap();
    show("two requests");

    // The third finds an answer, and no scratch: the answer goes back, and it is said which pool is at fault.
    let refused = Request::try_get().err().unwrap();
    assert_eq!((refused.part(), refused.why().capacity(), free()), (1, 2, [2, 0, 1]));
    show("a third one is refused");
    println!("    because of {refused}");

    // So it is when it waits in vain.
    let waited = get_all_timeout(REQUEST, Duration::from_millis(1)).err().unwrap();
    assert_eq!((waited.part(), free()), (1, [2, 0, 1]));
    println!("    and of {waited}");

    // Go:  if obj.ChildA != nil { factory.childAPool.Put(obj.ChildA); obj.ChildA = nil }
    //      if obj.ChildB != nil { factory.childBPool.Put(obj.ChildB); obj.ChildB = nil }
    //      factory.objectPool.Put(obj)   // on each way out, and not in a panic
    drop(first);
    show("one is dropped");

    // A part is taken out and kept, and the rest goes back.
    let Request { answer, model, tokens } = second;
    drop((model, tokens));
    show("of the other the answer is kept");
    assert_eq!(free(), [3, 2, 3]);
    drop(answer);

    let panicked = thread::spawn(|| {
        let _request = Request::try_get().unwrap();
        std::panic::resume_unwind(Box::new("a panic in the middle of a request"));
    });
    assert!(panicked.join().is_err());
    assert_eq!(free(), [4, 2, 3]);
    show("a request panics");

    let callers: Vec<_> = (0..8)
        .map(|caller| {
            thread::spawn(move || {
                for round in 0..25 {
                    let number = caller + 8 * round;
                    let answer = Request::get(caller).unwrap().run(number);
                    let last = format!("3 times {number} is {}. ", 3 * number);
                    assert!(answer.as_str().ends_with(&last));
                    if number == 199 {
                        println!("the last of 200 requests: {}", answer.as_str());
                    }
                }
            })
        })
        .collect();
    callers.into_iter().for_each(|caller| caller.join().unwrap());

    assert_eq!(free(), [4, 2, 3]);
    show("8 callers, in two orders");
    for (name, metrics) in [
        ("answers", ANSWERS.metrics()),
        ("scratch", SCRATCH.metrics()),
        ("streams", STREAMS.metrics()),
    ] {
        assert_eq!((metrics.gets, metrics.in_use, metrics.panics), (metrics.puts, 0, 0));
        println!("{name}: {metrics}");
    }
    // Three requests by hand, and 200; what was got for one that was refused came back, and counts.
    assert_eq!(STREAMS.metrics().gets, 3 + 200);
}
