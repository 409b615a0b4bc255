//! The text of an answer: what an event means, in the formats of the APIs.
//!
//! | API | text | end |
//! |---|---|---|
//! | OpenAI chat completions, and Azure, Mistral, vLLM, llama.cpp, Ollama | `content` and `refusal` of `choices[].delta`, or of `choices[].message` if there are no deltas | `[DONE]` |
//! | OpenAI completions, and vLLM, llama.cpp, Ollama | `choices[].text` | `[DONE]` |
//! | OpenAI responses | `response.output_text.delta`, `response.refusal.delta`; parts that only a later event has | `response.completed`, `response.incomplete` |
//! | Anthropic messages | blocks of type `text`: in `message_start`, `content_block_start`, `text_delta` | `message_stop` |
//! | Anthropic text completions | `completion` | a `stop_reason` |
//! | Mistral conversations | `content` of `message.output.delta` | `conversation.response.done` |
//! | llama.cpp's `/completion` | `content` | `"stop": true` |
//!
//! A `content` is a string or a list of parts, of which those of the types `text`, `output_text` and `refusal` are text.
//! Of several choices the one with index 0 is read; a missing index is 0. Reasoning, calls of tools, citations and audio
//! are no part of the answer's text, and are passed over like usage, pings and events of unknown names.
//!
//! Text in any other form is an error, so that no answer looks finished and has lost some: a `content` that is a number
//! or an object, a part or a delta of an unknown type that has text, an event of an unknown type that has text.

use std::collections::HashSet;
use std::{fmt, str};

use hifijson::{Error, Expect};

use super::json::{ApiError, Json, Raw};

/// The meaning of an event for the answer, besides its text.
pub(crate) enum Meaning<'a> {
    More,
    End,
    Error(ApiError<'a>),
}

/// Why an event cannot be read.
pub(crate) enum Problem<'a> {
    /// Where in the data, and what.
    Json(usize, Error),
    Unread(Unread<'a>),
}

impl From<Error> for Problem<'_> {
    fn from(error: Error) -> Self {
        Self::Json(0, error)
    }
}

/// Text in a form that is not read.
#[derive(Clone, Copy)]
pub(crate) struct Unread<'a> {
    place: &'static str,
    kind: Option<Raw<'a>>,
}

impl fmt::Display for Unread<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.place)?;
        self.kind.map_or(Ok(()), |kind| write!(f, " of type {kind}"))
    }
}

fn unread<'a, T>(place: &'static str, kind: Option<Raw<'a>>) -> Result<T, Problem<'a>> {
    Err(Problem::Unread(Unread { place, kind }))
}

/// The place of a part in a response: the indices of its output and of its content.
type Place = (u64, u64);

/// Reads the events of one answer.
///
/// Many events repeat text that others had. The fields record which text was read, so that none is read twice.
pub(crate) struct Answer {
    /// How many bytes of text were read.
    bytes: usize,
    /// They were the text of a whole message, not of deltas.
    was_whole: bool,
    /// How many bytes of text there were in the whole texts of a response, by the kind of event that had them.
    whole_bytes: [usize; 4],
    /// The parts of a response of which text was read.
    parts: HashSet<Place>,
}

impl Answer {
    pub(crate) fn new() -> Self {
        Self { bytes: 0, was_whole: false, whole_bytes: [0; 4], parts: HashSet::with_capacity(256) }
    }

    pub(crate) fn restart(&mut self) {
        self.bytes = 0;
        self.was_whole = false;
        self.whole_bytes = [0; 4];
        self.parts.clear();
    }

