//! At most one exchange a code, whoever asks for it and whoever hangs up.
//!
//! The first request with a code starts a detached task; every other one with the same code and
//! the same login waits for that task's result. WeChat's browser is known to ask twice.

pub(crate) mod hook;
pub(crate) mod memory;

use std::{
    cell::Cell,
    error::Error,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use actix_web::rt::{self, time::sleep, time::timeout};
use moka::{policy::EvictionPolicy, sync::Cache};
use rand::RngExt as _;
use tokio::sync::watch;

use crate::{
    account::snapshot::Snapshot,
    exchange::hook::Login,
    exchange::memory::Tried,
    reason::Reason,
    scope::Scope,
    sns::errcode::{Call, Fault, Outcome, verdict},
    sns::error::CallError,
    sns::read::optional,
    user::WechatUser,
    worker::Worker,
};

/// How long a success is shared with the login that it belongs to.
const SHARED: Duration = Duration::from_secs(60);
/// The app's hook, apart from the deadline of the calls to WeChat.
const HOOK_DEADLINE: Duration = Duration::from_secs(5);
/// WeChat's are 32 characters, WeCom's up to 512; what is longer is not sent.
const CODE_LIMIT: usize = 512;
const MAX_RESULTS: u64 = 10_000;

/// The app's `on_login` hook.
pub(crate) type Hook = Arc<dyn Fn(Login) -> HookFuture + Send + Sync>;
type HookFuture = Pin<Box<dyn Future<Output = Result<(), Box<dyn Error>>>>>;

/// How one exchange ended. Shared by all requests that brought the code.
#[derive(Clone, Debug)]
pub(crate) enum Conclusion {
    LoggedIn(Arc<WechatUser>),
    /// The code is worth nothing, or it was tried before: back to the clean page.
    Restart,
    Snapshot,
    Failed(Failure),
}

#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) error: Option<CallError>,
    pub(crate) quota: bool,
}

/// A login that came back: what its result may be shared by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ticket {
    pub(crate) scope: Scope,
    pub(crate) nonce: String,
    pub(crate) code: String,
}

type Waiting = watch::Receiver<Option<(Conclusion, u64)>>;
type Telling = watch::Sender<Option<(Conclusion, u64)>>;

/// The codes of the last minutes, in bounded memory.
pub(crate) struct Exchanges {
    results: Cache<Ticket, Waiting>,
    /// Outlives the results, and holds neither users nor tokens.
    tried: Tried,
}

impl Default for Exchanges {
    fn default() -> Self {
        Self {
            results: Cache::builder()
                .max_capacity(MAX_RESULTS)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_live(SHARED * 2)
                .build(),
            tried: Tried::default(),
        }
    }
}

/// The result of this login, from the one exchange that is made for it.
pub(crate) async fn exchange(
    worker: &Worker,
    ticket: Ticket,
    known_openid: Option<String>,
) -> Conclusion {
    let settings = &worker.wechat.0;
    let exchanges = &settings.exchanges;
    let (telling, mut waiting) = watch::channel(None);
    let is_first = ticket.code.len() <= CODE_LIMIT
        && exchanges.tried.enter(&ticket, || {
            exchanges.results.insert(ticket.clone(), waiting.clone());
        });
    if is_first {
        // Detached: a client that resets its connection takes its request with it, not the code.
        rt::spawn(run(worker.clone(), ticket, known_openid, telling));
    } else if let Some(shared) = exchanges.results.get(&ticket) {
        waiting = shared;
    } else {
        return Conclusion::Restart;
    }
    let concluded = match waiting.wait_for(Option::is_some).await {
        Ok(told) => told.clone(),
        // The runtime shuts down.
        Err(_) => None,
    };
    match concluded {
        Some((conclusion, at)) if settings.now().saturating_sub(at) <= SHARED.as_secs() => {
            conclusion
        }
        _ => Conclusion::Restart,
    }
}

async fn run(worker: Worker, ticket: Ticket, known_openid: Option<String>, telling: Telling) {
    let settings = &worker.wechat.0;
    let started = Instant::now();
    let progress = Progress {
        call: Cell::new(Call::Exchange),
        sent: Cell::new(false),
    };
    let login = log_in(&worker, &ticket, known_openid, &progress);
    let calls = timeout(settings.deadline, login).await.unwrap_or_else(|_| {
        progress.sent.set(true);
        Err(CallError::new(progress.call.get(), Fault::TimedOut))
    });
    let conclusion = match calls {
        Ok(None) => Conclusion::Snapshot,
        Ok(Some(login)) => run_hook(&worker, login, started).await,
        Err(error) => fail(error, started),
    };
    let exchanges = &settings.exchanges;
    match conclusion {
        Conclusion::LoggedIn(_) | Conclusion::Snapshot => {}
        Conclusion::Restart | Conclusion::Failed(_) => exchanges.results.invalidate(&ticket),
    }
    if !progress.sent.get() {
        // Nothing was sent, so the code is as good as it was.
        exchanges.tried.forget(&ticket);
    }
    // Nobody may be left to hear it.
    let _ = telling.send(Some((conclusion, settings.now())));
}

