use super::*;

#[test]
fn every_line_and_every_weight_counts() {
    use Language::{English as En, Simplified as Cn, Traditional as Tw};
    let table: [(&[&str], Language); 43] = [
        (&[], Cn),
        (&[""], Cn),
        (&["zh-CN"], Cn),
        (&["zh"], Cn),
        (&["zh-SG"], Cn),
        (&["zh-CN,zh;q=0.9,en;q=0.8"], Cn),
        (&["fr"], Cn),
        (&["eng"], Cn),
        (&["zhx-TW"], Cn),
        (&[";;q=,,="], Cn),
        // Traditional, by script or by region; the script decides.
        (&["zh-TW"], Tw),
        (&["zh-tw,zh;q=0.9,en-US;q=0.8,en;q=0.7"], Tw),
        (&["zh-HK"], Tw),
        (&["zh-MO"], Tw),
        (&["zh-Hant"], Tw),
        (&["ZH-HANT-HK"], Tw),
        (&["zh-Hant-CN"], Tw),
        (&["zh-Hans-HK"], Cn),
        (&["yue"], Tw),
        (&["yue-Hans-CN"], Cn),
        (&["cmn-Hant"], Tw),
        (&["zh-CN;q=0.8, zh-TW"], Tw),
        (&["zh-CN, zh-TW;q=0.8"], Cn),
        // At equal weight the one named first.
        (&["zh-TW,zh,en"], Tw),
        (&["zh,zh-TW"], Cn),
        // English, where it outweighs both.
        (&["en"], En),
        (&["EN-gb, fr"], En),
        (&["fr, en;q=0.1"], En),
        (&["en;q=0"], Cn),
        (&["en;q=x"], Cn),
        (&["en-US,en;q=0.9,zh;q=0.8"], En),
        (&["en, zh"], Cn),
        (&["zh;q=0.2, en;q=0.3"], En),
        (&["en-US;q=0.2, zh;q=0.4, en;q=0.9"], En),
        (&["zh-TW;q=0.4, en;q=0.5, zh;q=0.9"], Cn),
        (&["zh-TW;q=0.6, en;q=0.5"], Tw),
        // `*` is all that is not named.
        (&["*"], Cn),
        (&["*, en;q=0.5"], Cn),
        (&["en, *;q=0.5"], En),
        (&["zh;q=0.1, *;q=0.5"], En),
        // Several lines are one list.
        (&["fr", "en"], En),
        (&["en;q=0.5", "zh-TW"], Tw),
        (&["zh-CN;q=0.3", "\u{e9}", "en"], En),
    ];
    for (lines, expected) in table {
        let lines: Vec<_> = lines
            .iter()
            .map(|line| HeaderValue::from_bytes(line.as_bytes()).unwrap())
            .collect();
        assert_eq!(Language::preferred(&lines), expected, "{lines:?}");
    }
}

#[test]
fn what_is_said_in_no_language_of_the_visitor_is_said_in_the_first() {
    use crate::pages::localized::Localized;

    let words = Localized::new("书店").zh_hant("書店");
    assert_eq!(
        Language::ALL.map(|lang| words.of(lang)),
        ["书店", "書店", "书店"]
    );
    let words = words.en("Books");
    assert_eq!(words.of(Language::English), "Books");
    assert_eq!(words.texts().count(), 3);
}
