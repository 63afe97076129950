//! Codes and tokens: used once, revoked, stolen; and the signing keys.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value as Json, json};

use crate::keeper::{UNBOUND, wait_for};
use crate::server::{RegistryPlace, peerage, send};
use crate::sign_in::site::{BACK, CHALLENGE, CLIENT, RelyingSite, SECRET, VERIFIER, escaped};

const GRANT: (u16, &str) = (400, "invalid_grant");

fn is(answer: &crate::server::TestResponse, expected: (u16, &str)) -> bool {
    let (status, error) = RelyingSite::error(answer);
    (status, error.as_str()) == expected
}

pub fn a_code_works_once_and_whoever_shows_it_again_ends_what_came_of_it(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let code = site.code("openid profile");
    let tokens = site.exchange(&code).json();
    site.keeper.settle(&site.server);
    assert_eq!(site.profile(&tokens["access_token"]).status, 200);
    assert!(is(&site.exchange(&code), GRANT));
    site.keeper.settle(&site.server);
    assert_eq!(site.profile(&tokens["access_token"]).status, 401);
    assert!(is(&site.renew(&tokens["refresh_token"]), GRANT));
}

pub fn i12_13_a_token_that_one_node_gave_is_known_on_the_other(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let other = site.keeper.serve(place, &UNBOUND);
    site.keeper.settle(&other);
    for _ in 0..10 {
        let tokens = site.exchange(&site.code("openid profile")).json();
        let header = format!("Bearer {}", tokens["access_token"].as_str().expect("a token"));
        for target in ["/profile/v1", "/oauth2/userinfo/"] {
            let answer = send(&other.address, "GET", target, &[("Authorization", &header)], b"").expect("a connection");
            assert_eq!(answer.status, 200, "{target}: {}", String::from_utf8_lossy(&answer.body));
        }
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for round in 0..20 {
        let tokens = site.exchange(&site.code("openid profile")).json();
        let name = if round % 2 == 0 { "access_token" } else { "refresh_token" };
        let token = tokens[name].as_str().expect("a token");
        let question = format!("client_id={CLIENT}&client_secret={SECRET}&token={token}");
        let answer = send(&other.address, "POST", "/oauth2/introspect/", &form, question.as_bytes());
        assert_eq!(answer.expect("a connection").json()["active"], json!(true), "{name}");
    }
}

pub fn of_many_that_show_one_code_one_gets_tokens(place: &RegistryPlace) {
    const RACERS: usize = 50;
    let site = RelyingSite::of(place);
    let code = site.code("openid");
    // Create the signing keys before the race.
    site.server.get("/oauth2/jwks/");
    let address = site.server.address.clone();
    let form = format!(
        "client_id={CLIENT}&client_secret={SECRET}&grant_type=authorization_code&code={code}&code_verifier={VERIFIER}"
    );
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|_| {
                scope.spawn(|| {
                    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
                    let answer = crate::server::send(&address, "POST", "/oauth2/token/", &headers, form.as_bytes());
                    answer.expect("a connection").status
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("no panic")).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 400)), "{statuses:?}");
}

