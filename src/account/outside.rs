//! [`Outside`]: what visitors get outside WeChat's browser.

use std::{borrow::Cow, fmt, sync::Arc};

use secrecy::SecretString;

use crate::credentials::Credentials;

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

struct Website {
    credentials: Arc<Credentials>,
    /// What its settings are called where they were made.
    appid_name: Cow<'static, str>,
    secret_name: Cow<'static, str>,
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
    /// ```
    /// use actix_wechat::Outside;
    ///
    /// let outside = Outside::website("wxfedcba9876543210", "fedcba9876543210fedcba9876543210");
    /// assert!(!format!("{outside:?}").contains("fedcba9876543210fedcba9876543210"));
    /// ```
    #[must_use]
    pub fn website(appid: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::website_named(
            (Cow::Borrowed("outside: appid"), appid.into()),
            (Cow::Borrowed("outside: secret"), secret.into()),
        )
    }

    /// The same with the names of its two settings.
    pub(crate) fn website_named(
        (appid_name, appid): (Cow<'static, str>, String),
        (secret_name, secret): (Cow<'static, str>, String),
    ) -> Self {
        Self(OutsideKind::Website(Website {
            credentials: Arc::new(Credentials::new(appid, SecretString::from(secret))),
            appid_name,
            secret_name,
        }))
    }

    pub(crate) fn credentials(&self) -> Option<&Arc<Credentials>> {
        match &self.0 {
            OutsideKind::Website(website) => Some(&website.credentials),
            _ => None,
        }
    }

    /// The names of the website app's two settings, with what they are.
    pub(crate) fn checked(&self) -> Option<(&Cow<'static, str>, &Cow<'static, str>, &Credentials)> {
        match &self.0 {
            OutsideKind::Website(website) => Some((
                &website.appid_name,
                &website.secret_name,
                &website.credentials,
            )),
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
                .field(&website.credentials.appid)
                .finish(),
        }
    }
}
