use super::*;

fn origins() -> Origins {
    Origins::parse(["https://www.example.cn", "http://localhost:5173"].into_iter()).unwrap()
}

#[test]
fn address_is_at_one_of_the_origins() {
    let table = [
        ("https://www.example.cn/", Some("https://www.example.cn/")),
        ("https://www.example.cn", Some("https://www.example.cn/")),
        (
            "HTTPS://WWW.example.cn/a/../b?c#d",
            Some("https://www.example.cn/b?c#d"),
        ),
        (
            "http://localhost:5173/#/x",
            Some("http://localhost:5173/#/x"),
        ),
        ("http://localhost/", None),
        ("https://localhost:5173/", None),
        ("http://www.example.cn/", None),
        ("https://www.example.cn:8443/", None),
        ("https://www.example.cn.evil.example/", None),
        ("https://www.example.cn@evil.example/", None),
        ("https://user@www.example.cn/", None),
        ("https:\\\\www.example.cn/", None),
        ("https:/www.example.cn/", None),
        ("https:www.example.cn/", None),
        ("https://www.example\t.cn/", None),
        ("//www.example.cn/", None),
        ("/", None),
        ("javascript:alert(1)", None),
        ("", None),
    ];
    for (wanted, expected) in table {
        assert_eq!(origins().address(wanted).as_deref(), expected, "{wanted}");
    }
}

#[test]
fn origin_header_is_one_of_them() {
    let table: [(&[u8], bool); 7] = [
        (b"https://www.example.cn", true),
        (b"http://localhost:5173", true),
        (b"http://localhost", false),
        (b"https://evil.example", false),
        (b"null", false),
        (b"", false),
        (b"\xff", false),
    ];
    for (origin, expected) in table {
        assert_eq!(
            origins().contain(origin),
            expected,
            "{}",
            origin.escape_ascii()
        );
    }
}

#[test]
fn origin_has_no_path() {
    for wrong in ["https://www.example.cn/app", "www.example.cn", "*", ""] {
        assert!(Origins::parse([wrong].into_iter()).is_err(), "{wrong}");
    }
}
