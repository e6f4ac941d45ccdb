use crate::Wechat;

const APPID: &str = "wx0123456789abcdef";
const HOME: &str = "https://shop.example.cn";

#[test]
fn each_risk_is_named_with_its_cure() {
    // Appid, public URL, endpoint of both kinds; then the settings that are complained of.
    let table: [(&str, &str, Option<&str>, &[(&str, &str)]); 10] = [
        (APPID, HOME, None, &[]),
        ("ww0123456789abcdef", HOME, None, &[("appid", "WeCom")]),
        ("gh_0123456789ab", HOME, None, &[("appid", "16 hex digits")]),
        (
            APPID,
            "https://shop.example.cn:8443",
            None,
            &[("public_url", "10003")],
        ),
        (
            APPID,
            "http://203.0.113.7",
            None,
            &[("public_url", "10003"), ("public_url", "serve https")],
        ),
        (
            APPID,
            "http://127.0.0.1:8008",
            None,
            &[("public_url", "no phone reaches")],
        ),
        (
            APPID,
            "https://example.cn/shop/",
            None,
            &[("public_url", "`/shop`")],
        ),
        (
            APPID,
            "http://127.0.0.1:8008",
            Some("http://127.0.0.1:9000"),
            &[("open_url", "a simulator")],
        ),
        (
            APPID,
            HOME,
            Some("https://gateway.example.cn"),
            &[("open_url", "not WeChat's"), ("api_url", "not WeChat's")],
        ),
        (
            APPID,
            HOME,
            Some("http://gateway.example.cn"),
            &[("open_url", "in the clear"), ("api_url", "in the clear")],
        ),
    ];
    for (appid, public_url, endpoint, expected) in table {
        let mut builder = Wechat::builder()
            .appid(appid)
            .secret("secret")
            .public_url(public_url)
            .own_client();
        if let Some(endpoint) = endpoint {
            builder = builder.open_url(endpoint).api_url(endpoint);
        }
        let doctor = builder.build().unwrap().doctor();
        let found: Vec<_> = doctor
            .findings()
            .iter()
            .filter(|finding| !finding.advice().contains("the feature `rustls` is off"))
            .collect();
        assert_eq!(
            found.len(),
            expected.len(),
            "{appid} {public_url}: {doctor}"
        );
        for (finding, (setting, advice)) in found.iter().zip(expected) {
            assert_eq!(finding.setting(), *setting, "{doctor}");
            assert!(finding.advice().contains(advice), "{doctor}");
        }
    }
}
