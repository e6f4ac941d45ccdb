//! What an account's settings make of the pages at WeChat.

use actix_wechat::{
    Builder, Lang, Outside,
    simulator::{Consent, Endpoint},
};

use support::{Visitor, app::TestApp};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const WEBSITE: &str = "wx3eb0000000000001";

/// What stands behind `state` at WeChat.
async fn behind_state(app: &TestApp, visitor: &Visitor, path: &str) -> String {
    let asked = visitor.get(&app.at(path)).await;
    assert!(asked.is_authorize(), "{asked:?}");
    let state = asked.location_param("state").expect("a state");
    let location = asked.header("location");
    let (_, behind) = location.split_once(&state).expect("the state as it is");
    behind.to_owned()
}

#[actix_web::test]
async fn what_is_not_documented_first_stands_behind_state() {
    let plain: fn(Builder) -> Builder = |it| it;
    let popup: fn(Builder) -> Builder = |it| it.force_popup(true);
    for (settings, user, openid, qr, profile) in [
        (plain, "", "", "", "zh_CN"),
        (popup, "&forcePopup=true", "", "", "zh_CN"),
        (|it| it.lang(Lang::ZhCn), "", "", "&lang=cn", "zh_CN"),
        (|it| it.lang(Lang::ZhTw), "", "", "&lang=cn", "zh_TW"),
        (
            |it| it.lang(Lang::En).force_popup(true),
            "&forcePopup=true",
            "",
            "&lang=en",
            "en",
        ),
    ] {
        let app =
            TestApp::spawn_with(|it| settings(it).outside(Outside::website(WEBSITE, "s3cret")))
                .await;
        let outside = Visitor::new().with_user_agent(FIREFOX);
        for (visitor, path, expected) in [
            (Visitor::new(), "/user", user),
            (Visitor::new(), "/openid", openid),
            (outside.clone(), "/user", qr),
            (outside, "/openid", qr),
        ] {
            assert_eq!(
                behind_state(&app, &visitor, path).await,
                format!("{expected}#wechat_redirect"),
                "{path}"
            );
        }
        let page = Visitor::new().visit(&app.at("/user")).await;
        assert_eq!(page.assert_status(200).body, "小明");
        let calls = app.simulator.calls();
        let asked = calls
            .iter()
            .find(|call| call.endpoint == Endpoint::UserInfo)
            .expect("a call for the profile");
        assert_eq!(asked.parameter("lang").as_deref(), Some(profile));
    }
}

#[actix_web::test]
async fn a_forced_popup_asks_those_who_have_consented() {
    for (force_popup, is_asked_again) in [(false, false), (true, true)] {
        let app = TestApp::spawn_with(|it| it.force_popup(force_popup)).await;
        app.simulator
            .put_account(app.simulator.account().clone().remember_consent(true));
        app.simulator.set_consent(Consent::Ask);
        let first = Visitor::new().log_in(&app.at("/user")).await;
        assert_eq!(first.last().expect("a page").body, "小明");
        let again = Visitor::new().visit(&app.at("/user")).await;
        assert_eq!(
            again.body.contains("同意"),
            is_asked_again,
            "{}",
            again.body
        );
    }
}
