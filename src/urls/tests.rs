use proptest::prelude::*;

use super::*;

const OURS: &str = "0u0123456789abcdefABCDEF0123456789";
const CODE: &str = "021wn10w3otnc23Qtt0w3QFXD62wn10D";

fn public(text: &str) -> PublicUrl {
    PublicUrl::parse(text).unwrap()
}

/// What WeChat does to the page that it sends a visitor back to.
fn append(page: &str, parameters: &str) -> String {
    let separator = if page.contains('?') { '&' } else { '?' };
    format!("{page}{separator}{parameters}")
}

fn cleaned(address: &str) -> String {
    match address.split_once('?') {
        Some((path, query)) => clean(path, Some(query)).into_owned(),
        None => clean(address, None).into_owned(),
    }
}

fn a_path() -> impl Strategy<Value = String> {
    // All that an HTTP request line lets through.
    prop_oneof![
        "/",
        "/[!$-;=@-_a-z|~\"{}]{0,20}",
        "(/[a-z%0-9A-F.]{0,4}){1,4}"
    ]
}

fn a_pair() -> impl Strategy<Value = String> {
    prop_oneof![
        "[!$%'-;=?-~]{0,12}",
        Just(String::new()),
        Just("code".to_owned()),
        Just("state".to_owned()),
        Just("code=".to_owned()),
        Just("code=S808996686".to_owned()),
        Just("state=mine".to_owned()),
        Just("codec=opus".to_owned()),
        Just("Code=1".to_owned()),
        Just("co%64e=1".to_owned()),
        Just("q=a+b%2Bc%20d".to_owned()),
        Just("name=%FF%fe%E5%B0".to_owned()),
        Just("=".to_owned()),
        // A callback of long ago, copied into a link.
        Just(format!("state={OURS}")),
    ]
}

fn a_page() -> impl Strategy<Value = String> {
    let query = prop::option::of(prop::collection::vec(a_pair(), 0..6));
    (a_path(), query).prop_map(|(path, query)| match query {
        Some(pairs) => format!("{path}?{}", pairs.join("&")),
        None => path,
    })
}

fn a_state() -> impl Strategy<Value = State> {
    let scope = prop::sample::select(Scope::ALL.to_vec());
    (
        0..=State::MAX_ROUNDS,
        scope,
        any::<bool>(),
        "[0-9A-Za-z]{32}",
    )
        .prop_map(|(rounds, scope, own_code, challenge)| State {
            rounds,
            scope,
            own_code,
            challenge,
        })
}

#[test]
fn clean_takes_away_what_wechat_appended_and_nothing_else() {
    let cases = [
        ("/p", "/p"),
        ("/p?", "/p?"),
        ("/p?x=1", "/p?x=1"),
        // Without a `state` of ours nothing is WeChat's.
        ("/p?code=1", "/p?code=1"),
        ("/p?code=1&state=xyz", "/p?code=1&state=xyz"),
        ("/p?code=1&state", "/p?code=1&state"),
        ("/p?code=C&state={s}", "/p"),
        ("/p?state={s}", "/p"),
        ("/p?code=&state={s}", "/p"),
        ("/p?code&state={s}", "/p"),
        ("/p?x=1&code=C&state={s}", "/p?x=1"),
        ("/p?code=own&x=1&code=C&state={s}", "/p?code=own&x=1"),
        ("/p?state=own&code=C&state={s}", "/p?state=own"),
        (
            "/p?codec=1&statement=2&code=C&state={s}",
            "/p?codec=1&statement=2",
        ),
        // What a chat appends to a link that it shares.
        (
            "/p?a=1&code=C&state={s}&from=singlemessage&isappinstalled=0",
            "/p?a=1&from=singlemessage&isappinstalled=0",
        ),
        ("/p?state={s}&code=C", "/p"),
        ("/p?&code=C&state={s}", "/p?"),
        ("/p?&&code=C&state={s}", "/p?&"),
        ("/p?a&a&a=&code=C&state={s}", "/p?a&a&a="),
        ("/p?q=a+b%2Bc&n=%FF&code=C&state={s}", "/p?q=a+b%2Bc&n=%FF"),
        // The last state is the app's own: all of it is.
        (
            "/p?code=C&state={s}&state=own",
            "/p?code=C&state={s}&state=own",
        ),
    ];
    for (address, expected) in cases {
        let (address, expected) = (address.replace("{s}", OURS), expected.replace("{s}", OURS));
        assert_eq!(cleaned(&address), expected, "{address}");
    }
}

