use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, de::Error as _};

const ADVICE: &str = "write `127.0.0.1:7301`, `7301` or `off`";

/// Where to listen, or that it is off: `127.0.0.1:7301`, `localhost:7301`, `7301`, `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) Option<SocketAddr>);

impl Address {
    /// As clients on this machine reach it.
    pub(crate) fn to_reach(listening: SocketAddr) -> SocketAddr {
        let ip = match listening.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, listening.port())
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if matches!(text, "" | "off") {
            return Ok(Self(None));
        }
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        let written = match host {
            "" | "localhost" => format!("127.0.0.1:{port}"),
            _ => text.to_owned(),
        };
        let address = written
            .parse()
            .map_err(|_| format!("`{text}` is no address: {ADVICE}"))?;
        Ok(Self(Some(address)))
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Port(u16),
            Text(String),
        }
        let text = match Written::deserialize(deserializer) {
            Ok(Written::Port(port)) => port.to_string(),
            Ok(Written::Text(text)) => text,
            Err(_) => return Err(D::Error::custom(ADVICE)),
        };
        text.parse().map_err(D::Error::custom)
    }
}
