use actix_web::http::header::HeaderValue;
use proptest::prelude::*;

use super::*;

fn headers(lines: &[&[u8]]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
    }
    headers
}

/// The cookies of these lines, written `name=value` with one bar between them.
fn read(lines: &[&[u8]]) -> Vec<u8> {
    let headers = headers(lines);
    let cookies: Vec<Vec<u8>> = cookies(&headers)
        .map(|(name, value)| [name, b"=", value].concat())
        .collect();
    cookies.join(&b'|')
}

#[test]
fn names_and_values_are_the_bytes_that_came() {
    let table: [(&[u8], &[u8]); 18] = [
        (b"", b"="),
        (b"a=b", b"a=b"),
        (b"a=b; c=d", b"a=b|c=d"),
        (b"a=b;c=d;", b"a=b|c=d|="),
        (b"a=b; a=c", b"a=b|a=c"),
        // Only the first sign of equality parts them.
        (b"a=b=c==", b"a=b=c=="),
        (b"=b", b"=b"),
        // A browser sends a cookie without a name as its value alone.
        (b"b", b"=b"),
        (b"a=", b"a="),
        // Space and tab go, wherever they stand around a name or a value, and nothing else does.
        (b" \t a \t= \tb\t ; c=d", b"a=b|c=d"),
        (b"a b=c d", b"a b=c d"),
        (b"a=\"b c\"", b"a=\"b c\""),
        (b"A=b; a=B", b"A=b|a=B"),
        (b"%61=%62; a=b", b"%61=%62|a=b"),
        (
            "\u{2000}a=b\u{2000}; a\u{a0}=\u{a0}b; \u{3000}a=b".as_bytes(),
            "\u{2000}a=b\u{2000}|a\u{a0}=\u{a0}b|\u{3000}a=b".as_bytes(),
        ),
        (
            "\u{85}a=b; \u{feff}a=b".as_bytes(),
            "\u{85}a=b|\u{feff}a=b".as_bytes(),
        ),
        (b"\xa0a=b\xff; a=b", b"\xa0a=b\xff|a=b"),
        ("中=文".as_bytes(), "中=文".as_bytes()),
    ];
    for (line, expected) in table {
        assert_eq!(read(&[line]), expected, "{}", line.escape_ascii());
    }
    assert_eq!(read(&[]), b"");
    // One line of bytes that are no text hides no other.
    assert_eq!(read(&[b"a=\xff", b"b=c"]), b"a=\xff|b=c");
}

#[test]
fn look_alike_is_a_host_cookie_for_who_decodes_and_trims_names() {
    let look_alikes = [
        // Unicode's white space, which `str::trim` knows and browsers do not.
        "\u{85}__Host-id",
        "\u{a0}__Host-id",
        "\u{1680}__Host-id",
        "\u{2000}__Host-id",
        "\u{200a}__Host-id",
        "\u{2028}__Host-id",
        "\u{2029}__Host-id",
        "\u{202f}__Host-id",
        "\u{205f}__Host-id",
        "\u{3000}__Host-id",
        "\u{2000}\u{3000} __Host-id",
        "\u{2000}__Host-id\u{2000}",
        // Percent-encoded: each letter, in either case, and white space.
        "%5F_Host-id",
        "_%5f%48ost-id",
        "__%48ost-id",
        "__Host%2Did",
        "__Host%2did",
        "%5F%5F%48%6F%73%74%2D%69%64",
        "%20__Host-id",
        "%09__Host-id",
        "%0b__Host-id",
        "%0A__Host-id",
        "%C2%A0__Host-id",
        "%E2%80%80__Host-id",
        "%20%5F_Host-id%20",
        "\u{a0}%5f_Host-id",
        // Of whatever name: an app may call its session as it likes.
        "%5F_Host-",
        "%5F_Host-anything",
        "%5F_Host-wechat",
        "%5F_Host-wechatid.wx1",
        "%5F_Host-\u{fffd}",
    ];
    for name in look_alikes {
        assert!(is_look_alike(name.as_bytes()), "{name:?}");
    }
    let others = [
        "",
        "id",
        // The real ones, whose bytes begin as the rule of browsers wants it.
        "__Host-id",
        "__Host-",
        "__Host-id\u{2000}",
        "__Host-%69d",
        "__Host-\u{a0}id",
        "__Host-wechat.wx1",
        // Trimmed or decoded it is something else.
        "\u{2000}id",
        "%69d",
        "__host-id",
        "%5F_host-id",
        "%5F_HOST-id",
        "%5F_Host",
        "_%5FSecure-id",
        "x%5F_Host-id",
        "_\u{2000}_Host-id",
        "%2520__Host-id",
        "%255F_Host-id",
        "%5G_Host-id",
        "%5",
        "%",
        // Invisible, yet no white space.
        "\u{200b}__Host-id",
        "\u{feff}__Host-id",
        "\u{180e}__Host-id",
        "%00__Host-id",
        // Full-width.
        "＿＿Host-id",
        // Of the login cookie, which is read by its raw name.
        "%5F_Host-wechat.wx1",
        "\u{2000}__Host-wechat.wx1",
        "\u{2000}__Host-wechat%2Ewx1",
    ];
    for name in others {
        assert!(!is_look_alike(name.as_bytes()), "{name:?}");
    }
    for name in [
        &b"\xff__Host-id"[..],
        b"\xc2__Host-id",
        b"\xa0__Host-id",
        b"__Hos\xff-id",
    ] {
        assert!(!is_look_alike(name), "{}", name.escape_ascii());
    }
    assert!(is_look_alike(b"%5F_Host-\xff"));
}

