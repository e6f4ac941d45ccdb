use proptest::prelude::*;

use super::*;
use crate::samples::a_state;

#[test]
fn state_of_another_shape_is_the_apps() {
    let nonce = "0123456789abcdefABCDEF0123456789";
    let ours = [
        ("0b", 0, Scope::Base, 0),
        ("1u", 1, Scope::UserInfo, 0),
        ("2l", 2, Scope::Login, 0),
        ("3c", 3, Scope::Base, 1),
        ("0v", 0, Scope::UserInfo, 1),
        ("1m", 1, Scope::Login, 1),
        ("0e", 0, Scope::Base, 3),
        ("0x", 0, Scope::UserInfo, 3),
        ("0n", 0, Scope::Login, 2),
    ];
    for (head, rounds, scope, own_codes) in ours {
        let text = format!("{head}{nonce}");
        let expected = State {
            rounds,
            scope,
            own_codes,
            challenge: Challenge::parse(nonce).unwrap(),
        };
        assert_eq!(expected.encode(), text);
        assert_eq!(State::parse(&text), Some(expected), "{head}");
    }
    let foreign = [
        String::new(),
        "0".to_owned(),
        "0u".to_owned(),
        nonce.to_owned(),
        format!("4u{nonce}"),
        format!("9u{nonce}"),
        format!("xu{nonce}"),
        format!("٣u{nonce}"),
        format!("0y{nonce}"),
        format!("0f{nonce}"),
        format!("0a{nonce}"),
        format!("0U{nonce}"),
        format!("0u{nonce}0"),
        format!("0u{}", &nonce[1..]),
        format!("0u{}_", &nonce[1..]),
        format!("0u{}%", &nonce[1..]),
        // 32 bytes, but not 32 letters and digits.
        format!("0u{}é", &nonce[2..]),
        format!(" 0u{nonce}"),
    ];
    for text in foreign {
        assert_eq!(State::parse(&text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn state_fits_wechats_rules_and_comes_back(state in a_state()) {
        let text = state.encode();
        prop_assert!(text.len() <= 128);
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        prop_assert_eq!(State::parse(&text), Some(state));
    }

    #[test]
    fn parsed_state_is_the_text(text in "[0-4x][a-fk-pt-y][0-9A-Za-z_]{31,33}") {
        if let Some(state) = State::parse(&text) {
            prop_assert_eq!(state.encode(), text);
        }
    }
}
