use std::io::ErrorKind;

use actix_wechat::simulator::{Account, Endpoint, Fault, Person, Simulator};

use super::client::*;

#[test]
fn only_loopback_is_listened_on() {
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let address = address.parse().expect("an address");
        let error = actix_web::rt::System::new()
            .block_on(Simulator::builder().listen(address).start())
            .expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{address}");
    }
    let sim = automatic();
    let taken = sim
        .url()
        .trim_start_matches("http://")
        .parse()
        .expect("an address");
    let error = actix_web::rt::System::new()
        .block_on(Simulator::builder().listen(taken).start())
        .expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn it_runs_without_a_handle_and_until_it_is_stopped() {
    let sim = automatic();
    let other = sim.clone();
    let path = authorize(sim.account(), "snsapi_base");
    drop(sim);
    assert_eq!(get(&other, &path).status, 302);
    actix_web::rt::System::new().block_on(other.clone().stop());
    let error = request(&other, "GET", &path, &[], "").expect_err("stopped");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    // Twice does no harm.
    actix_web::rt::System::new().block_on(other.stop());
}

#[test]
fn stopping_waits_for_nobody() {
    let sim = automatic();
    sim.fault(Endpoint::Auth, Fault::Hang);
    let _hanging = send(&sim, "GET", "/sns/auth", &[], "").expect("a connection");
    while sim.count(Endpoint::Auth) == 0 {
        std::thread::yield_now();
    }
    // Returns although that call never will.
    actix_web::rt::System::new().block_on(sim.stop());
}

#[test]
fn the_log_is_bounded_and_the_counts_are_not() {
    let sim = start(Simulator::builder().remember(10));
    for number in 0..25 {
        get(&sim, &format!("/sns/auth?openid={number}"));
    }
    let calls = sim.calls();
    assert_eq!((sim.count(Endpoint::Auth), calls.len()), (25, 10));
    assert_eq!(calls[9].parameter("openid").as_deref(), Some("24"));
    assert_eq!(calls[9].parameter("none"), None);
    let codes: Vec<_> = (0..11)
        .map(|_| sim.mint_code(sim.account().appid(), &Person::named("小明"), "snsapi_base"))
        .collect();
    assert_eq!(
        get(&sim, &access_token(sim.account(), &codes[0])).errcode(),
        40029,
        "the oldest is forgotten"
    );
    assert_eq!(
        get(&sim, &access_token(sim.account(), &codes[10])).json()["scope"],
        "snsapi_base"
    );
}

#[test]
fn accounts_are_found_by_appid() {
    let sim = start(
        Simulator::builder()
            .account(Account::official("wx1", "s1", "a.cn"))
            .account(Account::website("wx2", "s2", "b.cn")),
    );
    assert_eq!(sim.account().appid(), "wx1");
    assert_eq!(
        sim.account_of("wx2").as_ref().map(Account::secret),
        Some("s2")
    );
    assert!(sim.account_of("wx3").is_none());
}
