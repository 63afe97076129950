use super::*;
use peerage_registry::ids::UserId;
use peerage_registry::moment::{MINUTE, SignedDuration};

use crate::acts::world::{ANN, ActsWorld, BEN, CYD, ORG, session_of};
use crate::principal::Principal;
use crate::records::Session;

fn patch(uri: &str) -> ClientPatch {
    ClientPatch { name: Some("Portal".to_owned()), redirect_uris: Some(vec![uri.to_owned()]), ..ClientPatch::default() }
}

fn registered(
    world: &mut ActsWorld,
    by: UserId,
    owner: ClientOwner,
    patch: &ClientPatch,
) -> Result<RegisteredClient, AccessError> {
    let (one, two) = (world.entropy(), world.entropy());
    let person = world.person(by);
    let (made, steps) = register(&world.access_context(&person), owner, patch, &world.server_key, [&one, &two])?;
    world.take(&steps);
    Ok(made)
}

fn shown(made: &RegisteredClient) -> ClientCredentials {
    ClientCredentials { client_id: made.client.client_id.clone(), secret: made.secret.clone() }
}

fn is_known(world: &ActsWorld, shown: &ClientCredentials) -> bool {
    recognise(&world.people, &world.server_key, shown, world.now).is_some()
}

#[test]
fn a_person_and_an_admin_register_clients_and_others_do_not_see_them() {
    let mut world = ActsWorld::new();
    let own = registered(&mut world, CYD, ClientOwner::User(CYD), &patch("https://cyd.example/")).expect("made");
    let of_org = registered(&mut world, ANN, ClientOwner::Org(ORG), &patch("https://org.example/")).expect("made");
    for (by, owner) in [(BEN, ClientOwner::Org(ORG)), (CYD, ClientOwner::Org(ORG)), (ANN, ClientOwner::User(CYD))] {
        assert!(registered(&mut world, by, owner, &patch("https://x.example/")).is_err(), "{by}: {owner:?}");
    }
    for (by, expected) in [(ANN, vec!["org"]), (BEN, vec![]), (CYD, vec!["own"])] {
        let person = world.person(by);
        let context = world.access_context(&person);
        let mut seen = Vec::new();
        for (name, made) in [("own", &own), ("org", &of_org)] {
            let found = of_caller(&context, &made.client.client_id);
            let is_listed = all_of_caller(&context).any(|client| client.id == made.client.id);
            assert_eq!(found.is_ok(), is_listed);
            assert!(found.is_ok() || matches!(found, Err(AccessError::NotFound(_))));
            if is_listed {
                seen.push(name);
            }
            let deleted = delete(&context, &made.client).is_ok();
            assert_eq!(deleted, is_listed, "{by}");
        }
        assert_eq!(seen, expected, "{by}");
    }
}

#[test]
fn nothing_is_done_without_a_fresh_factor() {
    let mut world = ActsWorld::new();
    let made = registered(&mut world, CYD, ClientOwner::User(CYD), &patch("https://cyd.example/")).expect("made");
    let stale = Session { fresh_until: None, ..(**world.people.session(session_of(CYD)).expect("one")).clone() };
    world.put(&stale);
    let entropy = world.entropy();
    let person = world.person(CYD);
    let context = world.access_context(&person);
    let key = &world.server_key;
    let refused = [
        register(&context, ClientOwner::User(CYD), &patch("https://x.example/"), key, [&entropy; 2]).err(),
        change(&context, &made.client, &patch("https://evil.example/")).err(),
        rotate(&context, &made.client, None, key, &entropy).err(),
        delete(&context, &made.client).err(),
    ];
    assert!(refused.iter().all(|error| *error == Some(AccessError::NeedsFreshFactor)), "{refused:?}");
}

