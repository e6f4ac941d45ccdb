use super::*;

#[test]
fn scopes_have_wechats_names_and_letters_of_their_own() {
    let table = [
        (Scope::Base, "snsapi_base", 'b', false),
        (Scope::UserInfo, "snsapi_userinfo", 'u', true),
        (Scope::Login, "snsapi_login", 'l', true),
    ];
    assert_eq!(table.map(|(scope, ..)| scope), Scope::ALL);
    for (scope, name, letter, has_profile) in table {
        assert_eq!(scope.name(), name);
        assert_eq!(scope.letter(), letter);
        assert_eq!(scope.has_profile(), has_profile, "{name}");
        assert_eq!(Scope::from_letter(letter), Some(scope));
    }
    assert_eq!(Scope::from_letter('x'), None);
}
