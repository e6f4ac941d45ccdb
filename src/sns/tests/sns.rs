use std::time::Duration;

use actix_web::rt::time::timeout;

use super::{
    upstream::{GUARD, Refusing, Silent, Then, Upstream, answer},
    *,
};
use crate::{Wechat, credentials::Proof, lang::Lang, worker::Worker};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(10);

fn endpoints(bases: &[&str]) -> Endpoints {
    let base = |base: &&str| Url::parse(base).unwrap();
    Endpoints {
        bases: bases.iter().map(base).collect(),
        proxy: None,
        client: None,
    }
}

/// A client of the upstreams, in this order.
fn client_of(bases: &[&str]) -> Client {
    Client::new(&endpoints(bases))
}

fn worker(api_url: &str, deadline: Duration) -> Worker {
    let builder = Wechat::builder()
        .appid("wx1")
        .secret("s+cret")
        .public_url("http://127.0.0.1:8008")
        .api_url(api_url)
        .deadline(deadline);
    builder.build().unwrap().worker()
}

fn ended(told: Told) -> Result<(), CallError> {
    told.map(|_| ()).map_err(|err| *err)
}

async fn profile(client: &Client, connections: Connections) -> Result<(), Fault> {
    let request = Request::profile("59_a", "oABC", Lang::ZhCn);
    let asking = client.send(&request, connections);
    let told = timeout(GUARD, asking).await.expect("an end");
    told.map(|_| ()).map_err(|err| err.fault)
}

#[actix_web::test]
async fn calls_are_the_documented_ones() {
    let told = r#"{"errcode":0,"access_token":"59_a","openid":"o/A"}"#;
    let upstream = Upstream::start(move |_| async move { answer(200, told) }).await;
    for base in ["", "/", "/gateway", "/gateway/"] {
        let client = client_of(&[&format!("{}{base}", upstream.url())]);
        let proof = Proof::Secret("s+cret");
        let requests = [
            Request::exchange("wx1", &proof, "c&d"),
            Request::profile("59_a", "o/A", Lang::ZhCn),
            Request::refresh("wx1", None, "59_r="),
            Request::check("59_a", "o/A"),
        ];
        for request in &requests {
            let told = client.send(request, Connections::Kept).await;
            assert_eq!(told.unwrap().into_exchanged().openid, "o/A");
        }
    }
    let calls = [
        "/sns/oauth2/access_token?appid=wx1&secret=s%2Bcret&code=c%26d&grant_type=authorization_code",
        "/sns/userinfo?access_token=59_a&openid=o%2FA&lang=zh_CN",
        "/sns/oauth2/refresh_token?appid=wx1&grant_type=refresh_token&refresh_token=59_r%3D",
        "/sns/auth?access_token=59_a&openid=o%2FA",
    ];
    let expected: Vec<String> = ["", "", "/gateway", "/gateway"]
        .iter()
        .flat_map(|prefix| calls.map(|call| format!("GET {prefix}{call} HTTP/1.1")))
        .collect();
    assert_eq!(upstream.seen().lines(), expected);
}

