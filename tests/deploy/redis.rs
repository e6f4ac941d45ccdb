//! Sessions in Redis: shared by servers, kept for users only, and lost without taking the site
//! along.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use actix_web::{
    rt::{self, time::timeout},
    web,
};
use actix_wechat::simulator::{Person, Simulator};
use deadpool_redis::redis::{Client, FromRedisValue, cmd};
use libtest_mimic::Trial;

use super::{PROFILE, SESSION_KEY};
use support::{
    Page, Port, Visitor,
    demo::{Demo, command, me, openid, refused},
    program::{self, Program},
    trials, wechat,
};

/// The contract says a second; this only tells a late answer from none on a busy machine.
const DID_NOT_HANG: Duration = Duration::from_secs(3);

pub(crate) fn trials() -> Vec<Trial> {
    trials![["redis-server"];
        a_login_begun_on_one_server_ends_on_the_other,
        nothing_is_stored_for_anonymous_visitors_and_every_key_expires,
        after_a_logout_a_copied_cookie_is_worthless,
        without_redis_users_see_an_error_at_once_and_guests_see_nothing,
        a_hung_redis_costs_users_an_error_and_no_wait,
        a_command_that_is_never_answered_costs_an_error_and_no_wait,
        a_login_that_redis_missed_completes_when_it_is_back,
        a_redis_that_cannot_be_reached_stops_the_start,
        the_example_logs_in_and_survives_a_hung_redis,
    ]
}

pub(crate) struct Redis(Program);

impl Redis {
    pub(crate) fn start() -> Self {
        let program = Program::start(program::command("redis-server"), |redis, folder, port| {
            redis
                .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
                .args(["--save", "", "--appendonly", "no"])
                .arg("--dir")
                .arg(folder);
        });
        Self(program)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.0.address())
    }

    fn ask<T: FromRedisValue>(&self, command: &[&str]) -> T {
        let mut connection = Client::open(self.url())
            .and_then(|client| client.get_connection())
            .expect("a connection to Redis");
        let (name, arguments) = command.split_first().expect("a command");
        cmd(name)
            .arg(arguments)
            .query(&mut connection)
            .expect("an answer of Redis")
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.ask(&["KEYS", "*"])
    }

    #[track_caller]
    pub(crate) fn assert_all_expire(&self) {
        for key in self.keys() {
            let left: i64 = self.ask(&["TTL", &key]);
            assert!(left > 0, "{key} never expires: {left}");
        }
    }
}

fn demo(wechat: &Simulator, redis_url: &str) -> Demo {
    Demo::start(wechat, &[("REDIS_URL", redis_url), SESSION_KEY])
}

/// Logged in, with a page to show for it.
async fn logged_in(demo: &Demo) -> Visitor {
    let visitor = Visitor::new();
    let page = visitor.visit(&demo.at(PROFILE)).await;
    page.assert_status(200);
    assert!(page.body.contains("小明"), "{}", page.body);
    visitor
}

/// An answer that does come.
async fn soon(visitor: &Visitor, url: &str) -> Page {
    timeout(DID_NOT_HANG, visitor.get(url))
        .await
        .unwrap_or_else(|_| panic!("{url} hangs"))
}

/// A user sees an error, everybody else sees what they always see.
async fn assert_only_users_notice(demo: &Demo, user: &Visitor) {
    let page = soon(user, &demo.at(PROFILE)).await;
    assert!(page.status.is_server_error(), "{page:#?}");
    assert!(!page.body.contains("127.0.0.1"), "{page:#?}");
    let guest = Visitor::new();
    soon(&guest, &demo.at("/")).await.assert_status(200);
    soon(&guest, &demo.at("/healthz")).await.assert_status(200);
    assert!(soon(&guest, &demo.at(PROFILE)).await.is_authorize());
    timeout(DID_NOT_HANG, me(&guest, &demo.url))
        .await
        .expect("an answer")
        .assert_status(401);
}

