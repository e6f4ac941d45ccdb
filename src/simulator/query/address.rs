use std::sync::Arc;

use actix_web::{HttpRequest, http::header::HOST};

/// Where the client found the simulator: `https://open.weixin.qq.com`, with a port where it named one. A proxy in between that ends
/// TLS says so with `X-Forwarded-Proto`; its word goes into links alone.
pub(crate) fn address(request: &HttpRequest) -> Arc<str> {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.and_then(|value| value.to_str().ok())
    };
    let is_secure = match header("x-forwarded-proto") {
        Some(scheme) => scheme.eq_ignore_ascii_case("https"),
        None => request.app_config().secure(),
    };
    let scheme = if is_secure { "https" } else { "http" };
    let asked = request.uri().authority().map(|asked| asked.as_str());
    let host = asked.or_else(|| header(HOST.as_str())).unwrap_or_default();
    format!("{scheme}://{host}").into()
}
