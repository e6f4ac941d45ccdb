//! The public items, one a line, and what of other crates their signatures name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use syn::{
    Attribute, Fields, FnArg, Generics, ImplItem, Item, ItemImpl, Pat, ReceiverKind, Signature,
    Type,
    visit::{self, Visit},
};

use super::source::{Local, Named, Sources, add_imports, is_public_item, is_test};

#[derive(Default)]
pub(crate) struct Listing {
    /// Sorted by what they are about: a type's traits and methods stand below it.
    lines: BTreeSet<(String, bool, String)>,
    /// What signatures name of other crates, and where.
    pub(crate) foreign: BTreeMap<String, BTreeSet<String>>,
}

/// Where each public item is declared, and its public name.
type Public = HashMap<Local, String>;

impl Listing {
    pub(crate) fn of(sources: &Sources) -> Self {
        let mut listing = Self::default();
        let mut public = Public::new();
        listing.export(sources, &[], "actix_wechat", &mut public);
        for (local, name) in &public {
            listing.item(sources, &public, local, name);
        }
        for (at, module) in &sources.modules {
            for item in &module.items {
                if let Item::Impl(item) = item
                    && !is_test(&item.attrs)
                {
                    listing.implementation(sources, &public, at, item);
                }
            }
        }
        listing
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|(.., line)| line.as_str())
    }

    fn add(&mut self, subject: &str, attrs: &[Attribute], line: &str) {
        let is_impl = line.starts_with("impl ");
        let line = format!("{}{line}", attributes(attrs));
        self.lines.insert((subject.to_owned(), is_impl, line));
    }

    /// The public names of a public module.
    fn export(&mut self, sources: &Sources, at: &[String], path: &str, public: &mut Public) {
        let module = &sources.modules[at];
        for item in &module.items {
            match item {
                Item::Use(item) if is_public_item(&item.vis) => {
                    let mut names = HashMap::new();
                    add_imports(&mut names, Vec::new(), &item.tree);
                    for (name, import) in names {
                        let full = format!("{path}::{name}");
                        match sources.resolve(at, &import) {
                            Named::Here(local) => {
                                assert!(item.attrs.iter().all(|attr| !attr.path().is_ident("cfg")));
                                public.insert(local, full);
                            }
                            _ => self.add(&full, &item.attrs, &format!("pub use {full}")),
                        }
                    }
                }
                Item::Mod(item) if is_public_item(&item.vis) && !is_test(&item.attrs) => {
                    let name = item.ident.to_string();
                    let full = format!("{path}::{name}");
                    self.add(&full, &item.attrs, &format!("pub mod {full}"));
                    self.export(sources, &[at, &[name]].concat(), &full, public);
                }
                _ => {
                    if let Some(name) = public_name(item) {
                        let full = format!("{path}::{name}");
                        public.insert([at, &[name]].concat(), full);
                    }
                }
            }
        }
    }

    fn item(&mut self, sources: &Sources, public: &Public, local: &Local, path: &str) {
        let (name, at) = local.split_last().expect("a name");
        let mut names = Names {
            sources,
            public,
            at,
            generics: BTreeSet::new(),
            subject: path.to_owned(),
            foreign: &mut self.foreign,
        };
        let item = sources.item(at, name).expect("a declared item");
        let mut lines = Vec::new();
        match item {
            Item::Fn(item) => {
                names.signature(&item.sig);
                lines.push((path.to_owned(), &item.attrs, signature(path, &item.sig)));
            }
            Item::Struct(item) => {
                names.generics(&item.generics);
                lines.push((path.to_owned(), &item.attrs, format!("pub struct {path}")));
                for (at, field) in item.fields.iter().enumerate() {
                    if is_public_item(&field.vis) {
                        names.visit_type(&field.ty);
                        let name = field.ident.as_ref();
                        let name = name.map_or_else(|| at.to_string(), ToString::to_string);
                        let full = format!("{path}::{name}");
                        let line = format!("pub field {full}: {}", type_text(&field.ty));
                        lines.push((full, &field.attrs, line));
                    }
                }
            }
            Item::Enum(item) => {
                names.generics(&item.generics);
                lines.push((path.to_owned(), &item.attrs, format!("pub enum {path}")));
                for variant in &item.variants {
                    let types: Vec<_> = variant.fields.iter().map(|field| &field.ty).collect();
                    for ty in &types {
                        names.visit_type(ty);
                    }
                    let types: Vec<_> = types.into_iter().map(type_text).collect();
                    let full = format!("{path}::{}", variant.ident);
                    let line = match &variant.fields {
                        Fields::Unit => format!("pub variant {full}"),
                        Fields::Unnamed(_) => format!("pub variant {full}({})", types.join(", ")),
                        Fields::Named(_) => panic!("{full}: teach this test named fields"),
                    };
                    lines.push((full, &variant.attrs, line));
                }
            }
            _ => panic!("{path}: teach this test items of its kind"),
        }
        for derived in derives(item) {
            if let Named::Elsewhere(path) = sources.resolve(at, &derived)
                // Its macros implement the standard library's traits.
                && path[0] != "derive_more"
            {
                names.found(path);
            }
            let derived = derived.last().expect("a name");
            lines.push((
                path.to_owned(),
                NO_ATTRS,
                format!("impl {derived} for {path}"),
            ));
        }
        for (subject, attrs, line) in lines {
            self.add(&subject, attrs, &line);
        }
    }

    fn implementation(
        &mut self,
        sources: &Sources,
        public: &Public,
        at: &[String],
        item: &ItemImpl,
    ) {
        let Type::Path(of) = &*item.self_ty else {
            panic!("impl for a type without a name in {at:?}")
        };
        let Named::Here(local) = sources.resolve(at, &segments(&of.path)) else {
            return;
        };
        let Some(path) = public.get(&local) else {
            return;
        };
        let mut names = Names {
            sources,
            public,
            at,
            generics: BTreeSet::new(),
            subject: path.clone(),
            foreign: &mut self.foreign,
        };
        // A whole `mod x` behind a feature takes its impls with it.
        let module_attrs: &[Attribute] = &sources.modules[at].attrs;
        let mut lines = Vec::new();
        if let Some((of_trait, _)) = &item.trait_ {
            if matches!(sources.resolve(at, &segments(of_trait)), Named::Here(_)) {
                // There is no public trait.
                return;
            }
            names.generics(&item.generics);
            names.visit_path(of_trait);
            let mut last = of_trait.clone();
            last.segments = last.segments.into_iter().next_back().into_iter().collect();
            let name = path_text(&last);
            let header = format!("impl {name} for {path}");
            lines.push((path.clone(), &item.attrs, header.clone()));
            for inner in &item.items {
                if let ImplItem::Type(inner) = inner {
                    names.visit_type(&inner.ty);
                    let line = format!("{header}: type {} = {}", inner.ident, type_text(&inner.ty));
                    lines.push((path.clone(), &item.attrs, line));
                }
            }
        } else {
            assert!(
                item.generics.params.is_empty(),
                "{path}: teach this test generic types"
            );
            for inner in &item.items {
                let inner = match inner {
                    ImplItem::Fn(inner) => inner,
                    ImplItem::Const(inner) if !is_public_item(&inner.vis) => continue,
                    _ => panic!("{path}: teach this test items of an impl"),
                };
                if is_public_item(&inner.vis) {
                    names.signature(&inner.sig);
                    let full = format!("{path}::{}", inner.sig.ident);
                    lines.push((full.clone(), &inner.attrs, signature(&full, &inner.sig)));
                }
            }
        }
        for (subject, attrs, line) in lines {
            let attrs = if path.starts_with("actix_wechat::simulator::") {
                attrs.clone()
            } else {
                [module_attrs, attrs].concat()
            };
            self.add(&subject, &attrs, &line);
        }
    }
}

