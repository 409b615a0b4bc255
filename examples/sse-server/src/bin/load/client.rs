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
}

/// Checks an answer as it arrives, and keeps none of it.
struct Check<'e> {
    expected: &'e Expected,
    /// What each event begins with, up to its choices; known with the first one.
    opening: Vec<u8>,
    /// How many events there were.
    events: usize,
    done: bool,
}

impl<'e> Check<'e> {
    fn new(expected: &'e Expected) -> Self {
        Self { expected, opening: Vec::new(), events: 0, done: false }
    }

    /// Some whole events, all of which have to be as they should, byte by byte.
    fn take(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        const CHOICES: &[u8] = br#""choices":"#;
        if self.events == 0 {
            let at = bytes.windows(CHOICES.len()).position(|bytes| bytes == CHOICES);
            self.opening = bytes[..at.map_or(0, |at| at + CHOICES.len())].to_vec();
        }
        while !bytes.is_empty() {
            let behind = match self.expected.events.get(self.events) {
                Some(event) => {
                    bytes.strip_prefix(&*self.opening).and_then(|rest| rest.strip_prefix(&**event))
                }
                None => bytes.strip_prefix(b"data: [DONE]\n\n").inspect(|_| self.done = true),
            };
            bytes = behind.ok_or_else(|| {
                let got = String::from_utf8_lossy(bytes);
                format!("event {} is not as it should be: {got}", self.events)
            })?;
            self.events += 1;
        }
        Ok(())
    }

    /// The first event has none, and neither have the last two.
    fn tokens(&self) -> usize {
        self.events.min(self.expected.events.len() - 1).saturating_sub(1)
    }
}

/// Asks for an answer; leaves after so many tokens, if that is said. Returns how many it got.
pub(crate) async fn ask(
    address: SocketAddr,
    model: &str,
    leave_after: Option<usize>,
    expected: &Expected,
) -> Result<usize, String> {
    let mut check = Check::new(expected);
    receive(address, model, |bytes| {
        check.take(bytes).map_err(io::Error::other)?;
        Ok(leave_after.is_none_or(|tokens| check.tokens() < tokens))
    })
    .await
    .map_err(|error| error.to_string())?;
    if check.done == leave_after.is_some() {
        return Err(format!("it ended after {} events", check.events));
    }
    Ok(check.tokens())
}

/// Asks, and hands out the body in pieces, for as long as they are wanted.
async fn receive(
    address: SocketAddr,
    model: &str,
    mut wanted: impl FnMut(&[u8]) -> io::Result<bool>,
) -> io::Result<()> {
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
    // The server never cuts an event in two, so a chunk has whole ones.
    let mut chunk = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).await?;
        let size = usize::from_str_radix(line.trim_end(), 16).map_err(|_| wrong("not a chunk"))?;
        chunk.resize(size + 2, 0);
        reader.read_exact(&mut chunk).await?;
        if size == 0 || !wanted(&chunk[..size])? {
            return Ok(());
        }
    }
}
