//! The README says what the repository holds.

const README: &str = include_str!("../README.md");

#[test]
fn the_quick_start_is_the_smallest_example() {
    let example = include_str!("../examples/hello.rs");
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
            assert!(
                README.contains(name),
                "the README does not name {folder}/{name}"
            );
        }
    }
}
