//! Chat completions, from a stream's tokens to the bytes of a response.

use std::io::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{Response, header};
use bytes::{BufMut as _, Bytes, BytesMut};
use forebay::{End, Token};
use http_body::Frame;
use serde_json::{Value, json};

use crate::counts::Record;
use crate::error::ApiError;
use crate::streams::Receiving;

/// What is in every object of an answer.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) id: String,
    /// Seconds of Unix time.
    pub(crate) created: u64,
    pub(crate) model: String,
    /// "stop", or "length" if not all of the answer was asked for.
    pub(crate) finish_reason: &'static str,
    pub(crate) prompt_words: usize,
}

impl Head {
    fn usage(&self, tokens: u64) -> Value {
        let prompt = self.prompt_words as u64;
        json!({
            "prompt_tokens": prompt,
            "completion_tokens": tokens,
            "total_tokens": prompt + tokens,
        })
    }
}

/// The receiving half of an answer's stream. Dropped before the end, it counts as a client that left.
#[derive(Debug)]
pub(crate) struct Reader<R: Receiving> {
    receiver: R,
    record: Arc<Record>,
    tokens: u64,
    ended: bool,
}

impl<R: Receiving> Reader<R> {
    pub(crate) fn new(receiver: R, record: Arc<Record>) -> Self {
        Self { receiver, record, tokens: 0, ended: false }
    }

    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Token, End>> {
        let received = self.receiver.poll_recv(context);
        match received {
            Poll::Ready(Ok(_)) => {
                self.tokens += 1;
                self.record.counts().tokens.fetch_add(1, Relaxed);
            }
            Poll::Ready(Err(end)) => {
                self.ended = true;
                self.record.counts().ended(end);
            }
            Poll::Pending => {}
        }
        received
    }
}

impl<R: Receiving> Drop for Reader<R> {
    fn drop(&mut self) {
        if !self.ended {
            // In this order, so that what is offered from here on is offered in vain.
            self.receiver.cancel();
            self.record.leave();
        }
    }
}

/// The whole answer in one object.
pub(crate) async fn whole<R: Receiving>(
    mut reader: Reader<R>,
    head: Head,
) -> Result<Response<Body>, ApiError> {
    let mut text = String::new();
    let end = loop {
        match std::future::poll_fn(|context| reader.poll_recv(context)).await {
            Ok(token) => text.push_str(&token),
            Err(end) => break end,
        }
    };
    if let Some(error) = ApiError::of(end) {
        return Err(error);
    }
    let answer = json!({
        "id": head.id,
        "object": "chat.completion",
        "created": head.created,
        "model": head.model,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": head.finish_reason,
        }],
        "usage": head.usage(reader.tokens),
    });
    let body = Body::from(answer.to_string());
    Ok(Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .expect("the header is valid"))
}

/// The answer as server-sent events, as it arrives.
pub(crate) fn streamed<R: Receiving>(
    reader: Reader<R>,
    head: Head,
    include_usage: bool,
) -> Response<Body> {
    Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream")
        .header(header::CACHE_CONTROL, "no-cache")
        // Proxies that collect a response before they pass it on are asked not to.
        .header("x-accel-buffering", "no")
        .body(Body::new(Events::new(reader, head, include_usage)))
        .expect("the headers are valid")
}

/// A response body of server-sent events. When its client leaves, the connection drops it, and with it the
/// receiving half of the stream: that is how the producer gets to know.
struct Events<R: Receiving> {
    reader: Reader<R>,
    head: Head,
    include_usage: bool,
    /// A chunk's bytes before its `choices`.
    opening: String,
    /// What is written next. When the connection is done with the bytes it was given, they are written anew.
    buffer: BytesMut,
    step: Step,
}

#[derive(PartialEq)]
enum Step {
    Begin,
    Tokens,
    Done,
}

/// Tokens that are there at once go out in one frame, up to about so many bytes.
const FRAME: usize = 4096;

impl<R: Receiving> Events<R> {
    fn new(reader: Reader<R>, head: Head, include_usage: bool) -> Self {
        let opening = format!(
            r#"data: {{"id":"{}","object":"chat.completion.chunk","created":{},"model":{},"choices":"#,
            head.id,
            head.created,
            Value::from(head.model.as_str()),
        );
        let buffer = BytesMut::with_capacity(2 * FRAME);
        Self { reader, head, include_usage, opening, buffer, step: Step::Begin }
    }

    /// Writes a chunk with one choice.
    fn write_choice(&mut self, delta: impl FnOnce(&mut BytesMut), finish_reason: &str) {
        self.buffer.put_slice(self.opening.as_bytes());
        self.buffer.put_slice(br#"[{"index":0,"delta":{"#);
        delta(&mut self.buffer);
        self.buffer.put_slice(br#"},"finish_reason":"#);
        self.buffer.put_slice(finish_reason.as_bytes());
        self.buffer.put_slice(b"}]}\n\n");
    }

    fn write_begin(&mut self) {
        self.write_choice(|to| to.put_slice(br#""role":"assistant","content":"""#), "null");
    }

    fn write_token(&mut self, token: &Token) {
        let content = |to: &mut BytesMut| {
            to.put_slice(br#""content":"#);
            serde_json::to_writer(to.writer(), token.as_str()).expect("a buffer takes any text");
        };
        self.write_choice(content, "null");
    }

    fn write_end(&mut self, end: End) {
        if let Some(error) = ApiError::of(end) {
            // Clients know an error within a stream by its field; and there is no `[DONE]` behind it.
            let _ = write!((&mut self.buffer).writer(), "data: {}\n\n", error.to_json());
            return;
        }
        let reason = Value::from(self.head.finish_reason).to_string();
        self.write_choice(|_| (), &reason);
        if self.include_usage {
            let usage = self.head.usage(self.reader.tokens);
            self.buffer.put_slice(self.opening.as_bytes());
            let _ = write!((&mut self.buffer).writer(), "[],\"usage\":{usage}}}\n\n");
        }
        self.buffer.put_slice(b"data: [DONE]\n\n");
    }
}

impl<R: Receiving> http_body::Body for Events<R> {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let events = &mut *self;
        match events.step {
            Step::Begin => {
                events.write_begin();
                events.step = Step::Tokens;
            }
            Step::Tokens => {}
            Step::Done => return Poll::Ready(None),
        }
        while events.buffer.len() < FRAME {
            match events.reader.poll_recv(context) {
                Poll::Ready(Ok(token)) => events.write_token(&token),
                Poll::Ready(Err(end)) => {
                    events.write_end(end);
                    events.step = Step::Done;
                    break;
                }
                Poll::Pending => break,
            }
        }
        if events.buffer.is_empty() {
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(Frame::data(events.buffer.split().freeze()))))
    }

    fn is_end_stream(&self) -> bool {
        self.step == Step::Done
    }
}
