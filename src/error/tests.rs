use std::error::Error as _;

use actix_web::test::TestRequest;

use super::*;
use crate::{
    asked::Asked,
    errcode::{Call, Fault},
    exchange::Failure,
    urls::Scope,
    wechat::Wechat,
};

fn asked() -> Asked {
    let wechat = Wechat::builder()
        .appid("wx1")
        .secret("s3cret")
        .public_url("http://127.0.0.1:8008")
        .own_client()
        .build()
        .unwrap();
    let request = TestRequest::with_uri("/p?x=1").to_http_request();
    Asked::new(&wechat, &request, None, None, Scope::UserInfo, 0)
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
    let login = Answer::Login {
        asked: asked(),
        rounds: 0,
        cookie: true,
        tapped: false,
    };
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
        (login, Reason::LoginRequired, 302),
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
    ];
    for (answer, reason, status) in table {
        let err = LoginError::new(answer);
        assert_eq!(err.reason(), reason);
        assert_eq!(err.status_code().as_u16(), status, "{reason:?}");
        assert_eq!(err.error_response().status().as_u16(), status, "{reason:?}");
    }
}
