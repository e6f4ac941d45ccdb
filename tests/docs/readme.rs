//! The READMEs and the guide's chapters say what the repository holds, and the same in both
//! languages.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const README: &str = include_str!("../../README.md");
const MOST_LINES: usize = 150;

/// A page in English or in Chinese.
struct Text {
    file: PathBuf,
    text: String,
}

impl Text {
    fn read(file: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = fs::read_to_string(&file);
        Self {
            text: text.unwrap_or_else(|err| panic!("{}: {err}", file.display())),
            file,
        }
    }
}

/// The chapters by name, in the order of their modules.
fn chapters(modules: &str) -> Vec<String> {
    let text = Text::read(modules).text;
    let names = text.lines().filter_map(|line| {
        let (name, file) = line.strip_prefix("chapter!(")?.split_once(", ")?;
        assert_eq!(file, format!("\"{name}.md\");"));
        Some(name.to_owned())
    });
    names.collect()
}

/// Each page in English, with its Chinese twin: the front pages, then the chapters.
fn pages() -> Vec<[Text; 2]> {
    let chapters = chapters("src/guide/mod.rs");
    let chapters = chapters.iter().map(|name| {
        ["src/guide", "src/guide/zh"].map(|folder| Text::read(&format!("{folder}/{name}.md")))
    });
    let front = ["README.md", "README.zh-CN.md"].map(Text::read);
    std::iter::once(front).chain(chapters).collect()
}

#[test]
fn both_languages_have_the_same_chapters() {
    let chapters = chapters("src/guide/mod.rs");
    assert!(chapters.len() > 10, "{chapters:?}");
    assert_eq!(chapters, self::chapters("src/guide/zh/mod.rs"));
    for folder in ["src/guide", "src/guide/zh"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let files = fs::read_dir(folder).expect("the chapters");
        let files = files.map(|file| file.expect("a file").path());
        let files = files.filter(|file| file.extension().is_some_and(|it| it == "md"));
        let names = files.map(|file| file.file_stem().expect("a name").display().to_string());
        let mut names: BTreeSet<_> = names.collect();
        assert!(names.remove("links"));
        assert_eq!(names, chapters.iter().cloned().collect());
    }
    let [front, chinese] = pages().swap_remove(0);
    for page in [front, chinese] {
        let table = tables(&page.text)
            .into_iter()
            .find(|rows| rows.iter().any(|row| row.contains("][handlers]")));
        let named: Vec<_> = table.expect("the chapters' table")[2..]
            .iter()
            .filter_map(|row| row.split("][").nth(1)?.split(']').next())
            .collect();
        assert_eq!(named, chapters, "{}", page.file.display());
    }
}

#[test]
fn a_chapter_is_short() {
    for page in pages().into_iter().skip(1).flatten() {
        let lines = page.text.lines().count();
        assert!(lines < MOST_LINES, "{}: {lines}", page.file.display());
    }
}

#[test]
fn the_quick_start_is_the_smallest_example() {
    let example = include_str!("../../examples/hello.rs");
    let code = example
        .split_once("\n\n")
        .map(|(_doc, code)| code.trim())
        .expect("an example behind its description");
    let quick_start = README
        .split_once("<!-- examples/hello.rs -->\n```rust,no_run\n")
        .and_then(|(_, rest)| rest.split_once("\n```"))
        .map(|(quick_start, _)| quick_start)
        .expect("a marked quick start");
    assert_eq!(quick_start, code);
}

#[test]
fn every_page_and_every_example_is_named() {
    let pages = pages();
    let manifest = env!("CARGO_MANIFEST_DIR");
    for folder in ["templates/login", "examples"] {
        for file in fs::read_dir(format!("{manifest}/{folder}")).expect("the folder") {
            let name = file.expect("a file").file_name();
            let name = name.to_str().expect("a plain name");
            for language in [0, 1] {
                assert!(
                    pages.iter().any(|page| page[language].text.contains(name)),
                    "language {language} does not name {folder}/{name}"
                );
            }
        }
    }
}

#[test]
fn every_feature_is_explained() {
    let manifest = include_str!("../../Cargo.toml");
    let features = manifest
        .split_once("\n[features]\n")
        .and_then(|(_, rest)| rest.split_once("\n["))
        .map(|(features, _)| features)
        .expect("the features");
    let names = features.lines().filter_map(|line| line.split_once(" = "));
    let names: Vec<_> = names.map(|(name, _)| name).collect();
    assert!(names.contains(&"testing"), "{names:?}");
    for name in names.into_iter().filter(|name| *name != "default") {
        let row = format!("\n| `{name}` | ");
        assert!(README.contains(&row), "the README's table has no {name}");
    }
}

/// Each item of the tests that the chapter shows is one that runs; what is hidden there, and the
/// imports, are a file's own.
#[test]
fn the_tests_of_an_app_are_some_that_run() {
    let run = [
        include_str!("an_apps_own.rs"),
        include_str!("an_apps_logins.rs"),
    ];
    let chapter = Text::read("src/guide/testing.md").text;
    let mut count = 0;
    for block in code_blocks(&chapter) {
        let Some(code) = block.strip_prefix("rust\n") else {
            continue;
        };
        for item in code.split("\n\n").map(str::trim) {
            if item.starts_with("use ") || item.starts_with("# ") {
                continue;
            }
            count += item.matches("#[actix_web::test]").count();
            assert!(
                run.iter().any(|file| file.contains(item)),
                "in no test of tests/docs: {item}"
            );
        }
    }
    assert_eq!(count, 7);
}

