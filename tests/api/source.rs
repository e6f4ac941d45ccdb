//! The crate's sources, parsed: which modules there are, and what a path in one of them names.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use syn::{Attribute, Item, UseTree};

/// A path from the crate's root, `crate` left out: `["config", "Builder"]`.
pub(crate) type Local = Vec<String>;

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    /// An item of this crate.
    Here(Local),
    /// An item of another crate, as it is imported: `["actix_web", "HttpRequest"]`.
    Elsewhere(Vec<String>),
    /// Of the language or the standard library.
    Std,
}

pub(crate) struct Module {
    pub(crate) items: Vec<Item>,
    /// The attributes of `mod x;`.
    pub(crate) attrs: Vec<Attribute>,
    /// What its `use` items bring in, by the name it has here.
    imports: HashMap<String, Vec<String>>,
}

pub(crate) struct Sources {
    pub(crate) modules: BTreeMap<Local, Module>,
}

impl Sources {
    pub(crate) fn read() -> Self {
        let mut sources = Self {
            modules: BTreeMap::new(),
        };
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let lib = fs::read_to_string(root.join("lib.rs")).expect("src/lib.rs");
        sources.add(&root, Vec::new(), &lib, Vec::new());
        sources
    }

    fn add(&mut self, root: &Path, at: Local, text: &str, attrs: Vec<Attribute>) {
        let file = syn::parse_file(text).expect("Rust");
        let mut imports = HashMap::new();
        for item in &file.items {
            match item {
                Item::Use(import) if !is_test(&import.attrs) => {
                    add_imports(&mut imports, Vec::new(), &import.tree);
                }
                Item::Mod(module) if module.content.is_none() && !is_test(&module.attrs) => {
                    let mut at = at.clone();
                    at.push(module.ident.to_string());
                    let stem = root.join(at.join("/"));
                    let text = fs::read_to_string(stem.with_extension("rs"))
                        .or_else(|_| fs::read_to_string(stem.join("mod.rs")))
                        .unwrap_or_else(|err| panic!("{}: {err}", stem.display()));
                    self.add(root, at, &text, module.attrs.clone());
                }
                Item::Mod(module) if !is_test(&module.attrs) => {
                    panic!("mod {} {{ … }}: teach this test to read it", module.ident)
                }
                Item::Macro(item) => {
                    let name = item.mac.path.segments.last().map(|it| it.ident.to_string());
                    panic!(
                        "{name:?} in {at:?}: a macro can make public items that are not seen here"
                    )
                }
                _ => {}
            }
        }
        self.modules.insert(
            at,
            Module {
                items: file.items,
                attrs,
                imports,
            },
        );
    }

    /// What a path names that stands in this module.
    pub(crate) fn resolve(&self, module: &[String], path: &[String]) -> Named {
        let (first, rest) = path.split_first().expect("a path with a name");
        let with = |prefix: &[String]| [prefix, rest].concat();
        match first.as_str() {
            "crate" => self.follow(&with(&[])),
            "self" => self.follow(&with(module)),
            "super" => {
                let parent = module[..module.len() - 1].to_vec();
                if rest.first().is_some_and(|next| next == "super") {
                    return self.resolve(&parent, rest);
                }
                self.follow(&with(&parent))
            }
            "std" | "core" | "alloc" => Named::Std,
            _ => {
                if let Some(import) = self.modules[module].imports.get(first) {
                    let is_extern_crate = import.len() == 1 && import[0] == *first;
                    if !is_extern_crate {
                        return self.resolve(module, &with(import));
                    }
                } else if self.declares(module, first) {
                    return self.follow(&[module, path].concat());
                }
                if rest.is_empty() && PRELUDE.contains(&first.as_str()) {
                    return Named::Std;
                }
                assert!(
                    !rest.is_empty() || EXTERN.contains(&first.as_str()),
                    "what is `{first}` in {module:?}?"
                );
                Named::Elsewhere(path.to_vec())
            }
        }
    }

    /// Goes through re-exports to where an item of this crate is declared.
    fn follow(&self, path: &[String]) -> Named {
        let mut at = 0;
        while at < path.len() && self.modules.contains_key(&path[..=at]) {
            at += 1;
        }
        let (module, name) = path.split_at(at);
        match name.first() {
            Some(first) if !self.declares(module, first) => {
                let import = self.modules[module].imports.get(first);
                let import = import.unwrap_or_else(|| panic!("no {first} in {module:?}"));
                self.resolve(module, &[import, &name[1..]].concat())
            }
            _ => Named::Here(path.to_vec()),
        }
    }

    fn declares(&self, module: &[String], name: &str) -> bool {
        self.item(module, name).is_some()
            || self
                .modules
                .contains_key(&[module, &[name.to_owned()]].concat())
    }

    pub(crate) fn item(&self, module: &[String], name: &str) -> Option<&Item> {
        self.modules.get(module)?.items.iter().find(|item| {
            let ident = match item {
                Item::Struct(item) => &item.ident,
                Item::Enum(item) => &item.ident,
                Item::Fn(item) => &item.sig.ident,
                Item::Trait(item) => &item.ident,
                Item::Type(item) => &item.ident,
                Item::Const(item) => &item.ident,
                Item::Static(item) => &item.ident,
                _ => return false,
            };
            ident == name
        })
    }
}

/// Crates that are named without a path.
const EXTERN: [&str; 4] = ["actix_session", "actix_web", "awc", "serde"];

/// Of the names that need no import, those that signatures and derives of this crate use.
const PRELUDE: &[&str] = &[
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Eq",
    "Fn",
    "From",
    "Future",
    "Hash",
    "Into",
    "IntoIterator",
    "Option",
    "PartialEq",
    "Result",
    "Send",
    "String",
    "Sync",
    "TryFrom",
    "Vec",
    "bool",
    "i64",
    "str",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
];

pub(crate) fn is_public_item(vis: &syn::Visibility) -> bool {
    matches!(vis, syn::Visibility::Public(_))
}

/// Compiled for tests or fuzzers alone.
pub(crate) fn is_test(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        attr.path().is_ident("cfg")
            && attr
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test") || path.is_ident("fuzzing"))
    })
}

/// The last name of each imported path, and the path.
pub(crate) fn add_imports(
    imports: &mut HashMap<String, Vec<String>>,
    mut prefix: Vec<String>,
    tree: &UseTree,
) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            add_imports(imports, prefix, &path.tree);
        }
        UseTree::Name(name) if name.ident == "self" => {
            let last = prefix.last().expect("self within a group").clone();
            imports.insert(last, prefix);
        }
        UseTree::Name(name) => {
            prefix.push(name.ident.to_string());
            imports.insert(name.ident.to_string(), prefix);
        }
        UseTree::Rename(name) => {
            prefix.push(name.ident.to_string());
            imports.insert(name.rename.to_string(), prefix);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                add_imports(imports, prefix.clone(), tree);
            }
        }
        _ => panic!("`use {}::*`: its names cannot be listed", prefix.join("::")),
    }
}