#[test]
fn callback_is_the_last_code_and_the_last_state() {
    let cases = [
        ("", None),
        ("code=C", None),
        ("code=C&state=xyz", None),
        ("xcode=C&xstate={s}", None),
        ("code=C&state={s}&state=own", None),
        ("code=C&state={s}", Some(Some("C"))),
        ("code=A&code=B&state={s}", Some(Some("B"))),
        ("code=A&state=own&code=B&state={s}", Some(Some("B"))),
        ("state={s}", Some(None)),
        ("code=&state={s}", Some(None)),
        ("code&state={s}", Some(None)),
        ("code=A&code=&state={s}", Some(None)),
        ("codec=1&state={s}", Some(None)),
        ("code=a%2Bb+c%3D=&state={s}", Some(Some("a+b c=="))),
        ("code=%FF&state={s}", Some(Some("\u{fffd}"))),
    ];
    for (query, expected) in cases {
        let found = Callback::find(&query.replace("{s}", OURS));
        let code = found.as_ref().map(|callback| callback.code.as_deref());
        assert_eq!(code, expected, "{query}");
        if let Some(found) = found {
            assert_eq!(found.state.encode(), OURS, "{query}");
        }
    }
}

#[test]
fn a_code_of_the_pages_own_is_not_wechats() {
    let state = OURS.replacen('u', "v", 1);
    let cases = [
        ("/p?code=own&state={s}", None, "/p?code=own"),
        ("/p?code=own&x=1&state={s}", None, "/p?code=own&x=1"),
        ("/p?code=own&code=&state={s}", None, "/p?code=own"),
        ("/p?code=own&code=C&state={s}", Some("C"), "/p?code=own"),
    ];
    for (address, code, expected) in cases {
        let address = address.replace("{s}", &state);
        let (_, query) = address.split_once('?').unwrap();
        let found = Callback::find(query).unwrap();
        assert_eq!(found.code.as_deref(), code, "{address}");
        assert_eq!(cleaned(&address), expected, "{address}");
    }
}

#[test]
fn state_of_another_shape_is_the_apps() {
    let nonce = "0123456789abcdefABCDEF0123456789";
    let ours = [
        ("0b", 0, Scope::Base, false),
        ("1u", 1, Scope::UserInfo, false),
        ("2l", 2, Scope::Login, false),
        ("3c", 3, Scope::Base, true),
        ("0v", 0, Scope::UserInfo, true),
        ("1m", 1, Scope::Login, true),
    ];
    for (head, rounds, scope, own_code) in ours {
        let text = format!("{head}{nonce}");
        let expected = State {
            rounds,
            scope,
            own_code,
            challenge: nonce.to_owned(),
        };
        assert_eq!(expected.encode(), text);
        assert_eq!(State::parse(&text), Some(expected), "{head}");
    }
    let foreign = [
        String::new(),
        "0".to_owned(),
        "0u".to_owned(),
        nonce.to_owned(),
        format!("4u{nonce}"),
        format!("9u{nonce}"),
        format!("xu{nonce}"),
        format!("٣u{nonce}"),
        format!("0x{nonce}"),
        format!("0U{nonce}"),
        format!("0u{nonce}0"),
        format!("0u{}", &nonce[1..]),
        format!("0u{}_", &nonce[1..]),
        format!("0u{}%", &nonce[1..]),
        // 32 bytes, but not 32 letters and digits.
        format!("0u{}é", &nonce[2..]),
        format!(" 0u{nonce}"),
    ];
    for text in foreign {
        assert_eq!(State::parse(&text), None, "{text:?}");
    }
}

