use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{sns::errcode::Call, sns::read::read};

fn profile(answer: &str) -> WechatUser {
    let mut user = WechatUser::without_profile("wx1", "oABC".to_owned(), Scope::UserInfo);
    user.read_profile(&read(Call::Profile, answer.as_bytes()).unwrap());
    user
}

#[test]
fn profile_is_read_whatever_is_missing_from_it() {
    let nothing = WechatUser::without_profile("wx1", "oABC".to_owned(), Scope::UserInfo);
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
        r#"{"openid":"oXYZ","nickname":"小明","sex":2,"province":"广东","city":"深圳","country":"中国","headimgurl":"https:\/\/thirdwx.qlogo.cn\/mmopen\/1\/132","privilege":["chinaunicom",7,""]}"#,
    );
    let expected = WechatUser {
        nickname: "小明".to_owned(),
        sex: 2,
        province: "广东".to_owned(),
        city: "深圳".to_owned(),
        country: "中国".to_owned(),
        headimgurl: "https://thirdwx.qlogo.cn/mmopen/1/132".to_owned(),
        privilege: vec!["chinaunicom".to_owned(), "7".to_owned()],
        ..nothing
    };
    assert_eq!(told, expected);
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
        (json!(""), "", None),
        (json!(null), "", None),
        (json!(true), "", None),
        (json!(["x"]), "", None),
    ];
    for (value, as_text, as_number) in table {
        let answer = Map::from_iter([("field".to_owned(), value.clone())]);
        assert_eq!(text(&answer, "field"), as_text, "{value}");
        assert_eq!(number(&answer, "field"), as_number, "{value}");
    }
    assert_eq!(text(&Map::new(), "field"), "");
    assert_eq!(number(&Map::new(), "field"), None);
}

#[test]
fn each_control_character_is_cleaned_away() {
    for control in ('\0'..='\u{9f}').filter(|char| char.is_control()) {
        for (dirty, clean) in [
            (format!("a{control}b"), "a b"),
            (format!("{control}a{control}"), " a "),
        ] {
            assert_eq!(as_text(&json!(dirty)), clean, "{dirty:?}");
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
fn display_name_is_never_empty() {
    let table = [
        ("小明", "小明"),
        (" 小 明 ", "小 明"),
        ("", "微信用户"),
        ("   ", "微信用户"),
        ("\u{3000}\u{a0}", "微信用户"),
    ];
    for (nickname, expected) in table {
        let mut user = WechatUser::without_profile("wx1", "oABC".to_owned(), Scope::UserInfo);
        nickname.clone_into(&mut user.nickname);
        assert_eq!(user.display_name(), expected, "{nickname:?}");
    }
}

#[test]
fn picture_has_another_size_and_is_wechats_by_https() {
    use PictureSize::{Original, Px46, Px64, Px96, Px132};
    let table = [
        ("", Px46, None),
        (
            "https://thirdwx.qlogo.cn/a/132",
            Original,
            Some("https://thirdwx.qlogo.cn/a/0"),
        ),
        (
            "https://thirdwx.qlogo.cn/a/0",
            Px46,
            Some("https://thirdwx.qlogo.cn/a/46"),
        ),
        (
            "https://thirdwx.qlogo.cn/a/46",
            Px64,
            Some("https://thirdwx.qlogo.cn/a/64"),
        ),
        (
            "https://thirdwx.qlogo.cn/a/64",
            Px96,
            Some("https://thirdwx.qlogo.cn/a/96"),
        ),
        (
            "https://thirdwx.qlogo.cn/a/96",
            Px132,
            Some("https://thirdwx.qlogo.cn/a/132"),
        ),
        (
            "http://wx.qlogo.cn/a/132",
            Px132,
            Some("https://wx.qlogo.cn/a/132"),
        ),
        // Of another form, or not WeChat's.
        (
            "https://thirdwx.qlogo.cn/a/133",
            Px46,
            Some("https://thirdwx.qlogo.cn/a/133"),
        ),
        (
            "https://thirdwx.qlogo.cn/a/132?x",
            Px46,
            Some("https://thirdwx.qlogo.cn/a/132?x"),
        ),
        (
            "https://thirdwx.qlogo.cn/a132",
            Px46,
            Some("https://thirdwx.qlogo.cn/a132"),
        ),
        ("132", Px46, Some("132")),
        (
            "http://example.cn/a/132",
            Px46,
            Some("http://example.cn/a/46"),
        ),
        (
            "http://example.cn/wx.qlogo.cn/a",
            Px46,
            Some("http://example.cn/wx.qlogo.cn/a"),
        ),
        ("http://evilqlogo.cn/a", Px46, Some("http://evilqlogo.cn/a")),
        (
            "http://wx.qlogo.cn.example.cn/a",
            Px46,
            Some("http://wx.qlogo.cn.example.cn/a"),
        ),
    ];
    for (headimgurl, size, expected) in table {
        let mut user = WechatUser::without_profile("wx1", "oABC".to_owned(), Scope::UserInfo);
        headimgurl.clone_into(&mut user.headimgurl);
        assert_eq!(
            user.picture(size).as_deref(),
            expected,
            "{headimgurl} {size:?}"
        );
    }
}

#[test]
fn serialized_it_is_the_profile() {
    let mut user = profile(r#"{"nickname":"小明","sex":"1","privilege":["x"]}"#);
    let plain = json!({
        "openid": "oABC", "nickname": "小明", "sex": 1, "province": "", "city": "", "country": "",
        "headimgurl": "", "privilege": ["x"],
    });
    assert_eq!(serde_json::to_value(&user).unwrap(), plain);

    user.unionid = Some("oXYZ".to_owned());
    user.is_snapshotuser = true;
    let mut full = plain;
    full["unionid"] = json!("oXYZ");
    full["is_snapshotuser"] = json!(true);
    assert_eq!(serde_json::to_value(&user).unwrap(), full);

    let silent = serde_json::to_value(WechatOpenId::from(user)).unwrap();
    assert_eq!(silent, json!({ "openid": "oABC", "unionid": "oXYZ" }));
}

proptest! {
    #[test]
    fn any_answer_is_a_profile_of_clean_text(
        nickname: String,
        sex: i64,
        privilege in prop::collection::vec(any::<String>(), 0..4),
    ) {
        let answer = json!({ "nickname": nickname, "city": nickname, "sex": sex, "privilege": privilege });
        let user = profile(&answer.to_string());
        prop_assert!(!user.nickname.contains(char::is_control));
        prop_assert_eq!(user.nickname.chars().count(), nickname.chars().count());
        prop_assert_eq!(&user.city, &user.nickname);
        prop_assert!(user.sex <= 2);
        prop_assert!(user.privilege.iter().all(|name| !name.is_empty() && !name.contains(char::is_control)));
        prop_assert!(!user.display_name().trim().is_empty());
    }
}