/// How far a login has come, for those who must know when it is cut short.
struct Progress {
    call: Cell<Call>,
    /// Something reached WeChat, so the code may be spent.
    sent: Cell<bool>,
}

/// The calls to WeChat; `None` for a snapshot user.
async fn log_in(
    worker: &Worker,
    ticket: &Ticket,
    known_openid: Option<String>,
    progress: &Progress,
) -> Result<Option<Login>, CallError> {
    let settings = &worker.wechat.0;
    let account = settings.credentials(ticket.scope);
    let exchanged = persist(Call::Exchange, progress, async || {
        worker.exchange(account, &ticket.code).await
    })
    .await?;
    if exchanged.is_snapshotuser && settings.snapshot != Snapshot::Accept {
        return Ok(None);
    }
    let mut user = WechatUser::without_profile(&account.appid, exchanged.openid, ticket.scope);
    user.unionid = exchanged.unionid;
    user.is_snapshotuser = exchanged.is_snapshotuser;
    if ticket.scope.has_profile() {
        let profile = persist(Call::Profile, progress, async || {
            let token = exchanged.tokens.access_token();
            worker.profile(token, &user.openid).await
        })
        .await?;
        user.unionid = user.unionid.or_else(|| optional(&profile, "unionid"));
        user.read_profile(&profile);
    }
    user.logged_in_at = SystemTime::UNIX_EPOCH + Duration::from_secs(settings.now());
    Ok(Some(Login {
        user,
        known_openid,
        tokens: exchanged.tokens,
    }))
}

/// Makes a call as often as its failures allow.
async fn persist<T>(
    call: Call,
    progress: &Progress,
    mut attempt: impl AsyncFnMut() -> Result<T, CallError>,
) -> Result<T, CallError> {
    progress.call.set(call);
    let mut tries = 0;
    loop {
        tries += 1;
        let error = match attempt().await {
            Ok(answer) => {
                progress.sent.set(true);
                return Ok(answer);
            }
            Err(error) => error,
        };
        if error.fault != Fault::Unconnected {
            progress.sent.set(true);
        }
        if tries >= verdict(call, error.fault).tries {
            return Err(error);
        }
        sleep(backoff(tries)).await;
    }
}

/// 50 to 100 ms, then twice that: jittered, so that visitors who failed together do not return
/// together.
fn backoff(tries: u8) -> Duration {
    let most = 50 << tries;
    Duration::from_millis(rand::rng().random_range(most / 2..=most))
}

async fn run_hook(worker: &Worker, login: Login, started: Instant) -> Conclusion {
    let user = if let Some(hook) = &worker.wechat.0.hook {
        let user = login.user.clone();
        // A task of its own, so that a panic in it is an answer, too.
        let hook = Arc::clone(hook);
        let mut task = rt::spawn(async move { hook(login).await });
        let problem = match timeout(HOOK_DEADLINE, &mut task).await {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(error))) => Some(error.to_string()),
            Ok(Err(_)) => Some("it panicked".to_owned()),
            Err(_) => {
                task.abort();
                Some("it took longer than five seconds".to_owned())
            }
        };
        if let Some(problem) = problem {
            tracing::error!(
                name: "wechat.login.failed",
                reason = Reason::HookFailed.as_str(),
                elapsed_ms = elapsed_ms(started),
                problem,
                "wechat.login.failed"
            );
            return Conclusion::Failed(Failure {
                reason: Reason::HookFailed,
                error: None,
                quota: false,
            });
        }
        user
    } else {
        login.user
    };
    tracing::info!(
        name: "wechat.login.completed",
        scope = user.scope,
        elapsed_ms = elapsed_ms(started),
        "wechat.login.completed"
    );
    Conclusion::LoggedIn(Arc::new(user))
}

fn fail(error: CallError, started: Instant) -> Conclusion {
    let verdict = verdict(error.call, error.fault);
    // A level is part of a log statement, so that one cannot choose it.
    macro_rules! log {
        ($level:ident) => {
            tracing::$level!(
                name: "wechat.login.failed",
                reason = verdict.outcome.reason().as_str(),
                call = error.call.path(),
                errcode = error.errcode(),
                rid = error.rid(),
                elapsed_ms = elapsed_ms(started),
                cure = (!verdict.cure.is_empty()).then_some(verdict.cure),
                "wechat.login.failed"
            )
        };
    }
    match verdict.outcome {
        Outcome::Restart | Outcome::Page(Reason::AccountRefused) => log!(warn),
        Outcome::Page(_) => log!(error),
    }
    match verdict.outcome {
        Outcome::Restart => Conclusion::Restart,
        Outcome::Page(reason) => Conclusion::Failed(Failure {
            reason,
            error: Some(error),
            quota: verdict.quota,
        }),
    }
}

fn elapsed_ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "tests/exchange.rs"]
mod tests;
