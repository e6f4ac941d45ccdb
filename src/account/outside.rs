//! [`Outside`]: what visitors get outside WeChat's browser.

use std::fmt;

use secrecy::SecretString;

use crate::account::builder::Setting;

/// What a visitor gets outside WeChat's browser.
///
/// WeChat's browser says `MicroMessenger` but not `wxwork`, which is WeCom. A mini-program's
/// web-view counts as WeChat.
///
/// ```
/// # fn main() -> Result<(), actix_wechat::ConfigError> {
/// use actix_wechat::{Outside, Wechat};
///
/// let wechat = Wechat::builder()
///     .appid("wx0123456789abcdef")
///     .secret("0123456789abcdef0123456789abcdef")
///     .public_url("https://shop.example.cn")
///     .outside(Outside::website("wxfedcba9876543210", "fedcba9876543210fedcba9876543210"))
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct Outside(OutsideKind);

enum OutsideKind {
    Redirect,
    #[cfg(feature = "qrcode")]
    Qr,
    Website(Website),
}

/// A website app as its settings name it.
pub(crate) struct Website {
    pub(crate) appid: Setting<Option<String>>,
    pub(crate) secret: Setting<Option<SecretString>>,
}

impl Outside {
    /// The redirect to WeChat's authorize page, as inside WeChat. WeChat then asks to open the link
    /// in WeChat. The default.
    ///
    /// ```
    /// let outside = actix_wechat::Outside::redirect();
    /// ```
    #[must_use]
    pub fn redirect() -> Self {
        Self(OutsideKind::Redirect)
    }

    /// A page that shows its address as a QR code, to scan with WeChat, and as a link to copy.
    ///
    /// ```
    /// let outside = actix_wechat::Outside::qr();
    /// ```
    #[cfg(feature = "qrcode")]
    #[must_use]
    pub fn qr() -> Self {
        Self(OutsideKind::Qr)
    }

    /// WeChat's QR login for websites (`/connect/qrconnect`, scope `snsapi_login`), with the appid
    /// and the secret of a website app of WeChat's Open Platform.
    ///
    /// The same person has another openid there than at the official account. Only a `unionid`
    /// joins the two, and only if both are bound to one Open Platform account; without it they are
    /// two users, and neither inherits the other's session.
    ///
    /// A site that has a website app alone sets neither [`appid`](crate::Builder::appid) nor
    /// [`secret`](crate::Builder::secret): the website app is the account then, and visitors inside
    /// WeChat read a page that asks them to another browser.
    ///
    /// ```
    /// use actix_wechat::Outside;
    ///
    /// let outside = Outside::website("wxfedcba9876543210", "fedcba9876543210fedcba9876543210");
    /// assert!(!format!("{outside:?}").contains("fedcba9876543210fedcba9876543210"));
    /// ```
    #[must_use]
    pub fn website(appid: impl Into<String>, secret: impl Into<String>) -> Self {
        let secret = SecretString::from(secret.into());
        Self::website_of(Website {
            appid: Setting::new("outside: appid", Some(appid.into())),
            secret: Setting::new("outside: secret", Some(secret)),
        })
    }

    pub(crate) fn website_of(website: Website) -> Self {
        Self(OutsideKind::Website(website))
    }

    pub(crate) fn as_website(&self) -> Option<&Website> {
        match &self.0 {
            OutsideKind::Website(website) => Some(website),
            _ => None,
        }
    }

    pub(crate) fn is_redirect(&self) -> bool {
        matches!(self.0, OutsideKind::Redirect)
    }

    #[cfg(feature = "qrcode")]
    pub(crate) fn is_qr(&self) -> bool {
        matches!(self.0, OutsideKind::Qr)
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            OutsideKind::Redirect => f.write_str("Redirect"),
            #[cfg(feature = "qrcode")]
            OutsideKind::Qr => f.write_str("Qr"),
            OutsideKind::Website(website) => f
                .debug_tuple("Website")
                .field(&website.appid.value.as_deref().unwrap_or_default())
                .finish(),
        }
    }
}
