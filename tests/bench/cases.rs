//! What is measured: one request or a few, and what must come of them.

use std::{pin::Pin, rc::Rc};

use actix_web::{
    App,
    body::BoxBody,
    cookie::Key,
    dev::ServiceResponse,
    http::header,
    test::{TestRequest, call_service, init_service},
};
use actix_wechat::simulator::{Endpoint, Fault, Simulator};

use crate::app::{Side, account, routes, session, wechat};

const PUBLIC_URL: &str = "http://127.0.0.1:8008";
const ACCEPT: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/wxpic,image/webp,*/*;q=0.8";
const USER_AGENT: &str = "Mozilla/5.0 (Linux; Android 15; PJZ110 Build/AP3A.240617.008; wv) \
    AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/134.0.6998.136 Mobile Safari/537.36 \
    MicroMessenger/8.0.58.2841(0x28003A3E) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// A page for somebody who is logged in.
    Cached,
    /// The same page for nobody: the way to WeChat.
    Anonymous,
    /// A late callback of somebody who is logged in: back to the page.
    CleanUp,
    /// One call to WeChat, its answer read.
    Answer,
    /// Out to WeChat, back with a code, two calls, the page.
    Login,
}

impl Case {
    pub(crate) const ALL: [Self; 5] = [
        Self::Cached,
        Self::Anonymous,
        Self::CleanUp,
        Self::Answer,
        Self::Login,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cached => "cached page",
            Self::Anonymous => "anonymous redirect",
            Self::CleanUp => "callback clean-up",
            Self::Answer => "call and its answer",
            Self::Login => "whole login",
        }
    }

    /// The sides between which there is a difference.
    pub(crate) const fn sides(self) -> &'static [Side] {
        match self {
            Self::Cached | Self::Anonymous | Self::CleanUp => &[Side::Library, Side::Awc],
            Self::Answer | Self::Login => &[Side::Library, Side::Awc, Side::Reqwest],
        }
    }

    pub(crate) const fn needs_code(self) -> bool {
        matches!(self, Self::Login)
    }
}

/// A simulator to measure against; WeChat's answers as those of an account with a `unionid`.
pub(crate) async fn simulator() -> Simulator {
    let simulator = Simulator::builder()
        .account(account())
        .start()
        .await
        .expect("a port on loopback");
    let answer = concat!(
        r#"{"access_token":"62_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwx","#,
        r#""expires_in":7200,"refresh_token":"62_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx01","#,
        r#""openid":"oLVPpjqs9BhvzwPj5A-vTYAX3GLc","scope":"snsapi_userinfo"}"#
    );
    simulator.fault(Endpoint::RefreshToken, Fault::Body(answer.to_owned()));
    simulator
}

type Answer = ServiceResponse<BoxBody>;
type Call = dyn Fn(TestRequest) -> Pin<Box<dyn Future<Output = Answer>>>;

/// The service, and who is logged in to it.
pub(crate) struct Bench {
    call: Box<Call>,
    side: Side,
    /// The session cookie of somebody who is logged in.
    cookie: String,
}

impl Bench {
    /// Logs somebody in with a code of the simulator at this address.
    pub(crate) async fn new(side: Side, wechat_url: &str, code: &str) -> Self {
        let wechat = wechat(PUBLIC_URL, wechat_url);
        let service = init_service(
            App::new()
                .wrap(session(Key::from(&[7; 64])))
                .configure(routes(&wechat, PUBLIC_URL, wechat_url)),
        )
        .await;
        let service = Rc::new(service);
        let mut bench = Self {
            call: Box::new(move |request| {
                let service = Rc::clone(&service);
                Box::pin(async move { call_service(&*service, request.to_request()).await })
            }),
            side,
            cookie: String::new(),
        };
        bench.cookie = bench.login(code).await;
        bench
    }

    /// Goes through a case once; all that answers differently than it should is a panic.
    pub(crate) async fn run(&self, case: Case, code: &str) {
        match case {
            Case::Cached => {
                let answer = self.get("/page", &self.cookie).await;
                assert_eq!(answer.status(), 200);
            }
            Case::Anonymous => {
                let answer = self.get("/page", "").await;
                assert_eq!(answer.status(), 302);
            }
            Case::CleanUp => {
                let late = "?code=011Q2W3E4R5T6Y7U8I9O0P1A2S3D4F5G&state=0uQ2W3E4R5T6Y7U8I9O0P1A2S3D4F5G6H7";
                let callback = format!("{}{late}", callback_path(self.side));
                let answer = self.get(&callback, &self.cookie).await;
                assert_eq!(answer.status(), 302);
                assert!(location(&answer).ends_with("/page"));
            }
            Case::Answer => {
                let answer = self.get("/answer", "").await;
                assert_eq!(answer.status(), 200);
            }
            Case::Login => {
                self.login(code).await;
            }
        }
    }

    /// A whole login; returns the session cookie.
    async fn login(&self, code: &str) -> String {
        let out = self.get("/page", "").await;
        assert_eq!(out.status(), 302);
        let (_, state) = location(&out).rsplit_once("state=").expect("a state");
        let state = state.trim_end_matches("#wechat_redirect");
        let callback = format!("{}?code={code}&state={state}", callback_path(self.side));
        let back = self.get(&callback, &cookies(&out)).await;
        assert_eq!(back.status(), 302);
        assert!(location(&back).ends_with("/page"));
        let cookies = cookies(&back);
        let page = self.get("/page", &cookies).await;
        assert_eq!(page.status(), 200);
        let session = cookies.split("; ").find(|pair| pair.starts_with("id="));
        session.expect("a session").to_owned()
    }

    async fn get(&self, path: &str, cookies: &str) -> Answer {
        let mut request = TestRequest::get()
            .uri(&format!("{}{path}", self.side.scope()))
            .insert_header((header::ACCEPT, ACCEPT))
            .insert_header((
                header::ACCEPT_LANGUAGE,
                "zh-CN,zh;q=0.9,en-US;q=0.8,en;q=0.7",
            ))
            .insert_header((header::USER_AGENT, USER_AGENT));
        if !cookies.is_empty() {
            request = request.insert_header((header::COOKIE, cookies));
        }
        (self.call)(request).await
    }
}

fn location(answer: &Answer) -> &str {
    let location = answer.headers().get(header::LOCATION);
    location
        .expect("a location")
        .to_str()
        .expect("a location of plain text")
}

/// The cookies that an answer sets, as a browser sends them back.
fn cookies(answer: &Answer) -> String {
    let set = answer.headers().get_all(header::SET_COOKIE);
    let pairs: Vec<&str> = set
        .filter_map(|line| line.to_str().ok()?.split(';').next())
        .collect();
    pairs.join("; ")
}

/// Where WeChat sends the visitor back to.
const fn callback_path(side: Side) -> &'static str {
    match side {
        // The page itself.
        Side::Library => "/page",
        Side::Awc | Side::Reqwest => "/callback",
    }
}
