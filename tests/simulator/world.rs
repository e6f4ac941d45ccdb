//! Accounts and people that come, change and go, each account for itself, and no address of the simulator's own.

use std::time::Duration;

use actix_wechat::simulator::{
    Account, Consent, Endpoint, Fault, Person, Replay, Simulator, Snapshot,
};

use super::client::*;

fn openid_of(sim: &Simulator, account: &Account, code: &str) -> String {
    let tokens = get(sim, &access_token(account, code)).json();
    tokens["openid"].as_str().unwrap_or_default().to_owned()
}

/// Like a test account, with an appid of its own.
fn account(appid: &str) -> Account {
    Account::official(appid, format!("secret-of-{appid}"), "shop.example.cn")
        .gate_user_agent(false)
        .any_redirect(true)
}

fn two() -> (Simulator, Account, Account) {
    let (one, other) = (account("wx1"), account("wx2"));
    let sim = start(
        Simulator::builder()
            .account(one.clone())
            .account(other.clone())
            .consent(Consent::Automatic),
    );
    (sim, one, other)
}

#[test]
fn a_choice_under_another_name_is_kept() {
    let sim = start(Simulator::builder());
    for (host, scheme) in [
        ("open.weixin.qq.com", "https"),
        ("open.weixin.qq.com", "http"),
        ("localhost:7301", "http"),
    ] {
        let address = format!("{scheme}://{host}");
        let headers = [("Host", host), ("X-Forwarded-Proto", scheme)];
        let visit = |url: &str, cookie: &str| {
            let path = url.strip_prefix(&address).unwrap_or(url);
            assert!(path.starts_with('/'), "{url} is not at {address}");
            get_as(&sim, path, &[&headers[..], &[("Cookie", cookie)]].concat())
        };
        let page = visit(&authorize(sim.account(), "snsapi_userinfo"), "");
        let chosen = visit(&page.link("小红"), "");
        let allowed = visit(&chosen.link("同意"), "");
        let cookie = allowed.header("set-cookie").expect("a cookie");
        let cookie = cookie.split(';').next().unwrap_or_default();
        let silent = visit(&authorize(sim.account(), "snsapi_base"), cookie);
        let hong = Person::named("小红").openid(sim.account().appid());
        assert_eq!(openid_of(&sim, sim.account(), &silent.code()), hong);

        let tokens = get(&sim, &access_token(sim.account(), &allowed.code())).json();
        let picture = get(&sim, &userinfo(&tokens)).json()["headimgurl"].clone();
        let picture = picture.as_str().unwrap_or_default();
        assert!(
            picture.starts_with(&format!("{address}/mmopen/")),
            "{picture}"
        );
    }
}

#[test]
fn the_way_back_from_a_snapshot_page_is_where_the_browser_is() {
    let sim = start(Simulator::builder().account(Account::test().snapshot(Snapshot::default())));
    let headers = [("Host", "open.weixin.qq.com")];
    get_as(&sim, &authorize(sim.account(), "snsapi_userinfo"), &headers).code();
    let url = sim.full_service_url().unwrap_or_default();
    assert!(
        url.starts_with("http://open.weixin.qq.com/connect/"),
        "{url}"
    );
}

#[test]
fn a_browser_is_remembered_across_runs_until_somebody_signs_in() {
    let base = |sim: &Simulator| authorize(sim.account(), "snsapi_base");
    let first = start(Simulator::builder());
    let page = get(&first, &authorize(first.account(), "snsapi_userinfo"));
    let allowed = get(&first, &get(&first, &page.link("小红")).link("同意"));
    let cookie = allowed.header("set-cookie").unwrap_or_default().to_owned();
    let cookie = cookie.split(';').next().unwrap_or_default();

    let second = start(Simulator::builder());
    let who = || {
        let code = get_as(&second, &base(&second), &[("Cookie", cookie)]).code();
        openid_of(&second, second.account(), &code)
    };
    let openid = |name: &str| Person::named(name).openid(second.account().appid());
    assert_eq!(who(), openid("小红"), "the same id, the same openid");
    second.sign_in(Person::named("小明"));
    assert_eq!(who(), openid("小明"));
    second.reset();
    assert_eq!(who(), openid("小明"), "a reset forgets choices, too");
}

#[test]
fn accounts_come_change_and_go() {
    let sim = automatic();
    let shop = account("wx1");
    let page = authorize(&shop, "snsapi_base");
    assert!(get(&sim, &page).text().contains("AppID 参数错误"));
    sim.put_account(shop.clone());
    let code = get(&sim, &page).code();
    sim.put_account(shop.clone().blocked(true));
    assert!(get(&sim, &page).text().contains("10004"));
    assert!(!openid_of(&sim, &shop, &code).is_empty(), "codes stay good");
    assert_eq!(sim.accounts().len(), 2);
    assert!(sim.remove_account("wx1"));
    assert!(!sim.remove_account("wx1"));
    assert_eq!(get(&sim, &access_token(&shop, &code)).errcode(), 40013);
    assert!(sim.at("wx1").calls().is_empty());
    // What came before is not the next one's of this appid.
    sim.put_account(shop.clone());
    assert_eq!(get(&sim, &access_token(&shop, &code)).errcode(), 40029);
}

