//! The READMEs say what the repository holds, and the same in both languages.

use std::{collections::BTreeSet, path::Path};

const README: &str = include_str!("../../README.md");
const CHINESE: &str = include_str!("../../README.zh-CN.md");

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
    let manifest = env!("CARGO_MANIFEST_DIR");
    for folder in ["templates/login", "examples"] {
        for file in std::fs::read_dir(format!("{manifest}/{folder}")).expect("the folder") {
            let name = file.expect("a file").file_name();
            let name = name.to_str().expect("a plain name");
            for readme in [README, CHINESE] {
                assert!(
                    readme.contains(name),
                    "a README does not name {folder}/{name}"
                );
            }
        }
    }
}

#[test]
fn the_test_of_an_app_is_one_that_runs() {
    let test = include_str!("an_apps_own.rs");
    let shown = code_blocks(README)
        .into_iter()
        .find_map(|block| {
            block
                .strip_prefix("rust\n")?
                .contains("#[actix_web::test]")
                .then_some(block)
        })
        .expect("a test");
    let shown = shown.trim_start_matches("rust\n").trim();
    assert!(
        test.contains(shown),
        "not in tests/docs/an_apps_own.rs: {shown}"
    );
}

/// A table's rows, its head among them.
fn tables(readme: &str) -> Vec<Vec<&str>> {
    let mut tables = vec![Vec::new()];
    for line in without_code(readme) {
        match tables.last_mut() {
            Some(rows) if line.starts_with('|') => rows.push(line),
            Some(rows) if rows.is_empty() => {}
            _ => tables.push(Vec::new()),
        }
    }
    tables.retain(|rows| !rows.is_empty());
    tables
}

fn code_blocks(readme: &str) -> Vec<&str> {
    readme.split("\n```").skip(1).step_by(2).collect()
}

fn without_code(readme: &str) -> impl Iterator<Item = &str> {
    readme
        .split("\n```")
        .step_by(2)
        .flat_map(|text| text.lines().skip(1))
}

/// A shell's comments are in the reader's language.
fn without_comments(code: &str) -> Vec<&str> {
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
fn the_chinese_one_says_the_same() {
    let (english, chinese) = (code_blocks(README), code_blocks(CHINESE));
    assert_eq!(english.len(), chinese.len());
    for (english, chinese) in english.iter().zip(chinese) {
        assert_eq!(without_comments(english), without_comments(chinese));
    }
    let (english, chinese) = (tables(README), tables(CHINESE));
    assert!(english.len() > 5, "tables are found");
    assert_eq!(english.len(), chinese.len());
    for (english, chinese) in english.iter().zip(&chinese) {
        assert_eq!(
            english.len(),
            chinese.len(),
            "{}\n{}",
            english[0],
            chinese[0]
        );
        for (english, chinese) in english.iter().zip(chinese) {
            let cells = |row: &str| row.split(" | ").count();
            assert_eq!(cells(english), cells(chinese), "{english}\n{chinese}");
            assert_eq!(facts(english), facts(chinese), "{english}\n{chinese}");
        }
    }
    let headings = |readme| {
        without_code(readme)
            .filter(|line| line.starts_with('#'))
            .map(|line| line.chars().take_while(|char| *char == '#').count())
            .collect::<Vec<_>>()
    };
    assert_eq!(headings(README), headings(CHINESE));
}

#[test]
fn either_leads_to_the_other() {
    assert!(README.contains("[zh]: README.zh-CN.md\n"));
    assert!(CHINESE.contains("[en]: README.md\n"));
}

/// Links within the repository and to headings lead somewhere.
#[test]
fn no_link_is_dead() {
    for readme in [README, CHINESE] {
        for line in without_code(readme) {
            let links = ["](", "src=\""].map(|begins| line.split(begins).skip(1));
            let definition = line.split_once("]: ").filter(|_| line.starts_with('['));
            let definition = definition.map(|(_, target)| target);
            for link in links.into_iter().flatten().chain(definition) {
                let target = link.split([')', '"']).next().expect("a link's end");
                if target.starts_with("https://") {
                    continue;
                }
                let file = format!("{}/{target}", env!("CARGO_MANIFEST_DIR"));
                assert!(Path::new(&file).exists(), "{target} of {line}");
            }
            for label in line.split("][").skip(1) {
                let label = label.split(']').next().expect("a label's end");
                assert!(
                    readme.contains(&format!("\n[{label}]: ")),
                    "{label} of {line}"
                );
            }
        }
    }
}
