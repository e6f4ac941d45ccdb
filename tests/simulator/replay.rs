//! Callbacks that are opened once more.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use actix_wechat::simulator::{Account, Consent, Replay, Replayed, Simulator};

use super::client::*;

/// An application that sends everybody to `/in`, and tells what it was asked.
fn application() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, asked) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("a request's head");
                head.extend(byte);
            }
            // The other end has had its answer when the request is told of.
            let answer = b"HTTP/1.1 302 Found\r\nlocation: /in\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).expect("a reader");
            if tell.send(String::from_utf8_lossy(&head).into()).is_err() {
                return;
            }
        }
    });
    (port, asked)
}

fn authorize_for(sim: &Simulator, port: u16) -> String {
    authorize(sim.account(), "snsapi_userinfo").replace(
        CALLBACK,
        &format!("http%3A%2F%2F127.0.0.1%3A{port}%2Fpage%3Fa%3D1%23%2Froute"),
    )
}

/// The copies that are done with, once there are so many.
fn replays(sim: &Simulator, count: usize) -> Vec<Replayed> {
    for _ in 0..2000 {
        let replays = sim.replays();
        if replays.len() >= count {
            return replays;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("{count} copies, and not {:?}", sim.replays());
}

#[test]
fn each_kind_is_a_copy_of_its_own() {
    let instant = Duration::from_millis(1);
    let shared = "&from=singlemessage&isappinstalled=0";
    for (replay, is_same_code, is_visitor, appended) in [
        (Replay::Before, true, true, ""),
        (Replay::Together, true, true, ""),
        (Replay::After(instant), true, true, ""),
        (Replay::AnotherCode, false, true, ""),
        (Replay::Shared(instant), true, false, shared),
    ] {
        let sim = automatic();
        let (port, asked) = application();
        sim.set_replay(replay);
        let headers = [("Cookie", "login=1; id=2"), ("User-Agent", WECHAT)];
        let answer = get_as(&sim, &authorize_for(&sim, port), &headers);
        if replay == Replay::Before {
            assert_eq!(sim.replays().len(), 1, "done with before the browser goes");
        }
        let (code, back) = (answer.code(), answer.location());
        assert!(back.ends_with("&state=a1B2c3#/route"), "{back}");

        let copies = replays(&sim, 1);
        let [copy] = copies.as_slice() else {
            panic!("one copy, and not {copies:?}")
        };
        let (callback, _) = back.split_once('#').unwrap_or_default();
        let url = if is_same_code {
            format!("{callback}{appended}")
        } else {
            callback.replace(&code, &parameter(&copy.url, "code").unwrap_or_default())
        };
        assert_eq!(copy.url, url, "{replay:?}");
        assert_eq!(copy.url.contains(&code), is_same_code, "{replay:?}");
        assert_eq!(copy.status, Some(302), "{replay:?}");
        assert_eq!(copy.location.as_deref(), Some("/in"), "{replay:?}");

        let head = asked.recv().expect("the copy").to_lowercase();
        assert!(head.contains("accept: text/html"), "{head}");
        for header in [
            "cookie: login=1; id=2".to_owned(),
            format!("user-agent: {WECHAT}"),
        ] {
            let header = header.to_lowercase();
            assert_eq!(head.contains(&header), is_visitor, "{replay:?}: {head}");
        }
        assert!(head.contains("micromessenger"), "{head}");
        let good = parameter(&copy.url, "code").unwrap_or_default();
        let tokens = get(&sim, &access_token(sim.account(), &good)).json();
        assert!(tokens["openid"].is_string(), "{replay:?}: {tokens}");

        sim.set_replay(None);
        assert_eq!(get(&sim, &authorize_for(&sim, port)).status, 302);
        assert_eq!(sim.replays().len(), 1);
    }
}

#[test]
fn a_consent_by_hand_is_replayed_too() {
    let sim = automatic();
    sim.set_consent(Consent::Ask);
    sim.set_replay(Replay::Before);
    let (port, _asked) = application();
    let page = get(&sim, &authorize_for(&sim, port));
    assert_eq!((page.status, sim.replays().len()), (200, 0));
    assert_eq!(get(&sim, &page.link("拒绝")).status, 302);
    assert_eq!(sim.replays().len(), 0, "a refusal brings no code");
    assert_eq!(get(&sim, &page.link("同意")).status, 302);
    assert_eq!(sim.replays().len(), 1);
}

#[test]
fn an_application_that_does_not_answer_is_told_of() {
    let sim = automatic();
    sim.set_replay(Replay::Before);
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = nobody.local_addr().expect("an address").port();
    drop(nobody);
    assert_eq!(get(&sim, &authorize_for(&sim, port)).status, 302);
    let replays = sim.replays();
    assert_eq!(replays.len(), 1);
    assert_eq!((replays[0].status, &replays[0].location), (None, &None));
}

#[test]
fn only_loopback_is_replayed_to() {
    let sim = with(Account::test().any_redirect(true));
    sim.set_replay(Replay::Before);
    let path = authorize(sim.account(), "snsapi_base")
        .replace(CALLBACK, "https%3A%2F%2Fshop.example.cn%2Fpage");
    assert_eq!(get(&sim, &path).status, 302);
    assert_eq!(sim.replays(), []);
}