#[test]
fn scopes_have_wechats_names_and_letters_of_their_own() {
    let table = [
        (Scope::Base, "snsapi_base", 'b', false),
        (Scope::UserInfo, "snsapi_userinfo", 'u', true),
        (Scope::Login, "snsapi_login", 'l', true),
    ];
    assert_eq!(table.map(|(scope, ..)| scope), Scope::ALL);
    for (scope, name, letter, has_profile) in table {
        assert_eq!(scope.name(), name);
        assert_eq!(scope.letter(), letter);
        assert_eq!(scope.has_profile(), has_profile, "{name}");
        assert_eq!(Scope::from_letter(letter), Some(scope));
    }
    assert_eq!(Scope::from_letter('x'), None);
}

#[test]
fn page_has_a_code_where_its_query_has_one() {
    let table = [
        ("/p?code=1", true),
        ("/p?x&code", true),
        ("/p?code=&x", true),
        ("/p", false),
        ("/code=1", false),
        ("/p?codec=1&x=code", false),
        ("/p&code=1", false),
    ];
    for (page, expected) in table {
        assert_eq!(has_code(page), expected, "{page}");
    }
}

#[test]
fn authorize_url_is_the_documented_one() {
    let redirect_uri = "https://shop.example.cn/wechat8008/index";
    let mut state = State::parse(OURS).unwrap();
    let rest = "?appid=wx0123456789abcdef&redirect_uri=https%3A%2F%2Fshop.example.cn%2Fwechat8008%2Findex&response_type=code&scope={scope}&state={state}#wechat_redirect";
    for (scope, path) in [
        (Scope::Base, "oauth2/authorize"),
        (Scope::UserInfo, "oauth2/authorize"),
        (Scope::Login, "qrconnect"),
    ] {
        state.scope = scope;
        let expected = format!("https://open.weixin.qq.com/connect/{path}{rest}")
            .replace("{scope}", scope.name())
            .replace("{state}", &state.encode());
        let url = authorize(
            "https://open.weixin.qq.com",
            "wx0123456789abcdef",
            redirect_uri,
            &state,
        );
        assert_eq!(url, expected);
    }
}

#[test]
fn public_url_is_an_origin_and_a_prefix() {
    let cases = [
        (
            "https://shop.example.cn",
            "https://shop.example.cn/p?x",
            "/p?x",
        ),
        (
            "https://shop.example.cn/",
            "https://shop.example.cn/p?x",
            "/p?x",
        ),
        (
            " https://SHOP.example.cn:443 ",
            "https://shop.example.cn/p?x",
            "/p?x",
        ),
        ("http://127.0.0.1:8008", "http://127.0.0.1:8008/p?x", "/p?x"),
        ("http://[::1]:80", "http://[::1]/p?x", "/p?x"),
        (
            "https://shop.example.cn/pre/fix/",
            "https://shop.example.cn/pre/fix/p?x",
            "/pre/fix/p?x",
        ),
        (
            "https://中文.example.cn/路",
            "https://xn--fiq228c.example.cn/%E8%B7%AF/p?x",
            "/%E8%B7%AF/p?x",
        ),
    ];
    for (text, page, path) in cases {
        let public = public(text);
        assert_eq!(public.page("/p?x"), page, "{text}");
        assert_eq!(public.path("/p?x"), path, "{text}");
    }
}

#[test]
fn page_without_a_path_stays_on_the_host() {
    let public = public("https://shop.example.cn");
    // What a request line may hold instead of a path.
    assert_eq!(public.page("*"), "https://shop.example.cn/*");
    assert_eq!(
        public.page(".evil.example"),
        "https://shop.example.cn/.evil.example"
    );
    assert_eq!(
        public.page("@evil.example"),
        "https://shop.example.cn/@evil.example"
    );
    assert_eq!(public.page(""), "https://shop.example.cn");
}

