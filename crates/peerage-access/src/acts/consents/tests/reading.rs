//! What sites read of a person.

use peerage_registry::Snapshot;
use serde_json::Value as Json;

use super::*;

#[test]
fn networks_are_told_of_first_with_a_fresh_factor() {
    let mut site = ConsentSite::new();
    let question = site.question("profile networks");
    site.world.now += 11 * MINUTE;
    let stale = site.authorize(ANN, &question, Some(&ConsentChoice::default())).err();
    assert_eq!(stale, Some(AccessError::NeedsFreshFactor));
    let plain = site.question("profile");
    site.authorize(ANN, &plain, Some(&ConsentChoice::default())).expect("a code");
    site.world.session(ANN, &[AuthMethod::Pwd, AuthMethod::Otp]);
    site.authorize(ANN, &question, Some(&ConsentChoice { networks: Some(vec![5]) })).expect("a code");
    site.world.now += 11 * MINUTE;
    let consent = of(&site.world.people, ANN, site.client.id).expect("one");
    assert_eq!(consent.networks.as_deref(), Some(&[5][..]));
    site.authorize(ANN, &question, Some(&ConsentChoice { networks: Some(vec![5, 6]) })).expect("the choice is open");
}

/// A registry with an organization that has two networks, and had a third.
fn registry() -> Snapshot {
    let mut loader = SnapshotLoader::default();
    let row = |resource, fields: serde_json::Value| {
        let mut all = json!({"status": "ok", "created": "2024-01-01T00:00:00Z", "updated": "2024-01-01T00:00:00Z"});
        all.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
        stored::from_json(resource, &all.to_string()).expect("a row")
    };
    loader.push(Resource::Org, row(Resource::Org, json!({"id": ORG, "name": "Org"})));
    for (id, status) in [(5, "ok"), (6, "ok"), (8, "deleted")] {
        let net = json!({"id": id, "org_id": ORG, "name": format!("Net {id}"), "asn": 64_500 + id, "status": status});
        loader.push(Resource::Net, row(Resource::Net, net));
    }
    loader.finish(LogHead::EMPTY)
}

/// What a site reads with a token, for all of its scopes or these: the profile, the ID token and the user info.
fn read(site: &ConsentSite, token: &str, request: Option<&str>) -> (String, Json, Json) {
    let registry = registry();
    let known = recognise(&site.world.people, &site.world.server_key, token, site.world.now).expect("it stands");
    let scopes = request.map_or(known.scopes.clone(), scopes);
    let context = ClaimsContext {
        people: &site.world.people,
        registry: &registry,
        user: known.user,
        consent: known.consent,
        scopes: &scopes,
        amr: &known.sign_in.amr,
        authenticated: known.sign_in.authenticated,
        now: site.world.now,
    };
    let mut out = Vec::new();
    peerage_registry::json::push_value(&mut out, &Json::Object(profile(&context)));
    let token = IdToken {
        issuer: "https://x",
        client_id: "c",
        nonce: Some("n"),
        sid: None,
        access: "pra_x",
        now: site.world.now,
    };
    let claims = id_claims(&context, &token);
    assert_eq!(claims["sub"], json!(known.user.id.to_string()));
    (String::from_utf8(out).expect("ASCII"), Json::Object(claims), Json::Object(userinfo(&context)))
}

#[test]
fn sites_read_what_those_of_the_reference_read() {
    let mut site = ConsentSite::new();
    let all = "openid profile email networks amr";
    let issued = site.signed_in(all);
    let head = r#"{"id": 1, "given_name": "ANN", "family_name": "Ex\u00e4mple", "name": "ANN Ex\u00e4mple", "verified_user": true"#;
    let (whole, claims, info) = read(&site, &issued.access, None);
    assert_eq!(
        whole,
        format!(
            "{head}, \"email\": \"ann@example.net\", \"verified_email\": true, \"networks\": [{{\"id\": 5, \"name\": \
             \"Net 5\", \"asn\": 64505, \"perms\": 15, \"manage_peering_sessions\": 15}}, {{\"id\": 6, \"name\": \"Net \
             6\", \"asn\": 64506, \"perms\": 15, \"manage_peering_sessions\": 15}}], \"amr\": [\"pwd\", \"otp\", \
             \"mfa\"]}}"
        )
    );
    assert_eq!(
        claims["networks"],
        json!([
            {"id": 5, "name": "Net 5", "asn": 64505, "perms": 15}, {"id": 6, "name": "Net 6", "asn": 64506, "perms": 15}
        ])
    );
    assert_eq!(
        (&claims["acr"], &claims["amr"], &claims["nonce"]),
        (&json!("aal2"), &json!(["pwd", "otp", "mfa"]), &json!("n"))
    );
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_800_000_000_i64), &json!(1_800_003_600_i64)));
    assert_eq!((&info["email_verified"], info.get("iss")), (&json!(true), None));
    assert_eq!(read(&site, &issued.access, Some("profile")).0, format!("{head}}}"));
    // Permissions are the current ones, and only those on the selected networks.
    let question = site.question(all);
    site.authorize(ANN, &question, Some(&ConsentChoice { networks: Some(vec![6, 8, 99]) })).expect("a code");
    let mut member = (**site.world.people.member(ORG, ANN).expect("one")).clone();
    member.rank = crate::records::MemberRole::Member;
    member.grants.insert("peeringdb.organization.7.network.6".to_owned(), 3);
    member.grants.insert("peeringdb.organization.7.network.*.sessions".to_owned(), 7);
    site.world.put(&member);
    let networks = read(&site, &issued.access, Some("profile networks")).0;
    let expected =
        r#""networks": [{"id": 6, "name": "Net 6", "asn": 64506, "perms": 3, "manage_peering_sessions": 3}]}"#;
    assert!(networks.ends_with(expected), "{networks}");
}

#[test]
fn i12_07_a_consent_from_before_the_user_name_was_told_of_does_not_tell_it_and_is_asked_for_again() {
    let mut site = ConsentSite::new();
    let issued = site.signed_in("openid profile email");
    let old = Consent { has_username: false, ..issued.consent.clone() };
    site.world.put(&old);
    let covers = |site: &ConsentSite, request: &str| covers(&site.world.people, ANN, site.client.id, &scopes(request));
    assert!(covers(&site, "openid email") && !covers(&site, "openid profile"));
    let registry = SnapshotLoader::default().finish(LogHead::EMPTY);
    let named = |site: &ConsentSite| {
        let consent = of(&site.world.people, ANN, site.client.id).expect("a consent");
        let context = ClaimsContext {
            people: &site.world.people,
            registry: &registry,
            user: &site.world.user(ANN),
            consent,
            scopes: &scopes("openid profile"),
            amr: &[AuthMethod::Pwd],
            authenticated: site.world.now,
            now: site.world.now,
        };
        let claims = userinfo(&context);
        (claims["name"].clone(), claims.get("preferred_username").cloned())
    };
    assert_eq!(named(&site), (json!("ANN Exämple"), None));
    // Refreshed tokens and requests for less do not change.
    let renewed = site.renew(&issued.refresh).expect("renewed");
    assert!(!renewed.consent.has_username);
    site.code("openid email");
    assert!(!covers(&site, "openid profile"), "the page said nothing of the user name");
    let question = site.question("openid profile");
    assert!(site.authorize(ANN, &question, None).is_err());
    site.code("openid profile");
    assert!(covers(&site, "openid profile") && site.authorize(ANN, &question, None).is_ok());
    assert_eq!(named(&site).1, Some(json!("ann")));
}
