use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn parts_are_those_of_the_standard_split(text in "[a&.\u{7f}é小]{0,12}") {
        for sign in ['&', '.', '\u{7f}'] {
            prop_assert!(parts(&text, sign).eq(text.split(sign)), "{sign:?}");
        }
    }
}
