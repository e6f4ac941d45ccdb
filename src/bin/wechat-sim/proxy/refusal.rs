/// Why a request goes nowhere. The reason stands in the status line, too: of a refused CONNECT most
/// clients show nothing else.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    pub(super) reason: String,
    /// Method and host of what is not played.
    pub(super) foreign: Option<(String, String)>,
}

impl Refusal {
    pub(super) fn foreign(method: &str, authority: &str) -> Self {
        Self {
            status: 403,
            code: "foreign_host",
            reason: format!(
                "{authority} is not played by wechat-sim: name it in NO_PROXY, or start with \
                 --pass-through"
            ),
            foreign: Some((method.to_owned(), authority.to_owned())),
        }
    }

    pub(super) fn unreachable(authority: &str, error: &str) -> Self {
        Self {
            status: 502,
            code: "unreachable",
            reason: format!("{authority} cannot be reached: {error}"),
            foreign: None,
        }
    }

    pub(super) fn bad_request() -> Self {
        Self {
            status: 400,
            code: "no_proxy_request",
            reason: "this is a proxy, for HTTPS_PROXY and HTTP_PROXY; the page is at the http \
                     address"
                .to_owned(),
            foreign: None,
        }
    }

    pub(super) fn answer(&self) -> String {
        let Self {
            status,
            code,
            reason,
            ..
        } = self;
        let body = serde_json::json!({"error": {"code": code, "message": reason}}).to_string();
        let length = body.len();
        format!(
            "HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\ncontent-length: \
             {length}\r\nconnection: close\r\n\r\n{body}"
        )
    }
}
