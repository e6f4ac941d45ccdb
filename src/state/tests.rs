use proptest::prelude::*;

use super::*;
use crate::samples::a_state;

#[test]
fn state_of_another_shape_is_the_apps() {
    let nonce = "0123456789abcdefABCDEF0123456789";
    let ours = [
        ("0b", 0, Scope::Base, false),
        ("1u", 1, Scope::UserInfo, false),
        ("2l", 2, Scope::Login, false),
        ("3c", 3, Scope::Base, true),
        ("0v", 0, Scope::UserInfo, true),
        ("1m", 1, Scope::Login, true),
    ];
    for (head, rounds, scope, own_code) in ours {
        let text = format!("{head}{nonce}");
        let expected = State {
            rounds,
            scope,
            own_code,
            challenge: nonce.to_owned(),
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
        format!("0x{nonce}"),
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
    fn parsed_state_is_the_text(text in "[0-4x][bculmvx][0-9A-Za-z_]{31,33}") {
        if let Some(state) = State::parse(&text) {
            prop_assert_eq!(state.encode(), text);
        }
    }
}
