//! A person at a site: the request, the page, the redirect back, and what the site reads.

use peerage_access::records::AuthMethod;
use peerage_registry::moment::{HOUR, TICK};
use serde_json::json;

use crate::keeper::now;
use crate::server::{RegistryPlace, send};
use crate::sign_in::site::{ADA, BACK, CLIENT, MAX, RelyingSite, parameter, payload, question};

const ALL: &str = "openid profile email networks amr";

pub fn a_person_signs_in_and_the_site_reads_what_was_allowed(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let page = site.get(&question(ALL, ""), &site.ada);
    let text = String::from_utf8_lossy(&page.body).into_owned();
    for words in
        ["Sign in to Portal?", "Org 2", "portal.example", "your main e-mail address", "Net 5 (AS63005)", "Net 50"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Net 6"), "other people's networks are not hers");
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("form-action 'self' https://portal.example;"), "{policy}");
    // Ticking nothing is not a choice.
    let target = question(ALL, "");
    assert_eq!(site.press(&page, &target, &site.ada, "&decision=allow&which=some").status, 400);
    let way = site.allow(&target, &site.ada, "&which=some&networks=50&networks=6");
    assert!(way.starts_with(&format!("{BACK}?code=prd_")), "{way}");
    let issuer = format!("http://{}", site.server.address);
    assert_eq!(parameter(&way, "state").as_deref(), Some("xyz"));
    assert_eq!(parameter(&way, "iss").as_deref(), Some(issuer.as_str()));
    let answer = site.exchange(&parameter(&way, "code").expect("a code"));
    let tokens = answer.json();
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{tokens}");
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert!(tokens["access_token"].as_str().is_some_and(|text| text.starts_with("pra_")));
    let claims = payload(tokens["id_token"].as_str().expect("an ID token"));
    let networks = json!([{"id": 50, "name": "Net 50", "asn": 63050, "perms": 15}]);
    for (name, expected) in [
        ("iss", json!(issuer)),
        ("aud", json!(CLIENT)),
        ("sub", json!("1")),
        ("nonce", json!("n-1")),
        ("name", json!("First Last")),
        ("email", json!("user1@people.example")),
        ("email_verified", json!(true)),
        ("networks", networks),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }
    let seconds = now().as_seconds();
    assert!(claims["exp"].as_i64().is_some_and(|end| (3_590..=3_600).contains(&(end - seconds))));
    assert!(claims["auth_time"].as_i64().is_some_and(|at| (seconds - 60..=seconds).contains(&at)));
    site.keeper.settle(&site.server);
    let profile = site.profile(&tokens["access_token"]);
    let expected = "{\"id\": 1, \"given_name\": \"First\", \"family_name\": \"Last\", \"name\": \"First Last\", \
                    \"verified_user\": true, \"email\": \"user1@people.example\", \"verified_email\": true, \"networks\": \
                    [{\"id\": 50, \"name\": \"Net 50\", \"asn\": 63050, \"perms\": 15, \"manage_peering_sessions\": 15}], \
                    \"amr\": []}";
    assert_eq!(String::from_utf8_lossy(&profile.body), expected);
    assert_eq!(
        (profile.header("cache-control"), profile.header("access-control-allow-origin")),
        (Some("no-store"), Some("*"))
    );
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().expect("a text"));
    let ask = |path: &str, header: &str| {
        send(&site.server.address, "GET", path, &[("Authorization", header)], b"").expect("a connection")
    };
    let pretty = ask("/profile/v1?pretty", &bearer);
    assert!(String::from_utf8_lossy(&pretty.body).starts_with("{\n  \"id\": 1,\n  \"given_name\""));
    assert_eq!(ask("/oauth2/userinfo/", &bearer).json()["networks"][0]["id"], 50);
    let refused = ask("/profile/v1", "Bearer pra_1_x_y");
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer error=\"invalid_token\"")));
    let less = site.signed_in("openid");
    assert_eq!(RelyingSite::error(&site.profile(&less["access_token"])), (403, "insufficient_scope".to_owned()));
}

pub fn each_way_to_log_in_has_its_words(place: &RegistryPlace) {
    use AuthMethod::{Mfa, Otp, Pwd, Swk, User};
    let site = RelyingSite::of(place);
    let target = question("openid profile amr", "");
    for (amr, expected, acr) in [
        (&[Pwd][..], json!(["pwd"]), "aal1"),
        (&[Pwd, Otp, Mfa], json!(["pwd", "otp", "mfa"]), "aal2"),
        (&[Pwd, Swk, Mfa], json!(["pwd", "swk", "mfa"]), "aal2"),
        (&[Swk], json!(["swk"]), "aal1"),
        (&[Swk, User, Mfa], json!(["swk", "user", "mfa"]), "aal2"),
        (&[Swk, Swk, Mfa], json!(["swk", "swk", "mfa"]), "aal2"),
    ] {
        let cookie = site.session(ADA, |session| session.amr = amr.to_vec());
        let way = match site.get(&target, &cookie) {
            page if page.status == 200 => site.allow(&target, &cookie, ""),
            led => led.header("location").expect("a way").to_owned(),
        };
        let tokens = site.exchange(&parameter(&way, "code").expect("a code")).json();
        let claims = payload(tokens["id_token"].as_str().expect("an ID token"));
        assert_eq!((&claims["amr"], &claims["acr"]), (&expected, &json!(acr)));
        site.keeper.settle(&site.server);
        assert_eq!(site.profile(&tokens["access_token"]).json()["amr"], expected);
        // The claims are in each renewed token, too.
        let renewed = site.renew(&tokens["refresh_token"]).json();
        assert_eq!(payload(renewed["id_token"].as_str().expect("an ID token"))["amr"], expected);
    }
}

