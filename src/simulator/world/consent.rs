use serde::{Deserialize, Serialize};

/// Who answers when a page asks for consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Whoever sits at the browser: a page with two buttons.
    #[default]
    Ask,
    /// Nobody: the person [signed in](crate::simulator::Simulator::sign_in) allows everything at once.
    Automatic,
    /// Nobody: everything is refused at once.
    Refuse,
}
