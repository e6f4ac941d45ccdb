//! How it starts, says so, and ends.

use std::process::Stdio;

use actix_web::http::Method;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use support::{Port, Visitor, trials};

use crate::desk::{Desk, Done, Serving, send};

pub(crate) fn trials() -> Vec<Trial> {
    trials![[];
        it_says_where_it_is_and_whom_it_plays,
        it_ends_well_when_it_is_told_to,
        the_nearest_word_counts,
        ready_waits_until_it_is,
        ready_says_what_is_in_the_way,
        others_get_in_by_name_and_token,
        two_suites_do_not_see_each_other,
    ]
}

const TWO: &str = r#"
consent = "automatic"
[[account]]
kind = "test"
[[account]]
kind = "official"
appid = "wx00000000000000a1"
secret = "7e57000000000000000000000000000a"
any_redirect = true
gate_user_agent = false
[[person]]
id = "ming"
name = "小明"
[[person]]
id = "hong"
name = "小红"
"#;

async fn it_says_where_it_is_and_whom_it_plays() {
    let desk = Desk::with_file(TWO);
    let serving = desk.serve(&["--https", "127.0.0.1:0", "--proxy", "localhost:0"]);
    let words: Vec<_> = serving
        .said
        .lines()
        .map(|line| line.split(' ').next().unwrap_or_default())
        .collect();
    assert_eq!(
        words,
        [
            "wechat-sim",
            "http",
            "https",
            "proxy",
            "account",
            "account",
            "ca",
            "ready"
        ]
    );
    assert_eq!(serving.line("wechat-sim"), env!("CARGO_PKG_VERSION"));
    assert_eq!(
        serving.line("account"),
        "appid wx7e57000000000001 secret 7e57c0de5ec2e7007e57c0de5ec2e700"
    );
    assert!(
        serving
            .said
            .contains("appid wx00000000000000a1 secret 7e57000000000000000000000000000a")
    );
    let (ca, expires) = serving.line("ca").split_once(" expires ").expect("both");
    assert!(std::path::Path::new(ca).is_file(), "{ca}");
    assert!(
        expires.starts_with("20") && expires.ends_with('Z'),
        "{expires}"
    );

    // What needs no certificate makes none.
    let desk = Desk::new();
    let serving = desk.serve(&[]);
    assert!(!serving.said.contains("ca "), "{}", serving.said);
    assert_eq!(std::fs::read_dir(desk.path()).expect("the desk").count(), 0);
}

