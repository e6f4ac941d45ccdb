//! [`Lang`]: the language of WeChat's own pages and answers.

/// The language that WeChat speaks, for [`Builder::lang`](crate::Builder::lang).
///
/// ```
/// use actix_wechat::Lang;
///
/// assert_eq!(Lang::default(), Lang::ZhCn);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Simplified Chinese, `zh_CN`.
    #[default]
    ZhCn,
    /// Traditional Chinese, `zh_TW`. The QR page does not speak it and shows simplified Chinese.
    ZhTw,
    /// English, `en`.
    En,
}

impl Lang {
    /// Its name at `/sns/userinfo`.
    pub(crate) const fn of_profile(self) -> &'static str {
        match self {
            Self::ZhCn => "zh_CN",
            Self::ZhTw => "zh_TW",
            Self::En => "en",
        }
    }

    /// Its name at `/connect/qrconnect`.
    pub(crate) const fn of_qr_page(self) -> &'static str {
        match self {
            Self::ZhCn | Self::ZhTw => "cn",
            Self::En => "en",
        }
    }
}
