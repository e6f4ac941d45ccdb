use super::*;

#[test]
fn nothing_but_letters_and_digits_is_taken() {
    for sound in ["09azAZ", "AAAAAA", "zzz000"] {
        let parsed = Alphanumeric::<6>::parse(sound);
        assert_eq!(
            parsed.map(|it| it.as_str().to_owned()).as_deref(),
            Some(sound)
        );
    }
    for wrong in [
        "", "09azA", "09azAZ0", "09az Z", "09az-Z", "09az.Z", "小明", "09azé", "09az\0Z",
    ] {
        assert_eq!(Alphanumeric::<6>::parse(wrong), None, "{wrong:?}");
    }
}

#[test]
fn each_byte_has_its_sign() {
    let bytes = [0, 9, 10, 35, 36, 61, 62, 255];
    let text = Alphanumeric::of(bytes);
    assert_eq!(
        (text.as_str(), text.as_bytes()),
        ("09AZaz07", &b"09AZaz07"[..])
    );
    assert_eq!(Alphanumeric::parse("09AZaz07"), Some(text));
}
