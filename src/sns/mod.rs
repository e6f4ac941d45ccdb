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
    metrics::Timer,
    sns::{
        connect::{Connect, Proxy},
        errcode::{Call, Fault},
        error::CallError,
        read::Answer,
        request::Request,
    },
};

pub(crate) mod connect;
pub(crate) mod errcode;
pub(crate) mod error;
pub(crate) mod read;
pub(crate) mod repair;
pub(crate) mod request;
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

/// An answer, or why there is none. Both boxed, for many hands pass them on.
pub(crate) type Told = Result<Box<Answer>, Box<CallError>>;

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

    /// An answer that holds what was asked for; any other is malformed.
    pub(crate) async fn send(&self, request: &Request<'_>, connections: Connections) -> Told {
        let timer = Timer::start(request.call.name());
        let mut bases = self.bases.iter();
        let told = loop {
            let Some(base) = bases.next() else {
                break Err(failed(request.call, Fault::Unconnected));
            };
            match self.send_to(base, request, connections).await {
                Ok(answer) => break Ok(answer),
                Err(err) if err.fault == Fault::Unconnected && bases.len() > 0 => {}
                Err(mut err) => {
                    err.host = Some(base.host.clone());
                    break Err(err);
                }
            }
        };
        timer.stop(|| {
            let failed = told.as_ref().err();
            let failed = failed.filter(|err| !err.denies_the_token());
            failed.map(|err| err.reason())
        });
        told
    }

    /// The first host, for the log of a call that none has answered.
    pub(crate) fn host(&self) -> &str {
        self.bases.first().map_or("", |base| &base.host)
    }

    async fn send_to(&self, base: &Base, request: &Request<'_>, connections: Connections) -> Told {
        let failed = |fault| failed(request.call, fault);
        let url = [base.url.as_str(), &request.path_and_query].concat();
        let sending = match connections {
            Connections::Kept => self.kept.get(url).send(),
            Connections::Fresh => self.fresh.get(url).force_close().send(),
        };
        let mut answer = sending
            .await
            .map_err(|err| unanswered(request.call, &err))?;
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
        let answer = Answer::read(request.call, &body)?;
        if request.is_answered_by(&answer) {
            Ok(answer)
        } else {
            Err(failed(Fault::Malformed))
        }
    }
}

/// A request that no answer came to.
fn unanswered(call: Call, err: &SendRequestError) -> Box<CallError> {
    let fault = match err {
        // The codec's error for a connection that ended in order within the head.
        SendRequestError::Response(ParseError::Io(err)) if err.kind() == io::ErrorKind::Other => {
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
    let problem = match err {
        SendRequestError::Connect(ConnectError::Disconnected) => None,
        SendRequestError::Connect(err) => Some(err.to_string()),
        _ => None,
    };
    Box::new(CallError {
        problem,
        ..CallError::new(call, fault)
    })
}

fn failed(call: Call, fault: Fault) -> Box<CallError> {
    Box::new(CallError::new(call, fault))
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