const NO_ATTRS: &Vec<Attribute> = &Vec::new();

/// Finds the paths of a signature and what they name.
struct Names<'a> {
    sources: &'a Sources,
    public: &'a Public,
    at: &'a [String],
    generics: BTreeSet<String>,
    subject: String,
    foreign: &'a mut BTreeMap<String, BTreeSet<String>>,
}

impl Names<'_> {
    fn signature(&mut self, sig: &Signature) {
        let outer = self.generics.clone();
        self.generics(&sig.generics);
        visit::visit_signature(self, sig);
        self.generics = outer;
    }

    fn generics(&mut self, generics: &Generics) {
        let names = generics.type_params().map(|param| param.ident.to_string());
        self.generics.extend(names);
        self.visit_generics(generics);
    }

    fn found(&mut self, path: Vec<String>) {
        let of = self.foreign.entry(path.join("::")).or_default();
        of.insert(self.subject.clone());
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        visit::visit_path(self, path);
        let names = segments(path);
        if names[0] == "Self" || self.generics.contains(&names[0]) {
            return;
        }
        match self.sources.resolve(self.at, &names) {
            Named::Std => {}
            Named::Elsewhere(path) => self.found(path),
            Named::Here(local) if self.public.contains_key(&local) => {}
            Named::Here(local) => {
                let (name, at) = local.split_last().expect("a name");
                match self.sources.item(at, name) {
                    // An alias says what it stands for.
                    Some(Item::Type(alias)) => {
                        let mut names = Names {
                            at,
                            generics: BTreeSet::new(),
                            subject: self.subject.clone(),
                            sources: self.sources,
                            public: self.public,
                            foreign: self.foreign,
                        };
                        names.generics(&alias.generics);
                        names.visit_type(&alias.ty);
                    }
                    _ => panic!("{}: {local:?} is private", self.subject),
                }
            }
        }
    }
}

