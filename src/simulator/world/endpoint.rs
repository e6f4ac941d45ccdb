use serde::{Deserialize, Serialize};

/// What of WeChat's was called.
///
/// ```
/// use actix_wechat::simulator::Endpoint;
///
/// assert_eq!(Endpoint::AccessToken.path(), "/sns/oauth2/access_token");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `/connect/oauth2/authorize`, a page.
    Authorize,
    /// `/sns/oauth2/access_token`, the exchange of a code.
    AccessToken,
    /// `/sns/userinfo`, the profile.
    UserInfo,
    /// `/sns/oauth2/refresh_token`.
    RefreshToken,
    /// `/sns/auth`, whether a token is good.
    Auth,
    /// `/connect/qrconnect`, a page.
    QrConnect,
    /// `/cgi-bin/component/api_component_token`, a platform's own token.
    ComponentToken,
    /// `/sns/oauth2/component/access_token`, the exchange of a code through a platform.
    ComponentAccessToken,
    /// `/sns/oauth2/component/refresh_token`.
    ComponentRefreshToken,
}

impl Endpoint {
    pub(crate) const ALL: [Self; 9] = [
        Self::Authorize,
        Self::AccessToken,
        Self::UserInfo,
        Self::RefreshToken,
        Self::Auth,
        Self::QrConnect,
        Self::ComponentToken,
        Self::ComponentAccessToken,
        Self::ComponentRefreshToken,
    ];

    /// The path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Authorize => "/connect/oauth2/authorize",
            Self::AccessToken => "/sns/oauth2/access_token",
            Self::UserInfo => "/sns/userinfo",
            Self::RefreshToken => "/sns/oauth2/refresh_token",
            Self::Auth => "/sns/auth",
            Self::QrConnect => "/connect/qrconnect",
            Self::ComponentToken => "/cgi-bin/component/api_component_token",
            Self::ComponentAccessToken => "/sns/oauth2/component/access_token",
            Self::ComponentRefreshToken => "/sns/oauth2/component/refresh_token",
        }
    }
}
