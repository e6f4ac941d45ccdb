use serde::{Deserialize, Serialize};

/// How `errmsg` ends.
///
/// WeChat has changed this over the years; a client must match the number, never the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rid {
    /// `, rid: 65a77521-0a1b2c3d-4e5f6071`, the first part being the time: what WeChat does today.
    #[default]
    Current,
    /// `, hints: [ req_id: 0a1b2c3d ]`, as from 2017 to 2021.
    Hints,
    /// Nothing.
    None,
}