async fn a_login_begun_on_one_server_ends_on_the_other() {
    let (wechat, redis) = (wechat().await, Redis::start());
    let begun = demo(&wechat, &redis.url());
    let ended = Demo::start(
        &wechat,
        &[
            ("REDIS_URL", &redis.url()),
            ("WECHAT_PUBLIC_URL", &begun.url),
            SESSION_KEY,
        ],
    );
    let visitor = Visitor::new();
    let page = begun.at(&format!("{PROFILE}?a=1"));
    let back = visitor.callback(&page).await;
    visitor.carry(&begun.url, &ended.url);
    let done = visitor.get(&back.replace(&begun.url, &ended.url)).await;
    done.assert_status(302);
    assert_eq!(done.location(), page);
    visitor.carry(&ended.url, &begun.url);
    let person = Some(Person::named("小明").openid(wechat.account().appid()));
    assert_eq!(openid(&visitor, &begun.url).await, person);
    assert_eq!(openid(&visitor, &ended.url).await, person);
}

async fn nothing_is_stored_for_anonymous_visitors_and_every_key_expires() {
    let (wechat, redis) = (wechat().await, Redis::start());
    let demo = demo(&wechat, &redis.url());
    let visitor = Visitor::new();
    let foreign = format!("{PROFILE}?code=071abc&state=0u{}", "x".repeat(32));
    for path in [
        "/", "/healthz", PROFILE, &foreign, "/openid", "/login", "/nowhere",
    ] {
        visitor.get(&demo.at(path)).await;
    }
    me(&visitor, &demo.url).await.assert_status(401);
    visitor.post(&demo.at("/comment")).await.assert_status(401);
    visitor.post(&demo.at("/logout")).await.assert_status(303);
    assert_eq!(redis.keys(), Vec::<String>::new());

    let user = logged_in(&demo).await;
    assert_eq!(redis.keys().len(), 1);
    redis.assert_all_expire();
    user.post(&demo.at("/logout")).await.assert_status(303);
    redis.assert_all_expire();
}

async fn after_a_logout_a_copied_cookie_is_worthless() {
    let (wechat, redis) = (wechat().await, Redis::start());
    let (here, there) = (demo(&wechat, &redis.url()), demo(&wechat, &redis.url()));
    let visitor = logged_in(&here).await;
    let copy = visitor.snapshot();
    copy.carry(&here.url, &there.url);
    assert!(openid(&copy, &here.url).await.is_some());
    assert!(openid(&copy, &there.url).await.is_some());

    visitor.post(&here.at("/logout")).await.assert_status(303);
    assert_eq!(openid(&visitor, &here.url).await, None);
    assert_eq!(openid(&copy, &here.url).await, None);
    assert_eq!(openid(&copy, &there.url).await, None);
}

async fn without_redis_users_see_an_error_at_once_and_guests_see_nothing() {
    let (wechat, mut redis) = (wechat().await, Redis::start());
    let demo = demo(&wechat, &redis.url());
    let user = logged_in(&demo).await;
    redis.0.stop();
    for _ in 0..3 {
        assert_only_users_notice(&demo, &user).await;
    }
    redis.0.start_again();
    // It came back empty: to be logged out is the right answer, and it is one.
    assert!(soon(&user, &demo.at(PROFILE)).await.is_authorize());
    user.visit(&demo.at(PROFILE)).await.assert_status(200);
}

/// Opens as many connections to Redis as requests at once need.
async fn warm_up(demo: &Demo, user: &Visitor) {
    let requests: Vec<_> = (0..12)
        .map(|_| {
            let (user, url) = (user.clone(), demo.at(PROFILE));
            rt::spawn(async move { user.get(&url).await.assert_status(200).status })
        })
        .collect();
    for request in requests {
        request.await.expect("an answer");
    }
}

async fn a_hung_redis_costs_users_an_error_and_no_wait() {
    let (wechat, redis) = (wechat().await, Redis::start());
    let demo = demo(&wechat, &redis.url());
    let user = logged_in(&demo).await;
    warm_up(&demo, &user).await;
    redis.0.signal("STOP");
    for _ in 0..3 {
        assert_only_users_notice(&demo, &user).await;
    }
    redis.0.signal("CONT");
    soon(&user, &demo.at(PROFILE)).await.assert_status(200);
}