pub fn a_wrong_secret_a_missing_proof_and_a_plain_one_get_nothing(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let code = site.code("openid");
    let back = escaped(BACK);
    let whole = format!("grant_type=authorization_code&code={code}&redirect_uri={back}&code_verifier={VERIFIER}");
    let client = (401, "invalid_client");
    for (headers, form, expected) in [
        (None, format!("client_id={CLIENT}&client_secret=prc_wrong&{whole}"), client),
        (None, format!("client_id={CLIENT}&{whole}"), client),
        (None, whole.clone(), client),
        (Some(format!("{CLIENT}:prc_wrong")), whole.clone(), client),
        (Some(format!("{CLIENT}:{SECRET}")), format!("client_secret={SECRET}&{whole}"), (400, "invalid_request")),
        (
            Some(format!("{CLIENT}:{SECRET}")),
            whole.replace("grant_type=authorization_code&", ""),
            (400, "invalid_request"),
        ),
        (
            Some(format!("{CLIENT}:{SECRET}")),
            whole.replace("authorization_code", "password"),
            (400, "unsupported_grant_type"),
        ),
        (Some(format!("{CLIENT}:{SECRET}")), format!("{whole}&code=x"), (400, "invalid_request")),
    ] {
        let header = headers.map(|pair| format!("Basic {}", BASE64.encode(pair.as_bytes())));
        let headers: Vec<(&str, &str)> = header.iter().map(|header| ("Authorization", header.as_str())).collect();
        let answer = site.form("/oauth2/token/", &headers, &form);
        assert!(is(&answer, expected), "{form}: {:?}", RelyingSite::error(&answer));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    // None of these has used up the code. With Basic it can be exchanged.
    let header = format!("Basic {}", BASE64.encode(format!("{CLIENT}:{SECRET}").as_bytes()));
    assert_eq!(site.form("/oauth2/token/", &[("Authorization", &header)], &whole).status, 200);
    for (from, to) in [
        (format!("&code_verifier={VERIFIER}"), String::new()),
        (VERIFIER.to_owned(), CHALLENGE.to_owned()),
        (VERIFIER.to_owned(), VERIFIER.replace('d', "e")),
        ("%2Fback".to_owned(), "%2Fother".to_owned()),
    ] {
        let code = site.code("openid");
        let form = format!("grant_type=authorization_code&code={code}&redirect_uri={back}&code_verifier={VERIFIER}");
        assert!(is(&site.token(&form.replace(&from, &to)), GRANT), "{to}");
        assert!(is(&site.token(&form), GRANT), "a code without its verifier is invalidated");
    }
}

pub fn each_renewal_spends_the_token_and_a_spent_one_ends_the_sign_in(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let first = site.signed_in("openid profile");
    let second = site.renew(&first["refresh_token"]).json();
    assert!(second["refresh_token"].is_string() && second["refresh_token"] != first["refresh_token"], "{second}");
    site.keeper.settle(&site.server);
    assert_eq!(site.profile(&first["access_token"]).status, 401, "the previous token is replaced");
    let third = site.renew(&second["refresh_token"]).json();
    site.keeper.settle(&site.server);
    assert_eq!(site.profile(&third["access_token"]).status, 200);
    assert!(is(&site.renew(&first["refresh_token"]), GRANT));
    site.keeper.settle(&site.server);
    assert_eq!(site.profile(&third["access_token"]).status, 401);
    assert!(is(&site.renew(&third["refresh_token"]), GRANT));
}

pub fn tokens_are_given_back_and_looked_at_by_their_client_alone(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let tokens = site.signed_in("openid profile");
    let own = format!("client_id={CLIENT}&client_secret={SECRET}");
    let text = |name: &str| tokens[name].as_str().expect("a text").to_owned();
    let look = |token: &str| site.form("/oauth2/introspect/", &[], &format!("{own}&token={token}")).json();
    let introspection = look(&text("access_token"));
    assert_eq!(
        (&introspection["active"], &introspection["sub"], &introspection["scope"]),
        (&json!(true), &json!("1"), &json!("openid profile"))
    );
    assert_eq!(look("pra_1_x_y"), json!({"active": false}));
    let nobody = format!("client_id={CLIENT}&token={}", text("access_token"));
    for path in ["/oauth2/introspect/", "/oauth2/revoke_token/"] {
        assert!(is(&site.form(path, &[], &nobody), (401, "invalid_client")), "{path}");
    }
    let give = |token: &str| site.form("/oauth2/revoke_token/", &[], &format!("{own}&token={token}"));
    assert_eq!(give("unknown").status, 200);
    assert_eq!(give(&text("access_token")).status, 200);
    site.keeper.settle(&site.server);
    assert_eq!(
        (site.profile(&tokens["access_token"]).status, look(&text("refresh_token"))["active"].clone()),
        (401, json!(true))
    );
    assert_eq!(give(&text("refresh_token")).status, 200);
    assert!(is(&site.renew(&tokens["refresh_token"]), GRANT));
}

fn keys(site: &RelyingSite) -> Vec<Json> {
    site.server.get("/oauth2/jwks/").json()["keys"].as_array().cloned().expect("keys")
}

/// Whether one of the published keys has signed a token.
fn is_checked(site: &RelyingSite, token: &str) -> bool {
    let (body, signature) = token.rsplit_once('.').expect("three parts");
    let bytes = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url");
    let header: Json = serde_json::from_slice(&bytes(token.split('.').next().expect("a header"))).expect("JSON");
    let Some(key) = keys(site).into_iter().find(|key| key["kid"] == header["kid"]) else { return false };
    assert_eq!((&header["alg"], &key["kty"], &key["use"]), (&json!("RS256"), &json!("RSA"), &json!("sig")));
    let part = |name: &str| bytes(key[name].as_str().expect("a part"));
    let public = RsaPublicKeyComponents { n: part("n"), e: part("e") };
    public.verify(&RSA_PKCS1_2048_8192_SHA256, body.as_bytes(), &bytes(signature)).is_ok()
}

pub fn what_old_keys_have_signed_is_checked_after_new_ones_were_made(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let old = site.signed_in("openid")["id_token"].as_str().expect("a text").to_owned();
    assert!(is_checked(&site, &old) && keys(&site).len() == 3, "one for each signing algorithm");
    let rotate = |flag: &str| {
        let mut command = peerage();
        let key = site.keeper.path("server.key");
        command.args(["oidc", "rotate-keys", "--json", "--database", &place.database(), "--server-key-file", &key]);
        let output = command.args(Some(flag).filter(|flag| !flag.is_empty())).output().expect("the program runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!String::from_utf8_lossy(&output.stdout).contains("PRIVATE"));
    };
    rotate("");
    wait_for("new keys are published next to the old ones", || keys(&site).len() == 6);
    let still = site.signed_in("openid")["id_token"].as_str().expect("a text").to_owned();
    assert!(is_checked(&site, &old) && is_checked(&site, &still), "a new key is published for a while before it signs");
    rotate("--at-once");
    wait_for("newer keys are published", || keys(&site).len() == 9);
    let new = site.signed_in("openid")["id_token"].as_str().expect("a text").to_owned();
    assert_ne!(new.split('.').next(), old.split('.').next(), "another key");
    assert!(is_checked(&site, &old) && is_checked(&site, &new));
    rotate("--distrust-old");
    wait_for("old keys are no longer published", || keys(&site).len() == 3);
    assert!(!is_checked(&site, &old) && !is_checked(&site, &new));
    let private = ["\"d\"", "\"p\"", "PRIVATE"];
    let shown = String::from_utf8_lossy(&site.server.get("/.well-known/jwks.json").body).into_owned();
    assert!(private.iter().all(|part| !shown.contains(part)));
}
