use std::fmt;

/// What is wrong with a file: where, and what to write instead.
#[derive(Debug)]
pub(crate) struct Mistake {
    line: usize,
    field: String,
    message: String,
}

impl Mistake {
    pub(crate) fn at(text: &str, offset: usize, field: String, message: String) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        Self {
            line: before.matches('\n').count() + 1,
            field,
            message,
        }
    }

    pub(crate) fn of_toml(text: &str, field: &str, error: &toml::de::Error) -> Self {
        let message = error.message().replace('\n', ", ");
        let field = if field == "." { "" } else { field };
        let span = error.span().unwrap_or_default();
        let of_serde = ["unknown ", "invalid ", "missing ", "duplicate "];
        let is_own = !of_serde.iter().any(|begins| message.starts_with(begins));
        let accused = is_own
            .then(|| accused(text, span.start, &message))
            .flatten();
        let (field, offset) = match accused {
            Some((name, offset)) => (join(field, name), offset),
            None => (field.to_owned(), span.start),
        };
        Self::at(text, offset, field, with_advice(&message))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        write!(f, ": {}", self.message)
    }
}

fn join(table: &str, name: &str) -> String {
    match table {
        "" => name.to_owned(),
        // The path ends at the field where serde knows it.
        _ if table.rsplit('.').next() == Some(name) => table.to_owned(),
        _ => format!("{table}.{name}"),
    }
}

/// The field of a table that a message names, as in "`sex` is 0, 1 or 2", and where it stands; the
/// error itself is the whole table's.
fn accused<'a>(text: &str, table: usize, message: &'a str) -> Option<(&'a str, usize)> {
    let rest = text.get(table..)?;
    let names = quoted(message);
    let mut offset = table;
    for (index, line) in rest.split_inclusive('\n').enumerate() {
        let trimmed = line.trim_start();
        if index > 0 && trimmed.starts_with('[') {
            break;
        }
        let key = trimmed.split('=').next().unwrap_or_default().trim();
        if let Some(name) = names.iter().find(|name| **name == key) {
            return Some((name, offset));
        }
        offset += line.len();
    }
    None
}

fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

/// The message, and what to write instead.
fn with_advice(message: &str) -> String {
    for unknown in ["unknown field", "unknown variant"] {
        if message.starts_with(unknown) {
            let names = quoted(message);
            let Some((given, known)) = names.split_first() else {
                break;
            };
            return match nearest(given, known) {
                Some(name) => format!("{unknown} `{given}`: did you mean `{name}`?"),
                None => format!("{unknown} `{given}`: write one of {}", known.join(", ")),
            };
        }
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        return format!("{name} is missing: `wechat-sim init` writes an example");
    }
    let advice = match message.split_once(", expected ") {
        Some((given, "a string" | "path string")) if given.starts_with("invalid type") => {
            ": put it in quotes"
        }
        Some((given, "a boolean")) if given.starts_with("invalid type: string") => {
            ": write it without quotes"
        }
        Some((_, "a sequence")) => ": put it in brackets, `[\"…\"]`",
        _ => "",
    };
    format!("{message}{advice}")
}

fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let similar = known
        .iter()
        .map(|name| (strsim::jaro_winkler(given, name), *name));
    similar
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}
