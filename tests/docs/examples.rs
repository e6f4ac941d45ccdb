//! Each example is started, and somebody logs in there. Those that need a server are beside it, in
//! `tests/deploy`; the demo has tests of its own.

use actix_wechat::simulator::Simulator;
use support::{Page, Visitor, demo::command, program::Program};

fn example(name: &str) -> Program {
    Program::start(command(name), |example, folder, port| {
        example
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("MEMBERS", folder.join("members.sqlite"));
    })
}

/// Opens a page of an example and allows the login.
async fn log_in(visitor: &Visitor, url: &str) -> Page {
    let page = visitor.log_in(url).await.pop().expect("a page");
    page.assert_status(200);
    assert_eq!(page.url, url);
    page
}

#[actix_web::test]
async fn hello_greets_and_logs_out() {
    let simulator = Simulator::start().await.expect("a simulator");
    let hello = Program::start(command("hello"), |hello, _, port| {
        let account = simulator.account();
        hello
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("WECHAT_PUBLIC_URL", format!("http://127.0.0.1:{port}"))
            .env("WECHAT_APPID", account.appid())
            .env("WECHAT_APPSECRET", account.secret())
            .env("WECHAT_OPEN_URL", simulator.url())
            .env("WECHAT_API_URL", simulator.url())
            .env("SESSION_KEY", "0123456789abcdef".repeat(8));
    });
    let visitor = Visitor::new();
    let page = log_in(&visitor, &hello.at("/")).await;
    assert!(page.body.contains("你好，<bdi>"), "{}", page.body);
    assert!(
        page.body.contains("action=\"/logout?return_to=/bye\""),
        "{}",
        page.body
    );
    let out = visitor.post(&hello.at("/logout?return_to=/bye")).await;
    assert_eq!(out.assert_status(303).location(), hello.at("/bye"));
    let bye = visitor.get(&hello.at("/bye")).await;
    assert!(bye.body.contains("已退出登录"), "{}", bye.body);
    let again = visitor.get(&hello.at("/")).await;
    assert!(again.is_authorize(), "{again:?}");
}

#[actix_web::test]
async fn accounts_logs_in_at_shops_that_open_meanwhile() {
    let (mall, visitor) = (example("accounts"), Visitor::new());
    for shop in ["tea", "books"] {
        let page = mall.at(&format!("/shop/{shop}"));
        visitor.get(&page).await.assert_status(404);
        let open = mall.at(&format!("/open/{shop}"));
        visitor.post(&open).await.assert_status(201);
        let page = log_in(&visitor, &page).await;
        assert!(
            page.body.ends_with(&format!(" at wx-{shop}")),
            "{}",
            page.body
        );
    }
    let bad = visitor.post(&mall.at("/open/a%20b")).await;
    bad.assert_status(400);
}

#[actix_web::test]
async fn guard_shows_files_to_those_who_are_logged_in() {
    let guard = example("guard");
    let visitor = Visitor::new();
    let page = log_in(&visitor, &guard.at("/members/Cargo.toml")).await;
    assert!(page.body.contains("actix-wechat"), "{}", page.body);
    visitor
        .get(&guard.at("/members/nowhere"))
        .await
        .assert_status(404);
}

#[actix_web::test]
async fn metrics_tells_prometheus_of_a_login() {
    let metrics = example("metrics");
    let visitor = Visitor::new();
    let told = async || visitor.get(&metrics.at("/metrics")).await;
    let ended = |times| format!("outcome=\"completed\"}} {times}\n");
    let before = told().await;
    before.assert_status(200);
    assert!(before.header("content-type").starts_with("text/plain"));
    assert!(before.body.contains(&ended(0)), "{}", before.body);
    log_in(&visitor, &metrics.at("/")).await;
    let after = told().await.body;
    assert!(after.contains(&ended(1)), "{after}");
    let bucket = r#"wechat_call_duration_seconds_bucket{call="exchange",outcome="ok",le="5"} 1"#;
    assert!(after.contains(bucket), "{after}");
}

#[actix_web::test]
async fn member_keeps_its_rows_over_a_restart() {
    let mut member = example("member");
    let visitor = Visitor::new();
    let page = log_in(&visitor, &member.at("/")).await;
    let (who, login) = page.body.rsplit_once(", ").expect("who and how often");
    assert!(who.starts_with("member 1: "), "{}", page.body);
    assert_eq!(login, "login 1");
    visitor.post(&member.at("/logout")).await.assert_status(200);
    let page = log_in(&visitor, &member.at("/")).await;
    assert_eq!(page.body, format!("{who}, login 2"));

    // The row is gone and the session is not: who comes back joins afresh.
    let rows = member.folder.path().join("members.sqlite");
    let rows = rusqlite::Connection::open(rows).expect("the database");
    rows.execute("DELETE FROM members", ()).expect("a table");
    let page = log_in(&visitor, &member.at("/")).await;
    let name = who.rsplit(": ").next().unwrap_or_default();
    assert!(
        page.body.ends_with(&format!("{name}, login 1")),
        "{}",
        page.body
    );
    visitor.post(&member.at("/logout")).await.assert_status(200);
    log_in(&visitor, &member.at("/")).await;

    member.stop();
    member.start_again();
    // Its session key is new, so this is a login of somebody who is a member already.
    let page = log_in(&visitor.elsewhere(), &member.at("/")).await;
    assert!(
        page.body.ends_with(&format!("{name}, login 3")),
        "{}",
        page.body
    );
}

#[actix_web::test]
async fn spa_learns_where_to_log_in_and_comes_back() {
    let spa = example("spa");
    let visitor = Visitor::new();
    let home = spa.at("/?tab=2");
    visitor.visit(&home).await.assert_status(200);
    let fetch = [
        ("accept", "application/json"),
        ("referer", home.as_str()),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-dest", "empty"),
    ];
    let me = spa.at("/api/me");
    let refused = visitor.get_with(&me, &fetch).await;
    refused.assert_status(401);
    let answer: serde_json::Value = serde_json::from_str(&refused.body).expect("JSON");
    let login = answer["login_url"].as_str().expect("a login page");
    let page = visitor.log_in(&spa.at(login)).await.pop().expect("a page");
    page.assert_status(200);
    assert_eq!(page.url, home);
    let user = visitor.get_with(&me, &fetch).await;
    user.assert_status(200);
    assert!(user.body.contains("\"nickname\""), "{}", user.body);
}
