//! The log as it grows, as server-sent events.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, MessageBody},
    rt::time::timeout,
    web::{Bytes, Data},
};
use serde::Serialize;

use super::read::{Answered, OfAccount, account, query};
use crate::simulator::world::World;

/// A line now and then tells of a client that has gone.
const QUIET: Duration = Duration::from_secs(15);

pub(super) async fn get(world: Data<World>, request: HttpRequest) -> Answered {
    let OfAccount { appid } = query(&request)?;
    account(&world, appid.as_deref())?;
    let after = world.log.last();
    let events = Events {
        next: Box::pin(next(world, appid, after, true)),
    };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("Cache-Control", "no-store"))
        .body(events))
}

type Next = Pin<Box<dyn Future<Output = (Bytes, Data<World>, Option<String>, u64)>>>;

struct Events {
    next: Next,
}

/// The events after this number, as soon as there are any.
async fn next(
    world: Data<World>,
    appid: Option<String>,
    after: u64,
    is_first: bool,
) -> (Bytes, Data<World>, Option<String>, u64) {
    // The head goes out with the first bytes: who reads it knows that nothing is missed from here on.
    let mut text = if is_first { ":\n\n" } else { "" }.to_owned();
    let mut last = after;
    if !is_first {
        let mut news = world.log.news();
        let until_later =
            async { while world.log.last() <= after && news.changed().await.is_ok() {} };
        let _ = timeout(QUIET, until_later).await;
        last = world.log.last();
        let calls = world.log.calls(appid.as_deref(), after);
        let calls = calls.iter().filter(|call| call.id <= last);
        calls.for_each(|call| text.push_str(&event("call", call.id, call)));
        if appid.is_none() {
            let strays = world.log.strays(after);
            let strays = strays.iter().filter(|stray| stray.id <= last);
            strays.for_each(|stray| text.push_str(&event("stray", stray.id, stray)));
        }
        if text.is_empty() {
            text.push_str(":\n\n");
        }
    }
    (text.into(), world, appid, last)
}

fn event(name: &str, id: u64, data: &impl Serialize) -> String {
    match serde_json::to_string(data) {
        Ok(data) => format!("event: {name}\nid: {id}\ndata: {data}\n\n"),
        Err(_) => String::new(),
    }
}

impl MessageBody for Events {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let (text, world, appid, last) = ready!(self.next.as_mut().poll(context));
        self.next = Box::pin(next(world, appid, last, false));
        Poll::Ready(Some(Ok(text)))
    }
}
