//! Networks between the demo and WeChat: connections that end at any point, several hosts, a proxy.

use std::net::{IpAddr, Ipv4Addr};

use actix_wechat::simulator::{Endpoint, Fault};

use super::{PROFILE, assert_authorize, assert_headers, calls, openid_of, wechat};
use support::{
    Page, Port, Visitor,
    demo::Demo,
    upstream::{
        Act::{self, Answer, EndUnread, Say},
        DeadAddress,
        End::{self, Closed, Reset},
        Proxy, Proxying, Upstream,
    },
};

const EXCHANGE: &str = "/sns/oauth2/access_token?";
const USERINFO: &str = "/sns/userinfo?";

fn tokens() -> Act {
    Answer(r#"{"access_token":"59_a","expires_in":7200,"refresh_token":"59_r","openid":"oABC","scope":"snsapi_userinfo"}"#.to_owned())
}

fn profile() -> Act {
    Answer(r#"{"openid":"oABC","nickname":"小明"}"#.to_owned())
}

fn errcode(number: u32) -> Act {
    Answer(format!(r#"{{"errcode":{number},"errmsg":"x, rid: 1-2"}}"#))
}

fn says(text: &str, end: End) -> Act {
    Say(text.as_bytes().to_vec(), end)
}

/// What ends before anything of an answer came, or is reset before its head was complete.
fn unanswered() -> Vec<Act> {
    vec![
        EndUnread(Closed),
        EndUnread(Reset),
        says("", Closed),
        says("", Reset),
        says("H", Reset),
        says("HTTP/1.1 200 OK\r\ncontent-len", Reset),
        says("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n", Reset),
    ]
}

/// What ends later: the code may be spent, and what came is no answer.
fn broken() -> Vec<Act> {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n";
    vec![
        says("HTTP/1.1 200 OK\r\ncontent-len", Closed),
        says(head, Closed),
        says(head, Reset),
        says(&format!("{head}{{\"openid\":\"oABC\""), Closed),
        says(&format!("{head}{{\"openid\":\"oABC\""), Reset),
        says(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\"",
            Closed,
        ),
        says("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n", Closed),
    ]
}

/// A demo with one worker, so that it has one pool of connections, and how many of them it keeps.
struct Site {
    demo: Demo,
    upstream: Upstream,
    _wechat: actix_wechat::simulator::Simulator,
}

impl Site {
    async fn start() -> Self {
        let (wechat, upstream) = (wechat().await, Upstream::start());
        let variables = [("WECHAT_API_URL", upstream.url.as_str()), ("WORKERS", "1")];
        Self {
            demo: Demo::start(&wechat, &variables),
            upstream,
            _wechat: wechat,
        }
    }

    /// Somebody logs in with answers as they should be, and a connection is kept.
    async fn warm_up(&self) {
        self.upstream.play([tokens(), profile()]);
        let page = Visitor::new().visit(&self.demo.at(PROFILE)).await;
        page.assert_status(200);
    }

    /// Plays a login until its first answer.
    async fn log_in(&self, acts: Vec<Act>) -> (Visitor, Page) {
        let visitor = Visitor::new();
        let callback = visitor.callback(&self.demo.at(PROFILE)).await;
        self.upstream.play(acts);
        let page = visitor.get(&callback).await;
        assert_headers(&page);
        (visitor, page)
    }

    /// How many acts of the script were exchanges and profile calls, where all of them were read.
    fn asked(&self) -> (usize, usize) {
        let asked = self.upstream.asked();
        let count = |path: &str| {
            asked
                .iter()
                .filter(|it| it.target.starts_with(path))
                .count()
        };
        (count(EXCHANGE), count(USERINFO))
    }
}

/// A connection that was kept may end as the next request leaves: one more try, on one of its own.
#[actix_web::test]
async fn a_connection_that_ends_before_an_answer_is_no_failure() {
    let site = Site::start().await;
    for is_kept in [true, false] {
        for act in unanswered() {
            if is_kept {
                site.warm_up().await;
            } else {
                // The kept ones end in order.
                site.upstream.play([]);
            }
            let row = format!("{act:?}, kept: {is_kept}");
            let (visitor, page) = site.log_in(vec![act.clone(), tokens(), profile()]).await;
            assert_eq!(page.location(), site.demo.at(PROFILE), "{row}: {page:#?}");
            visitor.get(&site.demo.at(PROFILE)).await.assert_status(200);
            let played = site.upstream.played();
            assert_ne!(played[0], played[1], "{row}: on the same connection");
            assert!(site.asked().0 <= 2, "{row}");

            // Its code was spent all the same: the clean URL, and a fresh login by itself.
            if is_kept {
                site.warm_up().await;
            }
            for refusal in [40163, 40029] {
                let (visitor, page) = site.log_in(vec![act.clone(), errcode(refusal)]).await;
                assert_eq!(page.status, 302, "{row}: {page:#?}");
                assert_eq!(page.location(), site.demo.at(PROFILE), "{row}");
                assert_eq!(site.upstream.played().len(), 2, "{row}");
                assert_authorize(&visitor.get(&page.location()).await);
            }

            // Never a third time.
            if is_kept {
                site.warm_up().await;
            }
            for second in [EndUnread(Closed), says("", Reset)] {
                let (_, page) = site.log_in(vec![act.clone(), second.clone()]).await;
                assert_eq!(page.status, 502, "{row}, then {second:?}: {page:#?}");
                assert_eq!(site.upstream.played().len(), 2, "{row}, then {second:?}");
            }
        }
    }
}

/// However many connections are kept, each of them dead: the second try takes none of them.
#[actix_web::test]
async fn a_whole_pool_of_dead_connections_is_no_failure() {
    const KEPT: usize = 6;
    for act in [EndUnread(Closed), EndUnread(Reset), says("", Closed)] {
        let site = Site::start().await;
        site.upstream.play(std::iter::repeat_n(tokens(), KEPT));
        site.upstream.answer_together(KEPT);
        // Silent logins, at once: a connection each.
        let visitors: Vec<_> = (0..KEPT)
            .map(|_| {
                let (visitor, url) = (Visitor::new(), site.demo.at("/openid"));
                actix_web::rt::spawn(async move { visitor.visit(&url).await })
            })
            .collect();
        for visitor in visitors {
            visitor.await.expect("a login").assert_status(200);
        }
        site.upstream.give_up(act.clone());
        let (_, page) = site.log_in(vec![tokens(), profile()]).await;
        assert_eq!(page.location(), site.demo.at(PROFILE), "{act:?}: {page:#?}");
    }
}

/// What ends later is not asked again: the code may be spent.
#[actix_web::test]
async fn an_answer_that_breaks_off_ends_the_exchange() {
    let site = Site::start().await;
    for is_kept in [true, false] {
        for act in broken() {
            if is_kept {
                site.warm_up().await;
            } else {
                site.upstream.play([]);
            }
            let row = format!("{act:?}, kept: {is_kept}");
            let (visitor, page) = site.log_in(vec![act, tokens(), profile()]).await;
            assert_eq!(page.status, 502, "{row}: {page:#?}");
            assert_eq!(site.asked(), (1, 0), "{row}");
            assert_eq!(openid_of(&site.demo, &visitor).await, None, "{row}");
        }
    }
}

/// The profile call is harmless to repeat: three tries in all.
#[actix_web::test]
async fn a_profile_call_that_breaks_off_is_tried_again() {
    let site = Site::start().await;
    let all = || unanswered().into_iter().chain(broken());
    for act in all().filter(|act| !is_malformed(act)) {
        for (failures, status) in [(1, 302), (2, 302), (3, 502)] {
            let mut acts = vec![tokens()];
            acts.extend(std::iter::repeat_n(act.clone(), failures));
            acts.push(profile());
            let (_, page) = site.log_in(acts).await;
            let row = format!("{act:?} {failures} times");
            assert_eq!(page.status, status, "{row}: {page:#?}");
            let played = 1 + failures + usize::from(status == 302);
            assert_eq!(site.upstream.played().len(), played, "{row}");
            assert_eq!(site.asked().0, 1, "{row}");
        }
    }
}

/// A body that ends in order before its time.
fn is_malformed(act: &Act) -> bool {
    matches!(act, Say(bytes, Closed) if bytes.windows(4).any(|four| four == b"\r\n\r\n") && !bytes.starts_with(b"HTTP/1.1 500"))
}

/// Several hosts are tried in order where no connection can be made, and only there.
#[actix_web::test]
async fn the_next_host_is_asked_where_no_connection_can_be_made() {
    let wechat = wechat().await;
    let refusing = Port::new();
    let dead = DeadAddress::at(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let (refusing, dead) = (refusing.url(), dead.url());
    let good = wechat.url();
    let other = Upstream::start();
    for hosts in [
        vec![refusing.as_str(), good],
        vec![&dead, good],
        vec![&dead, &refusing, good],
        vec![good, &refusing, &dead],
        vec![good, &other.url],
    ] {
        let hosts = hosts.join(",");
        let demo = Demo::start(&wechat, &[("WECHAT_API_URL", &hosts)]);
        for path in [PROFILE, "/openid"] {
            wechat.clear_calls();
            let visitor = Visitor::new();
            let page = visitor.visit(&demo.at(path)).await;
            assert_eq!(page.status, 200, "{hosts}: {page:#?}");
            assert_eq!(calls(&wechat).0, 1, "{hosts}");
        }
        assert!(!demo.log().contains("wechat.login.failed"), "{hosts}");
    }
    assert!(other.played().is_empty(), "the first one answers");
    // A host that answers, however badly, is the one.
    let hosts = format!("{},{good}", other.url);
    let demo = Demo::start(&wechat, &[("WECHAT_API_URL", &hosts)]);
    wechat.clear_calls();
    for act in broken() {
        other.play([act.clone(), tokens()]);
        let page = Visitor::new().visit(&demo.at(PROFILE)).await;
        assert_eq!(page.status, 502, "{act:?}: {page:#?}");
    }
    assert_eq!(calls(&wechat), (0, 0));
    // None at all: the log names one of them, and what to look at.
    for hosts in [
        refusing.clone(),
        dead.clone(),
        format!("{refusing},{dead}"),
        format!("{dead},{refusing}"),
    ] {
        let demo = Demo::start(&wechat, &[("WECHAT_API_URL", &hosts)]);
        let page = Visitor::new().visit(&demo.at(PROFILE)).await;
        assert!(
            matches!(page.status.as_u16(), 502 | 504),
            "{hosts}: {page:#?}"
        );
        let log = demo.logged(0, "wechat.login.failed");
        let event = log
            .lines()
            .find(|line| line.contains("wechat.login.failed"));
        let event = event.expect("an event");
        let named = hosts.split(',').any(|host| {
            let host = host.strip_prefix("http://").expect("an address");
            event.contains(&format!("host=\"{host}\""))
        });
        assert!(named, "{hosts}: {event}");
        for word in ["cure=", "check", "proxy", "firewall"] {
            assert!(event.contains(word), "{hosts}: {word}: {event}");
        }
    }
}

const WORD: &str = "pa:ss w@rd%小";

/// By a proxy alone, which is asked with user and password where it wants them.
#[actix_web::test]
async fn wechat_is_reached_through_a_proxy() {
    let wechat = wechat().await;
    let api = wechat.url().strip_prefix("http://").expect("an address");
    // `user:pa:ss w@rd%小` in base64.
    let basic = "Basic dXNlcjpwYTpzcyB3QHJkJeWwjw==";
    let open = "HTTP/1.1 200 OK\r\n\r\n";
    let long = "HTTP/1.0 200 Connection established\r\nVia: 1.1 squid\r\nX-Cache: MISS\r\n\r\n";
    for (proxying, userinfo) in [
        (Proxying::For(None), ""),
        (Proxying::Opening(open), ""),
        (Proxying::Opening(long), ""),
        (Proxying::Opening("HTTP/1.1 204 No Content\r\n\r\n"), ""),
        (Proxying::Opening(open), "user:word@"),
        (
            Proxying::For(Some(basic.to_owned())),
            "user:pa%3Ass%20w%40rd%25%E5%B0%8F@",
        ),
        (Proxying::For(Some("Basic dXNlcjo=".to_owned())), "user@"),
        (Proxying::For(Some("Basic dXNlcjo=".to_owned())), "user:@"),
        (Proxying::For(Some("Basic OndvcmQ=".to_owned())), ":word@"),
    ] {
        let proxy = Proxy::start(proxying.clone());
        let url = format!("http://{userinfo}{}", proxy.address);
        let demo = Demo::start(
            &wechat,
            &[
                ("WECHAT_PROXY", url.as_str()),
                ("RUST_LOG", "trace"),
                ("WORKERS", "1"),
            ],
        );
        for path in [PROFILE, "/openid"] {
            let page = Visitor::new().visit(&demo.at(path)).await;
            assert_eq!(page.status, 200, "{proxying:?} {userinfo}: {page:#?}");
        }
        let heads = proxy.heads();
        assert!(!heads.is_empty(), "{proxying:?}: past the proxy");
        assert!(heads.len() <= 2, "connections are kept: {heads:?}");
        for head in heads {
            assert!(
                head.starts_with(&format!("CONNECT {api} HTTP/1.1\r\n")),
                "{head}"
            );
            assert!(head.contains(&format!("Host: {api}\r\n")), "{head}");
            let has_user = head.to_lowercase().contains("proxy-authorization");
            assert_eq!(has_user, !userinfo.is_empty(), "{head}");
            assert!(!head.contains(wechat.account().secret()), "{head}");
        }
        let log = demo.logged(0, "wechat.login.completed");
        for hidden in [
            WORD,
            "pa%3Ass",
            "dXNlcjpw",
            "user:word",
            wechat.account().secret(),
        ] {
            assert!(!log.contains(hidden), "{hidden} is in the log");
        }
    }
}

#[actix_web::test]
async fn a_proxy_that_opens_no_way_is_no_connection() {
    let wechat = wechat().await;
    let wanted = Some("Basic dXNlcjp3b3Jk".to_owned());
    let endless =
        "HTTP/1.1 200 OK\r\nx: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    for (proxying, userinfo) in [
        (Proxying::For(wanted.clone()), ""),
        (Proxying::For(wanted.clone()), "user:wrong@"),
        (Proxying::For(wanted.clone()), "user@"),
        (Proxying::Saying("HTTP/1.1 403 Forbidden\r\n\r\n"), ""),
        (
            Proxying::Saying("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n"),
            "",
        ),
        (
            Proxying::Saying("HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\nno"),
            "",
        ),
        (Proxying::Saying("HTTP/1.1 100 Continue\r\n\r\n"), ""),
        (Proxying::Saying("SSH-2.0-x\r\n\r\n"), ""),
        (Proxying::Saying("<html>200</html>\r\n\r\n"), ""),
        (Proxying::Saying(endless), ""),
        (Proxying::Saying("\r\n\r\n"), ""),
        (Proxying::Saying(""), ""),
        (Proxying::Silent, ""),
    ] {
        let proxy = Proxy::start(proxying.clone());
        let url = format!("http://{userinfo}{}", proxy.address);
        let demo = Demo::start(
            &wechat,
            &[("WECHAT_PROXY", url.as_str()), ("RUST_LOG", "trace")],
        );
        wechat.clear_calls();
        let visitor = Visitor::new();
        let callback = visitor.callback(&demo.at(PROFILE)).await;
        let page = visitor.get(&callback).await;
        let status = page.status.as_u16();
        assert!(matches!(status, 502 | 504), "{proxying:?}: {page:#?}");
        assert_headers(&page);
        assert_eq!(calls(&wechat), (0, 0), "{proxying:?}");
        let log = demo.logged(0, "wechat.login.failed");
        let event = log
            .lines()
            .find(|line| line.contains("wechat.login.failed"));
        let event = event.expect("an event");
        let api = wechat.url().strip_prefix("http://").expect("an address");
        assert!(event.contains(&format!("host=\"{api}\"")), "{event}");
        assert!(event.contains("proxy"), "the cure: {event}");
        for hidden in ["wrong", "dXNlcjp3", wechat.account().secret()] {
            assert!(
                !log.contains(hidden),
                "{hidden} is in the log: {proxying:?}"
            );
        }
    }
    // A proxy that is not there, and one for the second of two hosts alone.
    let nowhere = Port::new();
    let demo = Demo::start(&wechat, &[("WECHAT_PROXY", &nowhere.url())]);
    let page = Visitor::new().visit(&demo.at(PROFILE)).await;
    page.assert_status(502);
    let proxy = Proxy::start(Proxying::For(None));
    let hosts = format!("{},{}", nowhere.url(), wechat.url());
    let url = format!("http://{}", proxy.address);
    let variables = [("WECHAT_PROXY", url.as_str()), ("WECHAT_API_URL", &hosts)];
    let demo = Demo::start(&wechat, &variables);
    let page = Visitor::new().visit(&demo.at(PROFILE)).await;
    page.assert_status(200);
    assert!(proxy.heads().len() >= 2, "{:?}", proxy.heads());
}

/// What does not answer is named with its host and a cure.
#[actix_web::test]
async fn what_does_not_answer_is_named_with_a_cure() {
    let wechat = wechat().await;
    let demo = Demo::start(&wechat, &[]);
    let host = wechat.url().strip_prefix("http://").expect("an address");
    for (fault, reason) in [
        (Fault::Hang, "timed_out"),
        (Fault::Close, "unreachable"),
        (Fault::Html, "malformed_answer"),
        (Fault::Errcode(40125), "misconfigured"),
    ] {
        let mark = demo.log().len();
        wechat.fault(Endpoint::AccessToken, fault.clone());
        Visitor::new().visit(&demo.at(PROFILE)).await;
        let log = demo.logged(mark, "wechat.login.failed");
        for part in [
            format!("reason=\"{reason}\""),
            format!("host=\"{host}\""),
            "cure=\"".to_owned(),
            "appid=\"".to_owned(),
        ] {
            assert!(log.contains(&part), "{fault:?}: {part}: {log}");
        }
    }
}
