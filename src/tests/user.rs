use proptest::prelude::*;
use serde_json::json;

use super::*;

fn named(nickname: &str) -> WechatUser {
    let mut user = WechatUser::without_profile("wx1", "oABC".to_owned(), Scope::UserInfo);
    nickname.clone_into(&mut user.nickname);
    user
}

#[test]
fn display_name_is_never_empty() {
    let table = [
        ("小明", "小明"),
        (" 小 明 ", "小 明"),
        ("\u{3000}小明\u{a0}", "小明"),
        ("", "微信用户"),
        ("   ", "微信用户"),
        ("\u{3000}\u{a0}", "微信用户"),
        ("0", "0"),
        (".", "."),
        ("😀", "😀"),
        ("👨\u{200d}👩", "👨\u{200d}👩"),
        // What can be seen is not touched by what cannot.
        ("\u{200b}小\u{200b}", "\u{200b}小\u{200b}"),
        ("\u{feff}a", "\u{feff}a"),
        ("\u{3164}.", "\u{3164}."),
        ("\u{202e}明小", "\u{202e}明小"),
        (" \u{2800}\u{2801} ", "\u{2800}\u{2801}"),
        ("\u{e0001}小\u{e007f}", "\u{e0001}小\u{e007f}"),
        // A mark alone, a symbol, a private character: something is on the screen.
        ("\u{301}", "\u{301}"),
        ("\u{e000}", "\u{e000}"),
        ("\u{fffd}", "\u{fffd}"),
    ];
    for (nickname, expected) in table {
        assert_eq!(named(nickname).display_name(), expected, "{nickname:?}");
    }
}

#[test]
fn name_of_which_nothing_is_visible_is_none() {
    let invisible = [
        // Space of any width, and what ends a line.
        '\t',
        ' ',
        '\u{a0}',
        '\u{1680}',
        '\u{2000}',
        '\u{2003}',
        '\u{200a}',
        '\u{2028}',
        '\u{2029}',
        '\u{202f}',
        '\u{205f}',
        '\u{3000}', // Controls.
        '\0',
        '\u{7}',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{9f}',
        // Hyphens, joiners, marks of direction, byte order marks.
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{202a}',
        '\u{202e}',
        '\u{2060}',
        '\u{2064}',
        '\u{2066}',
        '\u{2069}',
        '\u{206f}',
        '\u{feff}',
        // Fillers, which are letters by their kind.
        '\u{115f}',
        '\u{1160}',
        '\u{3164}',
        '\u{ffa0}',
        '\u{17b4}',
        '\u{17b5}',
        '\u{2800}',
        // Variants, tags, and what is set aside for the like.
        '\u{180b}',
        '\u{180e}',
        '\u{180f}',
        '\u{fe00}',
        '\u{fe0f}',
        '\u{fff0}',
        '\u{fff8}',
        '\u{1bca0}',
        '\u{1d173}',
        '\u{1d17a}',
        '\u{e0000}',
        '\u{e0001}',
        '\u{e0020}',
        '\u{e007f}',
        '\u{e0100}',
        '\u{e01ef}',
        '\u{e0fff}',
    ];
    for char in invisible {
        for nickname in [
            char.to_string(),
            format!("{char}{char}"),
            format!(" {char} "),
            format!("\u{200b}{char}\u{3164}\u{2800}\u{feff}"),
        ] {
            assert_eq!(named(&nickname).display_name(), "微信用户", "{nickname:?}");
        }
        let mixed = format!("{char}小{char}");
        assert_eq!(named(&mixed).display_name(), mixed.trim(), "{mixed:?}");
    }
    // Their neighbours are seen.
    let visible = [
        '\u{ac}',
        '\u{ae}',
        '\u{115e}',
        '\u{1161}',
        '\u{180a}',
        '\u{2010}',
        '\u{2027}',
        '\u{2030}',
        '\u{27ff}',
        '\u{2801}',
        '\u{3163}',
        '\u{3165}',
        '\u{fdff}',
        '\u{fe10}',
        '\u{fefe}',
        '\u{ff9f}',
        '\u{fffc}',
        '\u{1bc9f}',
        '\u{1d172}',
        '\u{1d17b}',
    ];
    for char in visible {
        let nickname = char.to_string();
        assert_eq!(named(&nickname).display_name(), nickname, "{nickname:?}");
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
    let mut user = named("小明");
    user.sex = 1;
    user.privilege = vec!["x".to_owned()];
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
    fn any_name_is_shown_as_it_is_or_as_a_users(nickname: String, invisible in "[ \t\u{200b}\u{3164}\u{2800}\u{feff}]{0,8}") {
        let user = named(&nickname);
        let shown = user.display_name();
        prop_assert!(!shown.is_empty() && shown.trim() == shown);
        prop_assert!(shown == nickname.trim() || shown == "微信用户");
        let user = named(&invisible);
        prop_assert_eq!(user.display_name(), "微信用户");
    }
}
