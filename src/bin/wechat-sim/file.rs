use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use actix_wechat::simulator::{Account, Consent, Person};
use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use crate::{address::Address, failure::Failure, mistake::Mistake};

/// What it is called where nobody names another.
pub(crate) const NAME: &str = "wechat-sim.toml";

/// Accounts, people, and every option of the command line.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) http: Option<Address>,
    pub(crate) https: Option<Address>,
    pub(crate) proxy: Option<Address>,
    pub(crate) pass_through: Option<bool>,
    pub(crate) tls_dir: Option<PathBuf>,
    pub(crate) allow_host: Vec<String>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) consent: Consent,
    #[serde(rename = "account")]
    pub(crate) accounts: Vec<Account>,
    #[serde(rename = "person")]
    pub(crate) people: Vec<Person>,
}

impl File {
    /// The one that is named, else the one in this folder, if there is one.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self, Failure> {
        match named {
            Some(path) => Self::read(path),
            None if Path::new(NAME).exists() => Self::read(Path::new(NAME)),
            None => Ok(Self::default()),
        }
    }

    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| {
            let advice = match error.kind() {
                ErrorKind::NotFound => ": `wechat-sim init` writes an example",
                ErrorKind::InvalidData => ": save it as UTF-8",
                _ => "",
            };
            Failure::Usage(format!("cannot read {}: {error}{advice}", path.display()))
        })?;
        let mut file = Self::parse(&text)
            .map_err(|mistake| Failure::Usage(format!("{}, {mistake}", path.display())))?;
        // A path in a file is seen from there.
        let folder = path.parent().unwrap_or(Path::new(""));
        for path in [&mut file.tls_dir, &mut file.token_file]
            .into_iter()
            .flatten()
        {
            *path = folder.join(&path);
        }
        Ok(file)
    }

    fn parse(text: &str) -> Result<Self, Mistake> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let document =
            toml::Deserializer::parse(text).map_err(|error| Mistake::of_toml(text, "", &error))?;
        let file: Self = serde_path_to_error::deserialize(document)
            .map_err(|error| Mistake::of_toml(text, &error.path().to_string(), error.inner()))?;
        let names = [
            (
                "account",
                "appid",
                file.accounts.iter().map(Account::appid).collect::<Vec<_>>(),
            ),
            ("person", "id", file.people.iter().map(Person::id).collect()),
        ];
        for (table, field, names) in names {
            if let Some((index, name)) = repeated(&names) {
                let message =
                    format!("`{name}` is the {field} of an earlier {table}: give this one its own");
                let field = format!("{table}[{index}].{field}");
                return Err(Mistake::at(
                    text,
                    start_of(text, table, index),
                    field,
                    message,
                ));
            }
        }
        Ok(file)
    }
}

fn repeated<'a>(names: &[&'a str]) -> Option<(usize, &'a str)> {
    let mut numbered = names.iter().enumerate();
    numbered.find_map(|(index, name)| names[..index].contains(name).then_some((index, *name)))
}

/// Where the table of that index begins.
fn start_of(text: &str, table: &str, index: usize) -> usize {
    let document = DeTable::parse(text).ok();
    let tables = document
        .as_ref()
        .and_then(|document| document.get_ref().get(table));
    let tables = tables.and_then(|tables| tables.get_ref().as_array());
    tables
        .and_then(|tables| tables.get(index))
        .map_or(0, |table: &toml::Spanned<DeValue<'_>>| table.span().start)
}
