use std::{ffi::OsString, process::Command};

use secrecy::ExposeSecret as _;

use super::*;
use crate::pages::language::Language;

const GOOD: [(&str, &str); 3] = [
    ("WECHAT_APPID", "wx0123456789abcdef"),
    ("WECHAT_APPSECRET", "0123456789abcdef0123456789abcdef"),
    ("WECHAT_PUBLIC_URL", "https://shop.example.cn/"),
];

/// The environment belongs to the whole process: what is made of one is told by a process of its
/// own, a line for each way to read it.
#[test]
#[ignore = "is run by those beside it, each time in another environment"]
fn child() {
    let told = |settings: Result<Builder, ConfigError>| match settings.and_then(Builder::build) {
        Ok(wechat) => format!("{wechat:?}"),
        Err(refused) => refused.to_string(),
    };
    println!("\nplain: {}", told(Wechat::from_env()));
    println!("shop: {}", told(Wechat::from_env_with_prefix("SHOP_")));
    let own = Wechat::from_env().map(|it| it.public_url("shop.example.cn"));
    println!("own public_url: {}", told(own));
    let own = Wechat::from_env().map(|it| it.proxy("proxy").api_url("http://127.0.0.1:1"));
    println!("own proxy: {}", told(own));
    if let Ok(builder) = Wechat::from_env() {
        let proxy = builder.proxy.value.as_ref();
        let why = builder
            .ask_first
            .as_ref()
            .map(|why| why.of(Language::Simplified));
        let read = [
            builder.open_url.value.as_str(),
            builder.api_url.value.as_str(),
            proxy.map_or("-", |proxy| proxy.expose_secret()),
            &format!("{:?}", builder.outside.value),
            &format!("{why:?}"),
        ];
        println!("read: {}", read.join(" "));
        if let Ok(wechat) = builder.build() {
            println!(
                "doctor: {}",
                wechat.doctor().to_string().replace('\n', "; ")
            );
        }
    }
}

/// The line that a process says of this environment.
fn told(line: &str, variables: &[(&str, OsString)]) -> String {
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "account::env::tests::child"])
        .args(["--ignored", "--nocapture"])
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    let said = String::from_utf8(child.stdout).unwrap();
    let start = format!("{line}: ");
    let told = said.lines().find_map(|said| said.strip_prefix(&start));
    told.unwrap_or_else(|| panic!("no {line} in {said}"))
        .to_owned()
}

