//! WeChat's HTTP API: the four `/sns/*` calls, what they answer, and what each failure means.

use std::{io, sync::Arc, time::Duration};

use actix_web::{
    error::{ParseError, PayloadError},
    http::Version,
};
use awc::{
    Connector,
    error::{ConnectError, SendRequestError},
};
use url::Url;

use crate::{
    address::authorize::encode,
    credentials::{Component, Proof},
    lang::Lang,
    metrics::Timer,
    sns::{
        connect::{Connect, Proxy},
        errcode::{Call, Fault},
        error::CallError,
        read::{Answer, Exchanged},
        tokens::Tokens,
    },
};

pub(crate) mod connect;
pub(crate) mod errcode;
pub(crate) mod error;
pub(crate) mod read;
pub(crate) mod repair;
pub(crate) mod tokens;

/// More than any answer of these calls; a profile is half a kilobyte.
const BODY_LIMIT: usize = 64 * 1024;
/// How long a host has for a connection: one retry fits into the deadline of a login.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same where another host is there to be asked.
const PATIENCE_OF_SEVERAL: Duration = Duration::from_secs(1);

/// Where the API is, and how it is reached.
#[derive(Clone)]
pub(crate) struct Endpoints {
    /// Tried in this order where no connection can be made.
    pub(crate) bases: Vec<Url>,
    pub(crate) proxy: Option<Proxy>,
    /// A client of the app's own.
    pub(crate) client: Option<NewClient>,
}

impl Endpoints {
    /// Whether one client serves both.
    pub(crate) fn are_those_of(&self, other: &Self) -> bool {
        let is_same_client = match (&self.client, &other.client) {
            (None, None) => true,
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            _ => false,
        };
        is_same_client && self.bases == other.bases && self.proxy == other.proxy
    }
}

pub(crate) type NewClient = Arc<dyn Fn() -> awc::Client + Send + Sync>;

/// A client of the API, of one thread.
#[derive(Clone)]
pub(crate) struct Client {
    bases: Arc<[Base]>,
    kept: awc::Client,
    /// Each of its requests has a connection of its own.
    fresh: awc::Client,
}

struct Base {
    url: String,
    host: String,
}

/// Whether a connection may have been used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connections {
    Kept,
    Fresh,
}

impl Client {
    pub(crate) fn new(endpoints: &Endpoints) -> Self {
        let base = |url: &Url| Base {
            url: url.as_str().trim_end_matches('/').to_owned(),
            host: url[url::Position::BeforeHost..url::Position::AfterPort].to_owned(),
        };
        let bases: Arc<[Base]> = endpoints.bases.iter().map(base).collect();
        if let Some(new) = &endpoints.client {
            let client = new();
            return Self {
                bases,
                fresh: client.clone(),
                kept: client,
            };
        }
        let patience = if bases.len() > 1 {
            PATIENCE_OF_SEVERAL
        } else {
            PATIENCE
        };
        let connect = Connect::new(endpoints.proxy.clone(), patience);
        Self {
            bases,
            kept: client(connect.clone()),
            fresh: client(connect),
        }
    }

    pub(crate) async fn exchange(
        &self,
        appid: &str,
        proof: &Proof<'_>,
        code: &str,
        connections: Connections,
    ) -> Result<Exchanged, CallError> {
        let (call, secret, platform) = match proof {
            Proof::Secret(secret) => (
                Call::Exchange,
                ["&secret=", &*encode(secret)].concat(),
                String::new(),
            ),
            Proof::Component(component) => (
                Call::ComponentExchange,
                String::new(),
                in_the_name_of(component),
            ),
        };
        let query = [
            "appid=",
            &encode(appid),
            &secret,
            "&code=",
            &encode(code),
            "&grant_type=authorization_code",
            &platform,
        ]
        .concat();
        self.get(call, &query, connections, Answer::into_exchanged)
            .await
    }

    /// The profile as WeChat tells it, of the user that it was asked for.
    pub(crate) async fn profile(
        &self,
        access_token: &str,
        openid: &str,
        lang: Lang,
        connections: Connections,
    ) -> Result<Box<Answer>, CallError> {
        let query = [
            "access_token=",
            &encode(access_token),
            "&openid=",
            &encode(openid),
            "&lang=",
            lang.of_profile(),
        ]
        .concat();
        self.get(Call::Profile, &query, connections, |answer| {
            answer.is_of(openid).then_some(answer)
        })
        .await
    }

    pub(crate) async fn refresh(
        &self,
        appid: &str,
        proof: Option<&Proof<'_>>,
        refresh_token: &str,
    ) -> Result<Tokens, CallError> {
        let (call, platform) = match proof {
            Some(Proof::Component(component)) => {
                (Call::ComponentRefresh, in_the_name_of(component))
            }
            Some(Proof::Secret(_)) | None => (Call::Refresh, String::new()),
        };
        let query = [
            "appid=",
            &encode(appid),
            "&grant_type=refresh_token",
            &platform,
            "&refresh_token=",
            &encode(refresh_token),
        ]
        .concat();
        self.get(call, &query, Connections::Kept, Answer::into_tokens)
            .await
    }

