use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde_json::{Value, json};

/// What the simulator itself refuses, and what to do about it: no answer of WeChat's.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    known: Option<Vec<String>>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            known: None,
        }
    }

    /// What there would have been.
    pub(crate) fn known(mut self, known: impl IntoIterator<Item = String>) -> Self {
        self.known = Some(known.into_iter().collect());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(known) = &self.known {
            error["known"] = Value::from(known.clone());
        }
        HttpResponse::build(self.status).json(json!({ "error": error }))
    }
}
