//! What WeChat can be asked for.

/// What a page asks WeChat for. [`Scope::name`] is WeChat's name of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    Base,
    UserInfo,
    Login,
}

impl Scope {
    pub(crate) const ALL: [Self; 3] = [Self::Base, Self::UserInfo, Self::Login];

    /// WeChat's name of it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Base => "snsapi_base",
            Self::UserInfo => "snsapi_userinfo",
            Self::Login => "snsapi_login",
        }
    }

    /// Its letter in a `state` and in a stored session.
    pub(crate) const fn letter(self) -> char {
        match self {
            Self::Base => 'b',
            Self::UserInfo => 'u',
            Self::Login => 'l',
        }
    }

    pub(crate) fn from_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.letter() == letter)
    }

    /// Whether a login with this scope reads the profile.
    pub(crate) const fn has_profile(self) -> bool {
        matches!(self, Self::UserInfo | Self::Login)
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scopes(u8);

impl Scopes {
    #[must_use]
    pub(crate) const fn with(self, scope: Scope) -> Self {
        Self(self.0 | Self::bit(scope))
    }

    #[must_use]
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn contains(self, scope: Scope) -> bool {
        self.0 & Self::bit(scope) != 0
    }

    const fn bit(scope: Scope) -> u8 {
        match scope {
            Scope::Base => 1,
            Scope::UserInfo => 2,
            Scope::Login => 4,
        }
    }
}

#[cfg(test)]
#[path = "tests/scope.rs"]
mod tests;