pub fn what_was_agreed_is_remembered_until_it_is_taken_back(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let target = question("openid profile", "");
    site.allow(&target, &site.ada, "");
    site.keeper.settle(&site.server);
    let led = site.get(&target, &site.ada);
    assert!(led.status == 303 && led.header("location").is_some_and(|way| way.contains("code=prd_")));
    assert_eq!(site.get(&question("openid email", ""), &site.ada).status, 200, "more is requested");
    assert_eq!(site.get(&question("openid", "&prompt=consent"), &site.ada).status, 200, "the site requests the page");
    let max = site.session(MAX, |_| {});
    assert_eq!(site.get(&target, &max).status, 200, "another person");
    let tokens = site.signed_in("openid profile");
    let list = site.get("/oauth2/authorized_tokens/", &site.ada);
    let text = String::from_utf8_lossy(&list.body).into_owned();
    assert!(list.status == 200 && text.contains("Portal") && text.contains("your name"), "{text}");
    let id = text.split("/oauth2/authorized_tokens/").find_map(|rest| rest.split_once("/delete/")).expect("a button").0;
    let end = format!("/oauth2/authorized_tokens/{id}/delete/");
    let theirs = site.get("/oauth2/applications/register/", &max);
    assert_eq!(site.press(&theirs, &end, &max, "").status, 404, "another's");
    assert_eq!(site.press(&list, &end, &site.ada, "").status, 303);
    site.keeper.settle(&site.server);
    assert_eq!(site.profile(&tokens["access_token"]).status, 401);
    assert_eq!(RelyingSite::error(&site.renew(&tokens["refresh_token"])), (400, "invalid_grant".to_owned()));
    assert_eq!(site.get(&target, &site.ada).status, 200, "the page is shown again");
}

