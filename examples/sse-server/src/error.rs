//! Errors as an OpenAI API tells them.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use forebay::End;
use serde_json::json;

/// A stream that ends with this code was broken off because the server stops.
pub(crate) const STOPPED: u16 = 1;

#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    /// Which field of the request.
    pub(crate) param: Option<String>,
    /// In how many seconds it is worth another try.
    pub(crate) retry_after: Option<u16>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), param: None, retry_after: None }
    }

    /// The error a stream ended with; `None` if it did not.
    pub(crate) fn of(end: End) -> Option<Self> {
        let (status, message) = match end {
            End::Finished => return None,
            End::Failed(STOPPED) => {
                (503, "the server stops; the answer is not complete".to_owned())
            }
            End::Failed(code) => (code, format!("the answer failed with status {code}")),
            _ => (502, "the answer was aborted before its end".to_owned()),
        };
        let status = StatusCode::from_u16(status).ok().filter(|status| status.as_u16() >= 400);
        Some(Self::new(status.unwrap_or(StatusCode::BAD_GATEWAY), message))
    }

    /// The body of a response, or the data of an event within a stream.
    pub(crate) fn to_json(&self) -> String {
        let (kind, code) = match self.status {
            StatusCode::TOO_MANY_REQUESTS => ("rate_limit_error", Some("rate_limit_exceeded")),
            StatusCode::NOT_FOUND => ("invalid_request_error", Some("unknown_url")),
            status if status.is_client_error() => ("invalid_request_error", None),
            _ => ("server_error", None),
        };
        let (message, param) = (&self.message, &self.param);
        json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
            .to_string()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response<Body> {
        let mut response = (
            self.status,
            [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
            self.to_json(),
        )
            .into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
