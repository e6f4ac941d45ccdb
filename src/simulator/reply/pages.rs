//! WeChat's own pages.

use std::{io, sync::LazyLock};

use serde::Serialize;
use tera::{Context, Tera};

use super::http::Reply;
use crate::simulator::world::Person;

static TEMPLATES: LazyLock<Result<Tera, tera::Error>> = LazyLock::new(compile);

/// The consent page. All addresses are ready to follow.
#[derive(Debug, Serialize)]
pub(crate) struct ConsentPage<'a> {
    pub(crate) appid: &'a str,
    pub(crate) host: &'a str,
    pub(crate) person: Face,
    pub(crate) people: Vec<Face>,
    pub(crate) allow: String,
    pub(crate) deny: String,
}

/// Somebody on a page.
#[derive(Debug, Serialize)]
pub(crate) struct Face {
    name: String,
    picture: String,
    href: String,
    chosen: bool,
}

impl Face {
    pub(crate) fn new(person: &Person, href: String, chosen: bool) -> Self {
        Self {
            name: person.name().to_owned(),
            // Always our own drawing: a page of the simulator loads nothing from elsewhere.
            picture: format!("/mmopen/vi_32/{}/64", person.id()),
            href,
            chosen,
        }
    }
}

/// Whether the templates compile: told at the start, not by the first page.
pub(crate) fn ready() -> io::Result<()> {
    match &*TEMPLATES {
        Ok(_) => Ok(()),
        Err(error) => Err(io::Error::other(error.to_string())),
    }
}

fn compile() -> Result<Tera, tera::Error> {
    let mut tera = Tera::new();
    tera.autoescape_on([".html"]);
    tera.add_raw_templates([
        (
            "frame.html",
            include_str!("../../../templates/simulator/frame.html"),
        ),
        (
            "consent.html",
            include_str!("../../../templates/simulator/consent.html"),
        ),
        (
            "home.html",
            include_str!("../../../templates/simulator/home.html"),
        ),
        (
            "notice.html",
            include_str!("../../../templates/simulator/notice.html"),
        ),
        (
            "qrconnect.html",
            include_str!("../../../templates/simulator/qrconnect.html"),
        ),
    ])?;
    Ok(tera)
}

pub(crate) fn consent(page: &ConsentPage<'_>) -> Reply {
    render("consent.html", page)
}

/// A page that says something, and with a number below it if it is one of WeChat's errors.
pub(crate) fn notice(zh: &str, en: &str, errcode: Option<i64>) -> Reply {
    #[derive(Serialize)]
    struct Notice<'a> {
        zh: &'a str,
        en: &'a str,
        errcode: Option<i64>,
    }
    Reply {
        errcode,
        ..render("notice.html", &Notice { zh, en, errcode })
    }
}

pub(crate) fn home(page: &impl Serialize) -> Reply {
    render("home.html", page)
}

pub(crate) fn qrconnect(page: &impl Serialize) -> Reply {
    render("qrconnect.html", page)
}

fn render(name: &str, page: &impl Serialize) -> Reply {
    let html = match &*TEMPLATES {
        Ok(tera) => Context::from_serialize(page)
            .and_then(|context| tera.render(name, &context))
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    Reply::html(html.unwrap_or_else(|error| {
        tracing::error!(name, %error, "a page of the simulator did not render");
        "this page of the simulator did not render".to_owned()
    }))
}
