//! One GET of a host: over connections of this thread, or by a client of the app's own.

use std::{future::Future, pin::Pin, rc::Rc};

use actix_service::Service as _;
use actix_web::{
    body,
    dev::{Payload, RequestHead, ResponseHead},
    error::PayloadError,
    http::{
        StatusCode, Version,
        header::{self, HeaderMap, HeaderValue},
    },
    web::Bytes,
};
use awc::{
    Connector,
    error::{InvalidUrl, SendRequestError},
    http::{
        ConnectionType,
        uri::{self, Authority, PathAndQuery, Scheme, Uri},
    },
};
use futures_util::StreamExt as _;
use url::{Position, Url};

use crate::sns::{NewClient, connect::Connect};

/// More than any answer of these calls; a profile is half a kilobyte.
const BODY_LIMIT: usize = 64 * 1024;

/// Whether a connection may have been used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connections {
    Kept,
    Fresh,
}

/// An API host, and the path that every call to it begins with.
pub(super) struct Host {
    /// With its port, for the log.
    pub(super) name: String,
    url: String,
    prefix: String,
    origin: Option<(Scheme, Authority)>,
    /// What every request to it says.
    head: RequestHead,
}

/// What the hosts are asked with.
pub(super) enum Http {
    /// Requests are given to connections at once: `awc::Client` makes up each one anew, with its
    /// headers, and passes it on through layers that no call here needs: 5,000 instructions a call.
    Pools {
        kept: Get,
        fresh: Get,
    },
    Client(awc::Client),
}

type Get = Rc<dyn Fn(RequestHead) -> Getting>;
type Getting = Pin<Box<dyn Future<Output = Result<(ResponseHead, Payload), SendRequestError>>>>;

/// What came of it: a status, and a success's body. Nobody waits for any other.
pub(super) type Got = (StatusCode, Result<Bytes, PayloadError>);

impl Host {
    pub(super) fn new(base: &Url) -> Self {
        let url = base.as_str().trim_end_matches('/');
        let name = &base[Position::BeforeHost..Position::AfterPort];
        let origin = Uri::try_from(url).ok().map(Uri::into_parts);
        let mut head = RequestHead::default();
        // Small, for it is copied for each request.
        head.headers = HeaderMap::with_capacity(2);
        head.headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        if let Ok(host) = HeaderValue::from_str(name) {
            head.headers.insert(header::HOST, host);
        }
        Self {
            name: name.to_owned(),
            url: url.to_owned(),
            prefix: base.path().trim_end_matches('/').to_owned(),
            origin: origin.and_then(|parts| Some((parts.scheme?, parts.authority?))),
            head,
        }
    }

    fn request(&self, path_and_query: &str) -> Result<RequestHead, SendRequestError> {
        let Some((scheme, authority)) = self.origin.clone() else {
            return Err(SendRequestError::Url(InvalidUrl::MissingHost));
        };
        let path_and_query = Bytes::from([&self.prefix, path_and_query].concat());
        let mut parts = uri::Parts::default();
        parts.scheme = Some(scheme);
        parts.authority = Some(authority);
        parts.path_and_query = PathAndQuery::from_maybe_shared(path_and_query).ok();
        let mut head = self.head.clone();
        head.uri = Uri::from_parts(parts).map_err(|err| InvalidUrl::HttpError(err.into()))?;
        Ok(head)
    }
}

impl Http {
    pub(super) fn pools(connect: &Connect) -> Self {
        #[cfg(feature = "rustls")]
        // Where the app has chosen a provider, that one stays; without any, or with two compiled
        // in, making a connector would panic.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self::Pools {
            kept: pool(connect.clone()),
            // Always empty.
            fresh: pool(connect.clone()),
        }
    }

    pub(super) fn client(new: &NewClient) -> Self {
        Self::Client(new())
    }

    pub(super) async fn get(
        &self,
        host: &Host,
        path_and_query: &str,
        connections: Connections,
    ) -> Result<Got, SendRequestError> {
        let get = match (self, connections) {
            (Self::Pools { kept, .. }, Connections::Kept) => kept,
            (Self::Pools { fresh, .. }, Connections::Fresh) => fresh,
            (Self::Client(client), _) => {
                return get_by(client, host, path_and_query, connections).await;
            }
        };
        let mut head = host.request(path_and_query)?;
        if connections == Connections::Fresh {
            head.set_connection_type(ConnectionType::Close);
        }
        let (head, payload) = get(head).await?;
        let status = head.status;
        Ok(of_success(status, read(head, payload)).await)
    }
}

fn pool(connect: Connect) -> Get {
    let patience = connect.patience;
    let connector = Connector::new()
        .connector(connect)
        // A login waits for its place before it comes here: a limit here would let new logins
        // starve those that wait for their profile.
        .limit(0)
        // TLS is a part of making the connection: a host that is silent in it is not connected.
        .handshake_timeout(patience)
        // The HTTP/2 part logs whole requests at trace level.
        .max_http_version(Version::HTTP_11)
        .finish();
    Rc::new(move |head| {
        let uri = head.uri.clone();
        let connecting = connector.call(awc::Connect { uri, addr: None });
        Box::pin(async move {
            let connection = connecting.await?;
            connection.send_request(head, body::None::new()).await
        })
    })
}

async fn read(head: ResponseHead, mut payload: Payload) -> Result<Bytes, PayloadError> {
    let length = head.headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > BODY_LIMIT as u64) {
        return Err(PayloadError::Overflow);
    }
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk?;
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(PayloadError::Overflow);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

async fn get_by(
    client: &awc::Client,
    host: &Host,
    path_and_query: &str,
    connections: Connections,
) -> Result<Got, SendRequestError> {
    let request = client.get([&host.url, path_and_query].concat());
    let request = match connections {
        Connections::Kept => request,
        Connections::Fresh => request.force_close(),
    };
    let mut answer = request.send().await?;
    Ok(of_success(answer.status(), answer.body().limit(BODY_LIMIT)).await)
}

async fn of_success(
    status: StatusCode,
    reading: impl Future<Output = Result<Bytes, PayloadError>>,
) -> Got {
    let body = if status.is_success() {
        reading.await
    } else {
        Ok(Bytes::new())
    };
    (status, body)
}