pub fn a_question_with_a_fault_goes_back_only_to_a_proven_address(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let good = question("openid", "");
    for (from, to) in [
        (CLIENT, "nobodynobody"),
        ("portal%2Eexample", "evil%2Eexample"),
        ("%2Fback", "%2Fback%2F"),
        ("&state=xyz", "&redirect_uri=https%3A%2F%2Fevil.example"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        let answer = site.get(&bad, &site.ada);
        assert_eq!((answer.status, answer.header("location")), (400, None), "{bad}");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(
            text.contains("Contact the site that sent you here") && !text.contains("href=\"https://evil"),
            "{text}"
        );
    }
    for (from, to, error) in [
        ("S256", "plain", "invalid_request"),
        ("&code_challenge_method=S256", "", "invalid_request"),
        (
            "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
            "",
            "invalid_request",
        ),
        ("response_type=code", "response_type=token", "unsupported_response_type"),
        ("scope=openid", "scope=admin", "invalid_scope"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        let answer = site.get(&bad, &site.ada);
        let way = answer.header("location").unwrap_or_default();
        assert!(answer.status == 303 && way.starts_with(BACK), "{bad}: {} {way}", answer.status);
        assert_eq!(parameter(way, "error").as_deref(), Some(error), "{way}");
        assert!(parameter(way, "state").as_deref() == Some("xyz") && parameter(way, "iss").is_some(), "{way}");
    }
    let page = site.get(&good, &site.ada);
    let denied = site.press(&page, &good, &site.ada, "&decision=deny");
    assert_eq!(parameter(denied.header("location").expect("a way"), "error").as_deref(), Some("access_denied"));
}

pub fn a_site_may_ask_for_no_page_and_for_a_new_log_in(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let error = |more: &str, cookie: &str| {
        let answer = site.get(&question("openid", more), cookie);
        let way = answer.header("location").unwrap_or_default().to_owned();
        parameter(&way, "error").unwrap_or(way)
    };
    assert_eq!(error("&prompt=none", "a=b"), "login_required");
    assert_eq!(error("&prompt=none", &site.ada), "consent_required");
    let back = error("", "a=b");
    assert!(back.starts_with("/account/login/?next=%2Foauth2%2Fauthorize"), "{back}");
    site.allow(&question("openid", ""), &site.ada, "");
    site.keeper.settle(&site.server);
    assert!(error("&prompt=none", &site.ada).contains("code=prd_"));
    let old = site.session(ADA, |session| session.proved = Some(now() - HOUR));
    assert!(error("&max_age=7200", &old).contains("code=prd_"));
    assert_eq!(error("&prompt=none&max_age=60", &old), "login_required");
    let again = error("&max_age=60", &old);
    assert!(again.starts_with("/account/confirm/?again=1&next="), "{again}");
    let login = error("&prompt=login", &site.ada);
    assert!(login.starts_with("/account/confirm/?again=1&next="), "{login}");
    // After the requested login, the person is not asked to log in again.
    let back = parameter(&login, "next").expect("a way back");
    assert!(site.get(&back, &site.ada).header("location").is_some_and(|way| way.starts_with("/account/confirm/")));
    let fresh = site.session(ADA, |session| session.proved = Some(now()));
    assert!(site.get(&back, &fresh).header("location").is_some_and(|way| way.contains("code=prd_")));
    // Networks need a fresh factor before they are disclosed.
    let stale = site.session(ADA, |session| session.fresh_until = Some(now() - TICK));
    let target = question("openid networks", "");
    let page = site.get(&target, &stale);
    let led = site.press(&page, &target, &stale, "&decision=allow&which=all");
    assert!(led.header("location").is_some_and(|way| way.starts_with("/account/confirm/?next=")), "{}", led.status);
}

pub fn i12_07_each_discovery_document_names_the_issuer_that_it_was_found_at(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let base = format!("http://{}", site.server.address);
    // Sites that were configured without a document use the plain issuer, with and without a trailing slash.
    for authorize in ["/oauth2/authorize/", "/oauth2/authorize"] {
        let target = question("openid", "&prompt=consent").replace("/oauth2/authorize/", authorize);
        let way = site.allow(&target, &site.ada, "");
        assert_eq!(parameter(&way, "iss"), Some(base.clone()), "{authorize}");
        let tokens = site.exchange(&parameter(&way, "code").expect("a code")).json();
        assert_eq!(payload(tokens["id_token"].as_str().expect("an ID token"))["iss"], json!(base), "{authorize}");
        site.keeper.settle(&site.server);
    }
    for (address, issuer) in [
        ("/.well-known/oauth-authorization-server", base.clone()),
        ("/.well-known/oauth-authorization-server/oauth2", format!("{base}/oauth2")),
        ("/oauth2/.well-known/oauth-authorization-server", format!("{base}/oauth2")),
    ] {
        assert_eq!(site.server.get(address).json()["issuer"], json!(issuer), "{address}");
    }
    for (path, issuer) in [("", base.clone()), ("/oauth2", format!("{base}/oauth2"))] {
        let found = site.server.get(&format!("{path}/.well-known/openid-configuration")).json();
        assert_eq!(found["issuer"], json!(issuer));
        let authorize = found["authorization_endpoint"].as_str().expect("an address");
        let target = question("openid profile", "&prompt=consent")
            .replace("/oauth2/authorize/", authorize.trim_start_matches(&base));
        let way = site.allow(&target, &site.ada, "");
        assert_eq!(parameter(&way, "iss"), Some(issuer.clone()), "{way}");
        let tokens = site.exchange(&parameter(&way, "code").expect("a code")).json();
        let claims = payload(tokens["id_token"].as_str().expect("an ID token"));
        assert_eq!((&claims["iss"], &claims["preferred_username"]), (&json!(issuer), &json!("user1")));
        site.keeper.settle(&site.server);
        // A renewed token has the same issuer.
        let renewed = site.renew(&tokens["refresh_token"]).json();
        assert_eq!(payload(renewed["id_token"].as_str().expect("an ID token"))["iss"], json!(issuer));
        site.keeper.settle(&site.server);
    }
}

pub fn i12_07_userinfo_takes_the_token_in_a_form_and_says_of_no_error_where_none_came(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let tokens = site.signed_in("openid profile");
    let token = tokens["access_token"].as_str().expect("a token");
    let message = site.form("/oauth2/userinfo/", &[], &format!("access_token={token}"));
    assert_eq!((message.status, &message.json()["sub"]), (200, &json!("1")));
    let none = site.form("/oauth2/userinfo/", &[], "");
    assert_eq!((none.status, none.header("www-authenticate")), (401, Some("Bearer realm=\"oauth2\"")));
    assert!(none.json().get("error").is_none());
    let bearer = format!("Bearer {token}");
    let twice = site.form("/oauth2/userinfo/", &[("Authorization", &bearer)], &format!("access_token={token}"));
    assert_eq!(twice.status, 400);
    let wrong = site.form("/oauth2/userinfo/", &[], "access_token=pra_wrong");
    assert_eq!((wrong.status, wrong.header("www-authenticate")), (401, Some("Bearer error=\"invalid_token\"")));
    let in_address = site.server.get(&format!("/oauth2/userinfo/?access_token={token}"));
    assert_eq!(in_address.status, 401, "tokens are not accepted in an address");
}