    /// Reads an event, whose name is that in the transcript, and replaces `text` with its text.
    pub(crate) fn read<'a>(
        &mut self,
        name: &[u8],
        data: &'a [u8],
        text: &mut String,
    ) -> Result<Meaning<'a>, Problem<'a>> {
        text.clear();
        let meaning = match data.trim_ascii() {
            b"[DONE]" => Meaning::End,
            plain if !plain.starts_with(b"{") && name == b"error" => {
                let error = Json::parse(plain).ok().filter(|error| error.string().is_some());
                Meaning::Error(error.map_or(ApiError::plain(plain), ApiError::new))
            }
            b"" => Meaning::More,
            // Servers and proxies insert events of their own, such as a ping with the time.
            plain if !plain.starts_with(b"{") && !is_default(name) => Meaning::More,
            _ => {
                let event = Json::parse(data).map_err(|(at, error)| Problem::Json(at, error))?;
                if !event.is_object() {
                    return Err(Error::from(Expect::Value).into());
                }
                self.read_event(name, event, text)?
            }
        };
        self.bytes += text.len();
        Ok(meaning)
    }

    fn read_event<'a>(
        &mut self,
        name: &[u8],
        event: Json<'a>,
        text: &mut String,
    ) -> Result<Meaning<'a>, Problem<'a>> {
        let [error, kind, object, choices] = event.get(["error", "type", "object", "choices"]);
        if let Some(error) = error.filter(|error| error.is_truthy()) {
            return Ok(Meaning::Error(ApiError::new(error)));
        }
        let object = object.and_then(Json::string);
        if name == b"error" || object.is_some_and(|object| object.is("error")) {
            return Ok(Meaning::Error(ApiError::new(event)));
        }
        if let Some(choices) = choices {
            return self.read_choices(choices, text);
        }
        let kind = kind.and_then(Json::string);
        let word = kind.map(Raw::word);
        let kind_or_name = match &word {
            Some(word) => word.as_str(),
            None => str::from_utf8(name).unwrap_or_default(),
        };
        match kind_or_name {
            "error" | "conversation.response.error" => {
                return Ok(Meaning::Error(ApiError::new(event)));
            }

            // OpenAI responses.
            "response.output_text.delta" | "response.refusal.delta" => {
                let delta = member(event, "delta")?;
                self.part(place(event), text, |text| string(delta, "`delta`", text))?;
            }
            "response.output_text.done" | "response.refusal.done" => {
                let [whole, refusal] = event.get(["text", "refusal"]);
                self.whole(0, text, || whole.or(refusal).map(|whole| (place(event), whole)))?;
            }
            "response.content_part.added" => {
                let [part] = event.get(["part"]);
                self.part(place(event), text, |text| one_part(part, text))?;
            }
            "response.content_part.done" => {
                let [part] = event.get(["part"]);
                self.whole(1, text, || part.map(|part| (place(event), part)))?;
            }
            "response.output_item.added" => {
                let [item] = event.get(["item"]);
                for (place, part) in item_parts(place(event).0, item.into_iter())? {
                    self.part(place, text, |text| one_part(Some(part), text))?;
                }
            }
            "response.output_item.done" => {
                let [item] = event.get(["item"]);
                let parts = item_parts(place(event).0, item.into_iter())?;
                self.whole(2, text, || parts.clone())?;
            }
            "response.created" | "response.in_progress" | "response.queued" => {}
            "response.completed" | "response.incomplete" | "response.failed" => {
                return self.read_response(event, kind_or_name == "response.failed", text);
            }

            // Anthropic messages.
            "message_start" => {
                let message = member(event, "message")?;
                let [blocks] = message.map_or([None], |message| message.get(["content"]));
                content(blocks, "`content` of a message", text)?;
            }
            "content_block_start" => one_part(member(event, "content_block")?, text)?,
            "content_block_delta" => one_part(member(event, "delta")?, text)?,
            "content_block_stop" => {}
            "message_stop" => return Ok(Meaning::End),

            // Anthropic text completions.
            "completion" => {
                string(member(event, "completion")?, "`completion`", text)?;
                let [stop] = event.get(["stop_reason"]);
                return Ok(if stop.is_some() { Meaning::End } else { Meaning::More });
            }

            // Mistral conversations.
            "message.output.delta" => {
                let value = member(event, "content")?;
                match value.filter(|value| value.is_object()) {
                    Some(part) => one_part(Some(part), text)?,
                    None => content(value, "`content`", text)?,
                }
            }
            "conversation.response.done" if self.bytes == 0 && has_text(event) => {
                return unread("an event", kind);
            }
            "conversation.response.done" => return Ok(Meaning::End),

            // Without a type: llama.cpp, or nothing that is known.
            "" | "message" => {
                let [value, index, stop] = event.get(["content", "index", "stop"]);
                if value.is_none() && has_text(event) {
                    return unread("an event without a type", None);
                }
                if is_first(index) {
                    content(value, "`content`", text)?;
                    // Other servers have the word here at which the text stopped.
                    if value.is_some() && stop.is_some_and(|stop| stop.is_true()) {
                        return Ok(Meaning::End);
                    }
                }
            }
            "ping" | "heartbeat" => {}
            other if is_aside(other) => {}
            _ if kind.is_some() && has_text(event) => return unread("an event", kind),
            // An event of an unknown name is none of the answer's, except if it has a delta with text.
            _ => {
                let [delta] = event.get(["delta"]);
                if delta.is_some_and(|delta| {
                    delta.string().is_some_and(|text| !text.is_empty()) || has_text(delta)
                }) {
                    return unread("`delta` of an event of an unknown name", None);
                }
            }
        }
        Ok(Meaning::More)
    }

    fn read_choices<'a>(
        &mut self,
        choices: Json<'a>,
        text: &mut String,
    ) -> Result<Meaning<'a>, Problem<'a>> {
        if !choices.is_array() && choices.is_truthy() {
            return unread("`choices` that is no list", None);
        }
        for choice in choices.items() {
            if !choice.is_object() && choice.is_truthy() {
                return unread("a choice that is no object", None);
            }
            let [index, error, delta, legacy, message] =
                choice.get(["index", "error", "delta", "text", "message"]);
            if !is_first(index) {
                continue;
            }
            if let Some(error) = error.filter(|error| error.is_truthy()) {
                return Ok(Meaning::Error(ApiError::new(error)));
            }
            let before = text.len();
            message_text(delta, "`delta` of a choice", text)?;
            // Some servers repeat the delta here.
            if text.len() == before {
                string(legacy, "`text` of a choice", text)?;
            }
            if text.len() == before {
                self.read_whole(message, text)?;
            }
            if delta.or(legacy).or(message).is_none() && has_text(choice) {
                return unread("a choice without `delta`, `text` and `message`", None);
            }
        }
        Ok(Meaning::More)
    }

    /// Reads a whole message, except if deltas had its text. A second message is an error, because it may have all of the
    /// text or a piece of it.
    fn read_whole<'a>(
        &mut self,
        message: Option<Json<'a>>,
        text: &mut String,
    ) -> Result<(), Problem<'a>> {
        let is_object = message.is_none_or(Json::is_object);
        if self.bytes + text.len() == 0 || !is_object {
            message_text(message, "`message` of a choice", text)?;
            self.was_whole = !text.is_empty();
        } else if self.was_whole && message.is_some_and(has_text) {
            return unread("a second `message`", None);
        }
        Ok(())
    }

    /// Reads the response at the end of its stream: its error, and the parts that no event before had.
    fn read_response<'a>(
        &mut self,
        event: Json<'a>,
        failed: bool,
        text: &mut String,
    ) -> Result<Meaning<'a>, Problem<'a>> {
        let [response] = event.get(["response"]);
        let [error, output, all] =
            response.map_or([None; 3], |response| response.get(["error", "output", "output_text"]));
        if let Some(error) = error.filter(|error| error.is_truthy()) {
            return Ok(Meaning::Error(ApiError::new(error)));
        }
        if failed {
            return Ok(Meaning::Error(ApiError::default()));
        }
        let parts = item_parts(0, output.into_iter().flat_map(Json::items))?;
        self.whole(3, text, || parts.clone())?;
        if self.bytes + text.len() == 0 {
            string(all, "`output_text` of a response", text)?;
        }
        Ok(Meaning::End)
    }

    /// Reads a piece of a part.
    fn part<'a>(
        &mut self,
        place: Place,
        text: &mut String,
        read: impl FnOnce(&mut String) -> Result<(), Problem<'a>>,
    ) -> Result<(), Problem<'a>> {
        let before = text.len();
        read(text)?;
        if text.len() > before {
            self.parts.insert(place);
        }
        Ok(())
    }

    /// Reads whole parts, except those that an event before had text of. `kind` is that of the events that have them.
    ///
    /// Some servers number parts in several ways, or not at all, so a part may only seem to be new. If all parts of this
    /// kind of event together are no longer than the text that was read, none of them is new.
    fn whole<'a, Parts: IntoIterator<Item = (Place, Json<'a>)>>(
        &mut self,
        kind: usize,
        text: &mut String,
        parts: impl Fn() -> Parts,
    ) -> Result<(), Problem<'a>> {
        for (place, part) in parts() {
            let before = text.len();
            one_part(Some(part), text)?;
            self.whole_bytes[kind] += text.len() - before;
            if self.parts.contains(&place) {
                text.truncate(before);
            }
        }
        if self.whole_bytes[kind] <= self.bytes {
            text.clear();
        } else {
            self.parts.extend(parts().into_iter().map(|(place, _)| place));
        }
        Ok(())
    }
}

