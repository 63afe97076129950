//! No key ever has more permissions than its owner, whatever happens to people, role accounts and rules.

mod actions;
mod endings;
mod strangers;
mod world;

use std::sync::Arc;

use peerage_access::acts::keys::{self, KeyPatch};
use peerage_access::acts::sessions;
use peerage_access::records::{Key, Member, MemberRole, PermissionRules};
use peerage_access::{AccessContext, GrantScope, KeyKind, Patch, People, Principal};
use peerage_registry::ids::{KeyId, MemberId, OrgId, UserId};
use peerage_registry::moment::Moment;
use peerage_registry::rights::Permissions;
use proptest::prelude::*;
use world::*;

/// The permissions of every organization's key, even one without rules.
fn floor(people: &People, org: Option<OrgId>) -> GrantScope {
    let key = Key { org, grants: Some(PermissionRules::new()), ..blank(KeyKind::Org) };
    let mut with = people.clone();
    put_one(&mut with, &key);
    with.principal_of(with.key_by_id(key.id).expect("just put"), NOW).scope.clone()
}

/// Everything that a person can do now, in any way.
fn all_of(people: &People, user: u32) -> GrantScope {
    let text = r#"{"id":1,"user":1,"created":"2026-01-01T00:00:00Z","expires":"2026-01-01T00:00:00Z",
        "secret":{"hash":"H","version":1,"made":"2026-01-01T00:00:00Z"}}"#;
    let session = serde_json::from_str(&text.replace('H', &"00".repeat(32))).expect("a session");
    Principal::of_person(people, people.user(UserId::new(user)).expect("an account"), &Arc::new(session), Moment::EPOCH)
        .scope
}

/// Checks what must be true of all keys at all times.
fn check(people: &People) -> Result<(), TestCaseError> {
    let guest = || Principal::anonymous().scope;
    for entry in people.keys() {
        let key = &*entry.key;
        let scope = people.principal_of(entry, NOW).scope.clone();
        match (key.kind, key.user) {
            (KeyKind::Org, _) => {
                let wide = GrantScope::Any(vec![scope_of(key.grants.as_ref().expect("rules")), floor(people, key.org)]);
                prop_assert_eq!(beyond(&wide, &scope), None, "beyond its own rules: {:?}", key);
                let org = key.org.expect("an organization");
                for place in universe().iter().filter(|place| !is_of(org.get(), place)) {
                    prop_assert!(!scope.on(place).writes(), "{:?} writes in {}", key, place);
                }
            }
            (kind, Some(user)) => {
                // What everyone can read, a key can read as well.
                let maker = GrantScope::Any(vec![all_of(people, user.get()), guest()]);
                prop_assert_eq!(beyond(&maker, &scope), None, "beyond its maker: {:?}", key);
                if kind == KeyKind::Role {
                    let role = key.role.and_then(|role| people.role(role)).filter(|role| role.people.contains(&user));
                    let rules = role.map(|role| role.grants.clone()).unwrap_or_default();
                    let wide = GrantScope::Any(vec![scope_of(&rules), guest()]);
                    prop_assert_eq!(beyond(&wide, &scope), None, "beyond its role: {:?}", key);
                }
                if let Some(cut) = &key.grants {
                    let wide = GrantScope::Any(vec![scope_of(cut), guest()]);
                    prop_assert_eq!(beyond(&wide, &scope), None, "beyond its own list: {:?}", key);
                }
                if key.readonly {
                    prop_assert!(universe().iter().all(|place| !scope.on(place).writes()), "{:?} writes", key);
                }
            }
            _ => prop_assert!(false, "a key of nobody"),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_key_never_exceeds_its_maker(
        mut people in any_people(),
        actions in prop::collection::vec((1..=USERS, actions::any_deed()), 1..25),
    ) {
        for (at, (user, action)) in actions.iter().enumerate() {
            let by = person(&mut people, *user, at as u8);
            let before: Vec<Key> = people.keys().map(|entry| Key::clone(&entry.key)).collect();
            let Ok(done) = actions::steps(&people, &by, action, at as u8) else { continue };
            put(&mut people, done);
            for entry in people.keys().filter(|entry| before.iter().all(|key| key.id != entry.key.id)) {
                let wide = GrantScope::Any(vec![by.scope.clone(), floor(&people, entry.key.org), Principal::anonymous().scope]);
                let scope = &people.principal_of(entry, NOW).scope;
                prop_assert_eq!(beyond(&wide, scope), None, "more than its maker had: {:?}", entry.key);
            }
            // A role key ends when its creator leaves the role account or the organization.
            for key in before.iter().filter(|key| key.kind == KeyKind::Role) {
                let (org, user) = (key.org.expect("an organization"), key.user.expect("a maker"));
                let role = key.role.and_then(|role| people.role(role));
                let holds = role.is_some_and(|role| role.people.contains(&user)) && people.member(org, user).is_some();
                let is_final = people.key_by_id(key.id).is_some_and(|entry| entry.key.is_final());
                prop_assert!(holds || is_final, "{:?} lives on", key);
            }
            check(&people)?;
        }
    }

    #[test]
    fn narrowing_never_widens_anywhere(before in any_rules(1), after in any_rules(1)) {
        // An admin without a fresh second factor can restrict, and nothing else.
        let mut people = People::default();
        put_one(&mut people, &user(1, true));
        put_one(&mut people, &Member { id: MemberId::new(1), org: OrgId::new(1), user: UserId::new(1), rank: MemberRole::Admin, grants: PermissionRules::new(), since: NOW, ranked: None, reconfirm_due: None });
        let by = person(&mut people, 1, 1);
        let later = AccessContext { people: &people, organizations: &ActOrganizations, by: &by, now: NOW + sessions::FRESH * 2 };
        let key = Key { id: KeyId::new(5), org: Some(OrgId::new(1)), grants: Some(before.clone()), ..blank(KeyKind::Org) };
        let patch = KeyPatch { grants: Patch::Set(after.clone()), ..KeyPatch::default() };
        let is_allowed = keys::change(&later, &key, &patch).is_ok();
        let widens = beyond(&scope_of(&before), &scope_of(&after));
        prop_assert!(!is_allowed || widens.is_none(), "{:?} gained {:?}", before, widens);
        // Only removing permissions is never refused.
        let fewer: PermissionRules = before.iter().take(1).map(|(name, _)| (name.clone(), 1)).collect();
        if before.len() == 1 && before.values().all(|bits| bits & 1 == 1) {
            let patch = KeyPatch { grants: Patch::Set(fewer), ..KeyPatch::default() };
            prop_assert!(keys::change(&later, &key, &patch).is_ok());
        }
    }

    #[test]
    fn rights_of_organization_1_touch_neither_10_nor_100(rules in any_rules(1)) {
        let scope = scope_of(&rules);
        for place in universe().iter().filter(|place| !is_of(1, place)) {
            prop_assert_eq!(scope.on(place), Permissions::NONE, "{}", place);
        }
    }
}
