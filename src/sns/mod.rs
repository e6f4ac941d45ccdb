//! WeChat's HTTP API: the four `/sns/*` calls, what they answer, and what each failure means.

use std::{io, sync::Arc, time::Duration};

use actix_web::error::{ParseError, PayloadError};
use awc::error::{ConnectError, SendRequestError};
use url::Url;

use crate::{
    metrics::Timer,
    sns::{
        connect::{Connect, Proxy},
        errcode::{Call, Fault},
        error::CallError,
        http::{Host, Http},
        read::Answer,
        request::Request,
    },
};

pub(crate) mod connect;
pub(crate) mod errcode;
pub(crate) mod error;
mod http;
pub(crate) mod read;
pub(crate) mod repair;
pub(crate) mod request;
pub(crate) mod tokens;

pub(crate) use http::Connections;

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
pub(crate) struct Client {
    hosts: Vec<Host>,
    http: Http,
}

impl Client {
    pub(crate) fn new(endpoints: &Endpoints) -> Self {
        let hosts: Vec<Host> = endpoints.bases.iter().map(Host::new).collect();
        let patience = if hosts.len() > 1 {
            PATIENCE_OF_SEVERAL
        } else {
            PATIENCE
        };
        let http = match &endpoints.client {
            Some(new) => Http::client(new),
            None => Http::pools(&Connect::new(endpoints.proxy.clone(), patience)),
        };
        Self { hosts, http }
    }

    /// An answer that holds what was asked for; any other is malformed.
    pub(crate) async fn send(&self, request: &Request<'_>, connections: Connections) -> Told {
        let timer = Timer::start(request.call.name());
        let mut hosts = self.hosts.iter();
        let told = loop {
            let Some(host) = hosts.next() else {
                break Err(failed(request.call, Fault::Unconnected));
            };
            match self.send_to(host, request, connections).await {
                Ok(answer) => break Ok(answer),
                Err(err) if err.fault == Fault::Unconnected && hosts.len() > 0 => {}
                Err(mut err) => {
                    err.host = Some(host.name.clone());
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
        self.hosts.first().map_or("", |host| &host.name)
    }

    async fn send_to(&self, host: &Host, request: &Request<'_>, connections: Connections) -> Told {
        let failed = |fault| failed(request.call, fault);
        let path_and_query = &request.path_and_query;
        let got = self.http.get(host, path_and_query, connections).await;
        let (status, body) = got.map_err(|err| unanswered(request.call, &err))?;
        if status.is_server_error() {
            return Err(failed(Fault::Broken));
        }
        if !status.is_success() {
            return Err(failed(Fault::Malformed));
        }
        let body = body.map_err(|err| {
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

#[cfg(test)]
#[path = "tests/sns.rs"]
mod tests;
#[cfg(test)]
#[path = "tests/upstream.rs"]
pub(crate) mod upstream;
