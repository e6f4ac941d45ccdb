//! What each call says to WeChat: its path and its query.

use crate::{
    address::authorize::encode,
    credentials::{Component, Proof},
    lang::Lang,
    sns::{errcode::Call, read::Answer},
};

/// A call to WeChat before it is made. Its query holds secrets.
pub(crate) struct Request<'a> {
    pub(crate) call: Call,
    pub(crate) path_and_query: String,
    /// Whose profile it asks for; empty for any other call.
    openid: &'a str,
}

impl<'a> Request<'a> {
    pub(crate) fn exchange(appid: &str, proof: &Proof<'_>, code: &str) -> Self {
        let grant = ("grant_type", "authorization_code");
        match proof {
            Proof::Secret(secret) => Self::new(
                Call::Exchange,
                &[("appid", appid), ("secret", secret), ("code", code), grant],
            ),
            Proof::Component(component) => {
                let [platform, token] = in_the_name_of(component);
                Self::new(
                    Call::ComponentExchange,
                    &[("appid", appid), ("code", code), grant, platform, token],
                )
            }
        }
    }

    pub(crate) fn profile(access_token: &str, openid: &'a str, lang: Lang) -> Self {
        let query = [
            ("access_token", access_token),
            ("openid", openid),
            ("lang", lang.of_profile()),
        ];
        Self {
            openid,
            ..Self::new(Call::Profile, &query)
        }
    }

    pub(crate) fn refresh(appid: &str, proof: Option<&Proof<'_>>, refresh_token: &str) -> Self {
        let (appid, grant) = (("appid", appid), ("grant_type", "refresh_token"));
        let refresh_token = ("refresh_token", refresh_token);
        match proof {
            Some(Proof::Component(component)) => {
                let [platform, token] = in_the_name_of(component);
                Self::new(
                    Call::ComponentRefresh,
                    &[appid, grant, platform, token, refresh_token],
                )
            }
            Some(Proof::Secret(_)) | None => {
                Self::new(Call::Refresh, &[appid, grant, refresh_token])
            }
        }
    }

    pub(crate) fn check(access_token: &str, openid: &str) -> Self {
        let query = [("access_token", access_token), ("openid", openid)];
        Self::new(Call::Check, &query)
    }

    /// Whether an answer holds what this asks for.
    pub(crate) fn is_answered_by(&self, answer: &Answer) -> bool {
        match self.call {
            Call::Exchange | Call::ComponentExchange => answer.names_who_logged_in(),
            Call::Profile => answer.is_of(self.openid),
            Call::Refresh | Call::ComponentRefresh => answer.has_access_token(),
            Call::Check => answer.says_ok(),
        }
    }

    /// The parameters in the documented order, which WeChat may insist on.
    fn new(call: Call, query: &[(&str, &str)]) -> Self {
        let path = call.path();
        let room = query
            .iter()
            .map(|(name, value)| name.len() + value.len() + 2);
        let mut path_and_query = String::with_capacity(path.len() + room.sum::<usize>());
        path_and_query.push_str(path);
        for (at, (name, value)) in query.iter().enumerate() {
            path_and_query.push(if at == 0 { '?' } else { '&' });
            path_and_query.push_str(name);
            path_and_query.push('=');
            path_and_query.push_str(&encode(value));
        }
        Self {
            call,
            path_and_query,
            openid: "",
        }
    }
}

/// What a platform's calls say of the platform.
fn in_the_name_of<'a>(component: &'a Component<'_>) -> [(&'static str, &'a str); 2] {
    [
        ("component_appid", component.appid),
        ("component_access_token", component.token()),
    ]
}