/// A table's rows, its head among them.
fn tables(page: &str) -> Vec<Vec<&str>> {
    let mut tables = vec![Vec::new()];
    for line in without_code(page) {
        match tables.last_mut() {
            Some(rows) if line.starts_with('|') => rows.push(line),
            Some(rows) if rows.is_empty() => {}
            _ => tables.push(Vec::new()),
        }
    }
    tables.retain(|rows| !rows.is_empty());
    tables
}

fn code_blocks(page: &str) -> Vec<&str> {
    page.split("\n```").skip(1).step_by(2).collect()
}

fn without_code(page: &str) -> impl Iterator<Item = &str> {
    page.split("\n```")
        .step_by(2)
        .flat_map(|text| text.lines().skip(1))
}

/// A shell's comments are in the reader's language, and so is a drawing but for its first line.
fn without_words(code: &str) -> Vec<&str> {
    if code.starts_with("text\n") {
        return vec!["text"];
    }
    let commands = code.lines().map(|line| line.split("  # ").next());
    commands.flatten().map(str::trim_end).collect()
}

/// What both languages write alike: names, error codes, sizes.
fn facts(text: &str) -> BTreeSet<&str> {
    let names = text.split('`').skip(1).step_by(2);
    let is_number = |part: &&str| part.starts_with(|first: char| first.is_ascii_digit());
    let numbers = text
        .split(|char: char| !char.is_ascii_digit() && char != ',')
        .map(|number| number.trim_matches(','))
        .filter(is_number);
    names.chain(numbers).collect()
}

#[test]
fn the_chinese_pages_say_the_same() {
    let (mut blocks, mut rows) = (0, 0);
    for [english, chinese] in pages() {
        let file = chinese.file.display();
        let (one, other) = (code_blocks(&english.text), code_blocks(&chinese.text));
        assert_eq!(one.len(), other.len(), "code blocks of {file}");
        blocks += one.len();
        for (one, other) in one.iter().zip(other) {
            assert_eq!(without_words(one), without_words(other), "{file}");
        }
        let (one, other) = (tables(&english.text), tables(&chinese.text));
        assert_eq!(one.len(), other.len(), "tables of {file}");
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one.len(), other.len(), "{file}\n{}\n{}", one[0], other[0]);
            rows += one.len();
            for (one, other) in one.iter().zip(other) {
                let cells = |row: &str| row.split(" | ").count();
                assert_eq!(cells(one), cells(other), "{file}\n{one}\n{other}");
                assert_eq!(facts(one), facts(other), "{file}\n{one}\n{other}");
            }
        }
        let headings = |page: &str| {
            let lines = without_code(page).filter(|line| line.starts_with('#'));
            lines
                .map(|line| line.chars().take_while(|char| *char == '#').count())
                .collect::<Vec<_>>()
        };
        assert_eq!(headings(&english.text), headings(&chinese.text), "{file}");
    }
    assert!(blocks > 20 && rows > 100, "blocks and tables are found");
}

#[test]
fn either_leads_to_the_other() {
    let [english, chinese] = pages().swap_remove(0);
    assert!(english.text.contains("[zh]: README.zh-CN.md\n"));
    assert!(chinese.text.contains("[en]: README.md\n"));
}

/// The label and the target of each definition of a link.
fn definitions(page: &str) -> impl Iterator<Item = (&str, &str)> {
    page.lines()
        .filter_map(|line| line.strip_prefix('[')?.split_once("]: "))
}

/// Links within the repository lead somewhere, in a checkout and, by `links.md`, on a page that has
/// no such files beside it.
#[test]
fn no_link_is_dead() {
    let at_docs = ["src/guide/links.md", "src/guide/zh/links.md"].map(Text::read);
    for page in pages() {
        for (page, at_docs) in page.iter().zip(&at_docs) {
            let folder = page.file.parent().expect("a folder");
            let definitions: Vec<_> = definitions(&page.text).collect();
            let labels: BTreeSet<_> = definitions.iter().map(|(label, _)| *label).collect();
            let known: BTreeSet<_> = self::definitions(&at_docs.text).map(|it| it.0).collect();
            let direct = without_code(&page.text).flat_map(|line| {
                let links = ["](", "src=\""].map(|begins| line.split(begins).skip(1));
                let links = links.into_iter().flatten();
                links.map(|link| link.split([')', '"']).next().unwrap_or_default())
            });
            for target in direct {
                assert!(
                    target.starts_with("https://"),
                    "{}: {target} is broken elsewhere; define it",
                    page.file.display()
                );
            }
            for (label, target) in definitions {
                if target.starts_with("https://") {
                    continue;
                }
                let file = folder.join(target);
                assert!(file.exists(), "{}: {target}", page.file.display());
                assert!(
                    known.contains(label),
                    "{label} is not in {}",
                    at_docs.file.display()
                );
            }
            let used: BTreeSet<_> = without_code(&page.text)
                .flat_map(|line| line.split("][").skip(1))
                .map(|label| label.split(']').next().expect("a label's end"))
                .collect();
            for label in &used {
                assert!(labels.contains(label), "{label}: {}", page.file.display());
            }
            for label in labels.difference(&used) {
                let brackets = format!("[{label}]");
                let count = page.text.matches(&brackets).count();
                assert!(count > 1, "{label} is not used: {}", page.file.display());
            }
        }
    }
}
