//! A server that answers OpenAI's chat completions with recorded answers, each through a ring of a forebay pool.
//!
//! A request leases a ring. A task, in place of a model, sends the answer's tokens into it at a pace; the
//! response's body receives them and writes them as server-sent events. When the client leaves, the body is
//! dropped, and the task learns that nobody listens at its next token. When both are gone the ring is free.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use bytes::BytesMut;
use http_body::Body as _;
use serde_json::json;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{oneshot, watch};

use answers::Answers;
use chat::{Head, Reader};
use counts::{Counts, Record};
use error::ApiError;
use producer::Play;
use request::Request;
use streams::Streams;

pub mod answers;
mod chat;
pub mod counts;
mod error;
mod producer;
mod request;
pub mod streams;
#[path = "../../transcript/mod.rs"]
#[allow(dead_code)] // The example `stream`, which plays files as they arrive, needs more of it.
mod transcript;

/// The longest request that is read, in bytes.
const LONGEST_REQUEST: usize = 1 << 20;
/// How much of a longer one is read, to be thrown away.
const PATIENCE_WITH_REQUESTS: usize = 16 << 20;
/// How long clients may take for their last bytes when the server stops.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// How many connections may wait to be accepted. With tokio's own 128, of a thousand clients that come at once most
/// would be turned away by the system, and try again a second later.
const BACKLOG: u32 = 4096;

/// Listens where it can be listened on; with port 0, on a free one.
pub async fn listen(address: &str) -> io::Result<TcpListener> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "this name has no address");
    for address in tokio::net::lookup_host(address).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A server that was just stopped leaves its port in use for a while.
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// How a server behaves.
#[derive(Debug, Clone)]
pub struct Config {
    /// The time from token to token; zero for as fast as they are taken.
    pub pace: Duration,
    /// How long a request may wait for a ring.
    pub wait: Duration,
    /// When the server stops: how long answers that have begun may go on.
    pub grace: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            pace: Duration::from_millis(20),
            wait: Duration::ZERO,
            grace: Duration::from_secs(5),
        }
    }
}

/// What all requests share.
#[derive(Debug)]
pub struct Server<S> {
    streams: S,
    answers: Answers,
    config: Config,
    counts: Arc<Counts>,
    next_id: AtomicU64,
    /// Set once: answers that have begun are to end.
    stop: watch::Sender<bool>,
}

impl<S: Streams> Server<S> {
    pub fn new(streams: S, answers: Answers, config: Config) -> Arc<Self> {
        Arc::new(Self {
            streams,
            answers,
            config,
            counts: Arc::default(),
            next_id: AtomicU64::new(0),
            stop: watch::Sender::new(false),
        })
    }

    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Serves until `shutdown` comes. Then no connection is accepted any more; answers may go on for the time of
    /// grace, and what is not complete by then ends with an error that says so.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        // A token is a small packet, and is not to wait for the next one.
        let listener = listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        let (begun, has_begun) = oneshot::channel();
        let serving =
            axum::serve(listener, Arc::clone(&self).router()).with_graceful_shutdown(async move {
                shutdown.await;
                let _ = begun.send(());
            });
        let too_late = async {
            if has_begun.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(self.config.grace).await;
            self.stop.send_replace(true);
            tokio::time::sleep(LAST_BYTES).await;
        };
        tokio::select! {
            served = serving.into_future() => served,
            () = too_late => Ok(()),
        }
    }

    fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/", get(page))
            .route("/v1/chat/completions", post(Self::complete))
            .route("/v1/models", get(Self::models))
            .route("/metrics", get(Self::prometheus))
            .route("/metrics.json", get(Self::metrics))
            .method_not_allowed_fallback(Self::wrong_method)
            .fallback(Self::not_found)
            .with_state(self)
    }

    async fn complete(State(server): State<Arc<Self>>, body: Body) -> Response<Body> {
        server.answer(body).await.unwrap_or_else(IntoResponse::into_response)
    }

    async fn answer(&self, body: Body) -> Result<Response<Body>, ApiError> {
        let request = request(body).await.inspect_err(|_| count(&self.counts.bad_requests))?;
        let Some((sender, receiver)) = self.streams.lease(self.config.wait).await else {
            count(&self.counts.refused);
            let capacity = self.streams.metrics().capacity;
            let message = format!("all {capacity} streams are in use; try again in a second");
            let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, message);
            return Err(ApiError { retry_after: Some(1), ..error });
        };

        let answer = self.answers.pick(request.model.as_deref());
        let tokens = answer.tokens.len().min(request.max_tokens().unwrap_or(usize::MAX));
        let play = Play { answer, tokens, pace: self.config.pace };
        let head = self.head(&request, &play);
        let record = Record::new(Arc::clone(&self.counts));
        let reader = Reader::new(receiver, Arc::clone(&record));
        tokio::spawn(play.run(sender, record, self.stop.subscribe()));
        if request.stream() {
            Ok(chat::streamed(reader, head, request.include_usage()))
        } else {
            chat::whole(reader, head).await
        }
    }

    fn head(&self, request: &Request, play: &Play) -> Head {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Head {
            id: format!("chatcmpl-{}", self.next_id.fetch_add(1, Relaxed)),
            created: now.as_secs(),
            model: request.model.clone().unwrap_or_else(|| play.answer.name.clone()),
            finish_reason: if play.is_cut_short() { "length" } else { "stop" },
            prompt_words: request.words(),
        }
    }

    /// The recordings, which a request may ask for by name.
    async fn models(State(server): State<Arc<Self>>) -> impl IntoResponse {
        let model = |name: &str| json!({"id": name, "object": "model", "owned_by": "recorded"});
        let data: Vec<_> = server.answers.iter().map(|answer| model(&answer.name)).collect();
        json_response(json!({"object": "list", "data": data}).to_string())
    }

    async fn prometheus(State(server): State<Arc<Self>>) -> impl IntoResponse {
        let text = server.counts.to_prometheus(&server.streams.metrics());
        ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
    }

    async fn metrics(State(server): State<Arc<Self>>) -> impl IntoResponse {
        json_response(server.counts.to_json(&server.streams.metrics()))
    }

    async fn not_found(State(server): State<Arc<Self>>, method: Method, uri: Uri) -> ApiError {
        count(&server.counts.bad_requests);
        let message = format!("there is no {method} {}", uri.path());
        ApiError::new(StatusCode::NOT_FOUND, message)
    }

    async fn wrong_method(State(server): State<Arc<Self>>, method: Method, uri: Uri) -> ApiError {
        count(&server.counts.bad_requests);
        let message = format!("{} does not take {method}", uri.path());
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message)
    }
}

/// Reads a request.
async fn request(mut body: Body) -> Result<Request, ApiError> {
    let mut bytes = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let data = frame.map(|frame| frame.into_data().unwrap_or_default()).map_err(|error| {
            ApiError::new(StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}"))
        })?;
        length += data.len();
        if length <= LONGEST_REQUEST {
            bytes.extend_from_slice(&data);
        } else if length > PATIENCE_WITH_REQUESTS {
            // Who is still sending when the connection is closed does not get to see the answer.
            break;
        }
    }
    if length > LONGEST_REQUEST {
        let message = format!("the body has more than {LONGEST_REQUEST} bytes");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    Request::parse(&bytes)
}

fn count(what: &AtomicU64) {
    what.fetch_add(1, Relaxed);
}

fn json_response(body: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body)
}

async fn page() -> impl IntoResponse {
    // The page brings all it needs, and may load nothing from elsewhere.
    const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
        img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, include_str!("page.html"))
}
