use proptest::prelude::*;

use super::*;

#[test]
fn escape_that_is_none_becomes_damage() {
    let table = [
        // Half of a pair, before anything but its other half.
        (r"\uD83D", "\u{fffd}"),
        (r"a\uD83Db", "a\u{fffd}b"),
        (r"\uD83D\u0041", r"�\u0041"),
        (r"\uD83D\n", r"�\n"),
        (r"\uD83D\uD83D\uDE00", r"�\uD83D\uDE00"),
        (r"\ud83d\u12", "\u{fffd}\u{fffd}"),
        (r"\uDBFF小", "\u{fffd}小"),
        // The other half alone.
        (r"\uDE00", "\u{fffd}"),
        (r"\uDE00\uD83D", "\u{fffd}\u{fffd}"),
        (r"\uDFFF\uDC00a", "\u{fffd}\u{fffd}a"),
        (r"\uD83D\uDE00\uDE00", r"\uD83D\uDE00�"),
        // Another language's.
        (r"\x0a", "\u{fffd}0a"),
        (r"\U0041", "\u{fffd}0041"),
        (r"\'", "\u{fffd}"),
        (r"\ ", "\u{fffd}"),
        (r"\0", "\u{fffd}"),
        // Cut short.
        (r"\u", "\u{fffd}"),
        (r"\u1", "\u{fffd}"),
        (r"\u12", "\u{fffd}"),
        (r"\u123", "\u{fffd}"),
        (r"\u12zz", "\u{fffd}zz"),
        (r"\u00g0", "\u{fffd}g0"),
        (r"\u12小", "\u{fffd}小"),
        (r"\u+123", "\u{fffd}+123"),
        (r"\u\u0041", r"�\u0041"),
        // Before a character of several bytes.
        (r"\小", "\u{fffd}"),
        (r"\👨x", "\u{fffd}x"),
        // At the end.
        (r"\", "\u{fffd}"),
        (r"\\\", r"\\�"),
    ];
    for (damaged, mended) in table {
        assert_eq!(escapes(damaged).as_deref(), Some(mended), "{damaged}");
    }
}

#[test]
fn sound_escape_stays_as_it_is() {
    let table = [
        "",
        "小明",
        r#"\"\\\/\b\f\n\r\t"#,
        r"\u0041\uFFFF\uffff\ue000\ud7ff",
        r"\uD83D\uDE00",
        r"\ud83d\ude00",
        r"\uDBFF\uDFFF",
        // No escapes but back slashes, and text behind them.
        r"\\uD83D",
        r"\\x0a",
        r"\\\\u12",
    ];
    for sound in table {
        assert_eq!(escapes(sound), None, "{sound}");
    }
}

#[test]
fn text_is_what_a_parser_takes() {
    let table: [(&[u8], &str, bool); 9] = [
        (b"", "", false),
        (b"{}", "{}", false),
        ("\u{feff}{}".as_bytes(), "{}", false),
        ("小\u{7f}\u{85}".as_bytes(), "小\u{7f}\u{85}", false),
        (b"\t{\r\n}\0", " {  } ", true),
        (b"a\x1fb", "a b", true),
        // Cut in half: at the start, in the middle, at the end.
        (b"\x90\x8fa", "\u{fffd}\u{fffd}a", true),
        (b"a\xf0\x9f\x98b", "a\u{fffd}b", true),
        ("\u{feff}\u{feff}a".as_bytes(), "a", false),
    ];
    for (body, expected, is_changed) in table {
        let text = text(body);
        assert_eq!(text, expected, "{}", body.escape_ascii());
        assert_eq!(matches!(text, Cow::Owned(_)), is_changed, "{expected:?}");
    }
}

/// Pieces of escapes, sound and not, of which any text can be put together.
fn a_piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\\\",
        "\\\\u[0-9a-fA-F]{0,4}",
        "\\\\u[dD][89a-fA-F][0-9a-f]{2}",
        "\\\\[\\\\/bfnrtux0']",
        "[ug0-9a-f 小👨]{0,3}",
    ]
}

proptest! {
    #[test]
    fn any_text_of_escapes_is_json_once_mended(pieces in prop::collection::vec(a_piece(), 0..12)) {
        let text = pieces.concat();
        let mended = escapes(&text);
        let json = format!("\"{}\"", mended.as_deref().unwrap_or(&text));
        let read = serde_json::from_str::<String>(&json);
        prop_assert!(read.is_ok(), "{} {:?}", json, read);
        // What the parser takes as it is was left as it is.
        let untouched = serde_json::from_str::<String>(&format!("\"{text}\""));
        prop_assert_eq!(untouched.is_ok(), mended.is_none(), "{}", text);
        prop_assert_eq!(escapes(mended.as_deref().unwrap_or_default()), None);
    }
}
