//! The pools of go-llms, by another name: what each piece of Go becomes, from top to bottom.
//!
//! ```text
//! cargo run --features std --example sync_pool
//! ```
//!
//! Comments that begin with `Go:` are the code that is replaced. Every claim is asserted.

use forebay::pool::Overflow;
use forebay::wait::Lanes;
use forebay::{
    DefaultReset, End, LanePool, Lease, Policy, Pool, Response, StreamPool, Token, Waking,
};
use std::thread;

// Go:  var globalResponsePool *ResponsePool
//      var responsePoolOnce   sync.Once
//      func GetResponsePool() *ResponsePool {
//          responsePoolOnce.Do(func() { globalResponsePool = NewResponsePool() })
//          return globalResponsePool
//      }
//      func NewResponsePool() *ResponsePool {
//          return &ResponsePool{pool: sync.Pool{New: func() interface{} { return &Response{} }}}
//      }
//
// One line. A `static` needs no `Once`: it is all zeros, and an object is made (by `Default`, Go's `New`) when it is
// first got. 8 responses, in 4 lanes: a lane is Go's per-P cache, for threads.
static RESPONSES: LanePool<Response<512>, 8, 4> = LanePool::new();

/// What `RESPONSES` lends: Go's `*Response`, which nobody else has, and which knows its way back.
type Reply = Lease<Overflow<&'static Pool<Response<512>, 8, DefaultReset, Lanes<4>>>>;

// Go:  const ChannelPoolSize = 20
//      func NewChannelPool() *ChannelPool {
//          return &ChannelPool{pool: sync.Pool{New: func() interface{} { return make(chan Token, ChannelPoolSize) }}}
//      }
//
// 4 channels of 20 tokens. Where Go would make more, up to 32 callers wait here, first come first served.
// There is no TokenPool: a token is a value, and lies in the ring itself.
static CHANNELS: StreamPool<Token, 4, 20, Waking<32>> = StreamPool::new();

// Go:  errorBufferPool: sync.Pool{New: func() interface{} {
//          slice := make([]string, 0, 8)
//          return &slice  // a pointer, so that Put does not allocate
//      }}
//
// A policy says how to make one, and what to do with one that comes back: also whether to keep it at all.
static ERRORS: LanePool<Vec<String>, 8, 4, Errors> = LanePool::with_policy(Errors);

struct Errors;

impl Policy<Vec<String>> for Errors {
    fn make(&self, _slot: usize) -> Vec<String> {
        Vec::with_capacity(8)
    }

    fn recycle(&self, errors: &mut Vec<String>) -> bool {
        errors.clear();
        errors.capacity() <= 64 // what grew too large is dropped
    }
}

const QUESTIONS: usize = 32;

