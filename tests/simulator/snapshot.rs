use actix_wechat::simulator::{Account, Consent, Person, Simulator, Snapshot};

use super::client::*;

fn tokens(sim: &Simulator, answer: &Answer) -> serde_json::Value {
    get(sim, &access_token(sim.account(), &answer.code())).json()
}

#[test]
fn a_snapshot_page_has_a_virtual_user_until_the_full_service() {
    let sim = start(
        Simulator::builder().account(Account::test().bound(true).snapshot(Snapshot::default())),
    );
    let path = authorize(sim.account(), "snsapi_userinfo");
    assert_eq!(sim.full_service_url(), None);
    let ming = Person::named("小明");
    let mut virtual_openids = Vec::new();
    for _ in 0..2 {
        let tokens = tokens(&sim, &get(&sim, &format!("{path}&forcePopup=true")));
        assert_eq!(tokens["is_snapshotuser"], 1);
        assert!(tokens["unionid"].is_string() && tokens["unionid"] != ming.unionid());
        assert_eq!(get(&sim, &userinfo(&tokens)).json()["nickname"], "微信用户");
        virtual_openids.push(tokens["openid"].clone());
    }
    assert_ne!(virtual_openids[0], virtual_openids[1]);
    assert!(!virtual_openids.contains(&ming.openid(sim.account().appid()).into()));

    let button = sim.full_service_url().expect("a snapshot page was opened");
    let consent = get(&sim, &button);
    assert_eq!(
        get(&sim, "/connect/full_service").link("同意"),
        consent.link("同意")
    );
    let back = get(&sim, &consent.link("同意"));
    assert_eq!(
        parameter(back.location(), "state").as_deref(),
        Some("a1B2c3"),
        "the same request again"
    );
    let real = tokens(&sim, &back);
    assert_eq!(real["openid"], ming.openid(sim.account().appid()));
    assert_eq!(real.get("is_snapshotuser"), None);

    // Who has consented meets no snapshot page any more; the silent login never did.
    sim.set_consent(Consent::Automatic);
    assert_eq!(tokens(&sim, &get(&sim, &path))["openid"], real["openid"]);
    sim.revoke(&ming);
    assert_eq!(tokens(&sim, &get(&sim, &path))["is_snapshotuser"], 1);
    let base = tokens(&sim, &get(&sim, &authorize(sim.account(), "snsapi_base")));
    assert_eq!(
        (base.get("is_snapshotuser"), &base["openid"]),
        (None, &real["openid"])
    );
}

#[test]
fn reported_oddities() {
    let first = |snapshot: Snapshot| {
        let sim = with(Account::test().snapshot(snapshot));
        let tokens = tokens(
            &sim,
            &get(&sim, &authorize(sim.account(), "snsapi_userinfo")),
        );
        let profile = get(&sim, &userinfo(&tokens)).json();
        (
            tokens["is_snapshotuser"].as_i64(),
            profile["errcode"].as_i64(),
            profile["nickname"].as_str().map(str::to_owned),
        )
    };
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(
        first(Snapshot::default().flagged(false)),
        (None, None, name("微信用户"))
    );
    assert_eq!(
        first(Snapshot::default().profile(false)),
        (Some(1), Some(48001), None)
    );
    assert_eq!(
        first(Snapshot::default().real_user(true)),
        (Some(1), None, name("小明"))
    );
}

#[test]
fn the_full_service_of_nothing() {
    let sim = automatic();
    let answer = get(&sim, "/connect/full_service");
    assert!(answer.status == 200 && answer.text().contains("10012"));
}
