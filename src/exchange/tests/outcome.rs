use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::*;
use crate::sns::errcode::{Call, Fault};

/// What is logged meanwhile.
fn logged(run: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, run);
    let log = log.0.lock().unwrap();
    String::from_utf8(log.clone()).unwrap()
}

#[test]
fn failed_call_is_an_outcome_and_an_event() {
    const RESTART: Option<(Reason, Option<u8>)> = None;
    const fn page(reason: Reason, retry_after: Option<u8>) -> Option<(Reason, Option<u8>)> {
        Some((reason, retry_after))
    }
    use Call::{Exchange, Profile};
    use Fault::{Broken, Errcode, Malformed, TimedOut, Unanswered, Unconnected};
    let table = [
        (
            Exchange,
            Errcode(40029),
            RESTART,
            "WARN",
            "code_refused",
            "",
        ),
        (
            Exchange,
            Errcode(40163),
            RESTART,
            "WARN",
            "code_refused",
            "",
        ),
        (Profile, Errcode(42001), RESTART, "WARN", "code_refused", ""),
        (
            Exchange,
            Errcode(40001),
            page(Reason::Misconfigured, None),
            "ERROR",
            "misconfigured",
            "secret",
        ),
        (
            Profile,
            Errcode(50002),
            page(Reason::AccountRefused, None),
            "WARN",
            "account_refused",
            "visitor",
        ),
        (
            Profile,
            Errcode(45009),
            page(Reason::Busy, Some(60)),
            "ERROR",
            "busy",
            "daily",
        ),
        (
            Exchange,
            Errcode(45011),
            page(Reason::Busy, Some(60)),
            "ERROR",
            "busy",
            "per minute",
        ),
        (
            Exchange,
            Errcode(-1),
            page(Reason::Busy, None),
            "ERROR",
            "busy",
            "wait",
        ),
        (
            Exchange,
            Unconnected,
            page(Reason::Unreachable, None),
            "ERROR",
            "unreachable",
            "firewalls",
        ),
        (
            Exchange,
            Unanswered,
            page(Reason::Unreachable, None),
            "ERROR",
            "unreachable",
            "closes connections",
        ),
        (
            Profile,
            Broken,
            page(Reason::Unreachable, None),
            "ERROR",
            "unreachable",
            "",
        ),
        (
            Profile,
            Malformed,
            page(Reason::MalformedAnswer, None),
            "ERROR",
            "malformed_answer",
            "endpoint",
        ),
        (
            Exchange,
            TimedOut,
            page(Reason::TimedOut, None),
            "ERROR",
            "timed_out",
            "deadline",
        ),
    ];
    for (call, fault, expected, level, reason, cure) in table {
        let error = Box::new(CallError {
            rid: Some("65a77521".to_owned()),
            ..CallError::new(call, fault).at("api.weixin.qq.com")
        });
        let mut told = None;
        let log = logged(|| told = Some(Outcome::of(error.clone(), "wx1", Instant::now())));
        let told = match told {
            Some(Outcome::Restart) => None,
            Some(Outcome::Failed(failure)) => {
                assert_eq!(failure.error, Some(error));
                Some((failure.reason, failure.retry_after))
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(told, expected, "{call:?} {fault:?}");
        assert_eq!(log.lines().count(), 1, "{log}");
        assert!(log.contains(&format!(" {level} ")), "{log}");
        let errcode = match fault {
            Errcode(errcode) => format!("errcode={errcode} "),
            _ => String::new(),
        };
        for said in [
            "wechat.login.failed",
            r#"appid="wx1""#,
            &format!("reason=\"{reason}\""),
            &format!("call=\"{}\"", call.path()),
            r#"host="api.weixin.qq.com""#,
            r#"rid="65a77521""#,
            "elapsed_ms=",
            &errcode,
            cure,
        ] {
            assert!(log.contains(said), "{said}: {log}");
        }
        assert_eq!(log.contains("cure="), !cure.is_empty(), "{log}");
        assert_eq!(log.contains("errcode="), !errcode.is_empty(), "{log}");
    }
}

#[test]
fn elapsed_time_is_told_in_milliseconds() {
    let started = Instant::now().checked_sub(Duration::from_millis(1_500));
    let told = elapsed_ms(started.unwrap());
    assert!((1_500..60_000).contains(&told), "{told}");
}

#[test]
fn outcome_shows_no_user() {
    let outcome = Outcome::LoggedIn(LoggedIn {
        stored: "2u\u{7f}1\u{7f}oABC".into(),
        at: Moment::from_millis(7),
    });
    let shown = format!("{outcome:?}");
    assert!(shown.contains('7') && !shown.contains("oABC"), "{shown}");
}
