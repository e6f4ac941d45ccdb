//! The templates as tera has compiled them, once for all accounts that have the same.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tera::{Context, Tera};

use crate::pages::{Facts, TEMPLATES, language::Language};

/// Name and source of each template that takes the place of one of ours.
type Replaced = [(String, String)];

/// What is in use somewhere. Compiled templates are two hundred kilobytes, and a site may have
/// thousands of accounts.
static COMPILED: Mutex<Vec<(Box<Replaced>, Weak<Tera>)>> = Mutex::new(Vec::new());

/// The templates, with some replaced. Says in the error which one cannot be used, and why.
pub(crate) fn compiled(replaced: &Replaced) -> Result<Arc<Tera>, String> {
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    known.retain(|(_, tera)| tera.strong_count() > 0);
    let same = known.iter().find(|(sources, _)| **sources == *replaced);
    if let Some(tera) = same.and_then(|(_, tera)| tera.upgrade()) {
        return Ok(tera);
    }
    let tera = Arc::new(compile(replaced)?);
    known.push((replaced.into(), Arc::downgrade(&tera)));
    Ok(tera)
}

fn compile(replaced: &Replaced) -> Result<Tera, String> {
    let mut tera = Tera::new();
    tera.add_raw_templates(TEMPLATES)
        .map_err(|err| one_line(&err))?;
    for (name, source) in replaced {
        if !TEMPLATES.iter().any(|(known, _)| known == name) {
            let known: Vec<&str> = TEMPLATES.iter().map(|(known, _)| *known).collect();
            return Err(format!("`{name}` is none of {}", known.join(", ")));
        }
        tera.add_raw_template(name, source)
            .map_err(|err| format!("`{name}` is not a template: {}", one_line(&err)))?;
    }
    for (name, _) in TEMPLATES {
        for lang in Language::ALL {
            let facts = Facts {
                lang,
                ..Facts::default()
            };
            render(&tera, name, &facts)
                .map_err(|err| format!("`{name}` does not render: {}", one_line(&err)))?;
        }
    }
    Ok(tera)
}

pub(crate) fn render(tera: &Tera, name: &str, facts: &Facts<'_>) -> tera::TeraResult<String> {
    tera.render(name, &Context::from_serialize(facts)?)
}

pub(crate) fn one_line(err: &tera::Error) -> String {
    let text = err.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}