async fn a_login_that_redis_missed_completes_when_it_is_back() {
    let (wechat, redis) = (wechat().await, Redis::start());
    let demo = demo(&wechat, &redis.url());
    let visitor = Visitor::new();
    let back = visitor.callback(&demo.at(PROFILE)).await;
    redis.0.signal("STOP");
    let page = soon(&visitor, &back).await;
    assert!(page.status.is_server_error(), "{page:#?}");
    redis.0.signal("CONT");
    // The visitor reloads: the code is spent, but this login's result is not.
    let pages = visitor.travel(&back).await;
    assert_eq!(pages.len(), 2, "{pages:#?}");
    pages[1].assert_status(200);
    assert!(pages[1].body.contains("小明"), "{pages:#?}");
}

/// The way to Redis through a box that, when told so, forgets a connection at its next `GET`: what
/// comes on it from then on, in either direction, is lost. A pool's `PING` before that got through.
struct ForgetfulBox {
    url: String,
    forgets: Arc<AtomicBool>,
}

impl ForgetfulBox {
    fn before(redis: &Redis) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("redis://{}", listener.local_addr().expect("its address"));
        let (forgets, upstream) = (Arc::new(AtomicBool::new(false)), redis.0.address());
        let told = Arc::clone(&forgets);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&upstream) else {
                    return;
                };
                let back = (server.try_clone(), client.try_clone());
                let (Ok(from), Ok(to)) = back else { return };
                let told = Arc::clone(&told);
                thread::spawn(move || {
                    let mut forgotten = false;
                    pump(client, server, |sent| {
                        let is_get = sent.windows(7).any(|part| part == b"\r\nGET\r\n");
                        forgotten |= told.load(Ordering::SeqCst) && is_get;
                        forgotten
                    });
                });
                thread::spawn(move || pump(from, to, |_| false));
            }
        });
        Self { url, forgets }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, mut is_lost: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let sent = &buffer[..read];
        if !is_lost(sent) && to.write_all(sent).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

async fn a_command_that_is_never_answered_costs_an_error_and_no_wait() {
    let (wechat, redis) = (wechat().await, Redis::start());
    let way = ForgetfulBox::before(&redis);
    let demo = demo(&wechat, &way.url);
    let user = logged_in(&demo).await;
    way.forgets.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        assert_only_users_notice(&demo, &user).await;
    }
    way.forgets.store(false, Ordering::SeqCst);
    soon(&user, &demo.at(PROFILE)).await.assert_status(200);
}

async fn a_redis_that_cannot_be_reached_stops_the_start() {
    let redis = Redis::start();
    redis.0.signal("STOP");
    let port = Port::new();
    let nobody = format!("redis://{}", port.address());
    for url in [nobody, redis.url()] {
        let variables = [
            ("WECHAT_APPID", "wx0123456789abcdef"),
            ("WECHAT_APPSECRET", "the-app-secret"),
            SESSION_KEY,
        ];
        let ended = web::block(move || {
            let mut all = variables.to_vec();
            all.push(("REDIS_URL", &url));
            refused(&all)
        });
        let (status, said) = timeout(Duration::from_secs(30), ended)
            .await
            .expect("it gives up")
            .expect("its end");
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains("`REDIS_URL`"), "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

async fn the_example_logs_in_and_survives_a_hung_redis() {
    let redis = Redis::start();
    let example = Program::start(command("redis"), |example, _, port| {
        example
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("REDIS_URL", redis.url());
    });
    let visitor = Visitor::new();
    let pages = visitor.log_in(&example.at("/")).await;
    let page = pages.last().expect("a page");
    page.assert_status(200);
    assert!(page.body.starts_with("你好，"), "{}", page.body);
    assert_eq!(redis.keys().len(), 1);
    redis.assert_all_expire();

    redis.0.signal("STOP");
    let late = soon(&visitor, &example.at("/")).await;
    assert!(late.status.is_server_error(), "{late:#?}");
    redis.0.signal("CONT");
    soon(&visitor, &example.at("/")).await.assert_status(200);
}
