//! Who is logged in: [`WechatUser`] with the profile, [`WechatOpenId`] without.

use std::time::SystemTime;

use serde::Serialize;

use crate::scope::Scope;

/// A WeChat user, as a handler parameter.
///
/// The names of the profile are WeChat's own. A field that WeChat does not tell is empty:
/// since 2021-10-20 `sex` is always 0 and `province`, `city` and `country` are empty
/// (WeChat's announcement of 2021-09-26).
///
/// Key your accounts by ([`appid`](Self::appid), [`openid`](Self::openid)); an openid belongs to
/// one official account. [`unionid`](Self::unionid) joins the accounts of one Open Platform
/// developer and is absent without one.
///
/// Serialized it is the profile as WeChat tells it; `appid`, `scope` and `logged_in_at` stay out.
///
/// ```
/// use actix_wechat::WechatUser;
///
/// async fn page(user: WechatUser) -> String {
///     format!("hello {}", user.display_name())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WechatUser {
    /// The account that the user logged in to: the official account's, or the website app's.
    #[serde(skip)]
    pub appid: String,
    /// The user at this account; never empty.
    pub openid: String,
    /// The user across the accounts of one Open Platform developer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unionid: Option<String>,
    /// Any Unicode but control characters, or empty. See [`display_name`](Self::display_name).
    pub nickname: String,
    /// 1 male, 2 female, 0 unknown.
    pub sex: u8,
    /// Province, empty since 2021.
    pub province: String,
    /// City, empty since 2021.
    pub city: String,
    /// Country, empty since 2021.
    pub country: String,
    /// The picture's `http` or `https` address, or empty. See [`picture`](Self::picture).
    pub headimgurl: String,
    /// What WeChat lists, usually nothing.
    pub privilege: Vec<String>,
    /// A made-up user of WeChat's snapshot page; only ever true under
    /// [`Snapshot::Accept`](crate::Snapshot::Accept).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_snapshotuser: bool,
    /// What the login asked for: `snsapi_base`, `snsapi_userinfo` or `snsapi_login`.
    #[serde(skip)]
    pub scope: &'static str,
    /// When the login completed, by this server's clock, to the millisecond.
    #[serde(skip)]
    pub logged_in_at: SystemTime,
}

/// The sizes in which WeChat serves a picture, in pixels.
///
/// ```
/// use actix_wechat::PictureSize;
///
/// assert_ne!(PictureSize::Original, PictureSize::Px46);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureSize {
    /// 640 × 640, which WeChat calls 0.
    Original,
    /// 46 × 46.
    Px46,
    /// 64 × 64.
    Px64,
    /// 96 × 96.
    Px96,
    /// 132 × 132, what WeChat gives by default.
    Px132,
}

impl PictureSize {
    const fn name(self) -> &'static str {
        match self {
            Self::Original => "0",
            Self::Px46 => "46",
            Self::Px64 => "64",
            Self::Px96 => "96",
            Self::Px132 => "132",
        }
    }
}

impl WechatUser {
    /// The nickname without the space around it, or 微信用户 ("WeChat user") where nothing of it is
    /// visible.
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// let user = actix_wechat::WechatUser::fake("小明");
    /// assert_eq!(user.display_name(), "小明");
    /// # }
    /// ```
    #[must_use]
    pub fn display_name(&self) -> &str {
        let name = self.nickname.trim();
        if name.chars().all(is_invisible) {
            "微信用户"
        } else {
            name
        }
    }

    /// The picture in another size, by https where it is WeChat's own; `None` without a picture.
    ///
    /// The size is the last part of the address (WeChat's description of `headimgurl`); an address
    /// of another form is returned as it is.
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use actix_wechat::{PictureSize, WechatUser};
    ///
    /// let mut user = WechatUser::fake("小明");
    /// user.headimgurl = "http://wx.qlogo.cn/mmopen/abc/132".to_owned();
    /// assert_eq!(
    ///     user.picture(PictureSize::Px46).as_deref(),
    ///     Some("https://wx.qlogo.cn/mmopen/abc/46"),
    /// );
    /// # }
    /// ```
    #[must_use]
    pub fn picture(&self, size: PictureSize) -> Option<String> {
        if self.headimgurl.is_empty() {
            return None;
        }
        let address = match self.headimgurl.strip_prefix("http://") {
            Some(rest) if is_wechats(rest) => format!("https://{rest}"),
            _ => self.headimgurl.clone(),
        };
        Some(match address.rsplit_once('/') {
            Some((base, "0" | "46" | "64" | "96" | "132")) => format!("{base}/{}", size.name()),
            _ => address,
        })
    }

    pub(crate) fn without_profile(appid: &str, openid: String, scope: Scope) -> Self {
        Self {
            appid: appid.to_owned(),
            openid,
            unionid: None,
            nickname: String::new(),
            sex: 0,
            province: String::new(),
            city: String::new(),
            country: String::new(),
            headimgurl: String::new(),
            privilege: Vec::new(),
            is_snapshotuser: false,
            scope: scope.name(),
            logged_in_at: SystemTime::UNIX_EPOCH,
        }
    }
}

/// Characters that leave nothing on a screen: space, controls, Unicode's
/// `Default_Ignorable_Code_Point`s, and the Braille pattern without a dot.
fn is_invisible(char: char) -> bool {
    char.is_whitespace()
        || char.is_control()
        || matches!(
            char,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fff8}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

fn is_wechats(rest: &str) -> bool {
    rest.split('/')
        .next()
        .is_some_and(|host| host.ends_with(".qlogo.cn"))
}

/// The silent login: who it is, without a profile and without asking the visitor.
///
/// As a handler parameter it logs in with `snsapi_base`. A session that holds a [`WechatUser`]
/// satisfies it; the reverse asks the visitor once more, for the profile.
///
/// ```
/// use actix_wechat::WechatOpenId;
///
/// async fn page(visitor: WechatOpenId) -> String {
///     visitor.openid
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WechatOpenId {
    /// The account that the user is known to.
    #[serde(skip)]
    pub appid: String,
    /// The user at this account; never empty.
    pub openid: String,
    /// The user across the accounts of one Open Platform developer, where WeChat tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unionid: Option<String>,
}

impl From<WechatUser> for WechatOpenId {
    fn from(user: WechatUser) -> Self {
        Self {
            appid: user.appid,
            openid: user.openid,
            unionid: user.unionid,
        }
    }
}

#[cfg(test)]
#[path = "tests/user.rs"]
mod tests;
