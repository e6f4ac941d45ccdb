//! How many logins are in flight at once: who waits, who is told to come back, and that all is well
//! afterwards.

use std::{io::Write as _, net::TcpStream, time::Duration};

use actix_web::{App, HttpServer, cookie::Key, rt, web};
use actix_wechat::{
    Wechat, WechatUser,
    simulator::{Endpoint, Fault, Simulator},
};

use support::{
    Port, Visitor,
    app::{TestApp, session},
    crowd::{Crowd, End, Guest},
    raw, until,
};

/// Only against a hang: no exchange that is made to last ends before a test has seen it.
const DEADLINE: Duration = Duration::from_secs(60);

async fn app(in_flight: usize) -> TestApp {
    TestApp::spawn_with(|it| it.in_flight(in_flight).deadline(DEADLINE)).await
}

fn exchanges(app: &TestApp) -> usize {
    app.simulator.count(Endpoint::AccessToken)
}

/// A callback on a connection of its own, sent and not yet answered.
struct Waiting(TcpStream);

impl Waiting {
    async fn send(app: &TestApp) -> Self {
        let visitor = Visitor::new();
        let callback = visitor.callback(&app.at("/user")).await;
        let cookies = visitor.cookie_header(&app.url).expect("a login cookie");
        let target = callback.strip_prefix(&app.url).expect("the app's own");
        let request = raw::request("GET", &app.url, target, &[("cookie", &cookies)]);
        let mut stream = raw::connect(&app.url);
        stream.write_all(&request).expect("sent");
        Self(stream)
    }

    /// Whether it is still without an answer, when an answer at once would have come.
    fn waits(&self) -> bool {
        let moment = Some(Duration::from_millis(400));
        self.0.set_read_timeout(moment).expect("a timeout");
        self.0.peek(&mut [0]).is_err()
    }

    fn answer(mut self) -> raw::Raw {
        let patience = Some(Duration::from_secs(30));
        self.0.set_read_timeout(patience).expect("a timeout");
        raw::read(&mut self.0).expect("an answer")
    }
}

#[track_caller]
fn assert_busy(status: u16, retry_after: &str) {
    assert_eq!(status, 503);
    let seconds: u32 = retry_after.parse().expect("seconds in `Retry-After`");
    assert!((1..=60).contains(&seconds), "{seconds}");
}

#[actix_web::test]
async fn who_finds_no_place_waits_for_one() {
    for places in [1, 2] {
        let app = app(places).await;
        let late = Fault::Delay(Duration::from_millis(700));
        app.simulator
            .fault_times(Endpoint::AccessToken, late, places);
        let mut logins = Vec::new();
        // As many in flight, and as many who wait.
        for _ in 0..2 * places {
            let visitor = Visitor::new();
            let callback = visitor.callback(&app.at("/user")).await;
            logins.push(rt::spawn(async move { visitor.visit(&callback).await }));
            if logins.len() == places {
                until(|| exchanges(&app) == places).await;
            }
        }
        assert_eq!(exchanges(&app), places, "no more than {places} in flight");
        for login in logins {
            let page = login.await.expect("a login");
            assert_eq!(page.assert_status(200).body, "小明");
        }
        assert_eq!(exchanges(&app), 2 * places);
    }
}

/// The code was neither sent nor marked, so that a reload logs in.
#[actix_web::test]
async fn who_has_waited_in_vain_comes_back_with_the_same_code() {
    for places in [1, 2] {
        let app = app(places).await;
        app.simulator.fault_times(
            Endpoint::AccessToken,
            Fault::Delay(Duration::from_secs(6)),
            places,
        );
        let mut in_flight = Vec::new();
        for _ in 0..places {
            in_flight.push(Waiting::send(&app).await);
        }
        until(|| exchanges(&app) == places).await;
        let visitor = Visitor::new();
        let callback = visitor.callback(&app.at("/user?a=1")).await;
        for _ in 0..2 {
            let page = visitor.get(&callback).await;
            assert_busy(page.status.as_u16(), page.header("retry-after"));
            assert!(page.body.contains(&app.at("/user?a=1")), "{}", page.body);
            assert_eq!(exchanges(&app), places, "its code is not sent");
        }
        let json = [("accept", "application/json")];
        visitor.get_with(&callback, &json).await.assert_status(401);
        for waiting in in_flight {
            assert_eq!(waiting.answer().status, 302);
        }
        let page = visitor.visit(&callback).await;
        assert_eq!(page.assert_status(200).body, "小明");
        assert_eq!(exchanges(&app), places + 1);
    }
}

