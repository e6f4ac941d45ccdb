//! The rooms of `src` import one way: each only those below it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each room, from the entrances down to the ground, with what it may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("choose_account", &["account", "worker"]),
    ("guard", &["extract", "worker"]),
    ("logout", &["answer", "login", "worker"]),
    (
        "wx_login",
        &["login", "worker", "answer", "account", "visit", "address"],
    ),
    (
        "login",
        &["answer", "extract", "worker", "error", "account"],
    ),
    ("hub", &["account", "answer", "address", "pages"]),
    ("testing", &["extract"]),
    ("simulated", &["account", "simulator"]),
    ("verification", &["account"]),
    (
        "extract",
        &[
            "answer", "account", "error", "exchange", "session", "visit", "address", "worker",
        ],
    ),
    ("worker", &["account", "sns"]),
    ("error", &["answer", "sns"]),
    (
        "answer",
        &["account", "visit", "exchange", "sns", "address", "pages"],
    ),
    (
        "account",
        &["exchange", "sns", "session", "visit", "address", "pages"],
    ),
    ("exchange", &["sns", "session"]),
    ("sns", &["address"]),
    ("session", &[]),
    ("visit", &["address"]),
    ("address", &[]),
    ("pages", &[]),
    // WeChat's side: it shares no code with the rest.
    ("simulator", &[]),
];
/// The vocabulary, which every room may import.
const GROUND: &[&str] = &[
    "alphanumeric",
    "clock",
    "credentials",
    "events",
    "foreign",
    "lang",
    "metrics",
    "no_metrics",
    "parts",
    "reason",
    "scope",
    "turn",
    "user",
    "weighted",
];

#[test]
fn each_room_imports_only_those_below_it() {
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        let below: Vec<_> = ROOMS[at + 1..].iter().map(|(name, _)| *name).collect();
        for name in *allowed {
            assert!(below.contains(name), "{room} stands below {name}");
        }
        for (file, imported) in imports(room) {
            let is_allowed = imported == *room
                || allowed.contains(&imported.as_str())
                || GROUND.contains(&imported.as_str());
            assert!(is_allowed, "{} imports {imported}", file.display());
        }
    }
}

#[test]
fn the_ground_stands_on_itself() {
    for room in GROUND {
        for (file, imported) in imports(room) {
            assert!(
                GROUND.contains(&imported.as_str()),
                "{} imports {imported}",
                file.display()
            );
        }
    }
}

#[test]
fn every_module_has_a_place() {
    let known: BTreeSet<_> = ROOMS
        .iter()
        .map(|(room, _)| *room)
        .chain(GROUND.iter().copied())
        // The façade, the words, WeChat's side, and what the tests use.
        .chain([
            "lib",
            "guide",
            "simulator",
            "bin",
            "fuzzing",
            "samples",
            "tests",
        ])
        .collect();
    for entry in fs::read_dir(source()).expect("src") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|it| it.to_str()).expect("a name");
        assert!(known.contains(name), "{name} stands in no row");
    }
}

/// So that nobody adds an event and forgets what else an event needs.
#[test]
fn only_the_room_of_events_logs() {
    let macros =
        ["error", "warn", "info", "debug", "trace", "event"].map(|it| format!("tracing::{it}!"));
    for (file, text) in sources() {
        let has_macro = macros.iter().any(|it| text.contains(it));
        let has_import = text
            .lines()
            .any(|it| it.starts_with("use tracing") && it != "use tracing::Level;");
        let logs = has_macro || has_import;
        assert_eq!(logs, file.ends_with("src/events.rs"), "{}", file.display());
    }
}

#[test]
fn an_import_is_found_however_it_is_written() {
    let text = "use crate::{\n    a::B,\n    c::{self, d::E},\n    f,\n};\nuse crate::g::H;\nlet x = crate::i::j();\n/// [`K`](crate::K) and [l](crate::l::M)\n// crate::n::O\n";
    let found: Vec<_> = imported(text).into_iter().collect();
    assert_eq!(found, ["a", "c", "f", "g", "i"]);
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All files, unit tests and WeChat's side apart.
fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    collect(&source(), &mut files);
    files.retain(|file| !file.starts_with(source().join("simulator")));
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).expect("a source file");
        (file, text)
    };
    files.into_iter().map(read).collect()
}

/// What the files of a room import, unit tests apart.
fn imports(room: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let folder = source().join(room);
    if folder.is_dir() {
        collect(&folder, &mut files);
    } else {
        files.push(source().join(format!("{room}.rs")));
    }
    let found = files.into_iter().filter(|file| file.exists());
    found
        .flat_map(|file| {
            let text = fs::read_to_string(&file).expect("a source file");
            imported(&text)
                .into_iter()
                .map(move |name| (file.clone(), name))
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a room") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("tests") {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}

/// The modules that a file names behind `crate::`, in code and not in comments. Names of types,
/// which begin with a capital, are the façade's.
fn imported(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    // Unit tests may look anywhere.
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(first_names(group));
        } else {
            found.extend(name(rest));
        }
    }
    found.retain(|name| name.starts_with(char::is_lowercase));
    found
}

/// The first names of the members of a group, up to its closing brace.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut is_first, mut names) = (0, true, Vec::new());
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_first = true,
            _ if is_first && !char.is_whitespace() => {
                names.extend(name(&group[at..]));
                is_first = false;
            }
            _ => {}
        }
    }
    names
}

fn name(text: &str) -> Option<String> {
    let name: String = text
        .chars()
        .take_while(|char| char.is_alphanumeric() || *char == '_')
        .collect();
    (!name.is_empty()).then_some(name)
}
