use std::collections::HashMap;

use super::*;

const HOSTILE: &str = "<script>alert('x')</script>\"&{{ reason }}";
const ESCAPED: &str = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;{{ reason }}";

/// Each page that visitors see, with the state it may be in beside.
fn every_page() -> Vec<(&'static str, bool)> {
    let pages = TEMPLATES.iter().map(|(name, _)| *name);
    let mut pages: Vec<_> = pages
        .filter(|name| *name != "layout.html")
        .map(|name| (name, false))
        .collect();
    pages.push(("login_required.html", true));
    pages
}

fn show(name: &str, facts: &Facts<'_>) -> String {
    let pages = Pages::new(&[], "wx1").unwrap();
    super::render(&pages.tera, name, facts).unwrap()
}

/// What a page says, without its head, its tags and its pictures.
fn text(page: &str) -> String {
    let body = page.split_once("<body>").unwrap().1;
    let tags = body.split('<').skip(1);
    tags.filter_map(|tag| Some(tag.split_once('>')?.1))
        .collect()
}

#[test]
fn every_page_names_who_asks_and_the_way_on_in_each_language() {
    for lang in Language::ALL {
        for (name, form_lost) in every_page() {
            let facts = Facts {
                lang,
                site_name: "山茶",
                retry_url: "https://shop.example.cn/p?a=1&b=2",
                form_lost,
                ..Facts::default()
            };
            let page = show(name, &facts);
            let case = format!("{name} {lang:?} {form_lost}: {page}");
            let tag = serde_json::to_value(lang).unwrap();
            let tag = format!("<html lang=\"{}\">", tag.as_str().unwrap());
            assert!(page.contains(&tag), "{case}");
            assert!(page.contains("<bdi>山茶</bdi>"), "{case}");
            assert_eq!(page.matches("<h1>").count(), 1, "{case}");
            assert_eq!(page.matches("<svg class=\"icon ").count(), 1, "{case}");
            assert!(!page.contains("<script"), "{case}");
            let way_on = "https://shop.example.cn/p?a=1&amp;b=2";
            let ways = [
                format!("href=\"{way_on}\""),
                format!("<code>{way_on}</code>"),
                // On a snapshot nothing but WeChat's own button helps.
                "使用完整服".to_owned(),
            ];
            let offered = ways.iter().filter(|way| page.contains(*way)).count();
            assert_eq!(offered, 1, "{case}");
            let helps_at_once = !["account_refused.html", "misconfigured.html"].contains(&name);
            assert_eq!(!page.contains("class=\"soft\""), helps_at_once, "{case}");
        }
    }
}

#[test]
fn what_is_not_ours_is_escaped_on_every_page() {
    for lang in Language::ALL {
        for (name, form_lost) in every_page() {
            let facts = Facts {
                lang,
                reason: HOSTILE,
                site_name: HOSTILE,
                retry_url: HOSTILE,
                why: HOSTILE,
                form_lost,
                ..Facts::default()
            };
            let page = show(name, &facts);
            let expected = match name {
                "ask_first.html" => 3,
                "snapshot.html" => 1,
                _ => 2,
            };
            assert_eq!(page.matches(ESCAPED).count(), expected, "{name}: {page}");
            assert!(!page.contains("<script"), "{name}: {page}");
        }
    }
}

/// No page looks like another: neither picture nor heading repeats.
#[test]
fn every_page_has_an_icon_and_a_heading_of_its_own() {
    for lang in Language::ALL {
        let mut seen = HashMap::new();
        for (name, form_lost) in every_page() {
            let facts = Facts {
                lang,
                form_lost,
                ..Facts::default()
            };
            let page = show(name, &facts);
            for (begins, ends) in [("<svg class=\"icon ", "</svg>"), ("<h1>", "</h1>")] {
                let rest = page.split_once(begins).unwrap().1;
                let part = rest.split_once(ends).unwrap().0.to_owned();
                if let Some(other) = seen.insert(part, (name, form_lost)) {
                    panic!("{name} has the {begins} of {other:?}");
                }
            }
        }
    }
}