fn public_name(item: &Item) -> Option<String> {
    let (vis, ident) = match item {
        Item::Struct(item) => (&item.vis, &item.ident),
        Item::Enum(item) => (&item.vis, &item.ident),
        Item::Fn(item) => (&item.vis, &item.sig.ident),
        Item::Trait(item) => (&item.vis, &item.ident),
        Item::Type(item) => (&item.vis, &item.ident),
        Item::Const(item) => (&item.vis, &item.ident),
        Item::Static(item) => (&item.vis, &item.ident),
        _ => return None,
    };
    is_public_item(vis).then(|| ident.to_string())
}

fn segments(path: &syn::Path) -> Vec<String> {
    let names = path.segments.iter();
    names.map(|segment| segment.ident.to_string()).collect()
}

fn derives(item: &Item) -> Vec<Vec<String>> {
    let (Item::Struct(syn::ItemStruct { attrs, .. }) | Item::Enum(syn::ItemEnum { attrs, .. })) =
        item
    else {
        return Vec::new();
    };
    let mut derived = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("derive")) {
        attr.parse_nested_meta(|meta| {
            derived.push(segments(&meta.path));
            Ok(())
        })
        .expect("a list of traits");
    }
    derived
}

/// Those that users notice: how it is serialized, behind which feature it is, what may be added.
fn attributes(attrs: &[Attribute]) -> String {
    let noticed = ["cfg", "default", "deprecated", "non_exhaustive", "serde"];
    let mut text = String::new();
    for attr in attrs {
        if noticed.iter().any(|name| attr.path().is_ident(name)) {
            let Item::Type(mut carrier) = carrier() else {
                unreachable!()
            };
            carrier.attrs = vec![attr.clone()];
            let printed = print(Item::Type(carrier));
            let (attr, _) = printed.split_once("type X").expect("the carrier");
            text.push_str(attr);
        }
    }
    text
}

fn type_text(ty: &Type) -> String {
    let Item::Type(mut carrier) = carrier() else {
        unreachable!()
    };
    *carrier.ty = ty.clone();
    let printed = print(Item::Type(carrier));
    let (_, ty) = printed.split_once("= ").expect("the carrier");
    ty.trim_end_matches(';').to_owned()
}

fn path_text(path: &syn::Path) -> String {
    type_text(&Type::Path(syn::TypePath {
        attrs: Vec::new(),
        qself: None,
        path: path.clone(),
    }))
}

/// An item that carries something else through the printer.
fn carrier() -> Item {
    syn::parse_str("type X = ();").expect("Rust")
}

fn signature(path: &str, sig: &Signature) -> String {
    let Item::Fn(mut item) = syn::parse_str("fn x() {}").expect("Rust") else {
        unreachable!()
    };
    item.sig = sig.clone();
    for input in &mut item.sig.inputs {
        // How a parameter is bound is the body's affair.
        match input {
            FnArg::Receiver(own) if matches!(own.kind, ReceiverKind::Value) => {
                own.mutability = None
            }
            FnArg::Typed(argument) => {
                if let Pat::Ident(name) = &mut *argument.pat {
                    name.mutability = None;
                }
            }
            _ => {}
        }
    }
    let printed = print(Item::Fn(item));
    let printed = printed.trim_end_matches("{}").trim_end();
    let printed = printed.trim_end_matches(',');
    let name = sig.ident.to_string();
    format!(
        "pub {}",
        printed.replacen(&format!("fn {name}"), &format!("fn {path}"), 1)
    )
}

/// As rustfmt would, but on one line.
fn print(item: Item) -> String {
    let file = syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    };
    let printed = prettyplease::unparse(&file);
    let words: Vec<_> = printed.split_whitespace().collect();
    let mut line = words.join(" ");
    for (broken, whole) in [("( ", "("), (", )", ")"), ("< ", "<"), (", >", ">")] {
        line = line.replace(broken, whole);
    }
    line
}