fn main() {
    // Go:  resp := GetResponsePool().Get()
    //      defer GetResponsePool().Put(resp)  // and Put says resp.Content = "", or the next user reads it
    //
    // The lease is put back when it goes out of scope, on each way out of the block, and is reset there.
    {
        let mut response = RESPONSES.get_or_new();
        response.push_str("something secret").unwrap();
    }
    let response = RESPONSES.get_or_new();
    assert!(response.as_str().is_empty() && response.end().is_none());
    assert_eq!(RESPONSES.metrics().misses, 1, "the same one, as a second `Get` on one P");
    Lease::put(response); // or so; `response` cannot be used behind it, nor put twice
    println!("get, put, get: one response was made, and came back empty");

    // Go:  for i := 0; i < 32; i++ { wg.Add(1); go func() { defer wg.Done(); ... }() }
    //      wg.Wait()
    let workers: Vec<_> = (0..QUESTIONS).map(|i| thread::spawn(move || ask(i))).collect();
    let replies: Vec<Reply> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
    for (i, reply) in replies.iter().enumerate() {
        assert_eq!(reply.as_str(), said(i), "the reply came here, and its thread is gone");
        assert_eq!(reply.end(), Some(End::Finished));
        if i % 8 == 0 {
            let place = if Lease::is_on_heap(reply) { "on the heap" } else { "in the pool" };
            println!("{place}: {:.40}...", reply.as_str());
        }
    }
    drop(replies); // goes back; what the pool has no room for goes to the allocator

    let (responses, channels) = (RESPONSES.metrics(), CHANNELS.metrics());
    assert_eq!(responses.gets + responses.overflows, 2 + QUESTIONS as u64);
    assert!(responses.overflows >= 24, "32 replies were out at once, and 8 are pooled");
    assert!(responses.misses <= 8 && channels.misses <= 4, "no more were ever made");
    assert_eq!(channels.gets, QUESTIONS as u64);

    // Go:  errorsPtr := v.errorBufferPool.Get().(*[]string)
    //      errors := (*errorsPtr)[:0]
    //      ...
    //      *errorsPtr = errors
    //      v.errorBufferPool.Put(errorsPtr)
    for reply in ["", "fine"] {
        let mut errors = ERRORS.get_or_new();
        if reply.is_empty() {
            errors.push("an empty reply".into());
        }
        assert_eq!((errors.len(), errors.capacity()), (usize::from(reply.is_empty()), 8));
    }
    assert_eq!(ERRORS.metrics().misses, 1, "one buffer, and its memory was kept");

    // Go:  runtime.GC()  // a collection makes victims of what idles, and the next one frees them
    //      runtime.GC()
    //
    // Ticks do, when you say so: by hand, or from a thread with `tick_every`. A lent object never goes.
    let kept = RESPONSES.get_or_new();
    RESPONSES.flush();
    let (first, second) = (RESPONSES.tick(), RESPONSES.tick());
    assert_eq!((first, second as u64), (0, responses.misses - 1));
    assert!(kept.as_str().is_empty());
    drop(kept);
    println!("two ticks dropped the {second} responses that idled");

    // Go:  type MonitoredPool struct { pool sync.Pool; gets, puts, misses int64; hitRatio float64 }
    //
    // Always counted, and for nothing.
    println!("responses: {}", RESPONSES.metrics());
    println!("channels:  {}", CHANNELS.metrics());
    println!("errors:    {}", ERRORS.metrics());
    let nothing_is_out =
        RESPONSES.audit().count() + CHANNELS.audit().count() + ERRORS.audit().count();
    assert_eq!((nothing_is_out, RESPONSES.available(), CHANNELS.available()), (0, 8, 4));
    println!("nothing is out");
}

/// Asks the model, and gathers what it says.
fn ask(i: usize) -> Reply {
    // Go:  ch := GetChannelPool().Get()
    //      defer GetChannelPool().Put(ch)  // which drains it first, and must not see it closed
    //
    // Two halves, so that only one side can send and only the other receive. Each is given back when it is
    // dropped; when both are, the ring is drained and may be used again, however the stream ended.
    let (mut sender, mut receiver) = CHANNELS.open_blocking().unwrap();

    // Go:  go func() {
    //          for _, word := range words {
    //              select {
    //              case ch <- Token{Text: word}:
    //              case <-ctx.Done(): return
    //              }
    //          }
    //          ch <- Token{Finished: true}  // a close would keep the channel out of the pool
    //      }()
    let model = thread::spawn(move || {
        // Waits while the ring is full; an error says that the receiver has left: there is no `ctx` to forget.
        sender.send_text_blocking(&said(i)).unwrap();
        sender.close();
    });

    // Go:  resp := GetResponsePool().Get()
    //      for token := range ch {
    //          resp.Content += token.Text
    //          if token.Finished { break }
    //      }
    let mut reply = RESPONSES.get_or_new(); // from the heap, if all 8 are out: like `Get`, it never fails
    for token in receiver.iter() {
        // An error here is an end other than `close`: a model that panicked, or said `fail`.
        reply.push(&token.unwrap()).unwrap();
    }
    reply.set_end(receiver.end().unwrap());
    model.join().unwrap();
    reply // a lease goes where its holder goes
}

/// What the model says to question `i`: more than a ring holds.
fn said(i: usize) -> String {
    format!("{i} times {i} is {}. ", i * i).repeat(12)
}
