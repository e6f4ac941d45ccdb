//! [`Identity`]: what an extractor hands over.

use crate::{
    scope::Scope,
    user::{WechatOpenId, WechatUser},
};

/// What an extractor hands over, and what it asks WeChat for.
pub(crate) trait Identity: From<WechatUser> + 'static {
    const SCOPE: Scope;

    /// Whether this login is enough.
    fn is_met_by(user: &WechatUser) -> bool;
}

impl Identity for WechatUser {
    const SCOPE: Scope = Scope::UserInfo;

    fn is_met_by(user: &WechatUser) -> bool {
        user.scope != Scope::Base.name()
    }
}

impl Identity for WechatOpenId {
    const SCOPE: Scope = Scope::Base;

    fn is_met_by(_: &WechatUser) -> bool {
        true
    }
}
