use std::time::SystemTime;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::scope::Scope;

fn read(answer: &Value) -> Box<Answer> {
    Answer::parse(answer.to_string().as_bytes()).unwrap()
}

fn loose(value: &Value) -> Loose {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn text(text: &str) -> Loose {
    Loose::Text(text.to_owned())
}

fn number(number: i64) -> Loose {
    Loose::Integer(number)
}

fn nobody() -> WechatUser {
    WechatUser::without_profile("wx1", "oABC".to_owned(), Scope::UserInfo)
}

fn profile(answer: &str) -> WechatUser {
    let mut user = nobody();
    Answer::read(Call::Profile, answer.as_bytes())
        .unwrap()
        .tell(&mut user);
    user
}

#[test]
fn answer_is_read_whatever_wechat_did_to_it() {
    let table: [(&[u8], Loose); 24] = [
        (br#"{"errcode":0,"errmsg":"ok"}"#, Loose::Nothing),
        (b"{}", Loose::Nothing),
        (b" \r\n\t{ }\n", Loose::Nothing),
        (br#"{"nickname":null}"#, Loose::Nothing),
        ("\u{feff}{\"nickname\":1}".as_bytes(), number(1)),
        (br#"{"nickname":"https:\/\/x"}"#, text("https://x")),
        (
            "{\"nickname\":\"👨\u{200d}👩\"}".as_bytes(),
            text("👨\u{200d}👩"),
        ),
        // Control characters as they are, between tokens and within strings, and escaped ones.
        (b"{\x00\"nickname\"\x07:\"b\x08\x14\x1fc\"}", text("b   c")),
        (br#"{"nickname":"b\u0007\n\u009fc"}"#, text("b   c")),
        // Characters that were cut in half, at the end and in the middle.
        (b"{\"nickname\":\"b\xe5\xb0\"}", text("b\u{fffd}")),
        (b"{\"nickname\":\"\xf0\x9f\x98c\"}", text("\u{fffd}c")),
        (br#"{"nickname":"b\uD83Dc"}"#, text("b\u{fffd}c")),
        (
            br#"{"nickname":"b\uDE00\x0a"}"#,
            text("b\u{fffd}\u{fffd}0a"),
        ),
        (br#"{"nickname":"\ud83d\ude00"}"#, text("😀")),
        // The bytes of a character above are no control characters.
        (b"{\"nickname\":\"\xe4\xbd\x84\"}", text("\u{4f44}")),
        // Of a field that comes twice the last one counts.
        (br#"{"nickname":1,"nickname":2}"#, number(2)),
        (br#"{"nickname":"a","nickname":null}"#, Loose::Nothing),
        (
            br#"{"nickname":{"a":[1]},"sex":1,"nickname":"b"}"#,
            text("b"),
        ),
        (br#"{"nickname":"a","nic\u006bname":"b"}"#, text("b")),
        // Whatever else is there, as long as it is JSON.
        (
            br#"{"x":{"a":[1,{"b":null}],"c":-1.5e3},"":"","nickname":"a"}"#,
            text("a"),
        ),
        (br#"{"Nickname":"b","nickname":"a"}"#, text("a")),
        (br#"{"\uD83D":"\uD83D","nickname":"a"}"#, text("a")),
        (br#"{"nickname":[1,["a"],null]}"#, {
            let inner = Loose::List(vec![text("a")]);
            Loose::List(vec![number(1), inner, Loose::Nothing])
        }),
        (br#"{"nickname":{"a":"b"}}"#, Loose::Object),
    ];
    for (body, expected) in table {
        let nickname = Answer::parse(body).map(|mut answer| answer.take(Field::Nickname));
        assert_eq!(nickname, Some(expected), "{}", body.escape_ascii());
    }
}

#[test]
fn what_is_no_object_is_no_answer() {
    let bodies: [&[u8]; 21] = [
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
        // What is skipped is well-formed, too.
        br#"{"openid":"oABC","a":[1,}"#,
        br#"{"openid":"oABC","a":{"b"}}"#,
        br#"{"openid":"oABC","a":01}"#,
        br#"{"openid":"oABC","a":nothing}"#,
        br#"{"openid":"oABC","a":"b}"#,
        br#"{"openid":"oABC",a:1}"#,
        // An escape that is mended makes nothing else whole.
        br#"{"openid":"o\uD83DABC""#,
    ];
    for body in bodies {
        assert!(Answer::parse(body).is_none(), "{}", body.escape_ascii());
    }
    let deep = "[".repeat(50_000);
    assert!(Answer::parse(format!("{{\"a\":{deep}").as_bytes()).is_none());
}

#[test]
fn errcode_is_zero_a_number_or_nonsense() {
    let table = [
        (json!({}), Some(0), false),
        (json!({ "errcode": null }), Some(0), false),
        (json!({ "errcode": "" }), Some(0), false),
        (json!({ "errcode": 0 }), Some(0), true),
        (json!({ "errcode": "0" }), Some(0), true),
        (json!({ "errcode": 40029 }), Some(40029), false),
        (json!({ "errcode": "48001" }), Some(48001), false),
        (json!({ "errcode": -1 }), Some(-1), false),
        (json!({ "errcode": "-1" }), Some(-1), false),
        (json!({ "errcode": true }), None, false),
        (json!({ "errcode": [] }), None, false),
        (json!({ "errcode": {} }), None, false),
        (json!({ "errcode": "invalid code" }), None, false),
        (json!({ "errcode": 0.5 }), None, false),
        (json!({ "errcode": u64::MAX }), None, false),
    ];
    for (answer, errcode, says_ok) in table {
        let read = read(&answer);
        assert_eq!(
            (read.errcode(), read.says_ok()),
            (errcode, says_ok),
            "{answer}"
        );
    }
}

#[test]
fn answer_with_an_errcode_is_a_failure() {
    let failure = |body: &str| Answer::read(Call::Exchange, body.as_bytes()).unwrap_err();
    let refused =
        failure(r#"{"errcode":40163,"errmsg":"code been used, rid: 65a77521-0a1b2c3d-4e5f6071"}"#);
    assert_eq!(refused.errcode(), Some(40163));
    assert_eq!(refused.rid(), Some("65a77521-0a1b2c3d-4e5f6071"));
    let refused = failure(r#"{"openid":"oABC","access_token":"59_a","errcode":"40029"}"#);
    assert_eq!((refused.errcode(), refused.rid()), (Some(40029), None));
    let refused = failure(r#"{"errcode":0,"errcode":40029,"errmsg":"\uD83D rid: ab"}"#);
    assert_eq!(
        (refused.errcode(), refused.rid()),
        (Some(40029), Some("ab"))
    );
    for body in ["", "<html>", r#"{"errcode":"busy"}"#] {
        assert_eq!(
            failure(body),
            Box::new(CallError::new(Call::Exchange, Fault::Malformed)),
            "{body}"
        );
    }
    assert!(Answer::read(Call::Check, br#"{"errcode":0,"errmsg":"ok"}"#).is_ok());
}

#[test]
fn exchanged_code_is_an_openid_and_a_token() {
    let table = [
        (
            json!({ "access_token": "59_a", "openid": "oABC" }),
            Some(None),
        ),
        (
            json!({ "access_token": "59_a", "openid": "oABC", "unionid": "oXYZ" }),
            Some(Some("oXYZ")),
        ),
        (
            json!({ "access_token": "59_a", "openid": "oABC", "unionid": "" }),
            Some(None),
        ),
        (json!({ "access_token": "59_a", "openid": "" }), None),
        (json!({ "access_token": "59_a", "openid": 7 }), None),
        (json!({ "access_token": "", "openid": "oABC" }), None),
        (json!({ "access_token": "59_a" }), None),
        (json!({ "openid": "oABC" }), None),
    ];
    for (answer, expected) in table {
        let exchanged = read(&answer);
        let exchanged = exchanged
            .names_who_logged_in()
            .then(|| exchanged.into_exchanged());
        let told = exchanged.as_ref().map(|told| told.unionid.as_deref());
        assert_eq!(told, expected, "{answer}");
        if let Some(told) = exchanged {
            assert_eq!(
                (told.openid.as_str(), told.tokens.scope()),
                ("oABC", "snsapi_base")
            );
        }
    }
}

/// Whatever is not a plain no is a yes, in the answers to both calls.
#[test]
fn snapshot_user_is_told_in_either_answer() {
    let table = [
        ("", false),
        (r#","is_snapshotuser":null"#, false),
        (r#","is_snapshotuser":0"#, false),
        (r#","is_snapshotuser":0.0"#, false),
        (r#","is_snapshotuser":-0"#, false),
        (r#","is_snapshotuser":"0""#, false),
        (r#","is_snapshotuser":"""#, false),
        (r#","is_snapshotuser":false"#, false),
        (r#","is_snapshotuser":1,"is_snapshotuser":0"#, false),
        (r#","is_snapshotuser":1"#, true),
        (r#","is_snapshotuser":"1""#, true),
        (r#","is_snapshotuser":1.0"#, true),
        (r#","is_snapshotuser":2"#, true),
        (r#","is_snapshotuser":-1"#, true),
        (r#","is_snapshotuser":18446744073709551615"#, true),
        (r#","is_snapshotuser":true"#, true),
        (r#","is_snapshotuser":"true""#, true),
        (r#","is_snapshotuser":"false""#, true),
        (r#","is_snapshotuser":" ""#, true),
        (r#","is_snapshotuser":"00""#, true),
        (r#","is_snapshotuser":[]"#, true),
        (r#","is_snapshotuser":[0]"#, true),
        (r#","is_snapshotuser":{}"#, true),
        (r#","is_snapshotuser":0,"is_snapshotuser":1"#, true),
    ];
    for (field, expected) in table {
        let answer = format!(r#"{{"openid":"oABC","access_token":"59_a"{field}}}"#);
        let exchanged = Answer::parse(answer.as_bytes()).unwrap();
        let told = exchanged.into_exchanged().is_snapshotuser;
        assert_eq!(told, expected, "exchange {field}");
        assert_eq!(
            profile(&answer).is_snapshotuser,
            expected,
            "profile {field}"
        );
        // What the exchange has told, the profile does not take back.
        let mut user = nobody();
        user.is_snapshotuser = true;
        Answer::parse(answer.as_bytes()).unwrap().tell(&mut user);
        assert!(user.is_snapshotuser, "{field}");
    }
}

#[test]
fn profile_is_of_the_user_that_it_names() {
    let table = [
        (r#"{"openid":"oABC"}"#, true),
        (r#"{"openid":"oXYZ","openid":"oABC"}"#, true),
        (r#"{"openid":"oABC","openid":"oXYZ"}"#, false),
        (r#"{"openid":"oabc"}"#, false),
        (r#"{"openid":["oABC"]}"#, false),
        (r#"{"openid":""}"#, false),
        ("{}", false),
    ];
    for (answer, expected) in table {
        let answer_read = Answer::parse(answer.as_bytes()).unwrap();
        assert_eq!(answer_read.is_of("oABC"), expected, "{answer}");
    }
    let digits = Answer::parse(br#"{"openid":7}"#).unwrap();
    assert!(!digits.is_of("7"));
}

#[test]
fn profile_is_read_whatever_is_missing_from_it() {
    let nothing = nobody();
    let nothing_told = [
        "{}",
        r#"{"nickname":null,"sex":null,"province":null,"city":null,"country":null,"headimgurl":null,"privilege":null}"#,
        r#"{"nickname":"","sex":"","province":"","city":"","country":"","headimgurl":"","privilege":[]}"#,
        r#"{"nickname":[],"sex":{},"province":true,"city":[1],"country":false,"headimgurl":{},"privilege":"none"}"#,
        r#"{"sex":3,"privilege":["",null,[]],"language":"zh_CN","unknown":1}"#,
    ];
    for answer in nothing_told {
        assert_eq!(profile(answer), nothing, "{answer}");
    }
    let told = profile(
        r#"{"openid":"oXYZ","unionid":"uXYZ","nickname":"小明","sex":2,"province":"广东","city":"深圳","country":"中国","headimgurl":"https:\/\/thirdwx.qlogo.cn\/mmopen\/1\/132","privilege":["chinaunicom",7,""]}"#,
    );
    let expected = WechatUser {
        unionid: Some("uXYZ".to_owned()),
        nickname: "小明".to_owned(),
        sex: 2,
        province: "广东".to_owned(),
        city: "深圳".to_owned(),
        country: "中国".to_owned(),
        headimgurl: "https://thirdwx.qlogo.cn/mmopen/1/132".to_owned(),
        privilege: vec!["chinaunicom".to_owned(), "7".to_owned()],
        logged_in_at: SystemTime::UNIX_EPOCH,
        ..nothing
    };
    assert_eq!(told, expected);
}

#[test]
fn unionid_of_the_exchange_stays() {
    let table = [
        (None, r#"{"unionid":"u2"}"#, Some("u2")),
        (None, r#"{"unionid":""}"#, None),
        (Some("u1"), r#"{"unionid":"u2"}"#, Some("u1")),
        (Some("u1"), "{}", Some("u1")),
    ];
    for (known, answer, expected) in table {
        let mut user = nobody();
        user.unionid = known.map(ToOwned::to_owned);
        Answer::parse(answer.as_bytes()).unwrap().tell(&mut user);
        assert_eq!(user.unionid.as_deref(), expected, "{known:?} {answer}");
    }
}

#[test]
fn text_is_cleaned_and_number_is_text_or_number() {
    let table = [
        (json!("a\u{0}b\u{7}c\u{7f}d\u{85}e"), "a b c d e", None),
        (
            json!("\u{202e}👨\u{200d}👩 <b>\"\\"),
            "\u{202e}👨\u{200d}👩 <b>\"\\",
            None,
        ),
        (json!(1), "1", Some(1)),
        (json!(-1), "-1", Some(-1)),
        (json!("1"), "1", Some(1)),
        (json!(" 42 "), " 42 ", Some(42)),
        (json!("48001"), "48001", Some(48001)),
        (json!("0x1"), "0x1", None),
        (json!(1.5), "1.5", None),
        (json!(u64::MAX), "18446744073709551615", None),
        (json!(i64::MIN), "-9223372036854775808", Some(i64::MIN)),
        (json!(""), "", None),
        (json!(null), "", None),
        (json!(true), "", None),
        (json!(["x"]), "", None),
        (json!({ "x": "y" }), "", None),
    ];
    for (value, as_text, as_number) in table {
        assert_eq!(loose(&value).as_number(), as_number, "{value}");
        assert_eq!(loose(&value).into_text(), as_text, "{value}");
    }
    assert_eq!(Loose::default().as_number(), None);
    assert_eq!(Loose::default().into_text(), "");
}

#[test]
fn each_control_character_is_cleaned_away() {
    for control in ('\0'..='\u{9f}').filter(|char| char.is_control()) {
        for (dirty, clean) in [
            (format!("a{control}b"), "a b"),
            (format!("{control}a{control}"), " a "),
        ] {
            assert_eq!(loose(&json!(dirty)), text(clean), "{dirty:?}");
        }
    }
}

#[test]
fn sex_is_one_or_two_or_nothing() {
    let table = [
        ("1", 1),
        ("2", 2),
        (r#""1""#, 1),
        (r#""2""#, 2),
        ("0", 0),
        ("3", 0),
        ("-1", 0),
        ("257", 0),
        ("1.0", 0),
        (r#""male""#, 0),
    ];
    for (sex, expected) in table {
        assert_eq!(
            profile(&format!(r#"{{"sex":{sex}}}"#)).sex,
            expected,
            "{sex}"
        );
    }
}

#[test]
fn picture_is_an_address_of_the_web_or_nothing() {
    let kept = [
        "https://thirdwx.qlogo.cn/mmopen/vi_32/abc/132",
        "http://wx.qlogo.cn/mmopen/abc/0",
        "HTTPS://thirdwx.qlogo.cn/a",
        "HtTp://wx.qlogo.cn",
        "http://127.0.0.1:8008/avatar.svg?x=1&y=2#z",
        "http://[::1]/avatar",
        "https://例子.cn/头像.png",
    ];
    for address in kept {
        let user = profile(&json!({ "headimgurl": address }).to_string());
        assert_eq!(user.headimgurl, address);
    }
    let refused = [
        json!("javascript:alert(1)"),
        json!("JavaScript://thirdwx.qlogo.cn/%0aalert(1)"),
        json!("data:text/html,x"),
        json!("vbscript:x"),
        json!("blob:https://thirdwx.qlogo.cn/a"),
        json!("ftp://thirdwx.qlogo.cn/a"),
        json!("//thirdwx.qlogo.cn/a"),
        json!("/logout"),
        json!("logout"),
        json!("?logout"),
        json!("https:"),
        json!("https:/"),
        json!("https://"),
        json!("https:///logout"),
        json!("https:thirdwx.qlogo.cn"),
        json!("https:\\\\thirdwx.qlogo.cn"),
        json!("https://?a"),
        json!("https://#a"),
        json!("https://:443/"),
        json!("https://@thirdwx.qlogo.cn/a"),
        json!("https://thirdwx.qlogo.cn\\a"),
        // What would end the attribute, or would be repaired in silence.
        json!("https://thirdwx.qlogo.cn/a\" onerror=\"x"),
        json!("https://thirdwx.qlogo.cn/a\"b"),
        json!("https://thirdwx.qlogo.cn/a'b"),
        json!("https://thirdwx.qlogo.cn/a`b"),
        json!("https://thirdwx.qlogo.cn/<a>"),
        json!("https://thirdwx.qlogo.cn/a b"),
        json!(" https://thirdwx.qlogo.cn/a"),
        json!("https://thirdwx.qlogo.cn/a\n"),
        json!("https://thirdwx.qlogo.cn/a\u{3000}b"),
        json!("ht\ttps://thirdwx.qlogo.cn/a"),
        json!("\u{1}https://thirdwx.qlogo.cn/a"),
        json!("小https://thirdwx.qlogo.cn/a"),
        json!(7),
        json!(true),
        json!(["https://thirdwx.qlogo.cn/a"]),
    ];
    for address in refused {
        let user = profile(&json!({ "headimgurl": address }).to_string());
        assert_eq!(user.headimgurl, "", "{address}");
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
fn needed_is_text_that_says_something_and_optional_says_nothing_as_none() {
    let table = [
        (json!("oABC"), Some("oABC"), Some("oABC")),
        (json!("o\u{7f}C"), Some("o C"), Some("o C")),
        (json!(""), None, None),
        (json!(null), None, None),
        (json!(7), None, Some("7")),
        (json!(true), None, None),
        (json!(["oABC"]), None, None),
        (json!({ "a": "oABC" }), None, None),
    ];
    for (value, needed, optional) in table {
        let value_read = loose(&value);
        let told = value_read.says_something().then(|| value_read.into_text());
        assert_eq!(told.as_deref(), needed, "{value}");
        let told = loose(&value).into_optional();
        assert_eq!(told.as_deref(), optional, "{value}");
    }
}

#[test]
fn tokens_need_an_access_token_alone() {
    let secs = |answer: &Value| {
        let answer = read(answer);
        let is_sound = answer.has_access_token();
        is_sound.then(|| answer.into_tokens().expires_in().as_secs())
    };
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
        assert_eq!(secs(&answer), expected, "{answer}");
    }
    let answer = json!({ "openid": "oABC", "access_token": "59_a", "refresh_token": "59_r", "scope": "snsapi_login" });
    let told = read(&answer).into_exchanged().tokens;
    assert_eq!(
        (told.access_token(), told.refresh_token()),
        ("59_a", "59_r")
    );
    assert_eq!(told.scope(), "snsapi_login");
    let answer =
        json!({ "openid": "oABC", "access_token": "59_a", "refresh_token": null, "scope": "" });
    let told = read(&answer).into_exchanged().tokens;
    assert_eq!((told.refresh_token(), told.scope()), ("", "snsapi_base"));
    let told = read(&answer).into_tokens();
    assert_eq!((told.refresh_token(), told.scope()), ("", ""));
}

proptest! {
    #[test]
    fn any_body_is_an_answer_or_none(body: Vec<u8>) {
        if let Some(answer) = Answer::parse(&body) {
            answer.tell(&mut nobody());
        }
        let _ = Answer::read(Call::Exchange, &body);
    }

    #[test]
    fn any_text_of_wechats_is_read(nickname: Vec<u8>) {
        // All but what ends a string: so WeChat has sent nicknames.
        let nickname: Vec<u8> = nickname.into_iter().filter(|byte| !b"\"\\".contains(byte)).collect();
        let body = [br#"{"errcode":0,"nickname":""#, nickname.as_slice(), br#"","sex":1}"#].concat();
        let mut answer = Answer::parse(&body).unwrap();
        prop_assert_eq!(answer.get(Field::Sex).as_number(), Some(1));
        prop_assert!(!answer.text(Field::Nickname).contains(char::is_control));
    }

    #[test]
    fn any_answer_is_a_profile_of_clean_text(
        nickname: String,
        sex: i64,
        headimgurl: String,
        privilege in prop::collection::vec(any::<String>(), 0..4),
    ) {
        let answer = json!({
            "nickname": nickname, "city": nickname, "sex": sex, "headimgurl": headimgurl, "privilege": privilege,
        });
        let user = profile(&answer.to_string());
        prop_assert!(!user.nickname.contains(char::is_control));
        prop_assert_eq!(user.nickname.chars().count(), nickname.chars().count());
        prop_assert_eq!(&user.city, &user.nickname);
        prop_assert!(user.sex <= 2);
        prop_assert!(user.headimgurl.is_empty() || user.headimgurl.starts_with("http"));
        prop_assert!(user.privilege.iter().all(|name| !name.is_empty() && !name.contains(char::is_control)));
        prop_assert!(!user.display_name().trim().is_empty());
    }
}
