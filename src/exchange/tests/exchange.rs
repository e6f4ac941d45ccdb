use std::{
    io,
    pin::{Pin, pin},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::SystemTime,
};

use actix_web::rt::time::timeout;
use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::Semaphore,
};

use super::*;
use crate::{
    account::{Wechat, builder::Builder, snapshot::Snapshot},
    sns::upstream::{Asked, GUARD, Refusing, Then, Upstream, answer},
    worker::Worker,
};

const EXCHANGE: &str = "/sns/oauth2/access_token";
const PROFILE: &str = "/sns/userinfo";
const TOKEN: &str =
    r#"{"access_token":"59_a","refresh_token":"59_r","expires_in":7200,"openid":"oABC"}"#;
const USER: &str = r#"{"openid":"oABC","nickname":"小明"}"#;

fn worker(api_url: &str, settings: impl FnOnce(Builder) -> Builder) -> Worker {
    let builder = Wechat::builder()
        .appid("wx1")
        .secret("s3cret")
        .public_url("http://127.0.0.1:8008")
        .api_url(api_url);
    settings(builder).build().unwrap().worker()
}

fn plain(builder: Builder) -> Builder {
    builder
}

fn nonce(byte: u8) -> Nonce {
    Nonce::of([byte; 32])
}

fn ticket(code: &str) -> Ticket {
    Ticket {
        scope: Scope::UserInfo,
        nonce: nonce(b'n'),
        code: code.to_owned(),
    }
}

/// What became of a login, as far as a test can compare it, and whether it was shared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Is {
    /// With this nickname.
    In(String),
    Restart,
    Snapshot,
    Failed(Reason, Option<u8>),
}

impl Worker {
    async fn log_in(&self, ticket: Ticket) -> (Is, bool) {
        let account = &self.wechat().0;
        let credentials = account.logins.credentials(ticket.scope);
        let exchanging =
            account
                .exchanges
                .exchange(self.client(), credentials, ticket, None, Turn::default());
        let exchanged = timeout(GUARD, exchanging).await.expect("an end");
        let is = match exchanged.outcome {
            Outcome::LoggedIn(user) => Is::In(nickname(&user)),
            Outcome::Restart => Is::Restart,
            Outcome::Snapshot => Is::Snapshot,
            Outcome::Failed(failure) => Is::Failed(failure.reason, failure.retry_after),
        };
        (is, exchanged.is_shared)
    }
}

fn nickname(user: &LoggedIn) -> String {
    match stored::decode(&user.stored, "wx1", None) {
        Some(stored::Kept::User(user)) => user.nickname,
        other => panic!("{other:?}"),
    }
}

fn xiaoming() -> Is {
    Is::In("小明".to_owned())
}

fn good(asked: &Asked) -> Then {
    answer(
        200,
        if asked.path() == EXCHANGE {
            TOKEN
        } else {
            USER
        },
    )
}

/// An upstream that answers well once a gate is open, which [`Semaphore::close`] opens.
async fn gated() -> (Upstream, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let passing = Arc::clone(&gate);
    let upstream = Upstream::start(move |asked| {
        let gate = Arc::clone(&passing);
        async move {
            assert!(gate.acquire().await.is_err(), "closed, not given");
            good(&asked)
        }
    })
    .await;
    (upstream, gate)
}

async fn upstream() -> Upstream {
    Upstream::start(|asked| async move { good(&asked) }).await
}

fn is_pending<F: Future>(future: Pin<&mut F>) -> bool {
    let told = future.poll(&mut Context::from_waker(Waker::noop()));
    matches!(told, Poll::Pending)
}

#[actix_web::test]
async fn copies_share_one_exchange() {
    let (upstream, gate) = gated().await;
    let worker = worker(&upstream.url(), plain);
    // Another thread's, with a client of its own.
    let other = worker.wechat().worker();
    let copies = [&worker, &other, &worker, &other];
    let logins = join_all(copies.map(|worker| worker.log_in(ticket("code"))));
    let opening = async {
        upstream.until(|seen| seen.asked.len() == 1).await;
        gate.close();
    };
    let (told, ()) = futures_util::future::join(logins, opening).await;
    let mut shared: Vec<bool> = told.iter().map(|(_, is_shared)| *is_shared).collect();
    shared.sort_unstable();
    assert_eq!(shared, [false, true, true, true]);
    assert!(told.iter().all(|(is, _)| *is == xiaoming()), "{told:?}");
    assert_eq!(upstream.seen().paths(), [EXCHANGE, PROFILE]);
    // And so does a late one.
    assert_eq!(worker.log_in(ticket("code")).await, (xiaoming(), true));
    assert_eq!(upstream.seen().asked.len(), 2);
}

