//! What the operator allows: where visitors may be sent back to, and for which accounts.

use percent_encoding::percent_decode_str;
use url::Url;

use super::{
    ENDPOINTS,
    base::Base,
    params::{Param, Params},
    refusal::{Problem, Refusal},
    target::Target,
};

/// A name longer than this fills a log and tells no more.
const MAX_SHOWN: usize = 200;

pub(super) struct Allowed {
    pub(super) hub: Base,
    pub(super) targets: Vec<Base>,
    /// `None`: any.
    pub(super) appids: Option<Vec<String>>,
}

/// Which way a visitor goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    ToWechat,
    Back,
}

impl Way {
    /// The parameter that holds the target.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Self::ToWechat => "redirect_uri",
            Self::Back => "to",
        }
    }
}

impl Allowed {
    /// The target of a visitor who may be sent there.
    pub(super) fn target(&self, params: &Params<'_>, way: Way) -> Result<Target, Refusal> {
        self.judge(params, way).map_err(|problem| Refusal {
            problem,
            origin: named(params, way.parameter()),
            appid: appid_of(params),
        })
    }

    fn judge(&self, params: &Params<'_>, way: Way) -> Result<Target, Problem> {
        for name in [way.parameter(), "appid", "state", "code"] {
            // Of two, WeChat and the app may each take another one.
            params.only(name).map_err(|_| Problem::Repeated)?;
        }
        let target = params.first(way.parameter()).ok_or(Problem::NoTarget)?;
        let target = target
            .value()
            .and_then(|text| Target::parse(&text))
            .ok_or(Problem::NoAddress)?;
        if self.is_endpoint(&target) {
            return Err(Problem::Nested);
        }
        if !self.targets.iter().any(|it| it.below(&target).is_some()) {
            return Err(Problem::OriginNotAllowed);
        }
        self.judge_appid(params.first("appid"), way)?;
        Ok(target)
    }

    /// On the way back only platforms have an appid.
    fn judge_appid(&self, appid: Option<&Param<'_>>, way: Way) -> Result<(), Problem> {
        let Some(appids) = &self.appids else {
            return Ok(());
        };
        let is_allowed = match appid {
            Some(appid) => appid
                .value()
                .is_some_and(|appid| appids.iter().any(|it| *it == appid)),
            None => way == Way::Back,
        };
        if is_allowed {
            Ok(())
        } else {
            Err(Problem::AppidNotAllowed)
        }
    }

    /// The hub itself, also where its host is on the list for another app.
    fn is_endpoint(&self, target: &Target) -> bool {
        self.hub.below(target).is_some_and(|path| {
            let path = percent_decode_str(path).decode_utf8_lossy();
            ENDPOINTS.contains(&path.trim_end_matches('/'))
        })
    }
}

/// The origins that browsers would read the parameter as, for people: short, plain, and without
/// anything of the address that could be a secret.
fn named(params: &Params<'_>, parameter: &str) -> String {
    let targets = params.iter().filter(|param| param.name == parameter);
    let mut origins: Vec<String> = targets
        .filter_map(|target| Some(origin_of(&target.value()?)))
        .collect();
    origins.dedup();
    let mut shown = origins.join(", ");
    shown.retain(|char| char.is_ascii_graphic() || char == ' ');
    shown.truncate(MAX_SHOWN);
    shown
}

fn origin_of(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if url.origin().is_tuple() => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => {
            let text = text.strip_prefix("//").unwrap_or(text);
            let end = text.find(['/', '\\', '?', '#']).unwrap_or(text.len());
            let text = text.get(..end).unwrap_or_default();
            text.rsplit('@').next().unwrap_or_default().to_owned()
        }
    }
}

/// For the log, where it is one at all.
pub(super) fn appid_of(params: &Params<'_>) -> String {
    let appid = params.first("appid").and_then(Param::value);
    let mut appid = appid.unwrap_or_default().into_owned();
    appid.retain(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'));
    appid.truncate(64);
    appid
}

#[cfg(test)]
#[path = "tests/allowed.rs"]
mod tests;
