use std::error::Error as _;

use actix_web::test::TestRequest;

use super::*;
use crate::{
    account::builder::Builder,
    account::snapshot::Snapshot,
    answer::asked::Asked,
    exchange::Failure,
    samples,
    scope::Scope,
    sns::errcode::{Call, Fault},
};

fn asked() -> Asked {
    asked_with(|builder| builder, TestRequest::with_uri("/p?x=1"))
}

fn asked_with(settings: impl FnOnce(Builder) -> Builder, request: TestRequest) -> Asked {
    samples::asked(settings, request, Scope::UserInfo)
}

#[test]
fn error_tells_its_reason_and_the_call_behind_it() {
    let call_error = CallError::new(Call::Profile, Fault::Errcode(48001));
    let failed = LoginError::new(Answer::Stopped {
        asked: asked(),
        failure: Failure {
            reason: Reason::Misconfigured,
            error: Some(call_error.clone()),
            quota: false,
        },
    });
    assert_eq!(failed.reason(), Reason::Misconfigured);
    assert_eq!(failed.call_error(), Some(&call_error));
    assert_eq!(failed.source().unwrap().to_string(), call_error.to_string());
    assert_eq!(failed.to_string(), Reason::Misconfigured.to_string());
    let debug = format!("{failed:?}");
    assert!(
        debug.contains("Misconfigured") && debug.contains("48001"),
        "{debug}"
    );
    assert!(!debug.contains("s3cret"), "{debug}");
    assert_eq!(failed.status_code(), failed.error_response().status());

    let declined = LoginError::new(Answer::stopped(asked(), Reason::Declined));
    assert_eq!(declined.reason(), Reason::Declined);
    assert_eq!(declined.call_error(), None);
    assert!(declined.source().is_none());
}

#[test]
fn status_is_the_one_of_the_answer() {
    fn login(asked: Asked) -> Answer {
        Answer::Login {
            asked,
            rounds: 0,
            cookie: true,
            tapped: false,
            session_lost: false,
        }
    }
    let to_guests = |it: Builder| it.snapshot(Snapshot::Guest("/guest".to_owned()));
    let plain = || TestRequest::with_uri("/p?x=1");
    let long = || TestRequest::with_uri(&format!("/p?{}", "x".repeat(3_000)));
    let unreadable = || plain().insert_header(("cookie", &b"a=\xff"[..]));
    let refused = Answer::Refused {
        asked: asked(),
        html: false,
    };
    let clean = Answer::Clean {
        asked: asked(),
        cookie: None,
    };
    let table = [
        (
            Answer::Unregistered { html: false },
            Reason::Misconfigured,
            500,
        ),
        (refused, Reason::LoginRequired, 401),
        (login(asked()), Reason::LoginRequired, 302),
        (
            login(asked_with(|it| it, long())),
            Reason::AddressTooLong,
            414,
        ),
        (
            login(asked_with(|it| it.ask_first("why"), plain())),
            Reason::LoginRequired,
            200,
        ),
        #[cfg(feature = "qrcode")]
        (
            login(asked_with(
                |it| it.outside(crate::account::outside::Outside::qr()),
                plain(),
            )),
            Reason::LoginRequired,
            200,
        ),
        #[cfg(feature = "qrcode")]
        (
            login(asked_with(
                |it| it.outside(crate::account::outside::Outside::qr()),
                long(),
            )),
            Reason::AddressTooLong,
            414,
        ),
        (clean, Reason::Completed, 302),
        (
            Answer::stopped(asked(), Reason::Snapshot),
            Reason::Snapshot,
            200,
        ),
        (
            Answer::stopped(asked(), Reason::CookiesOff),
            Reason::CookiesOff,
            403,
        ),
        (
            Answer::stopped(asked(), Reason::SessionLost),
            Reason::SessionLost,
            500,
        ),
        (
            Answer::stopped(asked_with(|it| it, unreadable()), Reason::SessionLost),
            Reason::CookiesOff,
            403,
        ),
        (
            Answer::stopped(asked_with(to_guests, plain()), Reason::Snapshot),
            Reason::Snapshot,
            302,
        ),
    ];
    for (answer, reason, status) in table {
        let err = LoginError::new(answer);
        assert_eq!(err.reason(), reason);
        assert_eq!(err.status_code().as_u16(), status, "{reason:?}");
        assert_eq!(err.error_response().status().as_u16(), status, "{reason:?}");
    }
}
