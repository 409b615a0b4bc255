//! What a request says, and what is wrong with it, with the place.

use std::fmt;
use std::num::NonZeroU32;

use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

use crate::error::ApiError;

/// The body of a chat completion request. Fields that a recording cannot heed, as `temperature`, are ignored.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) model: Option<String>,
    #[serde(deserialize_with = "at_least_one")]
    pub(crate) messages: Vec<Message>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<NonZeroU32>,
    max_completion_tokens: Option<NonZeroU32>,
    #[serde(default, deserialize_with = "just_one", rename = "n")]
    _n: (),
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    #[serde(rename = "role")]
    _role: Role,
    #[serde(default)]
    content: Content,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    System,
    Developer,
    User,
    Assistant,
    Tool,
    Function,
}

/// A text, or a list of parts. Only its size is of interest: the answer is recorded.
#[derive(Debug, Default)]
struct Content {
    words: usize,
}

impl Request {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        // serde would take an array for a struct.
        if let Some(other) = body.trim_ascii_start().first().filter(|&&byte| byte != b'{') {
            let begin = other.escape_ascii();
            let message = format!("the body is not a JSON object: it begins with `{begin}`");
            return Err(ApiError::new(StatusCode::BAD_REQUEST, message));
        }
        let mut json = serde_json::Deserializer::from_slice(body);
        let request = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| wrong(&error.path().to_string(), error.inner()))?;
        json.end().map_err(|error| wrong(".", &error))?;
        Ok(request)
    }

    pub(crate) fn stream(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    pub(crate) fn include_usage(&self) -> bool {
        self.stream_options.as_ref().and_then(|options| options.include_usage).unwrap_or(false)
    }

    pub(crate) fn max_tokens(&self) -> Option<usize> {
        let max = self.max_completion_tokens.or(self.max_tokens)?;
        usize::try_from(max.get()).ok()
    }

    /// The size of the prompt, in words: there is no model here that would have tokens.
    pub(crate) fn words(&self) -> usize {
        self.messages.iter().map(|message| message.content.words).sum()
    }
}

/// `path` is where in the request, "." its top.
fn wrong(path: &str, error: &serde_json::Error) -> ApiError {
    let words = error.to_string();
    // A field that is missing has no place of its own: the path is that of the object it is missing in.
    let missing = words.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let param = match (path, missing) {
        _ if error.is_syntax() || error.is_eof() => None,
        ("." | "", missing) => missing.map(str::to_owned),
        (path, None) => Some(path.to_owned()),
        (path, Some(field)) => Some(format!("{path}.{field}")),
    };
    let message = match &param {
        None if error.is_data() => words,
        None => format!("the body is not JSON: {words}"),
        Some(param) => format!("{param}: {words}"),
    };
    ApiError { param, ..ApiError::new(StatusCode::BAD_REQUEST, message) }
}

fn at_least_one<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Message>, D::Error> {
    let messages = Vec::deserialize(from)?;
    if messages.is_empty() {
        return Err(de::Error::invalid_length(0, &"at least one message"));
    }
    Ok(messages)
}

fn just_one<'de, D: Deserializer<'de>>(from: D) -> Result<(), D::Error> {
    match Option::<u64>::deserialize(from)? {
        None | Some(1) => Ok(()),
        Some(n) => Err(de::Error::invalid_value(de::Unexpected::Unsigned(n), &"1 choice")),
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Part {
            #[serde(rename = "type")]
            _kind: String,
            text: Option<String>,
        }

        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Content;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a list of parts or null")
            }

            fn visit_str<E>(self, text: &str) -> Result<Content, E> {
                Ok(Content { words: text.split_whitespace().count() })
            }

            fn visit_unit<E>(self) -> Result<Content, E> {
                Ok(Content::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Content, A::Error> {
                let mut words = 0;
                while let Some(part) = parts.next_element::<Part>()? {
                    words += part.text.unwrap_or_default().split_whitespace().count();
                }
                Ok(Content { words })
            }
        }

        from.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(body: &str, param: Option<&str>, message: &str) {
        let error = Request::parse(body.as_bytes()).unwrap_err();
        assert_eq!((error.param.as_deref(), &*error.message), (param, message));
        assert_eq!(error.status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        refused("", None, "the body is not JSON: EOF while parsing a value at line 1 column 0");
        refused(
            "{\"messages\": [}",
            None,
            "the body is not JSON: expected value at line 1 column 15",
        );
        refused("{}", Some("messages"), "messages: missing field `messages` at line 1 column 2");
        refused("[]", None, "the body is not a JSON object: it begins with `[`");
        refused(
            "{\"messages\": 5}",
            Some("messages"),
            "messages: invalid type: integer `5`, expected a sequence at line 1 column 14",
        );
        refused(
            "{\"messages\": []}",
            Some("messages"),
            "messages: invalid length 0, expected at least one message at line 1 column 16",
        );
        refused(
            "{\"messages\": [\n{\"role\": \"user\"},\n{\"content\": \"\"}]}",
            Some("messages[1].role"),
            "messages[1].role: missing field `role` at line 3 column 15",
        );
        refused(
            "{\"messages\": [{\"role\": \"me\"}]}",
            Some("messages[0].role"),
            "messages[0].role: unknown variant `me`, expected one of `system`, `developer`, `user`, \
             `assistant`, `tool`, `function` at line 1 column 27",
        );
        refused(
            "{\"messages\": [{\"role\": \"user\", \"content\": 7}]}",
            Some("messages[0].content"),
            "messages[0].content: invalid type: integer `7`, expected a string, a list of parts or null \
             at line 1 column 43",
        );
        refused(
            "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": 1}]}]}",
            Some("messages[0].content[0].text"),
            "messages[0].content[0].text: invalid type: integer `1`, expected a string at line 1 column 69",
        );
        refused(
            "{\"messages\": [{\"role\": \"user\"}], \"stream\": \"yes\"}",
            Some("stream"),
            "stream: invalid type: string \"yes\", expected a boolean at line 1 column 48",
        );
        refused(
            "{\"messages\": [{\"role\": \"user\"}], \"n\": 2}",
            Some("n"),
            "n: invalid value: integer `2`, expected 1 choice at line 1 column 40",
        );
        refused(
            "{\"messages\": [{\"role\": \"user\"}], \"max_tokens\": 0}",
            Some("max_tokens"),
            "max_tokens: invalid value: integer `0`, expected a nonzero u32 at line 1 column 48",
        );
        refused(
            "{\"messages\": [{\"role\": \"user\"}]} and more",
            None,
            "the body is not JSON: trailing characters at line 1 column 34",
        );
    }

    #[test]
    fn what_is_right_is_taken() {
        let request = Request::parse(
            br#"{"model": "m", "messages": [{"role": "system", "content": "be brief"},
                {"role": "user", "content": [{"type": "text", "text": "one two  three"}]},
                {"role": "assistant", "content": null, "tool_calls": []}],
                "stream": true, "stream_options": {"include_usage": true}, "n": 1,
                "max_tokens": 9, "max_completion_tokens": 5, "temperature": 0.5}"#,
        )
        .unwrap();
        assert_eq!(request.model.as_deref(), Some("m"));
        assert!(request.stream() && request.include_usage());
        assert_eq!((request.words(), request.max_tokens()), (5, Some(5)));

        let request =
            Request::parse(br#"{"messages": [{"role": "user"}], "stream": null}"#).unwrap();
        assert!(!request.stream() && !request.include_usage());
        assert_eq!((request.words(), request.max_tokens(), request.model), (0, None, None));
    }
}