async fn it_ends_well_when_it_is_told_to() {
    for signal in ["TERM", "INT"] {
        let serving = Desk::new().serve(&[]);
        assert_eq!(serving.end(signal), (Some(0), String::new()), "{signal}");
    }
    // Nobody reads what it says.
    let desk = Desk::new();
    let port = Port::new();
    let mut child = desk
        .command(&["--http", &port.address()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    drop(child.stdout.take());
    desk.run(&["ready", "--http", &port.address(), "--wait", "60s"])
        .assert_status(0);
    send(&child, "TERM");
    assert_eq!(child.wait().expect("its end").code(), Some(0));
}

/// The command line before the environment, before the file, before the default.
async fn the_nearest_word_counts() {
    let ports = [(); 3].map(|()| Port::new());
    let [line, environment, file] = ports.each_ref().map(Port::address);
    let desk = Desk::with_file(&format!("http = \"{file}\"\nproxy = 0\n"));
    let http = |arguments: &[&str], environment: Option<&str>| {
        let mut command = desk.command(arguments);
        if let Some(address) = environment {
            command.env("WECHAT_SIM_HTTP", address);
        }
        Serving::start(command).line("http").to_owned()
    };
    assert_eq!(
        http(&["--http", &line], Some(&environment)),
        format!("http://{line}")
    );
    assert_eq!(
        http(&["serve", "--http", &line], None),
        format!("http://{line}")
    );
    assert_eq!(
        http(&[], Some(&environment)),
        format!("http://{environment}")
    );
    assert_eq!(http(&[], None), format!("http://{file}"));
    // What the file switches on can be switched off.
    let serving = desk.serve(&["--proxy", "off"]);
    assert!(!serving.said.contains("proxy"), "{}", serving.said);
    // A file of another name and place; what it names is seen from there.
    std::fs::create_dir(desk.path().join("sub")).expect("a folder");
    desk.write("sub/other.toml", "proxy = 0\ntls_dir = \"tls\"\n");
    let serving = desk.serve(&["--config", "sub/other.toml"]);
    assert!(
        serving.line("ca").contains("/sub/tls/ca.pem expires "),
        "{}",
        serving.said
    );
}

async fn ready_waits_until_it_is() {
    let desk = Desk::new();
    let [http, proxy] = [Port::new(), Port::new()].map(|port| (port.address(), port));
    let arguments = ["--http", &http.0, "--proxy", &proxy.0];
    let waiting = desk
        .command(&["ready", "--wait", "60s"])
        .args(arguments)
        .spawn()
        .expect("a process");
    let _serving = Serving::start(desk.command(&arguments));
    let done = waiting.wait_with_output().expect("its end");
    assert_eq!(done.status.code(), Some(0));
    // By the environment, as in a container.
    let mut ready = desk.command(&["ready"]);
    ready.env("WECHAT_SIM_HTTP", &http.0);
    Done::of(ready).assert_status(0);
}

async fn ready_says_what_is_in_the_way() {
    let desk = Desk::new();
    let nobody = Port::new().address();
    let done = desk.run(&["ready", "--http", &nobody]).assert_status(1);
    let expected = format!(
        "wechat-sim: nobody answers at {nobody}: start `wechat-sim`, or wait with `--wait 30s`\n"
    );
    assert_eq!(done.err, expected);
    let serving = desk.serve(&[]);
    let http = serving.line("http").trim_start_matches("http://");
    let done = desk
        .run(&["ready", "--http", http, "--proxy", &nobody])
        .assert_status(1);
    assert_eq!(done.err, expected);
    // Somebody else's server.
    let other =
        support::program::Program::start(support::demo::command("guard"), |guard, _, port| {
            guard.env("LISTEN", format!("127.0.0.1:{port}"));
        });
    let done = desk
        .run(&["ready", "--http", &other.address()])
        .assert_status(1);
    assert!(done.err.contains("is no simulator"), "{}", done.err);
}

async fn others_get_in_by_name_and_token() {
    let desk = Desk::new();
    let token = "7e57".repeat(16);
    desk.write("token", &format!("{token}\n"));
    let mut command = desk.command(&["--http", "0.0.0.0:0", "--token-file", "token"]);
    command.env("WECHAT_SIM_ALLOW_HOST", "sim,other");
    let serving = Serving::start(command);
    // As it is reached on this machine.
    let http = serving.line("http");
    assert!(http.starts_with("http://127.0.0.1:"), "{http}");
    let visitor = Visitor::new();
    let authorization = format!("Bearer {token}");
    for (headers, status) in [
        (&[("host", "sim")][..], 401),
        (&[("host", "sim"), ("authorization", "Bearer 7e57")], 401),
        (&[("host", "sim"), ("authorization", &authorization)], 200),
        (
            &[("host", "other:7301"), ("authorization", &authorization)],
            200,
        ),
        (&[("host", "third"), ("authorization", &authorization)], 403),
    ] {
        let page = visitor
            .get_with(&format!("{http}/_control/v1/people"), headers)
            .await;
        assert_eq!(page.status.as_u16(), status, "{headers:?}: {}", page.body);
    }
    // A health check has no token.
    let address = http.trim_start_matches("http://");
    desk.run(&["ready", "--http", address]).assert_status(0);
}

/// Each has an account of its own, signs people in and sets faults, all at the same time.
async fn two_suites_do_not_see_each_other() {
    let desk = Desk::with_file(TWO);
    let serving = desk.serve(&[]);
    let http = serving.line("http");
    let suites = [
        (
            "wx7e57000000000001",
            "7e57c0de5ec2e7007e57c0de5ec2e700",
            "ming",
            "小明",
            40001,
        ),
        (
            "wx00000000000000a1",
            "7e57000000000000000000000000000a",
            "hong",
            "小红",
            45011,
        ),
    ];
    let mut runs = Vec::new();
    for suite in suites {
        let http = http.to_owned();
        runs.push(actix_web::rt::spawn(suite_of(http, suite)));
    }
    for run in runs {
        run.await.expect("a suite passes");
    }
}

async fn suite_of(http: String, (appid, secret, id, name, errcode): (&str, &str, &str, &str, i64)) {
    let visitor = Visitor::new();
    let client = awc::Client::default();
    let control = |method: Method, path: &str, body: Value| {
        let url = format!("{http}/_control/v1{path}");
        let sent = client.request(method, &url).send_json(&body);
        async move {
            let answer = sent.await.expect("an answer");
            assert!(answer.status().is_success(), "{url}: {body}: {answer:?}");
        }
    };
    let callback = "http%3A%2F%2F127.0.0.1%3A8008%2F";
    for round in 0..20 {
        control(
            Method::PUT,
            "/session",
            json!({"appid": appid, "person": id}),
        )
        .await;
        let authorize = format!(
            "{http}/connect/oauth2/authorize?appid={appid}&redirect_uri={callback}\
             &response_type=code&scope=snsapi_userinfo&state=s{round}#wechat_redirect"
        );
        let code = visitor
            .get(&authorize)
            .await
            .location_param("code")
            .expect("a code");
        let exchange = format!(
            "{http}/sns/oauth2/access_token?appid={appid}&secret={secret}&code={code}\
             &grant_type=authorization_code"
        );
        control(
            Method::POST,
            "/faults",
            json!({"appid": appid, "endpoint": "access_token", "fault": {"errcode": errcode}, "times": 1}),
        )
        .await;
        let refused: Value =
            serde_json::from_str(&visitor.get(&exchange).await.body).expect("JSON");
        assert_eq!(refused["errcode"], errcode, "{refused}");
        let tokens: Value = serde_json::from_str(&visitor.get(&exchange).await.body).expect("JSON");
        let profile = format!(
            "{http}/sns/userinfo?access_token={}&openid={}&lang=zh_CN",
            tokens["access_token"].as_str().expect("a token"),
            tokens["openid"].as_str().expect("an openid"),
        );
        let user: Value = serde_json::from_str(&visitor.get(&profile).await.body).expect("JSON");
        assert_eq!(user["nickname"], name, "{user}");
        let calls = visitor
            .get(&format!("{http}/_control/v1/calls?appid={appid}"))
            .await;
        let calls: Value = serde_json::from_str(&calls.body).expect("JSON");
        let counts = &calls["counts"];
        assert_eq!(counts["/sns/oauth2/access_token"], 2, "{calls}");
        assert_eq!(counts["/sns/userinfo"], 1, "{calls}");
        // Only this one's account begins anew.
        control(Method::POST, "/reset", json!({"appid": appid})).await;
    }
}
