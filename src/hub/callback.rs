//! The way back: WeChat's callback goes on to the app.

use super::{Settings, allowed::Way, params::Params, refusal::Stop};

/// The target's address with everything that WeChat appended, in its order and byte for byte.
pub(super) fn callback(settings: &Settings, query: &str) -> Result<String, Stop> {
    let params = Params::parse(query);
    let target = settings.allowed.target(&params, Way::Back)?;
    let appended = params.without(Way::Back.parameter()).query();
    Ok(target.with(&appended))
}
