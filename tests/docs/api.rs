//! The public API, listed in one file, so that a review sees a change of it. Read from rustdoc's
//! pages, for its JSON needs a nightly.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use support::cargo;

const HOW: &str = "UPDATE_API=1 cargo test --all-features --test docs api";

#[test]
fn the_public_api_is_the_listed_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/docs/public.txt");
    let now = listing(&documentation());
    if env::var_os("UPDATE_API").is_some() {
        let lines: Vec<_> = now.into_iter().collect();
        let head = format!("# The public API. To accept a change of it: {HOW}\n");
        fs::write(&file, head + &lines.join("\n") + "\n").expect("a writable checkout");
        return;
    }
    let listed = fs::read_to_string(&file).unwrap_or_default();
    let listed: BTreeSet<_> = listed.lines().skip(1).map(ToOwned::to_owned).collect();
    let gone = listed.difference(&now).map(|line| format!("- {line}"));
    let new = now.difference(&listed).map(|line| format!("+ {line}"));
    let diff: Vec<_> = gone.chain(new).collect();
    assert!(
        diff.is_empty(),
        "the public API has changed:\n{}\nto accept it: {HOW}",
        diff.join("\n")
    );
}

/// Where rustdoc has just put this crate's pages.
fn documentation() -> PathBuf {
    let done = cargo::command("doc").args(["--lib", "--no-deps"]).output();
    let done = done.expect("cargo");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    cargo::target().join("doc/actix_wechat")
}

/// A line for each item, field, variant, method and trait.
fn listing(documentation: &Path) -> BTreeSet<String> {
    let read = |page: &str| fs::read_to_string(documentation.join(page)).expect("a page");
    let all = read("all.html");
    let (_, items) = all.split_once("id=\"main-content\"").expect("the items");
    let mut lines = BTreeSet::new();
    for item in items.split("<li><a href=\"").skip(1) {
        let (page, rest) = item.split_once("\">").expect("a link");
        let (name, _) = rest.split_once('<').expect("its text");
        let page = read(page);
        // Behind them is what every type has.
        let own = page.split("id=\"synthetic-implementations\"").next();
        let own = own.unwrap_or_default();
        let shown = declaration(own).into_iter().chain(headers(own));
        lines.extend(shown.map(|line| format!("{name}: {line}")));
    }
    lines
}

/// What a type is and each of its fields or variants; a function in one line.
fn declaration(page: &str) -> Vec<String> {
    let (_, rest) = page.split_once("item-decl\"><code>").expect("an item");
    let (html, _) = rest.split_once("</code></pre>").expect("its end");
    let text = match (html.find("<summary"), html.find("</summary>")) {
        (Some(begin), Some(end)) => text(&html[..begin]) + "\n" + &text(&html[end..]),
        _ => text(html),
    };
    if text.contains('{') {
        let lines = text.lines().map(|line| line.trim().to_owned());
        lines.filter(|line| line.len() > 1).collect()
    } else {
        vec![in_one_line(&text)]
    }
}

/// Methods, and which traits are implemented; what such a trait brings is known.
fn headers(page: &str) -> impl Iterator<Item = String> {
    page.split("<section id=\"")
        .skip(1)
        .filter(|section| {
            !section
                .split('>')
                .next()
                .unwrap_or_default()
                .contains("trait-impl\"")
        })
        .filter_map(|section| {
            let (_, rest) = section.split_once("class=\"code-header\">")?;
            Some(in_one_line(&text(rest.split("</h").next()?)))
        })
        .filter(|line| line.starts_with("pub ") || line.contains(" for "))
        .filter(|line| !line.contains(" StructuralPartialEq "))
}

fn text(html: &str) -> String {
    let mut text = String::new();
    for (number, part) in html.split('<').enumerate() {
        let (tag, shown) = part.split_once('>').unwrap_or_default();
        // A clause or an attribute stands apart.
        text += if tag.contains("div") { "\n" } else { "" };
        text += if number == 0 { part } else { shown };
    }
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text, |text, (entity, char)| text.replace(entity, char))
}

fn in_one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").replace("( ", "(").replace(", )", ")")
}