/// Whether this is the name of an event that has none.
fn is_default(name: &[u8]) -> bool {
    matches!(name, b"" | b"message")
}

/// Whether this is the index of the first choice. Some servers leave it out if there is only one.
fn is_first(index: Option<Json<'_>>) -> bool {
    index.is_none_or(Json::is_zero)
}

/// Returns the place of the part that an event belongs to, in its response.
fn place(event: Json<'_>) -> Place {
    let [output, part] = event.get(["output_index", "content_index"]);
    // A value that is no index is a place of its own.
    const NONE: u64 = u64::MAX / 2;
    let number = |index: Option<Json<'_>>| {
        index.map_or(0, |index| index.natural().map_or(NONE, |index| index.min(NONE)))
    };
    (number(output), number(part))
}

/// Returns the parts of the messages among the items of a response, whose outputs have indices from `first` on. It fails
/// if an item that is no message has text.
fn item_parts<'a>(
    first: u64,
    items: impl Iterator<Item = Json<'a>> + Clone,
) -> Result<impl Iterator<Item = (Place, Json<'a>)> + Clone, Problem<'a>> {
    for item in items.clone() {
        let [kind] = item.get(["type"]);
        if !is_message(item) && has_text(item) {
            return unread("an item", kind.and_then(Json::string));
        }
    }
    Ok((first..).zip(items).flat_map(|(output, item)| {
        (0..).zip(message_parts(item)).map(move |(index, part)| ((output, index), part))
    }))
}

fn is_message(item: Json<'_>) -> bool {
    let [kind] = item.get(["type"]);
    kind.and_then(Json::string).is_none_or(|kind| kind.is("message"))
}

/// Returns the parts of an item of a response. An item that is no message has none.
fn message_parts<'a>(item: Json<'a>) -> impl Iterator<Item = Json<'a>> + Clone {
    let [parts] = item.get(["content"]);
    let parts = parts.filter(|_| is_message(item));
    // A string is a part of its own.
    let single = parts.filter(|parts| !parts.is_array());
    parts.into_iter().flat_map(Json::items).chain(single)
}

