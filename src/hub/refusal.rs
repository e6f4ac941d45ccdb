//! Visitors who are not sent on: their page, and the operator's event.

use actix_web::{HttpResponse, http::StatusCode};
use derive_more::From;
use serde::Serialize;
use tera::{Context, Tera};

use crate::{answer::head::html, events, pages::language::Language};

const TEMPLATES: [(&str, &str); 3] = [
    (
        "layout.html",
        include_str!("../../templates/login/layout.html"),
    ),
    (
        "refused.html",
        include_str!("../../templates/hub/refused.html"),
    ),
    (
        "address_too_long.html",
        include_str!("../../templates/login/address_too_long.html"),
    ),
];

/// Why a visitor is not sent on.
#[derive(Debug, From)]
pub(super) enum Stop {
    Refused(Refusal),
    #[from(skip)]
    TooLong {
        length: usize,
        appid: String,
    },
}

/// A target, or an account, that is not on the operator's list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) problem: Problem,
    pub(super) origin: String,
    pub(super) appid: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub(super) enum Problem {
    NoTarget,
    NoAddress,
    Repeated,
    OriginNotAllowed,
    AppidNotAllowed,
    Nested,
}

impl Problem {
    pub(super) const ALL: [Self; 6] = [
        Self::NoTarget,
        Self::NoAddress,
        Self::Repeated,
        Self::OriginNotAllowed,
        Self::AppidNotAllowed,
        Self::Nested,
    ];

    /// Its name in the template and in the metrics.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::NoTarget => "no_target",
            Self::NoAddress => "no_address",
            Self::Repeated => "repeated",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::AppidNotAllowed => "appid_not_allowed",
            Self::Nested => "nested",
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::NoTarget => "the app must send a `redirect_uri`",
            Self::NoAddress => {
                "the app must send an absolute http or https address, encoded once, without user name, back slashes and `..`"
            }
            Self::Repeated => {
                "the app must send `redirect_uri`, `appid`, `state` and `code` once at most"
            }
            Self::OriginNotAllowed => {
                "if the app is yours, add its origin to the hub's: `WECHAT_HUB_ORIGINS`"
            }
            Self::AppidNotAllowed => {
                "if the account is yours, add its appid to the hub's: `WECHAT_HUB_APPIDS`"
            }
            Self::Nested => "the app must name a page of its own, not the hub",
        }
    }
}

impl From<Problem> for &'static str {
    fn from(problem: Problem) -> Self {
        problem.as_str()
    }
}

pub(super) struct Pages(Tera);

#[derive(Serialize)]
struct Facts<'a> {
    lang: Language,
    site_name: &'a str,
    /// Empty: a hub has no home page.
    retry_url: &'a str,
    problem: Option<Problem>,
    origin: &'a str,
    appid: &'a str,
}

impl Pages {
    pub(super) fn new() -> Result<Self, String> {
        let mut tera = Tera::new();
        tera.add_raw_templates(TEMPLATES)
            .map_err(|err| err.to_string())?;
        Ok(Self(tera))
    }

    fn render(&self, name: &str, facts: &Facts<'_>) -> String {
        Context::from_serialize(facts)
            .and_then(|context| self.0.render(name, &context))
            .unwrap_or_else(|err| {
                events::hub_page_failed(facts.appid, name, &err.to_string());
                name.to_owned()
            })
    }
}

impl Stop {
    /// Logs it, and shows the page.
    pub(super) fn respond(&self, pages: &Pages, lang: Language, site_name: &str) -> HttpResponse {
        match self {
            Self::Refused(refusal) => {
                let Refusal {
                    problem,
                    origin,
                    appid,
                } = refusal;
                events::hub_refused(problem.as_str(), origin, appid, problem.advice());
                let facts = Facts {
                    lang,
                    site_name,
                    retry_url: "",
                    problem: Some(*problem),
                    origin,
                    appid,
                };
                html(StatusCode::FORBIDDEN, pages.render("refused.html", &facts))
            }
            Self::TooLong { length, appid } => {
                events::hub_long_url(*length, appid);
                let facts = Facts {
                    lang,
                    site_name,
                    retry_url: "",
                    problem: None,
                    origin: "",
                    appid: "",
                };
                let page = pages.render("address_too_long.html", &facts);
                html(StatusCode::URI_TOO_LONG, page)
            }
        }
    }
}