/// As many wait as there are places; who comes then is told at once. A reset leaves the queue.
#[actix_web::test]
async fn a_full_queue_is_told_at_once_and_a_reset_leaves_it() {
    // So many who wait and reset. Each in vain, they would outlast the login that is in flight.
    const ROUNDS: usize = 6;
    let app = app(1).await;
    app.simulator.fault_times(
        Endpoint::AccessToken,
        Fault::Delay(Duration::from_secs(12)),
        1,
    );
    let in_flight = Waiting::send(&app).await;
    until(|| exchanges(&app) == 1).await;
    let mut waiting = Waiting::send(&app).await;
    assert!(waiting.waits(), "there is room for one in the queue");
    for _ in 0..ROUNDS {
        let answer = Waiting::send(&app).await.answer();
        assert_busy(answer.status, answer.header("retry-after"));
        assert!(
            waiting.waits(),
            "the next is told before the one that waits"
        );
        raw::reset(waiting.0);
        // Until the server has seen it.
        let mut tries = 0;
        waiting = loop {
            let next = Waiting::send(&app).await;
            if next.waits() {
                break next;
            }
            tries += 1;
            assert!(tries < 200, "a reset does not leave the queue");
        };
    }
    assert_eq!(exchanges(&app), 1, "nobody else's code is sent");
    assert!(in_flight.waits(), "resets do not leave the queue");
    raw::reset(waiting.0);
    assert_eq!(in_flight.answer().status, 302);
    let page = Visitor::new().visit(&app.at("/user")).await;
    assert_eq!(page.assert_status(200).body, "小明");
}

/// A reset in flight keeps its place until its exchange ends, for the code is on its way.
#[actix_web::test]
async fn a_reset_in_flight_gives_its_place_back_when_its_exchange_ends() {
    let app = app(1).await;
    for _ in 0..5 {
        let before = exchanges(&app);
        app.simulator.fault_times(
            Endpoint::AccessToken,
            Fault::Delay(Duration::from_millis(300)),
            1,
        );
        let resets = Waiting::send(&app).await;
        until(|| exchanges(&app) == before + 1).await;
        raw::reset(resets.0);
        let page = Visitor::new().visit(&app.at("/user")).await;
        assert_eq!(page.assert_status(200).body, "小明");
        assert_eq!(exchanges(&app), before + 2);
    }
}

/// Copies of one callback need one place, and failures of every kind give theirs back.
#[actix_web::test]
async fn every_end_gives_the_place_back() {
    let app = app(1).await;
    for fault in [
        Fault::Errcode(40029),
        Fault::Errcode(40125),
        Fault::Errcode(-1),
        Fault::Html,
        Fault::Close,
        Fault::Reset,
        Fault::Status(500),
        Fault::Truncated,
    ] {
        for endpoint in [Endpoint::AccessToken, Endpoint::UserInfo] {
            for _ in 0..3 {
                app.simulator.fault(endpoint, fault.clone());
                let visitor = Visitor::new();
                let callback = visitor.callback(&app.at("/user")).await;
                visitor.get(&callback).await;
                app.simulator.clear_faults();
            }
            let page = Visitor::new().visit(&app.at("/user")).await;
            assert_eq!(page.status, 200, "{endpoint:?} {fault:?}: {page:?}");
        }
    }
    app.simulator.fault_times(
        Endpoint::AccessToken,
        Fault::Delay(Duration::from_millis(500)),
        1,
    );
    let visitor = Visitor::new();
    let callback = visitor.callback(&app.at("/user")).await;
    let copies: Vec<_> = (0..10)
        .map(|_| {
            let (copy, callback) = (visitor.snapshot(), callback.clone());
            rt::spawn(async move { copy.visit(&callback).await })
        })
        .collect();
    for copy in copies {
        copy.await.expect("a login").assert_status(200);
    }
}

async fn openid(user: WechatUser) -> String {
    user.openid
}

/// More than a worker's HTTP client would have connections by its own default: all their exchanges
/// are at WeChat at the same time.
#[actix_web::test]
async fn a_worker_has_as_many_logins_in_flight_as_come() {
    const GUESTS: usize = 180;
    let simulator = Simulator::start().await.expect("a simulator");
    let port = Port::new();
    let url = port.url();
    let wechat = Wechat::simulated(&simulator)
        .public_url(&url)
        .deadline(DEADLINE)
        .build()
        .expect("settings that work");
    let key = Key::generate();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(wechat.worker())
            .wrap(session(&key))
            .route("/page", web::get().to(openid))
    })
    .workers(1)
    .disable_signals()
    .bind(&url["http://".len()..])
    .expect("a free port");
    rt::spawn(server.run());
    simulator.fault(Endpoint::AccessToken, Fault::Delay(Duration::from_secs(8)));
    let crowd = Crowd::new(&simulator, &format!("{url}/page"));
    let logins = rt::spawn({
        let crowd = crowd.clone();
        async move {
            crowd
                .log_in_all((0..GUESTS).map(Guest::number).collect())
                .await
        }
    });
    let count = |endpoint| simulator.count(endpoint);
    until(|| count(Endpoint::AccessToken) == GUESTS || count(Endpoint::UserInfo) > 0).await;
    let counts = (count(Endpoint::AccessToken), count(Endpoint::UserInfo));
    assert_eq!(counts, (GUESTS, 0), "all exchanges before the first answer");
    for (guest, end) in logins.await.expect("their ends") {
        assert_eq!(end, End::In(crowd.openid(&guest)));
    }
}