#[test]
fn each_part_of_a_ticket_is_in_its_digest() {
    let memory = Memory::default();
    let digest = |scope, nonce: u8, code: &str| {
        memory.digest(&Ticket {
            scope,
            nonce: self::nonce(nonce),
            code: code.to_owned(),
        })
    };
    let digests = [
        digest(Scope::UserInfo, b'n', "code"),
        digest(Scope::Base, b'n', "code"),
        digest(Scope::UserInfo, b'a', "code"),
        digest(Scope::UserInfo, b'n', "another"),
        digest(Scope::UserInfo, b'n', "co de"),
        digest(Scope::UserInfo, b'n', ""),
    ];
    for (at, digest) in digests.iter().enumerate() {
        assert!(!digests[..at].contains(digest), "{digest:?}");
    }
}

#[actix_web::test]
async fn another_login_shares_nothing() {
    let upstream = upstream().await;
    let worker = worker(&upstream.url(), plain);
    let tickets = [
        ticket("code"),
        ticket("another"),
        Ticket {
            nonce: nonce(b'a'),
            ..ticket("code")
        },
        Ticket {
            scope: Scope::Login,
            ..ticket("code")
        },
    ];
    for (many, ticket) in (1..).zip(tickets) {
        if ticket.scope == Scope::Login {
            // Stored under the website's appid, which this account has not.
            let account = &worker.wechat().0;
            let credentials = account.logins.credentials(ticket.scope);
            let told = account.exchanges.exchange(
                worker.client(),
                credentials,
                ticket,
                None,
                Turn::default(),
            );
            assert!(!told.await.is_shared);
        } else {
            assert_eq!(worker.log_in(ticket).await, (xiaoming(), false));
        }
        assert_eq!(upstream.seen().asked.len(), 2 * many);
    }
    // A silent login has no profile to ask for.
    let silent = Ticket {
        scope: Scope::Base,
        ..ticket("code")
    };
    assert_eq!(worker.log_in(silent).await, (Is::In(String::new()), false));
    assert_eq!(upstream.seen().paths()[8..], [EXCHANGE]);
}

#[actix_web::test]
async fn exchange_goes_on_without_the_request_that_began_it() {
    let (upstream, gate) = gated().await;
    let worker = worker(&upstream.url(), plain);
    {
        let mut first = pin!(worker.log_in(ticket("code")));
        assert!(is_pending(first.as_mut()));
        upstream.until(|seen| seen.asked.len() == 1).await;
        assert!(is_pending(first.as_mut()));
    }
    // One that waits may go, too.
    {
        let mut second = pin!(worker.log_in(ticket("code")));
        assert!(is_pending(second.as_mut()));
    }
    let mut third = pin!(worker.log_in(ticket("code")));
    assert!(is_pending(third.as_mut()));
    gate.close();
    assert_eq!(third.await, (xiaoming(), true));
    assert_eq!(upstream.seen().paths(), [EXCHANGE, PROFILE]);
}

#[actix_web::test]
async fn failed_hook_logs_nobody_in_and_is_not_tried_again() {
    let hooks: [fn() -> io::Result<()>; 2] = [
        || Err(io::Error::other("no database")),
        || panic!("at once"),
    ];
    for hook in hooks {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let upstream = upstream().await;
        let worker = worker(&upstream.url(), |it| {
            it.on_login(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
                async move { hook() }
            })
        });
        let copies = (0..3).map(|_| worker.log_in(ticket("code")));
        let told = join_all(copies).await;
        let failed = Is::Failed(Reason::HookFailed, None);
        assert!(told.iter().all(|(is, _)| *is == failed), "{told:?}");
        assert_eq!(worker.log_in(ticket("code")).await, (Is::Restart, true));
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        assert_eq!(upstream.seen().asked.len(), 2);
    }
}

