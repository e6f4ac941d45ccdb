use serde::{Deserialize, Serialize};

/// What changes how WeChat stands to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// The person takes the consent back.
    Revoke,
    Freeze,
    Unfreeze,
    ChangePassword,
}