/// Reads the text of a delta or a message of chat completions.
fn message_text<'a>(
    message: Option<Json<'a>>,
    place: &'static str,
    text: &mut String,
) -> Result<(), Problem<'a>> {
    let Some(message) = message else { return Ok(()) };
    if !message.is_object() {
        return if message.is_truthy() { unread(place, None) } else { Ok(()) };
    }
    let before = text.len();
    let [value, refusal] = message.get(["content", "refusal"]);
    content(value, "`content` of a choice", text)?;
    string(refusal, "`refusal` of a choice", text)?;
    if text.len() == before && has_text(message) {
        return unread(place, None);
    }
    Ok(())
}

/// Reads a string, or a list of parts.
fn content<'a>(
    value: Option<Json<'a>>,
    place: &'static str,
    text: &mut String,
) -> Result<(), Problem<'a>> {
    match value.filter(|value| value.is_array()) {
        Some(parts) => parts.items().try_for_each(|part| one_part(Some(part), text)),
        None => string(value, place, text),
    }
}

/// Reads a string, and nothing else.
fn string<'a>(
    value: Option<Json<'a>>,
    place: &'static str,
    text: &mut String,
) -> Result<(), Problem<'a>> {
    let Some(value) = value else { return Ok(()) };
    match value.string() {
        Some(string) => Ok(string.append_to(text)?),
        None => unread(place, None),
    }
}