#[actix_web::test]
async fn each_kind_of_answer_is_told_apart() {
    let profile = r#"{"openid":"oABC"}"#;
    let of_size = |size: usize| format!("{profile}{}", " ".repeat(size - profile.len()));
    let begun = |head: &str| format!("HTTP/1.1 {head}\r\n\r\n{}", &profile[..12]);
    let cut = |head: &str| Then::Close(begun(head));
    let halted = |head: &str| Then::Answer(begun(head));
    let table = [
        (answer(200, profile), Ok(())),
        (answer(299, profile), Ok(())),
        (answer(200, &of_size(64 * 1024)), Ok(())),
        (answer(200, &of_size(64 * 1024 + 1)), Err(Fault::Malformed)),
        (answer(200, r#"{"openid":"oXYZ"}"#), Err(Fault::Malformed)),
        (answer(200, "{}"), Err(Fault::Malformed)),
        (
            answer(200, r#"{"errcode":48001}"#),
            Err(Fault::Errcode(48001)),
        ),
        (answer(404, profile), Err(Fault::Malformed)),
        (answer(500, profile), Err(Fault::Broken)),
        (answer(503, r#"{"errcode":-1}"#), Err(Fault::Broken)),
        // Not followed: nothing more is asked.
        (
            cut("302 X\r\nlocation: /sns/userinfo"),
            Err(Fault::Malformed),
        ),
        (cut("200 X\r\ncontent-length: 17"), Err(Fault::Malformed)),
        // Nobody waits for the rest of what is of no use.
        (
            halted("200 X\r\ncontent-length: 65537"),
            Err(Fault::Malformed),
        ),
        (halted("404 X\r\ncontent-length: 17"), Err(Fault::Malformed)),
        (halted("500 X\r\ncontent-length: 17"), Err(Fault::Broken)),
        (
            Then::Close("what?\r\n\r\n".to_owned()),
            Err(Fault::Malformed),
        ),
        (Then::Close("HTTP/1.1 200".to_owned()), Err(Fault::Broken)),
        (Then::Close(String::new()), Err(Fault::Unanswered)),
        (Then::Reset(String::new()), Err(Fault::Unanswered)),
        (
            Then::Reset("HTTP/1.1 200".to_owned()),
            Err(Fault::Unanswered),
        ),
    ];
    // The app's own, which here is as patient and follows as little.
    let own: NewClient = Arc::new(|| {
        let builder = awc::Client::builder().disable_redirects();
        builder.disable_timeout().finish()
    });
    let clients = [None, Some(own)];
    for (then, expected) in table {
        let start: String = format!("{then:?}").chars().take(100).collect();
        for (client, connections) in clients.iter().flat_map(|client| {
            [Connections::Kept, Connections::Fresh].map(|connections| (client, connections))
        }) {
            let upstream = Upstream::scripted([then.clone()]).await;
            let is_own = client.is_some();
            let client = Client::new(&Endpoints {
                client: client.clone(),
                ..endpoints(&[&upstream.url()])
            });
            let told = self::profile(&client, connections).await;
            assert_eq!(told, expected, "{start} {connections:?} {is_own}");
            assert_eq!(upstream.seen().asked.len(), 1, "{start}");
        }
    }
}

#[actix_web::test]
async fn request_says_what_it_needs() {
    for connections in [Connections::Kept, Connections::Fresh] {
        let upstream = Upstream::scripted([answer(200, r#"{"openid":"oABC"}"#)]).await;
        let client = client_of(&[&upstream.url()]);
        assert_eq!(profile(&client, connections).await, Ok(()));
        let seen = upstream.seen();
        let mut said: Vec<&str> = seen.asked[0].head.lines().skip(1).collect();
        // The moment.
        said.retain(|line| !line.is_empty() && !line.starts_with("date: "));
        said.sort_unstable();
        let host = format!("host: {}", upstream.address);
        let expected = match connections {
            Connections::Kept => vec!["accept-encoding: identity", &host],
            Connections::Fresh => vec!["accept-encoding: identity", "connection: close", &host],
        };
        assert_eq!(said, expected);
    }
}

#[test]
fn host_is_named_with_a_port_that_is_not_the_schemes() {
    for (base, expected) in [
        ("https://api.weixin.qq.com", "api.weixin.qq.com"),
        ("https://api.weixin.qq.com:443/gateway", "api.weixin.qq.com"),
        ("http://api.weixin.qq.com:443", "api.weixin.qq.com:443"),
        ("https://127.0.0.1:8443/", "127.0.0.1:8443"),
        ("http://[::1]:7301", "[::1]:7301"),
    ] {
        let host = Host::new(&Url::parse(base).unwrap());
        assert_eq!(host.name, expected, "{base}");
    }
}

#[actix_web::test]
async fn nobody_there_is_not_the_same_as_nobody_answering() {
    let refusing = Refusing::start();
    let nobody = client_of(&[&refusing.url()]);
    let err = nobody
        .send(
            &Request::profile("59_a", "oABC", Lang::ZhCn),
            Connections::Kept,
        )
        .await;
    let host = refusing.address.to_string();
    let unconnected = CallError {
        problem: Some("Connection refused (os error 111)".to_owned()),
        ..CallError::new(Call::Profile, Fault::Unconnected).at(&host)
    };
    assert_eq!(err.err().as_deref(), Some(&unconnected));

    let silent = Upstream::scripted([]).await;
    let host = silent.address.to_string();
    let timed_out = |call| Err(CallError::new(call, Fault::TimedOut).at(&host));
    let impatient = worker(&silent.url(), SHORT);
    let refreshed = impatient.refresh("wx1", "59_r").await;
    assert_eq!(refreshed.map(|_| ()), timed_out(Call::Refresh));
    let checked = impatient.check("59_a", "oABC").await;
    assert_eq!(checked.map(|_| ()), timed_out(Call::Check));

    // The app's own client may be less patient than the deadline.
    let client = Client::new(&Endpoints {
        client: Some(Arc::new(|| awc::Client::builder().timeout(SHORT).finish())),
        ..endpoints(&[&silent.url()])
    });
    assert_eq!(client.host(), host);
    let told = client
        .send(
            &Request::profile("59_a", "oABC", Lang::ZhCn),
            Connections::Kept,
        )
        .await;
    assert_eq!(ended(told), timed_out(Call::Profile));
}

#[actix_web::test]
async fn worker_shows_its_account_and_no_secret() {
    let shown = format!("{:?}", worker("http://127.0.0.1:9", LONG));
    assert!(
        shown.contains("wx1") && !shown.contains("s+cret"),
        "{shown}"
    );
}

#[actix_web::test]
async fn reset_within_the_body_is_a_broken_connection() {
    let start = "HTTP/1.1 200 X\r\ncontent-length: 17\r\n\r\n{";
    let upstream = Upstream::scripted([Then::Reset(start.to_owned())]).await;
    let told = profile(&client_of(&[&upstream.url()]), Connections::Kept).await;
    assert_eq!(told, Err(Fault::Broken));
}

#[actix_web::test]
async fn token_is_good_or_not_or_cannot_be_checked() {
    let errcode = |errcode: i64| answer(200, &format!(r#"{{"errcode":{errcode}}}"#));
    let table = [
        (errcode(0), Ok(true)),
        (answer(200, r#"{"errcode":"0"}"#), Ok(true)),
        (errcode(40001), Ok(false)),
        (errcode(40003), Ok(false)),
        (errcode(40014), Ok(false)),
        (errcode(42001), Ok(false)),
        (errcode(42007), Ok(false)),
        (errcode(50001), Ok(false)),
        (errcode(-1), Err(Fault::Errcode(-1))),
        (errcode(48001), Err(Fault::Errcode(48001))),
        (answer(200, "{}"), Err(Fault::Malformed)),
        (answer(500, ""), Err(Fault::Broken)),
    ];
    for (then, expected) in table {
        let upstream = Upstream::scripted([then.clone()]).await;
        let host = upstream.address.to_string();
        let expected = expected.map_err(|fault| CallError::new(Call::Check, fault).at(&host));
        let told = worker(&upstream.url(), LONG).check("59_a", "oABC").await;
        assert_eq!(told, expected, "{then:?}");
    }
}

#[actix_web::test]
async fn next_host_is_asked_only_where_no_connection_was_made() {
    let good = || answer(200, r#"{"openid":"oABC"}"#);
    let silent = Silent::start().await;
    let refusing = [Refusing::start(), Refusing::start()];
    let [refused, also_refused] = refusing.each_ref().map(Refusing::url);
    let silent = silent.url();
    let speechless = Upstream::scripted([]).await;
    let silent_in_tls = format!("https://{}", speechless.address);
    for unconnected in [
        vec![refused.as_str()],
        vec![&silent],
        vec![&silent_in_tls],
        vec![&refused, &also_refused, &refused],
    ] {
        let second = Upstream::scripted([good()]).await;
        let third = Upstream::scripted([good()]).await;
        let (second_url, third_url) = (second.url(), third.url());
        let mut bases = unconnected.clone();
        bases.extend([second_url.as_str(), &third_url]);
        let told = profile(&client_of(&bases), Connections::Kept).await;
        assert_eq!(told, Ok(()), "{unconnected:?}");
        assert_eq!(second.seen().asked.len(), 1, "{unconnected:?}");
        assert_eq!(third.seen().connections, 0, "{unconnected:?}");
    }
    // What was sent may have been heard.
    for (then, fault) in [
        (Then::Close(String::new()), Fault::Unanswered),
        (Then::Reset(String::new()), Fault::Unanswered),
        (Then::Close("HTTP/1.1".to_owned()), Fault::Broken),
        (answer(500, ""), Fault::Broken),
        (answer(404, ""), Fault::Malformed),
        (answer(200, ""), Fault::Malformed),
        (answer(200, r#"{"errcode":-1}"#), Fault::Errcode(-1)),
    ] {
        let first = Upstream::scripted([then.clone()]).await;
        let second = Upstream::scripted([good()]).await;
        let client = client_of(&[&first.url(), &second.url()]);
        let told = client
            .send(
                &Request::profile("59_a", "oABC", Lang::ZhCn),
                Connections::Kept,
            )
            .await;
        let failed = CallError::new(Call::Profile, fault).at(&first.address.to_string());
        assert_eq!(ended(told), Err(failed), "{then:?}");
        assert_eq!(second.seen().connections, 0, "{then:?}");
    }
    // Nobody anywhere: the last host is named.
    let client = client_of(&[&refused, &also_refused]);
    let told = client
        .send(
            &Request::profile("59_a", "oABC", Lang::ZhCn),
            Connections::Kept,
        )
        .await;
    let last = refusing[1].address.to_string();
    let failed = CallError {
        problem: Some("Connection refused (os error 111)".to_owned()),
        ..CallError::new(Call::Profile, Fault::Unconnected).at(&last)
    };
    assert_eq!(ended(told), Err(failed));
}

#[actix_web::test]
async fn proxy_that_refuses_makes_no_connection() {
    for (then, problem) in [
        (
            Then::Answer("HTTP/1.1 407 X\r\n\r\n".to_owned()),
            "the proxy refuses to connect: 407",
        ),
        (
            Then::Answer("what?\r\n\r\n".to_owned()),
            "the proxy refuses to connect",
        ),
        (Then::Close(String::new()), ""),
    ] {
        let proxy = Upstream::scripted([then.clone()]).await;
        let client = Client::new(&Endpoints {
            proxy: Some(Proxy::parse(&proxy.url()).unwrap()),
            ..endpoints(&["http://api.weixin.qq.com"])
        });
        let told = client
            .send(
                &Request::profile("59_a", "oABC", Lang::ZhCn),
                Connections::Kept,
            )
            .await;
        let err = told.err().unwrap();
        assert_eq!(err.fault, Fault::Unconnected, "{then:?}");
        let told = err.problem.unwrap_or_default();
        assert!(told.starts_with(problem), "{then:?}: {told}");
        assert_eq!(
            proxy.seen().lines(),
            ["CONNECT api.weixin.qq.com:80 HTTP/1.1"]
        );
    }
}

#[actix_web::test]
async fn call_goes_through_the_proxy() {
    let proxy = Upstream::start(|asked| async move {
        match asked.line().starts_with("CONNECT ") {
            true => Then::Answer("HTTP/1.1 200 X\r\n\r\n".to_owned()),
            false => answer(200, r#"{"openid":"oABC"}"#),
        }
    })
    .await;
    let client = Client::new(&Endpoints {
        proxy: Some(Proxy::parse(&proxy.url()).unwrap()),
        ..endpoints(&["http://api.weixin.qq.com"])
    });
    for _ in 0..2 {
        assert_eq!(profile(&client, Connections::Kept).await, Ok(()));
    }
    let seen = proxy.seen();
    let call = "GET /sns/userinfo?access_token=59_a&openid=oABC&lang=zh_CN HTTP/1.1";
    // The way stays open for the second call.
    let connect = "CONNECT api.weixin.qq.com:80 HTTP/1.1";
    assert_eq!(seen.lines(), [connect, call, call]);
    assert!(seen.asked[1].head.contains("host: api.weixin.qq.com\r\n"));
}

#[actix_web::test]
async fn connection_is_kept_but_for_a_fresh_one() {
    let good = |_| async { answer(200, r#"{"openid":"oABC"}"#) };
    let upstream = Upstream::start(good).await;
    let client = client_of(&[&upstream.url()]);
    let made = async |connections| {
        assert_eq!(profile(&client, connections).await, Ok(()));
        upstream.seen().connections
    };
    assert_eq!(made(Connections::Kept).await, 1);
    assert_eq!(made(Connections::Kept).await, 1);
    assert_eq!(made(Connections::Fresh).await, 2);
    assert_eq!(made(Connections::Fresh).await, 3);
    assert_eq!(made(Connections::Fresh).await, 4);
    assert_eq!(made(Connections::Kept).await, 4);
    // Each fresh one is ended once it has served; the kept one stays.
    upstream.until(|seen| seen.ended.len() == 3).await;
    let mut ended = upstream.seen().ended;
    ended.sort_unstable();
    assert_eq!(ended, [1, 2, 3]);
}