#[test]
fn public_url_says_what_is_wrong() {
    let cases = [
        ("", "absolute URL"),
        ("shop.example.cn", "absolute URL"),
        ("/shop", "absolute URL"),
        ("//shop.example.cn", "absolute URL"),
        ("https://", "absolute URL"),
        ("ftp://shop.example.cn", "must begin with `https://`"),
        ("file:///etc", "must begin with `https://`"),
        ("shop:8008", "must begin with `https://`"),
        ("https://user@shop.example.cn", "user name"),
        ("https://:word@shop.example.cn", "user name"),
        ("https://shop.example.cn?x", "before any `?` or `#`"),
        ("https://shop.example.cn/?", "before any `?` or `#`"),
        ("https://shop.example.cn/#x", "before any `?` or `#`"),
        ("https://shop.example.cn//evil.example", "empty part"),
    ];
    for (text, problem) in cases {
        let err = PublicUrl::parse(text).unwrap_err();
        assert!(err.contains(problem), "{text:?}: {err}");
    }
}

#[test]
fn public_url_knows_its_kind() {
    // https, loopback, port, address
    let cases = [
        ("https://shop.example.cn", [true, false, false, false]),
        ("http://shop.example.cn:8080", [false, false, true, false]),
        ("http://localhost:8008", [false, true, true, false]),
        ("http://shop.localhost", [false, true, false, false]),
        ("http://notlocalhost", [false, false, false, false]),
        ("http://127.0.0.1", [false, true, false, true]),
        ("http://127.9.9.9", [false, true, false, true]),
        ("https://[::1]:8443", [true, true, true, true]),
        ("https://192.0.2.1:443", [true, false, false, true]),
        ("http://[2001:db8::1]", [false, false, false, true]),
    ];
    for (text, expected) in cases {
        let url = public(text);
        let kind = [
            url.is_https(),
            url.is_loopback(),
            url.has_port(),
            url.is_ip(),
        ];
        assert_eq!(kind, expected, "{text}");
    }
}

#[test]
fn return_to_stays_on_the_site() {
    let cases = [
        ("/", Some("/")),
        ("/cart?a=b+c%2B#d", Some("/cart?a=b+c%2B#d")),
        ("/a//b", Some("/a//b")),
        ("/@evil.example", Some("/@evil.example")),
        ("/https://evil.example", Some("/https://evil.example")),
        ("/?next=//evil.example", Some("/?next=//evil.example")),
        ("/a/../b", Some("/b")),
        ("/../../b", Some("/b")),
        ("/购物", Some("/%E8%B4%AD%E7%89%A9")),
        ("", None),
        ("cart", None),
        ("?x", None),
        ("#x", None),
        ("//evil.example", None),
        ("///evil.example", None),
        ("/\\evil.example", None),
        ("\\\\evil.example", None),
        ("/a\\b", None),
        ("/..//evil.example", None),
        ("/.//evil.example", None),
        ("/.//x", None),
        ("/a/..//evil.example", None),
        ("/%2e%2e//evil.example", None),
        ("/%2e//evil.example", None),
        ("/\t/evil.example", None),
        ("\t//evil.example", None),
        ("/\n/evil.example", None),
        ("/\u{7f}", None),
        ("/\u{85}", None),
        ("/a\0", None),
        (" //evil.example", None),
        ("https://evil.example/", None),
        ("https://shop.example.cn/", None),
        ("javascript:alert(1)", None),
        ("@evil.example", None),
        (".evil.example", None),
        (":80", None),
    ];
    for (wanted, expected) in cases {
        let page = public("https://shop.example.cn").return_to(wanted);
        assert_eq!(page.as_deref(), expected, "{wanted:?}");
    }
    // Behind a prefix the page is what the app itself is asked for, and above it nothing is ours.
    let cases = [
        ("/cart", Some("/cart")),
        ("/../pre/cart", Some("/cart")),
        ("/../other", None),
        ("/../prefix", None),
        ("/..", None),
        ("/..//evil.example", None),
        ("/../pre//evil.example", None),
    ];
    for (wanted, expected) in cases {
        let page = public("https://shop.example.cn/pre").return_to(wanted);
        assert_eq!(page.as_deref(), expected, "{wanted:?}");
    }
}

