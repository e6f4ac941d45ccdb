//! [`Memo`]: the user of a request, known without its session.

use actix_web::{HttpMessage as _, HttpRequest};

use crate::{extract::identity::Identity, user::WechatUser};

/// The user of this request, whatever its session says.
#[derive(Clone)]
pub(crate) struct Memo {
    /// The account that it is known to; `None` for a test's made-up user, who is known everywhere.
    pub(crate) appid: Option<String>,
    pub(crate) user: WechatUser,
}

impl Memo {
    /// The memo of a request, as far as it holds for this account.
    pub(crate) fn find<I: Identity>(req: &HttpRequest, appid: Option<&str>) -> Option<I> {
        let extensions = req.extensions();
        let memo = extensions.get::<Self>()?;
        (memo.appid.as_deref() == appid && I::is_met_by(&memo.user))
            .then(|| I::from(memo.user.clone()))
    }

    /// Drops the memo, unless it is of another account.
    pub(crate) fn forget(req: &HttpRequest, appid: Option<&str>) {
        let mut extensions = req.extensions_mut();
        let is_ours = |memo: &Self| memo.appid.is_none() || memo.appid.as_deref() == appid;
        if extensions.get().is_some_and(is_ours) {
            extensions.remove::<Self>();
        }
    }
}
