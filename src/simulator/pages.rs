//! WeChat's own pages.

use std::io;

use serde::Serialize;
use tera::{Context, Tera};

use super::{person::Person, reply::Reply};

#[derive(Debug)]
pub(super) struct Pages(Tera);

/// The consent page. All addresses are ready to follow.
#[derive(Debug, Serialize)]
pub(super) struct ConsentPage<'a> {
    pub(super) appid: &'a str,
    pub(super) host: &'a str,
    pub(super) person: Face,
    pub(super) people: Vec<Face>,
    pub(super) allow: String,
    pub(super) deny: String,
}

/// Somebody on a page.
#[derive(Debug, Serialize)]
pub(super) struct Face {
    name: String,
    picture: String,
    href: String,
    chosen: bool,
}

impl Face {
    pub(super) fn new(person: &Person, href: String, chosen: bool) -> Self {
        Self {
            name: person.name().to_owned(),
            // Always our own drawing: a page of the simulator loads nothing from elsewhere.
            picture: format!("/mmopen/vi_32/{}/64", person.id()),
            href,
            chosen,
        }
    }
}

impl Pages {
    pub(super) fn new() -> io::Result<Self> {
        let mut tera = Tera::new();
        tera.autoescape_on([".html"]);
        tera.add_raw_templates([
            (
                "frame.html",
                include_str!("../../templates/simulator/frame.html"),
            ),
            (
                "consent.html",
                include_str!("../../templates/simulator/consent.html"),
            ),
            (
                "notice.html",
                include_str!("../../templates/simulator/notice.html"),
            ),
            (
                "qrconnect.html",
                include_str!("../../templates/simulator/qrconnect.html"),
            ),
        ])
        .map_err(io::Error::other)?;
        Ok(Self(tera))
    }

    pub(super) fn consent(&self, page: &ConsentPage<'_>) -> Reply {
        self.render("consent.html", page)
    }

    /// A page that says something, and with a number below it if it is one of WeChat's errors.
    pub(super) fn notice(&self, zh: &str, en: &str, errcode: Option<i64>) -> Reply {
        #[derive(Serialize)]
        struct Notice<'a> {
            zh: &'a str,
            en: &'a str,
            errcode: Option<i64>,
        }
        self.render("notice.html", &Notice { zh, en, errcode })
    }

    pub(super) fn qrconnect(&self, page: &impl Serialize) -> Reply {
        self.render("qrconnect.html", page)
    }

    fn render(&self, name: &str, page: &impl Serialize) -> Reply {
        let html = Context::from_serialize(page).and_then(|context| self.0.render(name, &context));
        Reply::html(html.unwrap_or_else(|error| {
            tracing::error!(name, %error, "a page of the simulator did not render");
            "this page of the simulator did not render".to_owned()
        }))
    }
}