#[test]
fn referred_page_is_one_of_the_app() {
    let callback = format!("https://shop.example.cn/pre/a?x=1&code=C&state={OURS}");
    let cases = [
        ("https://shop.example.cn/pre/a?x=%FF#y", Some("/a?x=%FF")),
        ("https://shop.example.cn/pre/", Some("/")),
        (callback.as_str(), Some("/a?x=1")),
        ("https://shop.example.cn/pre", None),
        ("https://shop.example.cn/", None),
        ("https://shop.example.cn/prefix", None),
        ("https://shop.example.cn/pre//evil.example", None),
        ("http://shop.example.cn/pre/a", None),
        ("https://shop.example.cn:8443/pre/a", None),
        ("https://shop.example.cn.evil.example/pre/a", None),
        ("https://shop.example.cn@evil.example/pre/a", None),
        ("https://evil.example/pre/a", None),
        ("/pre/a", None),
        ("about:client", None),
        ("", None),
    ];
    for (referer, expected) in cases {
        let page = public("https://shop.example.cn/pre").referred(referer);
        assert_eq!(page.as_deref(), expected, "{referer:?}");
    }
}

#[test]
fn base_url_is_loopback_by_its_host_alone() {
    let is_loopback_url = |text: &str| is_loopback(&base_url(text).unwrap());
    assert!(is_loopback_url("http://127.0.0.1:1/x"));
    assert!(!is_loopback_url("http://127.0.0.1.example.cn"));
    assert!(!is_loopback_url("http://localhost.example.cn"));
    assert!(!is_loopback(&Url::parse("data:,localhost").unwrap()));
}

#[test]
fn encode_leaves_only_what_needs_no_escape() {
    assert_eq!(encode("azAZ09-._*"), "azAZ09-._*");
    assert_eq!(
        encode("a b&c=d+e%/?#:~é"),
        "a+b%26c%3Dd%2Be%25%2F%3F%23%3A%7E%C3%A9"
    );
}

#[test]
fn encode_has_a_quick_look_that_changes_nothing() {
    for char in '\0'..='\x7f' {
        let text = char.to_string();
        let thorough: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        assert_eq!(encode(&text), thorough, "{text:?}");
    }
    assert!(matches!(encode("azAZ09-._"), Cow::Borrowed(_)));
}