/// Reads a part of a content, a block or a delta of one.
fn one_part<'a>(part: Option<Json<'a>>, text: &mut String) -> Result<(), Problem<'a>> {
    let Some(part) = part.filter(|part| !part.is_null()) else { return Ok(()) };
    if !part.is_object() {
        return string(Some(part), "a part", text);
    }
    let [kind, value, refusal] = part.get(["type", "text", "refusal"]);
    let kind = kind.and_then(Json::string);
    let word = kind.map(Raw::word);
    let value = value.or(refusal);
    match word.as_ref().map(|word| word.as_str()) {
        None | Some("text" | "text_delta" | "output_text" | "refusal") if value.is_some() => {
            string(value, "`text` of a part", text)
        }
        Some(kind) if is_aside(kind) => Ok(()),
        _ if has_text(part) => unread("a part", kind),
        _ => Ok(()),
    }
}

/// Whether a type or a member is none of the answer's text, such as reasoning.
fn is_aside(name: &str) -> bool {
    const WORDS: [&str; 19] = [
        "annotation",
        "audio",
        "call",
        "citation",
        "compaction",
        "document",
        "function",
        "image",
        "logprob",
        "metadata",
        "reasoning",
        "reference",
        "search",
        "signature",
        "summary",
        "thinking",
        "thought",
        "tool",
        "usage",
    ];
    WORDS.iter().any(|word| name.contains(word))
}

/// Whether a value in an unknown form has what may be text of the answer.
fn has_text(value: Json<'_>) -> bool {
    const KEYS: [&str; 9] = [
        "answer",
        "completion",
        "content",
        "delta",
        "generated_text",
        "output_text",
        "refusal",
        "response",
        "text",
    ];
    fn search(value: Json<'_>, under_key: bool) -> bool {
        under_key && value.string().is_some_and(|text| !text.is_empty())
            || value.items().any(|item| search(item, under_key))
            || !has_aside_type(value)
                && value.members().any(|(key, value)| match key.word().as_str() {
                    key if is_aside(key) => false,
                    "value" => search(value, under_key),
                    key => search(value, KEYS.contains(&key)),
                })
    }
    fn has_aside_type(value: Json<'_>) -> bool {
        let [kind] = value.get(["type"]);
        kind.and_then(Json::string).is_some_and(|kind| is_aside(kind.word().as_str()))
    }
    search(value, false)
}

/// Returns a member that events of this type have. It fails if the member is missing and the event has text elsewhere.
fn member<'a>(event: Json<'a>, name: &str) -> Result<Option<Json<'a>>, Problem<'a>> {
    let [value, kind] = event.get([name, "type"]);
    if value.is_none() && has_text(event) {
        return unread("an event", kind.and_then(Json::string));
    }
    Ok(value)
}
