//! [`Localized`]: words of the app's own, in the languages of its visitors.

use crate::pages::language::Language;

/// A text of the app's own that stands on the pages of the login, in one language or in each of
/// the three that those pages speak.
///
/// A plain string is the same text for everybody.
///
/// ```
/// use actix_wechat::{Localized, Wechat};
///
/// let builder = Wechat::builder()
///     .site_name("山茶书店")
///     .ask_first(
///         Localized::new("登录后可以查看订单")
///             .zh_hant("登入後可以查看訂單")
///             .en("Log in to see your orders"),
///     );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Localized {
    text: String,
    zh_hant: Option<String>,
    en: Option<String>,
}

impl Localized {
    /// The text for everybody who has no text of their own language.
    ///
    /// ```
    /// let name = actix_wechat::Localized::new("山茶书店");
    /// assert_eq!(name, "山茶书店".into());
    /// ```
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            zh_hant: None,
            en: None,
        }
    }

    /// The text in traditional Chinese; default: that of [`new`](Self::new).
    ///
    /// ```
    /// let name = actix_wechat::Localized::new("山茶书店").zh_hant("山茶書店");
    /// ```
    #[must_use]
    pub fn zh_hant(mut self, text: impl Into<String>) -> Self {
        self.zh_hant = Some(text.into());
        self
    }

    /// The text in English; default: that of [`new`](Self::new).
    ///
    /// ```
    /// let name = actix_wechat::Localized::new("山茶书店").en("Camellia Books");
    /// ```
    #[must_use]
    pub fn en(mut self, text: impl Into<String>) -> Self {
        self.en = Some(text.into());
        self
    }

    pub(crate) fn of(&self, language: Language) -> &str {
        let own = match language {
            Language::Simplified => None,
            Language::Traditional => self.zh_hant.as_deref(),
            Language::English => self.en.as_deref(),
        };
        own.unwrap_or(&self.text)
    }

    /// Every text that is given.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let others = [&self.zh_hant, &self.en];
        std::iter::once(self.text.as_str()).chain(others.into_iter().filter_map(Option::as_deref))
    }
}

impl<T: Into<String>> From<T> for Localized {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}