proptest! {
    #[test]
    fn page_comes_back_byte_for_byte(page in a_page(), state in a_state(), code in "[0-9A-Za-z]{1,40}") {
        let state = State { own_code: has_code(&page), ..state };
        let consented = append(&page, &format!("code={code}&state={}", state.encode()));
        prop_assert_eq!(cleaned(&consented), page.as_str());
        let found = Callback::find(consented.split_once('?').unwrap().1);
        prop_assert_eq!(found, Some(Callback { code: Some(code), state }));
    }

    #[test]
    fn declined_page_comes_back_byte_for_byte(page in a_page(), state in a_state()) {
        // Of two codes of the page's own, the last cannot be told from WeChat's.
        let codes = page.split(['?', '&']).skip(1).filter(|pair| value_of(pair, "code").is_some());
        prop_assume!(codes.count() <= 1);
        let state = State { own_code: has_code(&page), ..state };
        let declined = append(&page, &format!("state={}", state.encode()));
        prop_assert_eq!(cleaned(&declined), page.as_str());
    }

    #[test]
    fn foreign_pairs_keep_their_order(
        before in prop::collection::vec(a_pair(), 0..4),
        between in prop::collection::vec("[a-z]{1,3}=[0-9%+A-F]{0,4}", 0..3),
        after in prop::collection::vec("[a-z]{1,3}=[0-9%+A-F]{0,4}", 0..3),
        state in a_state(),
    ) {
        let is_code = |pair: &String| value_of(pair, "code").is_some();
        let own_code = before.iter().chain(&between).chain(&after).any(is_code);
        let state = State { own_code, ..state };
        let mut all = before.clone();
        all.push(format!("code={CODE}"));
        all.extend(between.clone());
        all.push(format!("state={}", state.encode()));
        all.extend(after.clone());
        let kept = [before, between, after].concat();
        let expected = if kept.is_empty() { "/p".to_owned() } else { format!("/p?{}", kept.join("&")) };
        let query = all.join("&");
        prop_assert_eq!(clean("/p", Some(&query)), expected);
    }

    #[test]
    fn clean_without_a_callback_changes_nothing(page in a_page()) {
        let query = page.split_once('?').map(|(_, query)| query);
        prop_assume!(query.and_then(Callback::find).is_none());
        prop_assert_eq!(cleaned(&page), page);
    }

    #[test]
    fn state_fits_wechats_rules_and_comes_back(state in a_state()) {
        let text = state.encode();
        prop_assert!(text.len() <= 128);
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        prop_assert_eq!(State::parse(&text), Some(state));
    }

    #[test]
    fn parsed_state_is_the_text(text in "[0-4x][bculmvx][0-9A-Za-z_]{31,33}") {
        if let Some(state) = State::parse(&text) {
            prop_assert_eq!(state.encode(), text);
        }
    }

    #[test]
    fn page_never_leaves_the_origin(page in a_page(), prefix in "(/[a-z]{1,5}){0,2}") {
        let public = public(&format!("https://shop.example.cn{prefix}"));
        let address = Url::parse(&public.page(&page)).unwrap();
        prop_assert_eq!(address.origin(), public.url.origin());
    }

    #[test]
    fn authorize_carries_the_page_exactly(page in a_page(), state in a_state()) {
        let page = public("https://shop.example.cn/pre").page(&page);
        let url = Url::parse(&authorize("https://open.weixin.qq.com", "wx1", &page, &state)).unwrap();
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let expected = [
            ("appid", "wx1"),
            ("redirect_uri", page.as_str()),
            ("response_type", "code"),
            ("scope", state.scope.name()),
            ("state", &state.encode()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        prop_assert_eq!(pairs, expected);
        prop_assert_eq!(url.fragment(), Some("wechat_redirect"));
    }

    #[test]
    fn no_return_to_leaves_the_site(
        wanted in prop_oneof![
            any::<String>(),
            "[/\\\\.@:?#%25eE\t\n a购-]{0,16}",
            "/[/\\\\.@:?#%25eE\t\n a购-]{0,16}",
            "(/|//|/\\.|/\\.\\.|/%2e|/%2E%2e|\\\\|/pre|/x){1,6}(evil\\.example)?",
            "https?:/{0,3}[a-z@:.\\\\/]{0,24}",
        ],
        prefix in prop_oneof![Just(""), Just("/pre")],
    ) {
        let public = public(&format!("https://shop.example.cn{prefix}"));
        for page in [public.return_to(&wanted), public.referred(&wanted)].into_iter().flatten() {
            prop_assert!(page.bytes().all(|byte| byte.is_ascii_graphic()), "{page}");
            // Both as an address and, as a browser reads a `Location`, as a path.
            let from = Url::parse("https://shop.example.cn/login?return_to=x").unwrap();
            for address in [Url::parse(&public.page(&page)), from.join(&public.path(&page))] {
                let address = address.unwrap();
                prop_assert_eq!(address.origin(), public.url.origin());
                prop_assert_eq!(address[url::Position::BeforePath..].strip_prefix(prefix), Some(page.as_str()));
            }
            prop_assert_eq!(public.return_to(&page), Some(page));
        }
    }
}
