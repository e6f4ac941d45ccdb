//! Responses with the headers that every answer of the login has.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, ContentType, HeaderName, HeaderValue},
    },
};
use serde::Serialize;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
    img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const PLAIN: [(HeaderName, &str); 2] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
];

pub(crate) fn redirect(url: String) -> HttpResponse {
    let Ok(url) = HeaderValue::try_from(url) else {
        // No address of a request holds what a header cannot.
        return plain(StatusCode::INTERNAL_SERVER_ERROR).finish();
    };
    let mut response = HttpResponse::new(StatusCode::FOUND);
    let headers = response.headers_mut();
    for (name, value) in PLAIN {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::LOCATION, url);
    response
}

pub(crate) fn html(status: StatusCode, body: String) -> HttpResponse {
    plain(status)
        .insert_header(ContentType::html())
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(body)
}

pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    plain(status)
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .json(body)
}

pub(crate) fn plain(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    for header in PLAIN {
        response.insert_header(header);
    }
    response
}
