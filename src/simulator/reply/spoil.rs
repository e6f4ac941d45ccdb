//! The ways to spoil an answer on the wire.

use std::{
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, MessageBody},
    rt::time::{Sleep, sleep},
    web::Bytes,
};
use socket2::Socket;

use super::http::Reply;
use crate::simulator::world::Fault;

/// The connection behind a request, put into its extensions when the browser or the application connects.
pub(crate) struct Connection(Socket);

impl Connection {
    pub(crate) fn new(socket: Socket) -> Self {
        Self(socket)
    }

    /// Whether the client has closed its side. actix does not tell a handler that is busy.
    fn is_left(&self) -> bool {
        match self.0.peek(&mut [MaybeUninit::uninit()]) {
            Ok(read) => read == 0,
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

/// Answers with a fault. `work` does what the call asks for and gives the normal answer; `error` is the answer of an errcode.
pub(crate) async fn spoil(
    request: &HttpRequest,
    mut fault: Fault,
    work: impl FnOnce() -> Reply,
    error: impl Fn(i64) -> Reply,
) -> HttpResponse {
    let mut work = Some(work);
    let mut done = None;
    loop {
        let mut normal = || match done.take() {
            Some(reply) => reply,
            None => work.take().map_or_else(|| error(-1), |work| work()),
        };
        return match fault {
            Fault::Spent(inner) => {
                done = Some(normal());
                fault = *inner;
                continue;
            }
            Fault::Late(delay, inner) => {
                sleep(delay).await;
                fault = *inner;
                continue;
            }
            Fault::Delay(delay) => {
                sleep(delay).await;
                normal().into_response()
            }
            Fault::Errcode(errcode) => error(errcode).into_response(),
            // A quota inside another fault has nothing to count by.
            Fault::MinuteQuota(_) => error(45011).into_response(),
            Fault::TransientToken => error(40001).into_response(),
            Fault::BusyBeforeSpending => error(-1).into_response(),
            Fault::BusyAfterSpending => {
                normal();
                error(-1).into_response()
            }
            Fault::Status(status) => Reply::status(status).into_response(),
            Fault::Hang => {
                hang(request).await;
                cut(request, None)
            }
            Fault::Close => cut(request, None),
            Fault::Reset => cut(request, Some(Duration::ZERO)),
            Fault::Truncated => normal().with_body(|body| Broken {
                first: Some(Bytes::copy_from_slice(&body[..body.len() * 2 / 3])),
                length: body.len() as u64,
                pause: Some(Box::pin(sleep(Duration::from_millis(20)))),
            }),
            Fault::Malformed => {
                let mut reply = normal();
                reply.body.truncate(reply.body.len() / 2);
                reply.into_response()
            }
            Fault::Html => {
                Reply::html("<!DOCTYPE html><html><body>系统维护中</body></html>").into_response()
            }
            Fault::Empty => Reply::json(Vec::new()).into_response(),
            Fault::Endless => Reply::json(Vec::new()).with_body(|_| Endless { begun: false }),
            Fault::Oversized => {
                let mut reply = normal();
                if reply.body.pop_if(|last| *last == b'}').is_some() {
                    reply.body.extend_from_slice(b",\"padding\":\"");
                    reply.body.resize(reply.body.len() + (1 << 20), b'x');
                    reply.body.extend_from_slice(b"\"}");
                } else {
                    reply.body.resize(reply.body.len() + (1 << 20), b' ');
                }
                reply.into_response()
            }
            Fault::Body(body) => Reply::json(body.into_bytes()).into_response(),
            Fault::Bytes(body) => Reply::json(body).into_response(),
            Fault::ContentType(content_type) => {
                let mut reply = normal();
                reply.content_type = content_type.into();
                reply.into_response()
            }
            Fault::Redirect(location) => Reply::redirect(location).into_response(),
        };
    }
}

/// Waits until the client has gone.
async fn hang(request: &HttpRequest) {
    while request
        .conn_data()
        .is_some_and(|connection: &Connection| !connection.is_left())
    {
        sleep(Duration::from_millis(100)).await;
    }
}

/// Ends the connection instead of answering: in order, or with a linger time of zero by a reset.
fn cut(request: &HttpRequest, linger: Option<Duration>) -> HttpResponse {
    if let Some(Connection(socket)) = request.conn_data() {
        // A connection that is gone already needs no closing.
        let _ = match linger {
            Some(_) => socket.set_linger(linger),
            None => socket.shutdown(std::net::Shutdown::Both),
        };
    }
    // A body that fails before its first byte: actix drops the connection with the head unsent.
    Reply::json(Vec::new()).with_body(|_| Broken {
        first: None,
        length: 1,
        pause: None,
    })
}

/// A body that ends before its announced length.
struct Broken {
    first: Option<Bytes>,
    length: u64,
    /// Time for what came first to be on its way.
    pause: Option<Pin<Box<Sleep>>>,
}

impl MessageBody for Broken {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
        }
        Poll::Ready(Some(Err(std::io::Error::other("broken on purpose"))))
    }
}

/// A body without end.
struct Endless {
    begun: bool,
}

impl MessageBody for Endless {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        static FILLER: [u8; 8192] = [b'x'; 8192];
        let begun = std::mem::replace(&mut self.begun, true);
        let chunk: &'static [u8] = if begun { &FILLER } else { b"{\"openid\":\"" };
        Poll::Ready(Some(Ok(Bytes::from_static(chunk))))
    }
}