#[test]
fn look_alikes_are_found_once_beside_the_real_cookie() {
    let table: [(&[&str], &[&str]); 7] = [
        (&[], &[]),
        (&["__Host-id=1; a=b"], &[]),
        (
            &["__Host-id=1; \u{2000}__Host-id=2"],
            &["\u{2000}__Host-id"],
        ),
        (&["%5F_Host-id=2; __Host-id=1"], &["%5F_Host-id"]),
        // Of two of one name, of different paths, one is enough to name.
        (
            &["%5F_Host-id=2; %5F_Host-id=3; %5f_Host-id=4"],
            &["%5F_Host-id", "%5f_Host-id"],
        ),
        (
            &["a=b", "\u{a0}__Host-id=2", "c=d; %5F_Host-x="],
            &["\u{a0}__Host-id", "%5F_Host-x"],
        ),
        // What stands in a value is no name.
        (&["a=%5F_Host-id; a=\u{2000}__Host-id=1"], &[]),
    ];
    for (lines, expected) in table {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        let expected: Vec<Vec<u8>> = expected
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        assert_eq!(look_alikes(&headers(&lines)), expected);
    }
}

#[test]
fn cookies_are_unreadable_where_one_is_no_text() {
    let table: [(&[&[u8]], bool); 6] = [
        (&[], false),
        (&[b"a=b"], false),
        (&["a=小".as_bytes()], false),
        (&[b"a=\xff"], true),
        (&[b"a=b; \xe5\xb0=c"], true),
        (&[b"a=b", b"\x80=c"], true),
    ];
    for (lines, expected) in table {
        assert_eq!(are_unreadable(&headers(lines)), expected, "{lines:?}");
    }
}

/// As actix-web reads a request's cookies and actix-session finds its own.
fn is_read_as_a_host_cookie(name: &str) -> bool {
    actix_web::cookie::Cookie::parse_encoded(format!("{name}=v"))
        .is_ok_and(|cookie| cookie.name().starts_with(HOST_PREFIX))
}

proptest! {
    #[test]
    fn what_actix_takes_for_a_host_cookie_is_one_or_a_look_alike(
        name in "[ \t\u{a0}\u{2000}\u{3000}]{0,2}(_|%5F|%5f){2}(H|%48)ost(-|%2D)[a-z%\u{a0}]{0,4}",
    ) {
        prop_assume!(is_read_as_a_host_cookie(&name));
        let trimmed = trimmed(name.as_bytes());
        prop_assert!(trimmed.starts_with(HOST_PREFIX.as_bytes()) || is_look_alike(trimmed));
    }

    #[test]
    fn any_cookies_are_read(line in prop::collection::vec(
        prop_oneof![b' '..=b'~', 0x80_u8..=0xff, Just(b';'), Just(b'='), Just(b'%'), Just(b'\t')],
        0..60,
    )) {
        let headers = headers(&[&line]);
        prop_assert_eq!(cookies(&headers).count(), line.split(|byte| *byte == b';').count());
        for (name, value) in cookies(&headers) {
            prop_assert!(!name.contains(&b'='));
            for bytes in [name, value] {
                let is_space = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
                prop_assert!(!is_space(bytes.first()) && !is_space(bytes.last()));
            }
        }
        let _ = (look_alikes(&headers), are_unreadable(&headers));
    }
}
