//! Opening the copy of a callback.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::header::{ACCEPT, COOKIE, HeaderValue, LOCATION, USER_AGENT},
    rt,
    web::Data,
};

use crate::simulator::world::{Replay, Replayed, World};

/// One copy to open.
#[derive(Debug)]
pub(crate) struct Duplicate {
    kind: Replay,
    appid: String,
    url: String,
}

impl Duplicate {
    /// One of this callback, without the fragment, which no browser sends.
    pub(crate) fn of(appid: &str, callback: &str, kind: Replay) -> Self {
        let url = callback.split('#').next().unwrap_or_default();
        let appended = if let Replay::Shared(_) = kind {
            SHARED
        } else {
            ""
        };
        Self {
            kind,
            appid: appid.to_owned(),
            url: format!("{url}{appended}"),
        }
    }

    /// Opens it, in time for the answer to `request`, which sends the browser to the callback itself.
    pub(crate) async fn open(self, world: &Data<World>, request: &HttpRequest) {
        let visitor = Visitor::of(request);
        let kind = self.kind;
        let world = world.clone();
        let opened = rt::spawn(async move {
            rt::time::sleep(kind.delay()).await;
            let replayed = self.send(visitor).await;
            world.replays.add(replayed);
        });
        if kind == Replay::Before {
            // The task does not panic, and says itself how it went.
            let _ = opened.await;
        }
    }

    async fn send(self, visitor: Visitor) -> Replayed {
        let Self { kind, appid, url } = self;
        let client = awc::Client::builder()
            .disable_redirects()
            .timeout(PATIENCE)
            .finish();
        let request = if let Replay::Shared(_) = kind {
            client.get(&url).insert_header((USER_AGENT, SOMEBODY_ELSE))
        } else {
            let mut request = client.get(&url);
            for (name, value) in [(COOKIE, visitor.cookies), (USER_AGENT, visitor.user_agent)] {
                if let Some(value) = value {
                    request = request.insert_header((name, value));
                }
            }
            request
        };
        let answer = request.insert_header((ACCEPT, "text/html")).send().await;
        let answer = answer.as_ref().ok();
        let location = answer.and_then(|answer| answer.headers().get(LOCATION));
        Replayed {
            appid,
            status: answer.map(|answer| answer.status().as_u16()),
            location: location.map(|location| String::from_utf8_lossy(location.as_bytes()).into()),
            url,
        }
    }
}

/// Longer than an application may take to log somebody in.
const PATIENCE: Duration = Duration::from_secs(20);
const SHARED: &str = "&from=singlemessage&isappinstalled=0";
const SOMEBODY_ELSE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 \
     (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60(0x18003c2f) NetType/WIFI Language/zh_CN";

/// What a browser says of itself.
struct Visitor {
    cookies: Option<HeaderValue>,
    user_agent: Option<HeaderValue>,
}

impl Visitor {
    fn of(request: &HttpRequest) -> Self {
        let header = |name| request.headers().get(name).cloned();
        Self {
            cookies: header(COOKIE),
            user_agent: header(USER_AGENT),
        }
    }
}
