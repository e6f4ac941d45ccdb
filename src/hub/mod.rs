//! One account, many hosts: the authorize endpoint at the account's callback domain, through which
//! apps at other hosts and ports log in.
//!
//! A visitor comes with an app's authorize URL ([`authorize`]) or back from WeChat ([`callback`]).
//! The hub sends them on if the operator allows the target ([`allowed`]), else it refuses
//! ([`refusal`]). Both ways depend on the query alone: nothing is stored.

mod allowed;
mod authorize;
mod base;
pub(crate) mod builder;
mod callback;
mod params;
mod refusal;
mod target;

use std::{fmt, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse, Resource,
    dev::{AppService, HttpServiceFactory},
    http::{
        StatusCode,
        header::{self, ContentType},
    },
    web,
};
use percent_encoding::percent_decode_str;

use crate::{
    answer::head::{plain, redirect},
    events,
    hub::{
        allowed::Allowed,
        authorize::Endpoint,
        base::Base,
        builder::HubBuilder,
        refusal::{Pages, Stop},
    },
    pages::language::Language,
};

const OAUTH2: &str = "/connect/oauth2/authorize";
const QRCONNECT: &str = "/connect/qrconnect";
const RETURN: &str = "/return";
/// What one-page forwarders answer at.
const FORWARD: &str = "";
const ENDPOINTS: [&str; 4] = [OAUTH2, QRCONNECT, RETURN, FORWARD];

/// Lets apps on any number of hosts log in with one account, whose callback domain is the hub's.
///
/// WeChat allows an account one or two callback domains, and no port. A hub stands at that domain
/// and is an authorize endpoint itself: an app behind it, of any language, sets the address of its
/// authorize host to the hub's, which is [`Builder::open_url`](crate::Builder::open_url) in this
/// crate. The hub sends the visitor to WeChat, and from there back to the app, with `code` and
/// `state` as WeChat appended them. It has no secret, no cookie and no store, so any number of hubs
/// can share the work.
///
/// It is a service of an [`App`](actix_web::App), or of a scope, and answers `GET` at these paths
/// below its [`public_url`](HubBuilder::public_url), whether or not a proxy strips that URL's path:
///
/// | path | answer |
/// | --- | --- |
/// | `/connect/oauth2/authorize`, `/connect/qrconnect` | 302 to the same path at WeChat |
/// | `/?appid=…&scope=…&state=…&redirect_uri=…` | the same, for apps that used a one-page forwarder; the scope `snsapi_login` leads to the QR code |
/// | `/return` | 302 to the app: the address that WeChat comes back to |
/// | `/healthz` | 200 |
///
/// Whoever asks for another target than the allowed [`origins`](HubBuilder::origins) reads a 403
/// page that names it, and the event `wechat.hub.refused` has it as `origin`. A URL at WeChat over
/// 1,000 bytes is warned about (`wechat.hub.long_url`), one over 3,000 bytes is a 414 page. Another
/// method is 405.
///
/// ```no_run
/// use actix_web::{App, HttpServer};
/// use actix_wechat::Hub;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let hub = Hub::builder()
///     .public_url("https://login.example.cn")
///     .origins(["https://shop.example.com", "http://localhost:8008"])
///     .build()?;
/// let server = HttpServer::new(move || App::new().service(hub.clone()));
/// server.bind("127.0.0.1:8009")?.run().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Hub(Arc<Settings>);

struct Settings {
    allowed: Allowed,
    open: Base,
    pages: Pages,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("public_url", &self.0.allowed.hub.at(""))
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// Starts from the defaults, which [`HubBuilder`]'s methods name.
    ///
    /// ```
    /// let builder = actix_wechat::Hub::builder().public_url("https://login.example.cn");
    /// ```
    pub fn builder() -> HubBuilder {
        HubBuilder::new()
    }

    /// The paths of an endpoint: as the proxy passes them on, with the prefix or without.
    fn paths(&self, endpoint: &str) -> Vec<String> {
        // Paths are matched decoded.
        let prefix = percent_decode_str(self.0.allowed.hub.prefix()).decode_utf8_lossy();
        let mut paths = vec![endpoint.to_owned()];
        if !prefix.is_empty() {
            paths.push([&prefix, endpoint].concat());
        }
        if endpoint == FORWARD {
            paths.extend(paths.clone().iter().map(|path| [path, "/"].concat()));
        }
        paths
    }

    fn resource(
        &self,
        path: &str,
        answer: impl Fn(&Settings, &HttpRequest) -> HttpResponse + Clone + 'static,
    ) -> Resource {
        let hub = self.clone();
        let answer = move |request: HttpRequest| {
            let response = answer(&hub.0, &request);
            async move { response }
        };
        web::resource(self.paths(path))
            .route(web::get().to(answer))
            .default_service(web::to(async || {
                plain(StatusCode::METHOD_NOT_ALLOWED)
                    .insert_header((header::ALLOW, "GET"))
                    .finish()
            }))
    }
}

/// Mounts the hub.
impl HttpServiceFactory for Hub {
    fn register(self, app: &mut AppService) {
        let endpoints = [
            (OAUTH2, Endpoint::OAuth2),
            (QRCONNECT, Endpoint::QrConnect),
            (FORWARD, Endpoint::Forward),
        ];
        for (path, endpoint) in endpoints {
            let leave = move |hub: &Settings, request: &HttpRequest| leave(hub, endpoint, request);
            self.resource(path, leave).register(app);
        }
        self.resource(RETURN, come_back).register(app);
        self.resource("/healthz", |_, _| healthy())
            .route(web::head().to(async || healthy()))
            .register(app);
    }
}

fn healthy() -> HttpResponse {
    plain(StatusCode::OK)
        .insert_header(ContentType::plaintext())
        .body("ok")
}

fn leave(hub: &Settings, endpoint: Endpoint, request: &HttpRequest) -> HttpResponse {
    match authorize::authorize(hub, endpoint, request.query_string()) {
        Ok(leaving) => {
            if leaving.is_long() {
                events::hub_long_url(leaving.url.len(), &leaving.appid);
            }
            redirect(leaving.url)
        }
        Err(stop) => stopped(hub, request, &stop),
    }
}

fn come_back(hub: &Settings, request: &HttpRequest) -> HttpResponse {
    match callback::callback(hub, request.query_string()) {
        Ok(url) => redirect(url),
        Err(stop) => stopped(hub, request, &stop),
    }
}

fn stopped(hub: &Settings, request: &HttpRequest, stop: &Stop) -> HttpResponse {
    let lang = Language::preferred(request.headers().get_all(header::ACCEPT_LANGUAGE));
    stop.respond(&hub.pages, lang, hub.allowed.hub.host())
}