#[test]
fn each_language_keeps_to_its_own_writing() {
    let han = |char: &char| ('\u{4e00}'..='\u{9fff}').contains(char);
    // Written otherwise in traditional Chinese.
    let simplified = "录请码账号关众页浏览开长网复务缩获响应还试几点钮没时设马后诉扫贴册处错问题状态记边显读从数丢连换选择须见";
    for (name, form_lost) in every_page() {
        for qr_svg in ["", "<svg></svg>"] {
            let said = Language::ALL.map(|lang| {
                let facts = Facts {
                    lang,
                    qr_svg,
                    form_lost,
                    ..Facts::default()
                };
                text(&show(name, &facts))
            });
            let [cn, hant, en] = &said;
            assert!(cn.chars().any(|char| han(&char)), "{name}: {cn}");
            let foreign: String = hant.chars().filter(|it| simplified.contains(*it)).collect();
            assert_eq!(foreign, "", "{name}: {hant}");
            for mainland in [
                "登錄", "鏈接", "網絡", "打開", "屏幕", "點擊", "設置", "信息",
            ] {
                assert!(!hant.contains(mainland), "{name}: {hant}");
            }
            // What WeChat itself labels in Chinese.
            let en = en.replace("使用完整服务", "").replace("微信登录", "");
            assert!(!en.chars().any(|char| han(&char)), "{name}: {en}");
            assert!(!said.concat().contains('您'), "{name}");
        }
    }
}

#[test]
fn a_page_of_the_apps_own_must_render_in_each_language() {
    let source = "{% if lang == \"zh-Hant\" %}{{ nobody_knows }}{% endif %}";
    let replaced = [("busy.html".to_owned(), source.to_owned())];
    let refused = Pages::new(&replaced, "wx1").err().unwrap();
    assert!(refused.contains("`busy.html` does not render"), "{refused}");
}

/// The variables of `layout.html` in the light scheme and in the dark one.
fn schemes() -> [HashMap<&'static str, [f64; 3]>; 2] {
    let css = TEMPLATES[0].1;
    let mut blocks = css.split(":root {").skip(1);
    [(); 2].map(|()| {
        let block = blocks.next().unwrap().split('}').next().unwrap();
        let variables = block.split(';').filter_map(|line| line.split_once(':'));
        variables
            .map(|(name, value)| (name.trim(), rgb(value.trim())))
            .collect()
    })
}

fn rgb(hex: &str) -> [f64; 3] {
    let digits = hex.strip_prefix('#').unwrap();
    let digits: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        _ => digits.to_owned(),
    };
    [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0)
}

/// As WCAG 2.2 defines it.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |rgb: [f64; 3]| {
        let [r, g, b] = rgb.map(|channel| {
            if channel <= 0.04045 {
                channel / 12.92
            } else {
                ((channel + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn everything_can_be_read_in_light_and_in_dark() {
    const PAIRS: [(&str, &[&str]); 7] = [
        ("--ink", &["--card", "--inset"]),
        ("--quiet", &["--card"]),
        ("--on-go", &["--go"]),
        ("--calm", &["--card"]),
        ("--warn", &["--card"]),
        ("--stop", &["--card"]),
        ("--plain", &["--card"]),
    ];
    for (scheme, variables) in ["light", "dark"].into_iter().zip(schemes()) {
        for (text, grounds) in PAIRS {
            for ground in grounds {
                let ratio = contrast(variables[text], variables[ground]);
                assert!(ratio >= 4.5, "{text} on {ground} in {scheme}: {ratio:.2}");
            }
        }
    }
    // And no page uses another colour for text.
    for (name, source) in TEMPLATES {
        for declaration in source.split([' ', ';', '{']).collect::<Vec<_>>().windows(2) {
            if declaration[0] == "color:" {
                let known = PAIRS
                    .iter()
                    .any(|(text, _)| declaration[1] == format!("var({text})"));
                assert!(known, "{name}: color: {}", declaration[1]);
            }
        }
    }
}

#[test]
fn accounts_with_the_same_templates_share_them() {
    let own = |source: &str| {
        let replaced = [("busy.html".to_owned(), source.to_owned())];
        Pages::new(&replaced, "wx1").unwrap()
    };
    let (first, second, other) = (own("{{ reason }}"), own("{{ reason }}"), own("{{ lang }}"));
    assert!(Arc::ptr_eq(&first.tera, &second.tera));
    assert!(!Arc::ptr_eq(&first.tera, &other.tera));
    let [one, two] = [(); 2].map(|()| Pages::new(&[], "wx1").unwrap());
    assert!(Arc::ptr_eq(&one.tera, &two.tera));
    assert!(!Arc::ptr_eq(&one.tera, &first.tera));
}
