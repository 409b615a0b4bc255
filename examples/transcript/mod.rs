//! Reads recorded answers of model APIs, event by event: shared by the examples.
//!
//! A transcript is what the server of a model API sends, as server-sent events. Three formats are read, told apart by
//! what is in them: OpenAI chat completions, OpenAI responses and Anthropic messages.

pub(crate) mod json;
pub(crate) mod sse;
