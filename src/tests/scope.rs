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

#[test]
fn scopes_hold_what_was_asked() {
    let mut scopes = Scopes::default();
    assert!(scopes.is_empty());
    for scope in Scope::ALL {
        assert!(!scopes.contains(scope), "{scope:?}");
        let alone = Scopes::default().with(scope);
        assert_eq!(scopes.and(alone), scopes.with(scope));
        assert_eq!(alone.and(scopes), scopes.with(scope));
        scopes = scopes.with(scope);
        assert!(scopes.contains(scope) && !scopes.is_empty(), "{scope:?}");
        assert_eq!(scopes.with(scope), scopes);
        assert_eq!(scopes.and(scopes), scopes);
        assert_eq!(scopes.and(Scopes::default()), scopes);
    }
}
