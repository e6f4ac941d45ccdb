//! An answer before it is sent.

use std::borrow::Cow;

use actix_web::{
    HttpResponse,
    body::MessageBody,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};

use super::duplicate::Duplicate;

const JSON: &str = "text/plain";
const HTML: &str = "text/html; charset=utf-8";

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Cow<'static, str>,
    pub(crate) location: Option<String>,
    pub(crate) cookie: Option<String>,
    pub(crate) body: Vec<u8>,
    /// WeChat's number, where this is an error.
    pub(crate) errcode: Option<i64>,
    /// The code that it gives.
    pub(crate) login: Option<String>,
    /// Of the callback that `location` is.
    pub(crate) copy: Option<Box<Duplicate>>,
}

impl Reply {
    /// JSON as WeChat sends it: as text, with no charset.
    pub(crate) fn json(body: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: JSON.into(),
            location: None,
            cookie: None,
            body,
            errcode: None,
            login: None,
            copy: None,
        }
    }

    pub(crate) fn html(body: impl Into<Vec<u8>>) -> Self {
        Self {
            content_type: HTML.into(),
            ..Self::json(body.into())
        }
    }

    pub(crate) fn redirect(location: String) -> Self {
        Self {
            status: StatusCode::FOUND,
            location: Some(location),
            ..Self::html("")
        }
    }

    pub(crate) fn of_login(self, code: String) -> Self {
        Self {
            login: Some(code),
            ..self
        }
    }

    pub(crate) fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        Self {
            status,
            ..Self::html(format!(
                "<html><body><center><h1>{status}</h1></center></body></html>"
            ))
        }
    }

    pub(crate) fn into_response(self) -> HttpResponse {
        self.with_body(|body| body)
    }

    pub(crate) fn with_body<B: MessageBody + 'static>(
        self,
        body: impl FnOnce(Vec<u8>) -> B,
    ) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        let page = self.content_type == HTML;
        // Values that no header can hold are the caller's mistake; the answer goes without them.
        if let Ok(value) = HeaderValue::from_str(&self.content_type) {
            response.insert_header((header::CONTENT_TYPE, value));
        }
        if let Some(Ok(value)) = self
            .location
            .map(|location| HeaderValue::from_str(&location))
        {
            response.insert_header((header::LOCATION, value));
        }
        if let Some(Ok(value)) = self.cookie.map(|cookie| HeaderValue::from_str(&cookie)) {
            response.insert_header((header::SET_COOKIE, value));
        }
        if page {
            response
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .insert_header((header::REFERRER_POLICY, "no-referrer"));
        }
        response.body(body(self.body))
    }
}
