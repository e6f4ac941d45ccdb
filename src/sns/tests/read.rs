use proptest::prelude::*;
use serde_json::json;

use super::*;

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}

#[test]
fn answer_is_read_whatever_wechat_did_to_it() {
    let table: [(&[u8], Value); 12] = [
        (
            br#"{"errcode":0,"errmsg":"ok"}"#,
            json!({ "errcode": 0, "errmsg": "ok" }),
        ),
        (b"{}", json!({})),
        (b" \r\n\t{ }\n", json!({})),
        ("\u{feff}{\"a\":1}".as_bytes(), json!({ "a": 1 })),
        (br#"{"a":"https:\/\/x"}"#, json!({ "a": "https://x" })),
        (
            "{\"a\":\"👨\u{200d}👩\"}".as_bytes(),
            json!({ "a": "👨\u{200d}👩" }),
        ),
        // Control characters as they are, between tokens and within strings.
        (
            b"{\x00\"a\"\x07:\"b\x08\x14\x1fc\"}",
            json!({ "a": "b   c" }),
        ),
        // Escaped ones are left to the reader of the field.
        (br#"{"a":"\u0007"}"#, json!({ "a": "\u{7}" })),
        // Characters that were cut in half, at the end and in the middle.
        (b"{\"a\":\"b\xe5\xb0\"}", json!({ "a": "b\u{fffd}" })),
        (b"{\"a\":\"\xf0\x9f\x98c\"}", json!({ "a": "\u{fffd}c" })),
        // The bytes of a character above are no control characters.
        (b"{\"a\":\"\xe4\xbd\x84\"}", json!({ "a": "\u{4f44}" })),
        (br#"{"a":1,"a":2}"#, json!({ "a": 2 })),
    ];
    for (body, expected) in table {
        assert_eq!(
            parse(body),
            Some(object(expected)),
            "{}",
            body.escape_ascii()
        );
    }
}

#[test]
fn what_is_no_object_is_no_answer() {
    let bodies: [&[u8]; 14] = [
        b"",
        b" ",
        b"null",
        b"0",
        b"[]",
        br#""{}""#,
        br#"{"openid":"oABC""#,
        br#"{"openid":"#,
        b"{}{}",
        b"{'a':1}",
        b"callback({})",
        b"<html><body>502 Bad Gateway</body></html>",
        b"\xff\xfe{\x00}\x00",
        br#"{"a":1,}"#,
    ];
    for body in bodies {
        assert_eq!(parse(body), None, "{}", body.escape_ascii());
    }
    let deep = "[".repeat(50_000);
    assert_eq!(parse(format!("{{\"a\":{deep}").as_bytes()), None);
}

#[test]
fn errcode_is_zero_a_number_or_nonsense() {
    let table = [
        (json!({}), Some(0)),
        (json!({ "errcode": null }), Some(0)),
        (json!({ "errcode": "" }), Some(0)),
        (json!({ "errcode": 0 }), Some(0)),
        (json!({ "errcode": "0" }), Some(0)),
        (json!({ "errcode": 40029 }), Some(40029)),
        (json!({ "errcode": "48001" }), Some(48001)),
        (json!({ "errcode": -1 }), Some(-1)),
        (json!({ "errcode": "-1" }), Some(-1)),
        (json!({ "errcode": true }), None),
        (json!({ "errcode": [] }), None),
        (json!({ "errcode": "invalid code" }), None),
        (json!({ "errcode": 0.5 }), None),
    ];
    for (answer, expected) in table {
        assert_eq!(errcode(&object(answer.clone())), expected, "{answer}");
    }
}

#[test]
fn answer_with_an_errcode_is_a_failure() {
    let failure = |body: &str| read(Call::Exchange, body.as_bytes()).unwrap_err();
    let refused =
        failure(r#"{"errcode":40163,"errmsg":"code been used, rid: 65a77521-0a1b2c3d-4e5f6071"}"#);
    assert_eq!(refused.errcode(), Some(40163));
    assert_eq!(refused.rid(), Some("65a77521-0a1b2c3d-4e5f6071"));
    let refused = failure(r#"{"openid":"oABC","access_token":"59_a","errcode":"40029"}"#);
    assert_eq!((refused.errcode(), refused.rid()), (Some(40029), None));
    for body in ["", "<html>", r#"{"errcode":"busy"}"#] {
        assert_eq!(
            failure(body),
            CallError::new(Call::Exchange, Fault::Malformed),
            "{body}"
        );
    }
    assert!(read(Call::Check, br#"{"errcode":0,"errmsg":"ok"}"#).is_ok());
}

#[test]
fn exchanged_code_is_an_openid_and_a_token() {
    let table = [
        (
            json!({ "access_token": "59_a", "openid": "oABC" }),
            Some((None, false)),
        ),
        (
            json!({ "access_token": "59_a", "openid": "oABC", "unionid": "oXYZ", "is_snapshotuser": 1 }),
            Some((Some("oXYZ"), true)),
        ),
        (
            json!({ "access_token": "59_a", "openid": "oABC", "unionid": "", "is_snapshotuser": "1" }),
            Some((None, true)),
        ),
        (
            json!({ "access_token": "59_a", "openid": "oABC", "is_snapshotuser": 0 }),
            Some((None, false)),
        ),
        (json!({ "access_token": "59_a", "openid": "" }), None),
        (json!({ "access_token": "", "openid": "oABC" }), None),
        (json!({ "access_token": "59_a" }), None),
        (json!({ "openid": "oABC" }), None),
    ];
    for (answer, expected) in table {
        let exchanged = Exchanged::read(&object(answer.clone()));
        let told = exchanged
            .as_ref()
            .map(|told| (told.unionid.as_deref(), told.is_snapshotuser));
        assert_eq!(told, expected, "{answer}");
        if let Some(told) = exchanged {
            assert_eq!(
                (told.openid.as_str(), told.tokens.scope()),
                ("oABC", "snsapi_base")
            );
        }
    }
}

#[test]
fn rid_is_taken_from_the_message() {
    let rid_of = |errmsg| rid(errmsg);
    let table = [
        (
            "invalid code, rid: 65a77521-0a1b2c3d-4e5f6071",
            Some("65a77521-0a1b2c3d-4e5f6071"),
        ),
        (
            "code been used rid: 65a77521-0a1b2c3d-4e5f6071 more",
            Some("65a77521-0a1b2c3d-4e5f6071"),
        ),
        ("rid: a, rid: b", Some("b")),
        ("invalid code, hints: [ req_id: Q ]", None),
        ("invalid code", None),
        ("rid: ", None),
        ("rid: ?", None),
        ("", None),
    ];
    for (errmsg, expected) in table {
        assert_eq!(rid_of(errmsg).as_deref(), expected, "{errmsg:?}");
    }
    // Nothing from outside is written to a log at length.
    let long = format!("rid: {}", "a".repeat(1_000));
    assert_eq!(rid_of(&long).unwrap().len(), 64);
}

#[test]
fn needed_is_text_that_says_something() {
    let table = [
        (json!({ "openid": "oABC" }), Some("oABC")),
        (json!({ "openid": "o\u{7f}C" }), Some("o C")),
        (json!({ "openid": "" }), None),
        (json!({ "openid": null }), None),
        (json!({ "openid": 7 }), None),
        (json!({ "openid": ["oABC"] }), None),
        (json!({ "other": "oABC" }), None),
    ];
    for (answer, expected) in table {
        assert_eq!(
            needed(&object(answer.clone()), "openid").as_deref(),
            expected,
            "{answer}"
        );
    }
}

#[test]
fn optional_is_none_where_nothing_is_said() {
    let table = [
        (json!({ "unionid": "oXYZ" }), Some("oXYZ")),
        (json!({ "unionid": 7 }), Some("7")),
        (json!({ "unionid": "" }), None),
        (json!({ "unionid": null }), None),
        (json!({}), None),
    ];
    for (answer, expected) in table {
        assert_eq!(
            optional(&object(answer.clone()), "unionid").as_deref(),
            expected,
            "{answer}"
        );
    }
}

#[test]
fn tokens_need_an_access_token_alone() {
    let secs =
        |answer: Value| tokens(&object(answer), "").map(|tokens| tokens.expires_in().as_secs());
    let table = [
        (
            json!({ "access_token": "59_a", "expires_in": 7200 }),
            Some(7200),
        ),
        (
            json!({ "access_token": "59_a", "expires_in": "300" }),
            Some(300),
        ),
        (json!({ "access_token": "59_a", "expires_in": -1 }), Some(0)),
        (json!({ "access_token": "59_a" }), Some(0)),
        (json!({ "access_token": "", "expires_in": 7200 }), None),
        (json!({ "access_token": 59, "expires_in": 7200 }), None),
        (json!({ "expires_in": 7200 }), None),
    ];
    for (answer, expected) in table {
        assert_eq!(secs(answer.clone()), expected, "{answer}");
    }
    let answer =
        json!({ "access_token": "59_a", "refresh_token": "59_r", "scope": "snsapi_login" });
    let told = tokens(&object(answer), "snsapi_base").unwrap();
    assert_eq!(
        (told.access_token(), told.refresh_token()),
        ("59_a", "59_r")
    );
    assert_eq!(told.scope(), "snsapi_login");
    let answer = json!({ "access_token": "59_a", "refresh_token": null, "scope": "" });
    let told = tokens(&object(answer), "snsapi_base").unwrap();
    assert_eq!((told.refresh_token(), told.scope()), ("", "snsapi_base"));
}

proptest! {
    #[test]
    fn any_body_is_an_answer_or_none(body: Vec<u8>) {
        if let Some(answer) = parse(&body) {
            let _ = (errcode(&answer), rid(&text(&answer, "errmsg")), tokens(&answer, ""));
        }
    }

    #[test]
    fn any_text_of_wechats_is_read(nickname: Vec<u8>) {
        // All but what ends a string: so WeChat has sent nicknames.
        let nickname: Vec<u8> = nickname.into_iter().filter(|byte| !b"\"\\".contains(byte)).collect();
        let body = [br#"{"errcode":0,"nickname":""#, nickname.as_slice(), br#"","sex":1}"#].concat();
        let answer = parse(&body).unwrap();
        prop_assert_eq!(number(&answer, "sex"), Some(1));
        prop_assert!(!text(&answer, "nickname").contains(char::is_control));
    }
}