fn good_and(more: &[(&'static str, &str)]) -> Vec<(&'static str, OsString)> {
    GOOD.iter()
        .chain(more)
        .map(|(name, value)| (*name, OsString::from(value)))
        .collect()
}

#[test]
fn value_that_cannot_work_is_refused_by_its_variable() {
    let quoted = "\"0123456789abcdef0123456789abcdef\"";
    let table: [(&[(&str, &str)], &str); 19] = [
        (
            &[],
            r#"Wechat { appid: "wx0123456789abcdef", public_url: "https://shop.example.cn", .. }"#,
        ),
        (&[("WECHAT_APPID", "")], "`WECHAT_APPID` is blank"),
        (
            &[("WECHAT_APPID", "wx;1")],
            "`WECHAT_APPID` must be letters",
        ),
        (&[("WECHAT_APPSECRET", " ")], "`WECHAT_APPSECRET` is blank"),
        (
            &[("WECHAT_APPSECRET", quoted)],
            "`WECHAT_APPSECRET` must not be in quotes",
        ),
        (
            &[("WECHAT_PUBLIC_URL", "shop.example.cn")],
            "`WECHAT_PUBLIC_URL` must be an absolute URL",
        ),
        (
            &[("WECHAT_PUBLIC_URL", "http:///shop")],
            "`WECHAT_PUBLIC_URL` must be an absolute URL",
        ),
        (&[("WECHAT_OPEN_URL", "")], "`WECHAT_OPEN_URL` must be"),
        (&[("WECHAT_API_URL", "")], "`WECHAT_API_URL` must be"),
        (
            &[(
                "WECHAT_API_URL",
                "https://api.weixin.qq.com,ftp://api2.weixin.qq.com",
            )],
            "`WECHAT_API_URL` must begin with",
        ),
        (
            &[("WECHAT_PROXY", "proxy.example.cn:3128")],
            "`WECHAT_PROXY` must be like",
        ),
        (&[("WECHAT_PROXY", "")], "`WECHAT_PROXY` must be like"),
        (
            &[("WECHAT_OUTSIDE", "page")],
            "`WECHAT_OUTSIDE` must be `redirect`, `qr` or `website`",
        ),
        (
            &[("WECHAT_OUTSIDE", "website")],
            "`WECHAT_WEBSITE_APPID` is missing",
        ),
        (
            &[
                ("WECHAT_OUTSIDE", "website"),
                ("WECHAT_WEBSITE_APPID", "wxfedcba9876543210"),
            ],
            "`WECHAT_WEBSITE_APPSECRET` is missing",
        ),
        (
            &[
                ("WECHAT_OUTSIDE", "website"),
                ("WECHAT_WEBSITE_APPID", "wxfedcba9876543210"),
                ("WECHAT_WEBSITE_APPSECRET", "'s3cret'"),
            ],
            "`WECHAT_WEBSITE_APPSECRET` must not be in quotes",
        ),
        (
            &[
                ("WECHAT_OUTSIDE", "website"),
                ("WECHAT_WEBSITE_APPID", "wx0123456789abcdef"),
                ("WECHAT_WEBSITE_APPSECRET", "s3cret"),
            ],
            "`WECHAT_WEBSITE_APPID` must be the website app's own",
        ),
        (
            &[("WECHAT_ASK_FIRST", "yes")],
            "`WECHAT_ASK_FIRST` must be `1` or `0`",
        ),
        (&[("WECHAT_ASK_FIRST", "")], "`WECHAT_ASK_FIRST` must be"),
    ];
    for (more, expected) in table {
        let told = told("plain", &good_and(more));
        assert!(told.starts_with(expected), "{more:?}: {told}");
        assert!(!told.contains("0123456789abcdef0123456789abcdef"), "{told}");
    }
    for missing in GOOD {
        let rest: Vec<_> = good_and(&[])
            .into_iter()
            .filter(|(name, _)| *name != missing.0)
            .collect();
        let expected = format!("`{}` is missing", missing.0);
        assert_eq!(told("plain", &rest), expected);
    }
}

#[cfg(unix)]
#[test]
fn value_that_is_no_text_is_refused_by_its_variable() {
    use std::os::unix::ffi::OsStringExt as _;
    for name in ["WECHAT_APPID", "WECHAT_PROXY", "WECHAT_OUTSIDE"] {
        let mut variables = good_and(&[]);
        variables.push((name, OsString::from_vec(vec![b'w', 0xff])));
        assert_eq!(told("plain", &variables), format!("`{name}` is not UTF-8"));
    }
}

#[test]
fn setting_made_by_its_method_is_blamed_by_that_name() {
    let variables = good_and(&[("WECHAT_PROXY", "nonsense")]);
    let told = |line| told(line, &variables);
    assert!(told("plain").starts_with("`WECHAT_PROXY` must be like"));
    assert!(told("own proxy").starts_with("`proxy` must be like"));
    assert!(told("own public_url").starts_with("`public_url` must be an absolute URL"));
}

#[test]
fn prefix_stands_before_each_name() {
    let mut variables = good_and(&[]);
    assert_eq!(told("shop", &variables), "`SHOP_APPID` is missing");
    variables.extend([
        ("SHOP_APPID", "wx1".into()),
        ("SHOP_APPSECRET", "s3cret".into()),
        ("SHOP_PUBLIC_URL", "ftp://shop.example.cn".into()),
    ]);
    let told = told("shop", &variables);
    assert!(told.starts_with("`SHOP_PUBLIC_URL` must begin"), "{told}");
}

#[test]
fn what_is_set_is_read_and_the_rest_has_its_default() {
    let website = [
        ("WECHAT_OUTSIDE", "website"),
        ("WECHAT_WEBSITE_APPID", "wxfedcba9876543210"),
        ("WECHAT_WEBSITE_APPSECRET", "s3cret"),
    ];
    let table: [(&[(&str, &str)], &str); 6] = [
        (
            &[],
            "https://open.weixin.qq.com https://api.weixin.qq.com - Redirect None",
        ),
        (
            &[
                ("WECHAT_OPEN_URL", "http://127.0.0.1:1"),
                ("WECHAT_API_URL", "http://127.0.0.1:2,http://127.0.0.1:3"),
                ("WECHAT_PROXY", "http://127.0.0.1:3128"),
            ],
            "http://127.0.0.1:1 http://127.0.0.1:2,http://127.0.0.1:3 http://127.0.0.1:3128 Redirect None",
        ),
        (
            &[("WECHAT_ASK_FIRST", "1")],
            "https://open.weixin.qq.com https://api.weixin.qq.com - Redirect Some(\"\")",
        ),
        (
            &[("WECHAT_ASK_FIRST", "0"), ("WECHAT_OUTSIDE", "redirect")],
            "https://open.weixin.qq.com https://api.weixin.qq.com - Redirect None",
        ),
        (
            &website,
            "https://open.weixin.qq.com https://api.weixin.qq.com - Website(\"wxfedcba9876543210\") None",
        ),
        #[cfg(feature = "qrcode")]
        (
            &[("WECHAT_OUTSIDE", "qr")],
            "https://open.weixin.qq.com https://api.weixin.qq.com - Qr None",
        ),
        #[cfg(not(feature = "qrcode"))]
        (
            &[],
            "https://open.weixin.qq.com https://api.weixin.qq.com - Redirect None",
        ),
    ];
    for (more, expected) in table {
        assert_eq!(told("read", &good_and(more)), expected, "{more:?}");
    }
}

#[test]
fn doctor_names_the_variables() {
    let variables = good_and(&[
        ("WECHAT_APPSECRET", "s3cret"),
        ("WECHAT_PUBLIC_URL", "http://127.0.0.1:8008"),
        ("WECHAT_OPEN_URL", "http://127.0.0.1:9000"),
        ("WECHAT_API_URL", "http://127.0.0.1:9000"),
    ]);
    let told = told("doctor", &variables);
    assert!(
        told.starts_with("`WECHAT_APPSECRET` is not 32 hex digits"),
        "{told}"
    );
    assert!(
        told.contains(
            "; `WECHAT_OPEN_URL` is `http://127.0.0.1:9000/`, as is `WECHAT_API_URL`: a simulator"
        ),
        "{told}"
    );
    assert!(
        !told.contains("`api_url`") && !told.contains("s3cret"),
        "{told}"
    );
}