#[test]
fn what_makes_no_sense_is_refused_by_field() {
    let mut world = ActsWorld::new();
    let uris = |uris: &[&str]| Some(uris.iter().map(|uri| (*uri).to_owned()).collect());
    for (name, patch) in [
        ("name", ClientPatch { name: None, ..patch("https://x.example/") }),
        ("name", ClientPatch { name: Some(" ".to_owned()), ..patch("https://x.example/") }),
        ("redirect_uris", ClientPatch { redirect_uris: None, ..patch("") }),
        ("redirect_uris", patch("http://x.example/")),
        ("redirect_uris", patch("http://127.0.0.1/")),
        ("redirect_uris", ClientPatch { redirect_uris: uris(&[]), ..patch("") }),
        ("redirect_uris", ClientPatch { redirect_uris: uris(&["https://x.example/"; 21]), ..patch("") }),
        ("logout_uris", ClientPatch { logout_uris: uris(&["ftp://x.example/"]), ..patch("https://x.example/") }),
    ] {
        let error = registered(&mut world, CYD, ClientOwner::User(CYD), &patch).err();
        assert!(matches!(&error, Some(AccessError::Field { field, .. }) if *field == name), "{patch:?}: {error:?}");
    }
    let made = registered(&mut world, CYD, ClientOwner::User(CYD), &patch("https://x.example/")).expect("made");
    let person = world.person(CYD);
    let context = world.access_context(&person);
    let kind = ClientPatch { kind: Some(ClientKind::Public), ..ClientPatch::default() };
    assert!(change(&context, &made.client, &kind).is_err(), "a client does not change its kind");
    let without = ClientPatch { without_pkce: Some(true), ..ClientPatch::default() };
    assert!(change(&context, &made.client, &without).expect("its owner may").0.without_pkce);
    let operator = Principal::operator();
    assert!(change(&world.access_context(&operator), &made.client, &without).expect("an operator may").0.without_pkce);
    let app = ClientPatch { kind: Some(ClientKind::Public), without_pkce: Some(true), ..patch("https://y.example/") };
    let error = registered(&mut world, CYD, ClientOwner::User(CYD), &app).err();
    assert!(matches!(error, Some(AccessError::Field { field: "without_pkce", .. })), "{error:?}");
}

#[test]
fn a_secret_is_known_while_it_lasts_and_an_app_has_none() {
    let mut world = ActsWorld::new();
    let made = registered(&mut world, CYD, ClientOwner::User(CYD), &patch("https://x.example/")).expect("made");
    let text = made.secret.as_ref().expect("shown once");
    assert!(text.starts_with(SECRET_PREFIX) && !format!("{:?}", made.client).contains(text.as_str()));
    let first = shown(&made);
    assert!(is_known(&world, &first));
    let wrong = ClientCredentials { secret: Some(Zeroizing::new(format!("{}x", text.as_str()))), ..first.clone() };
    let nothing = ClientCredentials { secret: None, ..first.clone() };
    let nobody = ClientCredentials { client_id: "nobody".to_owned(), ..first.clone() };
    for shown in [&wrong, &nothing, &nobody] {
        assert!(!is_known(&world, shown));
    }
    let entropy = world.entropy();
    let person = world.person(CYD);
    let rotated = rotate(&world.access_context(&person), &made.client, Some(5 * MINUTE), &world.server_key, &entropy);
    let (rotated, steps) = rotated.expect("rotated");
    world.take(&steps);
    let second = shown(&rotated);
    assert!(is_known(&world, &first) && is_known(&world, &second), "the old one works on for a while");
    world.now += 5 * MINUTE;
    assert!(!is_known(&world, &first) && is_known(&world, &second));
    let entropy = world.entropy();
    let at_once = rotate(
        &world.access_context(&person),
        &rotated.client,
        Some(SignedDuration::ZERO),
        &world.server_key,
        &entropy,
    );
    let (third, steps) = at_once.expect("rotated");
    world.take(&steps);
    assert!(!is_known(&world, &second) && is_known(&world, &shown(&third)));

    let app = ClientPatch { kind: Some(ClientKind::Public), ..patch("http://127.0.0.1/back") };
    let app = registered(&mut world, CYD, ClientOwner::User(CYD), &app).expect("made");
    assert!(app.secret.is_none() && is_known(&world, &shown(&app)));
    let secret = Some(Zeroizing::new(String::new()));
    assert!(!is_known(&world, &ClientCredentials { secret, ..shown(&app) }), "who shows a secret is another");
    let person = world.person(CYD);
    let entropy = world.entropy();
    assert!(rotate(&world.access_context(&person), &app.client, None, &world.server_key, &entropy).is_err());
}

#[test]
fn a_client_ends_with_the_account_that_owns_it() {
    let mut world = ActsWorld::new();
    let made = registered(&mut world, CYD, ClientOwner::User(CYD), &patch("https://x.example/")).expect("made");
    let of_org = registered(&mut world, ANN, ClientOwner::Org(ORG), &patch("https://org.example/")).expect("made");
    let operator = Principal::operator();
    for user in [CYD, ANN] {
        let steps = crate::acts::users::close(&world.access_context(&operator), &world.user(user)).expect("closed");
        world.take(&steps);
    }
    assert!(!is_known(&world, &shown(&made)) && world.people.client(made.client.id).is_none());
    assert!(is_known(&world, &shown(&of_org)), "an organization's stays");
}