#[test]
fn people_come_change_and_go() {
    let sim = start(Simulator::builder().people([
        Person::named("小明"),
        Person::named("小红"),
        Person::named("小明").sex(1),
    ]));
    let names = || {
        let people = sim.people();
        people
            .iter()
            .map(|it| it.name().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), ["小明", "小红"], "each once");
    let wang = Person::named("老王").with_id("wang");
    sim.put_person(wang.clone());
    sim.sign_in(wang.clone());
    assert_eq!(names(), ["小明", "小红", "老王"]);
    let code = get(&sim, &authorize(sim.account(), "snsapi_base")).code();
    let openid = openid_of(&sim, sim.account(), &code);
    assert_eq!(openid, wang.openid(sim.account().appid()));
    sim.put_person(Person::named("王老").with_id("wang"));
    assert_eq!(names(), ["小明", "小红", "王老"]);
    let code = get(&sim, &authorize(sim.account(), "snsapi_base")).code();
    assert_eq!(
        openid_of(&sim, sim.account(), &code),
        openid,
        "the same person"
    );
    assert!(sim.remove_person("wang") && !sim.remove_person("wang"));
    let code = get(&sim, &authorize(sim.account(), "snsapi_base")).code();
    let ming = Person::named("小明").openid(sim.account().appid());
    assert_eq!(openid_of(&sim, sim.account(), &code), ming);
}

#[test]
fn two_accounts_do_not_see_each_other() {
    let (sim, one, other) = two();
    let at_one = sim.at("wx1");
    let who = |account: &Account| {
        let code = get(&sim, &authorize(account, "snsapi_userinfo")).code();
        openid_of(&sim, account, &code)
    };
    let openid = |name: &str, account: &Account| Person::named(name).openid(account.appid());

    at_one.sign_in(Person::named("小红"));
    assert_eq!(who(&one), openid("小红", &one));
    assert_eq!(who(&other), openid("小明", &other));
    // What is set for all comes second.
    sim.sign_in(Person::named("老王"));
    assert_eq!(who(&one), openid("小红", &one));
    assert_eq!(who(&other), openid("老王", &other));

    at_one.fault_times(Endpoint::AccessToken, Fault::Errcode(45009), 1);
    assert_eq!(who(&other), openid("老王", &other));
    let code = get(&sim, &authorize(&one, "snsapi_base")).code();
    assert_eq!(get(&sim, &access_token(&one, &code)).errcode(), 45009);
    at_one.fault(Endpoint::UserInfo, Fault::Errcode(-1));
    let profile = |account: &Account| {
        let code = get(&sim, &authorize(account, "snsapi_userinfo")).code();
        let tokens = get(&sim, &access_token(account, &code)).json();
        get(&sim, &userinfo(&tokens)).json()["errcode"].clone()
    };
    assert_eq!((profile(&one), profile(&other)), ((-1).into(), ().into()));

    at_one.set_replay(Replay::Before);
    who(&other);
    assert_eq!(
        sim.replays(),
        [],
        "only loopback anyway, and not of the other"
    );

    let (in_one, in_other) = (
        get(&sim, &authorize(&one, "snsapi_base")).code(),
        get(&sim, &authorize(&other, "snsapi_base")).code(),
    );
    at_one.advance(Duration::from_secs(300));
    assert_eq!(get(&sim, &access_token(&one, &in_one)).errcode(), 40029);
    assert_eq!(openid_of(&sim, &other, &in_other), openid("老王", &other));

    assert!(at_one.calls().iter().all(|call| call.appid == "wx1"));
    assert!(at_one.count(Endpoint::AccessToken) > 0);
    let before = sim.at("wx2").calls().len();
    at_one.reset();
    assert!(at_one.calls().is_empty());
    assert_eq!(sim.at("wx2").calls().len(), before);
    assert_eq!(who(&one), openid("老王", &one), "nobody of its own");

    at_one.set_consent(Consent::Refuse);
    assert_eq!(
        get(&sim, &authorize(&one, "snsapi_userinfo")).header("location"),
        None
    );
    assert_eq!(who(&other), openid("老王", &other));
    sim.reset();
    assert_eq!(who(&one), openid("小明", &one));
    // A code of the one is none of the other, secret or not.
    let code = get(&sim, &authorize(&one, "snsapi_base")).code();
    assert_eq!(get(&sim, &access_token(&other, &code)).errcode(), 40029);
}

#[test]
fn what_is_set_at_no_account_is_set_nowhere() {
    let (sim, one, _) = two();
    let nowhere = sim.at("wx0");
    nowhere.set_consent(Consent::Refuse);
    nowhere.sign_in(Person::named("路人"));
    nowhere.fault(Endpoint::AccessToken, Fault::Hang);
    nowhere.clear_faults();
    nowhere.reset();
    nowhere.advance(Duration::from_secs(1));
    assert_eq!(nowhere.count(Endpoint::AccessToken), 0);
    assert!(!sim.people().contains(&Person::named("路人")));
    get(&sim, &authorize(&one, "snsapi_userinfo")).code();
}

#[test]
fn who_refuses_may_come_back_with_authdeny() {
    let sim = start(
        Simulator::builder()
            .account(Account::test().authdeny(true))
            .consent(Consent::Refuse),
    );
    assert_eq!(
        get(&sim, &authorize(sim.account(), "snsapi_userinfo")).location(),
        "http://127.0.0.1:8008/page?code=authdeny&state=a1B2c3"
    );
    assert_eq!(
        get(&sim, &access_token(sim.account(), "authdeny")).errcode(),
        40029
    );
}
