//! Durations as people write them: `2`, `0.5`, or `{"secs":2,"nanos":0}`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Seconds(f64),
    Whole(Duration),
}

pub(crate) fn serialize<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    match Written::deserialize(deserializer) {
        Ok(Written::Whole(duration)) => Ok(duration),
        Ok(Written::Seconds(seconds)) => Duration::try_from_secs_f64(seconds)
            .map_err(|error| D::Error::custom(format!("no time in seconds: {error}"))),
        Err(_) => Err(D::Error::custom(
            "expected seconds, or an object with `secs` and `nanos`",
        )),
    }
}
