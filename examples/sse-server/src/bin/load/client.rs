//! A client that costs little: a connection a request, and just as much HTTP as the answers need.

use std::io;
use std::net::SocketAddr;

use forebay::Token;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpSocket;

/// An answer as it has to arrive, but for what is different in every one: id and time.
pub(crate) struct Expected {
    /// What comes behind the opening of each event.
    events: Vec<Vec<u8>>,
}

impl Expected {
    pub(crate) fn new(tokens: &[Token]) -> Self {
        let choice = |delta: String, reason: &str| {
            let choice =
                format!(r#"[{{"index":0,"delta":{{{delta}}},"finish_reason":{reason}}}]}}"#);
            (choice + "\n\n").into_bytes()
        };
        let mut events = vec![choice(r#""role":"assistant","content":"""#.into(), "null")];
        for token in tokens {
            let text = serde_json::Value::from(token.as_str());
            events.push(choice(format!(r#""content":{text}"#), "null"));
        }
        events.push(choice(String::new(), r#""stop""#));
        Self { events }
    }

    /// The events in `body`, all of which have to be as they should, byte by byte; the last may be cut off. What is
    /// behind the events comes back, too.
    fn check<'b>(&self, mut body: &'b [u8]) -> Result<(usize, &'b [u8]), String> {
        const CHOICES: &[u8] = br#""choices":"#;
        let at = body.windows(CHOICES.len()).position(|bytes| bytes == CHOICES);
        let opening = &body[..at.map_or(body.len(), |at| at + CHOICES.len())];
        for (count, event) in self.events.iter().enumerate() {
            let whole = opening.len() + event.len();
            let there = body.len().min(whole);
            let wanted = opening.iter().chain(event).take(there);
            if !body[..there].iter().eq(wanted) {
                let got = String::from_utf8_lossy(&body[..there]);
                return Err(format!("event {count} is not as it should be: {got}"));
            }
            if there < whole {
                return Ok((count, &[]));
            }
            body = &body[whole..];
        }
        Ok((self.events.len(), body))
    }
}

/// Asks for an answer; leaves after so many tokens, if that is said. Returns how many it got.
pub(crate) async fn ask(
    address: SocketAddr,
    model: &str,
    leave_after: Option<usize>,
    expected: &Expected,
) -> Result<usize, String> {
    let (body, ended) =
        receive(address, model, leave_after).await.map_err(|error| error.to_string())?;
    let (events, rest) = expected.check(&body)?;
    match (leave_after, ended) {
        // Without the first event, which has no token.
        (Some(_), false) => Ok(events.saturating_sub(1)),
        (Some(_), true) => Err("it ended before it was left".into()),
        (None, true) if events == expected.events.len() && rest == b"data: [DONE]\n\n" => {
            Ok(events - 2)
        }
        _ => {
            let total = expected.events.len();
            let rest = String::from_utf8_lossy(rest);
            Err(format!("it has {events} of {total} events, and then: {rest:?}"))
        }
    }
}

/// The body as far as it was read, and whether that is to its end.
async fn receive(
    address: SocketAddr,
    model: &str,
    leave_after: Option<usize>,
) -> io::Result<(Vec<u8>, bool)> {
    let socket = TcpSocket::new_v4()?;
    // A client that leaves is not to take in all before it does.
    socket.set_recv_buffer_size(32 << 10)?;
    let mut connection = socket.connect(address).await?;
    connection.set_nodelay(true)?;
    let json = format!(r#"{{"model":"{model}","messages":[{{"role":"user"}}],"stream":true}}"#);
    let length = json.len();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: load\r\nConnection: close\r\n";
    let request = format!("{head}Content-Length: {length}\r\n\r\n{json}");
    connection.write_all(request.as_bytes()).await?;

    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    if !line.starts_with("HTTP/1.1 200 ") {
        return Err(wrong(&line));
    }
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line).await? == 0 {
            return Err(wrong("the head is cut off"));
        }
    }
    let mut body = Vec::new();
    let mut events = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).await?;
        let size = usize::from_str_radix(line.trim_end(), 16).map_err(|_| wrong("not a chunk"))?;
        let from = body.len();
        body.resize(from + size, 0);
        reader.read_exact(&mut body[from..]).await?;
        reader.read_exact(&mut [0; 2]).await?;
        if size == 0 {
            return Ok((body, true));
        }
        // An event is never cut in two by the server.
        events += body[from..].windows(2).filter(|bytes| bytes == b"\n\n").count();
        if leave_after.is_some_and(|tokens| events > tokens) {
            return Ok((body, false));
        }
    }
}