#[actix_web::test]
async fn hook_gets_the_whole_login() {
    let long = "长".repeat(400);
    let user = format!(r#"{{"openid":"oABC","nickname":"{long}"}}"#);
    let upstream = Upstream::start(move |asked| {
        let then = answer(
            200,
            if asked.path() == EXCHANGE {
                TOKEN
            } else {
                &user
            },
        );
        async move { then }
    })
    .await;
    let got = Arc::new(Mutex::new(Vec::new()));
    let getting = Arc::clone(&got);
    let worker = worker(&upstream.url(), |it| {
        it.on_login(move |login| {
            getting.lock().unwrap().push(login);
            async { Ok::<(), io::Error>(()) }
        })
    });
    let account = &worker.wechat().0;
    let credentials = account.logins.credentials(Scope::UserInfo);
    let known = Some("oBefore".to_owned());
    let exchanged = account
        .exchanges
        .exchange(
            worker.client(),
            credentials,
            ticket("code"),
            known,
            Turn::default(),
        )
        .await;
    let Outcome::LoggedIn(user) = exchanged.outcome else {
        panic!("logged in")
    };
    // The session gets what fits.
    assert_eq!(nickname(&user), "长".repeat(32));
    let got = got.lock().unwrap();
    assert_eq!(got.len(), 1);
    let Login {
        user,
        known_openid,
        tokens,
    } = &got[0];
    assert_eq!((user.openid.as_str(), &user.nickname), ("oABC", &long));
    assert_eq!(
        (user.appid.as_str(), user.scope),
        ("wx1", "snsapi_userinfo")
    );
    assert_eq!(known_openid.as_deref(), Some("oBefore"));
    assert_eq!(
        (tokens.access_token(), tokens.refresh_token()),
        ("59_a", "59_r")
    );
}

#[actix_web::test]
async fn code_too_long_is_not_sent() {
    let upstream = upstream().await;
    let worker = worker(&upstream.url(), plain);
    let told = worker.log_in(ticket(&"c".repeat(513))).await;
    assert_eq!(told, (Is::Restart, true));
    assert_eq!(upstream.seen().connections, 0);
    let told = worker.log_in(ticket(&"c".repeat(512))).await;
    assert_eq!(told, (xiaoming(), false));
}

/// What each way to fail makes of a login, how often it was asked, and what the same code is worth
/// afterwards.
#[actix_web::test]
async fn each_failure_ends_as_the_contract_says() {
    let errcode = |errcode: i64| answer(200, &format!(r#"{{"errcode":{errcode}}}"#));
    let (token, user) = (|| answer(200, TOKEN), || answer(200, USER));
    let closed = || Then::Close(String::new());
    let failed = |reason| Is::Failed(reason, None);
    let table = [
        (vec![token(), user()], xiaoming(), 2),
        // At the exchange.
        (vec![errcode(40029)], Is::Restart, 1),
        (vec![errcode(40163)], Is::Restart, 1),
        (vec![errcode(40001)], failed(Reason::Misconfigured), 1),
        (vec![errcode(48001)], failed(Reason::Misconfigured), 1),
        (vec![errcode(50002)], failed(Reason::AccountRefused), 1),
        (vec![errcode(45011)], Is::Failed(Reason::Busy, Some(60)), 1),
        (vec![errcode(-1), token(), user()], xiaoming(), 3),
        (vec![errcode(-1), errcode(-1)], failed(Reason::Busy), 2),
        (vec![closed(), token(), user()], xiaoming(), 3),
        (vec![closed(), closed()], failed(Reason::Unreachable), 2),
        // Spent by the first try.
        (vec![closed(), errcode(40163)], Is::Restart, 2),
        (
            vec![Then::Reset("HTTP/1.1 2".to_owned()), token(), user()],
            xiaoming(),
            3,
        ),
        (
            vec![Then::Close("HTTP/1.1 200".to_owned())],
            failed(Reason::Unreachable),
            1,
        ),
        (vec![answer(500, "")], failed(Reason::Unreachable), 1),
        (vec![answer(404, "")], failed(Reason::MalformedAnswer), 1),
        (vec![answer(200, "")], failed(Reason::MalformedAnswer), 1),
        (vec![answer(200, "{}")], failed(Reason::MalformedAnswer), 1),
        // At the profile.
        (
            vec![token(), errcode(48001)],
            failed(Reason::Misconfigured),
            2,
        ),
        (
            vec![token(), errcode(-1), errcode(-1), user()],
            xiaoming(),
            4,
        ),
        (
            vec![token(), errcode(-1), errcode(-1), errcode(-1)],
            failed(Reason::Busy),
            4,
        ),
        (
            vec![token(), closed(), answer(502, ""), closed()],
            failed(Reason::Unreachable),
            4,
        ),
        (vec![token(), errcode(40001), user()], xiaoming(), 3),
        (
            vec![token(), errcode(40001), errcode(40001)],
            Is::Restart,
            3,
        ),
        (
            vec![token(), answer(200, r#"{"openid":"oXYZ"}"#)],
            failed(Reason::MalformedAnswer),
            2,
        ),
    ];
    for (answers, expected, calls) in table {
        let shown = format!("{answers:?}");
        let upstream = Upstream::scripted(answers).await;
        let worker = worker(&upstream.url(), |it| it.deadline(Duration::from_secs(60)));
        assert_eq!(
            worker.log_in(ticket("code")).await,
            (expected.clone(), false),
            "{shown}"
        );
        assert_eq!(upstream.seen().asked.len(), calls, "{shown}");
        // Never posted again.
        let afterwards = match expected {
            Is::In(_) => expected,
            _ => Is::Restart,
        };
        let again = worker.log_in(ticket("code")).await;
        assert_eq!(again, (afterwards, true), "{shown}");
        assert_eq!(upstream.seen().asked.len(), calls, "{shown}");
    }
}

#[actix_web::test]
async fn code_that_was_not_sent_is_as_good_as_it_was() {
    let refusing = Refusing::start();
    let worker = worker(&refusing.url(), plain);
    let failed = Is::Failed(Reason::Unreachable, None);
    for _ in 0..2 {
        let told = worker.log_in(ticket("code")).await;
        assert_eq!(told, (failed.clone(), false));
    }
}

/// Where nobody can be reached for the profile, the code is spent all the same.
#[actix_web::test]
async fn code_was_sent_where_only_the_profile_was_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let upstream = rt::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        drop(listener);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let length = TOKEN.len();
        let said = format!(
            "HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{TOKEN}"
        );
        stream.write_all(said.as_bytes()).await.unwrap();
    });
    let worker = worker(&url, plain);
    let failed = Is::Failed(Reason::Unreachable, None);
    assert_eq!(worker.log_in(ticket("code")).await, (failed, false));
    assert_eq!(worker.log_in(ticket("code")).await, (Is::Restart, true));
    upstream.await.unwrap();
}

/// What kept connections are known for; all of them may be so.
#[actix_web::test]
async fn connection_that_closes_as_the_request_leaves_is_replaced_by_a_fresh_one() {
    let gate = Arc::new(Semaphore::new(0));
    let passing = Arc::clone(&gate);
    let upstream = Upstream::start(move |asked| {
        let gate = Arc::clone(&passing);
        async move {
            if asked.head.contains("code=kept") {
                assert!(gate.acquire().await.is_err(), "closed, not given");
                return answer(200, TOKEN);
            }
            match asked.connection {
                0 | 1 => Then::Close(String::new()),
                _ => answer(200, TOKEN),
            }
        }
    })
    .await;
    let worker = worker(&upstream.url(), plain);
    let silent = |code| Ticket {
        scope: Scope::Base,
        ..ticket(code)
    };
    let logged_in = (Is::In(String::new()), false);
    let two = join_all(["kept1", "kept2"].map(|code| worker.log_in(silent(code))));
    let opening = async {
        upstream.until(|seen| seen.connections == 2).await;
        gate.close();
    };
    let (told, ()) = futures_util::future::join(two, opening).await;
    assert_eq!(told, [logged_in.clone(), logged_in.clone()]);
    assert_eq!(worker.log_in(silent("code")).await, logged_in);
    let seen = upstream.seen();
    let asked: Vec<usize> = seen.asked[2..].iter().map(|it| it.connection).collect();
    assert!(matches!(asked[..], [0 | 1, 2]), "{asked:?}");
}

#[actix_web::test]
async fn calls_have_one_deadline() {
    let upstream = Upstream::scripted([answer(200, TOKEN), Then::Hang]).await;
    let worker = worker(&upstream.url(), |it| {
        it.deadline(Duration::from_millis(300))
    });
    let told = worker.log_in(ticket("code")).await;
    assert_eq!(told, (Is::Failed(Reason::TimedOut, None), false));
    assert_eq!(upstream.seen().paths(), [EXCHANGE, PROFILE]);
    assert_eq!(worker.log_in(ticket("code")).await, (Is::Restart, true));
}

#[actix_web::test]
async fn snapshot_user_is_nobody_unless_accepted() {
    let told = |answer: &str| answer.replace('}', r#","is_snapshotuser":1}"#);
    let table = [
        (told(TOKEN), USER.to_owned(), 1),
        (TOKEN.to_owned(), told(USER), 2),
    ];
    for (token, user, calls) in table {
        for (setting, expected) in [
            (Snapshot::Page, Is::Snapshot),
            (Snapshot::Guest("/".to_owned()), Is::Snapshot),
            (Snapshot::Accept, xiaoming()),
        ] {
            let calls = if setting == Snapshot::Accept {
                2
            } else {
                calls
            };
            let upstream = Upstream::scripted([answer(200, &token), answer(200, &user)]).await;
            let hooked = Arc::new(AtomicBool::new(false));
            let hooking = Arc::clone(&hooked);
            let worker = worker(&upstream.url(), |it| {
                it.snapshot(setting.clone()).on_login(move |login| {
                    assert!(login.user.is_snapshotuser);
                    hooking.store(true, Ordering::Relaxed);
                    async { Ok::<(), io::Error>(()) }
                })
            });
            let first = worker.log_in(ticket("code")).await;
            assert_eq!(first, (expected.clone(), false), "{setting:?}");
            let again = worker.log_in(ticket("code")).await;
            assert_eq!(again, (expected, true), "{setting:?}");
            assert_eq!(upstream.seen().asked.len(), calls, "{setting:?}");
            let is_hooked = hooked.load(Ordering::Relaxed);
            assert_eq!(is_hooked, setting == Snapshot::Accept);
        }
    }
}

#[actix_web::test]
async fn login_without_a_place_spends_no_code() {
    let (upstream, gate) = gated().await;
    let worker = worker(&upstream.url(), |it| it.in_flight(1));
    let mut first = pin!(worker.log_in(ticket("first")));
    assert!(is_pending(first.as_mut()));
    upstream.until(|seen| seen.asked.len() == 1).await;
    let mut second = pin!(worker.log_in(ticket("second")));
    assert!(is_pending(second.as_mut()));
    // A copy needs no place.
    let mut copy = pin!(worker.log_in(ticket("first")));
    assert!(is_pending(copy.as_mut()));
    let full = Is::Failed(Reason::Busy, Some(5));
    for _ in 0..2 {
        let third = worker.log_in(ticket("third")).await;
        assert_eq!(third, (full.clone(), true));
    }
    assert_eq!(upstream.seen().asked.len(), 1);
    gate.close();
    assert_eq!(copy.await, (xiaoming(), true));
    assert_eq!(first.await, (xiaoming(), false));
    assert_eq!(second.await, (xiaoming(), false));
    assert_eq!(worker.log_in(ticket("third")).await, (xiaoming(), false));
}

/// The second of two copies that both wait for a place finds the code taken when it has one.
#[actix_web::test]
async fn copies_that_wait_for_a_place_share_one_exchange() {
    let (upstream, gate) = gated().await;
    let worker = worker(&upstream.url(), |it| it.in_flight(2));
    let mut held: Vec<_> = ["a", "b"]
        .map(|code| Box::pin(worker.log_in(ticket(code))))
        .into();
    for held in &mut held {
        assert!(is_pending(held.as_mut()));
    }
    upstream.until(|seen| seen.asked.len() == 2).await;
    let mut copies: Vec<_> = (0..2)
        .map(|_| Box::pin(worker.log_in(ticket("code"))))
        .collect();
    for copy in &mut copies {
        assert!(is_pending(copy.as_mut()));
    }
    gate.close();
    join_all(held).await;
    let mut told = join_all(copies).await;
    told.sort_unstable_by_key(|(_, is_shared)| *is_shared);
    assert_eq!(told, [(xiaoming(), false), (xiaoming(), true)]);
    let exchanges = upstream.seen();
    let posted = exchanges
        .lines()
        .iter()
        .filter(|it| it.contains("code=code"))
        .count();
    assert_eq!(posted, 1);
}

/// Whatever ends the task, nobody waits for ever.
#[actix_web::test]
async fn exchange_that_is_cut_short_is_told() {
    let (upstream, gate) = gated().await;
    let is_broken = Arc::new(AtomicBool::new(false));
    let breaking = Arc::clone(&is_broken);
    let worker = worker(&upstream.url(), |it| {
        it.clock(move || {
            // Once, in the task.
            assert!(!breaking.swap(false, Ordering::Relaxed), "cut short");
            SystemTime::now()
        })
    });
    let mut first = pin!(worker.log_in(ticket("code")));
    let mut second = pin!(worker.log_in(ticket("code")));
    assert!(is_pending(first.as_mut()));
    assert!(is_pending(second.as_mut()));
    is_broken.store(true, Ordering::Relaxed);
    gate.close();
    assert_eq!(second.await, (Is::Restart, true), "it waits no longer");
    assert_eq!(first.await, (Is::Restart, false));
    assert_eq!(worker.log_in(ticket("code")).await, (Is::Restart, true));
    assert_eq!(upstream.seen().paths(), [EXCHANGE, PROFILE]);
}