    /// Whether this is a valid token of this user.
    pub(crate) async fn check(&self, access_token: &str, openid: &str) -> Result<bool, CallError> {
        let query = [
            "access_token=",
            &encode(access_token),
            "&openid=",
            &encode(openid),
        ]
        .concat();
        let checked = self
            .get(Call::Check, &query, Connections::Kept, |answer| {
                answer.says_ok().then_some(true)
            })
            .await;
        match checked {
            Err(err) if err.denies_the_token() => Ok(false),
            checked => checked,
        }
    }

    /// The first host, for the log of a call that none has answered.
    pub(crate) fn host(&self) -> &str {
        self.bases.first().map_or("", |base| &base.host)
    }

    /// What an answer holds; an answer without it is malformed.
    async fn get<T>(
        &self,
        call: Call,
        query: &str,
        connections: Connections,
        take: impl Fn(Box<Answer>) -> Option<T>,
    ) -> Result<T, CallError> {
        let malformed = || CallError::new(call, Fault::Malformed);
        let timer = Timer::start(call.name());
        let told = 'told: {
            let mut last = CallError::new(call, Fault::Unconnected);
            for base in &*self.bases {
                let answer = self.get_from(base, call, query, connections).await;
                match answer.and_then(|answer| take(answer).ok_or_else(malformed)) {
                    Err(err) if err.fault == Fault::Unconnected => last = err.at(&base.host),
                    told => break 'told told.map_err(|err| err.at(&base.host)),
                }
            }
            Err(last)
        };
        timer.stop(|| {
            let failed = told.as_ref().err();
            let failed = failed.filter(|err| !err.denies_the_token());
            failed.map(CallError::reason)
        });
        told
    }

    async fn get_from(
        &self,
        base: &Base,
        call: Call,
        query: &str,
        connections: Connections,
    ) -> Result<Box<Answer>, CallError> {
        let failed = |fault| CallError::new(call, fault);
        let url = [&base.url, call.path(), "?", query].concat();
        let request = match connections {
            Connections::Kept => self.kept.get(url),
            Connections::Fresh => self.fresh.get(url).force_close(),
        };
        let mut answer = request.send().await.map_err(|err| {
            let problem = match &err {
                SendRequestError::Connect(ConnectError::Disconnected) => None,
                SendRequestError::Connect(err) => Some(err.to_string()),
                _ => None,
            };
            let fault = match err {
                // The codec's error for a connection that ended in order within the head.
                SendRequestError::Response(ParseError::Io(err))
                    if err.kind() == io::ErrorKind::Other =>
                {
                    Fault::Broken
                }
                // awc's error for a connection that was made and closed without an answer.
                SendRequestError::Connect(ConnectError::Disconnected)
                | SendRequestError::Send(_)
                | SendRequestError::H2(_)
                | SendRequestError::Response(ParseError::Io(_)) => Fault::Unanswered,
                SendRequestError::Connect(_) => Fault::Unconnected,
                SendRequestError::Timeout => Fault::TimedOut,
                _ => Fault::Malformed,
            };
            CallError {
                problem,
                ..failed(fault)
            }
        })?;
        let status = answer.status();
        if status.is_server_error() {
            return Err(failed(Fault::Broken));
        }
        if !status.is_success() {
            return Err(failed(Fault::Malformed));
        }
        let body = answer.body().limit(BODY_LIMIT).await.map_err(|err| {
            failed(match err {
                // A reset; a body that ends too early in order is malformed.
                PayloadError::Incomplete(Some(_)) | PayloadError::Io(_) => Fault::Broken,
                _ => Fault::Malformed,
            })
        })?;
        Answer::read(call, &body)
    }
}

/// What a platform's calls say of the platform.
fn in_the_name_of(component: &Component<'_>) -> String {
    [
        "&component_appid=",
        &encode(component.appid),
        "&component_access_token=",
        &encode(component.token()),
    ]
    .concat()
}

fn client(connect: Connect) -> awc::Client {
    let patience = connect.patience;
    #[cfg(feature = "rustls")]
    // Where the app has chosen a provider, that one stays; without any, or with two compiled in,
    // making a client would panic.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let connector = Connector::new()
        .connector(connect)
        // A login waits for its place before it comes here: a limit here would let new logins
        // starve those that wait for their profile.
        .limit(0)
        // TLS is a part of making the connection: a host that is silent in it is not connected.
        .handshake_timeout(patience);
    awc::Client::builder()
        .connector(connector)
        // The app secret is in the query: a redirect would carry it elsewhere.
        .disable_redirects()
        // The deadline around the calls of a login is the exchange's.
        .disable_timeout()
        // The HTTP/2 part logs whole requests at trace level.
        .max_http_version(Version::HTTP_11)
        .finish()
}

#[cfg(test)]
#[path = "tests/sns.rs"]
mod tests;
#[cfg(test)]
#[path = "tests/upstream.rs"]
pub(crate) mod upstream;
