//! Pages of applications, and what other sites' pages cannot do.

use crate::server::{RegistryPlace, TestResponse};
use crate::sign_in::site::{MAX, RelyingSite, escaped, hidden, payload, question};

fn text(answer: &TestResponse) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

pub fn an_application_is_registered_changed_and_deleted_by_its_owners_alone(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let new = "/oauth2/applications/register/";
    let page = site.get(new, &site.ada);
    assert!(page.status == 200 && text(&page).contains("Org 1") && !text(&page).contains("Org 2"));
    let fields = |uri: &str| format!("&name=Mine&owner=1&client_type=confidential&redirect_uris={}", escaped(uri));
    let bad = site.press(&page, new, &site.ada, &fields("http://mine.example/"));
    assert!(
        bad.status == 400 && text(&bad).contains("http://mine.example/: must start with https://."),
        "{}",
        text(&bad)
    );
    let made = site.press(&page, new, &site.ada, &fields("https://mine.example/"));
    let secret = text(&made).split("prc_").nth(1).map(|rest| format!("prc_{}", &rest[..62])).expect("a secret");
    let client = secret.split('_').nth(1).expect("a name").to_owned();
    assert_eq!(made.header("cache-control"), Some("private, no-store"));
    site.keeper.settle(&site.server);
    let (one, all) = (format!("/oauth2/applications/{client}/"), "/oauth2/applications/");
    assert!(text(&site.get(all, &site.ada)).contains(&client) && !text(&site.get(&one, &site.ada)).contains(&secret));
    let max = site.session(MAX, |_| {});
    let theirs = site.get(new, &max);
    assert_eq!((site.get(&one, &max).status, text(&site.get(all, &max)).contains(&client)), (404, false));
    let stranger = site.get(&one, "a=b");
    assert!(stranger.status == 303 && stranger.header("location").is_some_and(|to| to.starts_with("/account/login/")));
    for verb in ["update", "rotate", "delete"] {
        let refused = site.press(&theirs, &format!("{one}{verb}/"), &max, "&name=Theirs");
        assert_eq!(refused.status, 404, "{verb}: {}", text(&refused));
    }
    let known = |secret: &str| {
        let form = format!("client_id={client}&client_secret={secret}&token=x");
        site.form("/oauth2/introspect/", &[], &form).status == 200
    };
    assert!(known(&secret));
    let page = site.get(&one, &site.ada);
    assert_eq!(site.press(&page, &format!("{one}update/"), &site.ada, "&name=Ours").status, 303);
    site.keeper.settle(&site.server);
    assert!(text(&site.get(&one, &site.ada)).contains("<h1>Ours</h1>"));
    let rotated = site.press(&page, &format!("{one}rotate/"), &site.ada, "&at_once=yes");
    let second = text(&rotated).split("prc_").nth(1).map(|rest| format!("prc_{}", &rest[..62])).expect("a secret");
    site.keeper.settle(&site.server);
    assert!(!known(&secret) && known(&second));
    let stale = site.session(crate::sign_in::site::ADA, |session| session.fresh_until = None);
    let page = site.get(&one, &stale);
    let led = site.press(&page, &format!("{one}delete/"), &stale, "");
    assert!(led.header("location").is_some_and(|to| to.starts_with("/account/confirm/?next=")), "{}", text(&led));
    let page = site.get(&one, &site.ada);
    assert_eq!(site.press(&page, &format!("{one}delete/"), &site.ada, "").status, 303);
    site.keeper.settle(&site.server);
    assert!(!known(&second) && site.get(&one, &site.ada).status == 404);
    for mail in site.keeper.mails() {
        assert!(!mail.contains(&secret) && !mail.contains(&second));
    }
}

pub fn forms_of_other_sites_do_nothing_and_pages_lie_in_no_frame(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let target = question("openid", "");
    let page = site.get(&target, &site.ada);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("frame-ancestors 'none'") && page.header("x-frame-options") == Some("DENY"), "{policy}");
    let proof = hidden(&text(&page), "csrfmiddlewaretoken");
    let form = format!("csrfmiddlewaretoken={}&decision=allow", escaped(&proof));
    let cookie = ("Cookie", site.ada.as_str());
    for (headers, form) in [
        (vec![cookie], "decision=allow".to_owned()),
        (vec![cookie, ("Sec-Fetch-Site", "cross-site")], form.clone()),
        (vec![cookie, ("Origin", "https://evil.example")], form.clone()),
        (vec![], form.clone()),
    ] {
        let answer = site.form(&target, &headers, &form);
        assert_eq!((answer.status, answer.header("location")), (403, None), "{headers:?}");
    }
    // Names that others chose are shown unchanged, and run no script.
    let new = "/oauth2/applications/register/";
    let page = site.get(new, &site.ada);
    let name = escaped("\"><script>alert(1)</script>");
    let fields = format!("&name={name}&owner=1&client_type=public&redirect_uris=https%3A%2F%2Fx.example%2F");
    site.press(&page, new, &site.ada, &fields);
    site.keeper.settle(&site.server);
    let list = text(&site.get("/oauth2/applications/", &site.ada));
    assert!(list.contains("&#60;script&#62;alert(1)") && !list.contains("<script>alert"), "{list}");
}

pub fn a_site_asks_to_log_out_and_the_person_decides(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let token = site.signed_in("openid")["id_token"].as_str().expect("a text").to_owned();
    assert_eq!(payload(&token)["sub"], "1");
    let bye = escaped("https://portal.example/bye");
    let good = format!("/oauth2/logout/?id_token_hint={token}&post_logout_redirect_uri={bye}&state=s");
    let evil = good.replace("portal%2Eexample", "evil%2Eexample");
    let page = site.get(&good, &site.ada);
    assert!(page.status == 200 && text(&page).contains("Portal has logged you out"), "{}", text(&page));
    assert_eq!(site.get("/profile", &site.ada).status, 200, "requesting it is not enough");
    assert_eq!(site.get(&evil, "a=b").header("location"), Some("/"), "an address that is not registered");
    let left = site.press(&page, &good, &site.ada, "&decision=allow");
    assert_eq!((left.status, left.header("location")), (303, Some("https://portal.example/bye?state=s")));
    site.keeper.settle(&site.server);
    assert_eq!(site.get("/profile", &site.ada).status, 303);
    assert_eq!(site.get(&good, &site.ada).header("location"), Some("https://portal.example/bye?state=s"));
}

pub fn i12_07_a_site_without_pkce_is_registered_on_the_page_with_a_warning(place: &RegistryPlace) {
    let site = RelyingSite::of(place);
    let new = "/oauth2/applications/register/";
    let page = site.get(new, &site.ada);
    assert!(text(&page).contains("Without PKCE, anyone who intercepts a sign-in code"), "{}", text(&page));
    let fields = |kind: &str| {
        let back = escaped("https://ixp.example/back");
        format!("&name=IXP+Manager&owner=1&client_type={kind}&redirect_uris={back}&pkce=asked&without_pkce=yes")
    };
    let app = site.press(&page, new, &site.ada, &fields("public"));
    assert!(app.status == 400 && text(&app).contains("Only an application that keeps a secret"), "{}", text(&app));
    let made = site.press(&page, new, &site.ada, &fields("confidential"));
    let client = text(&made).split("prc_").nth(1).and_then(|rest| rest.split('_').next().map(str::to_owned));
    let client = client.expect("a client");
    site.keeper.settle(&site.server);
    let one = format!("/oauth2/applications/{client}/");
    let page = site.get(&one, &site.ada);
    assert!(text(&page).contains("Warning: this application does not use PKCE"), "{}", text(&page));
    let request = format!(
        "/oauth2/authorize/?response_type=code&client_id={client}&redirect_uri={}&scope=profile&state=s",
        escaped("https://ixp.example/back")
    );
    assert_eq!(site.get(&request, &site.ada).status, 200, "a request without a challenge");
    let with = site.press(&page, &format!("{one}update/"), &site.ada, "&name=IXP+Manager&pkce=asked");
    assert_eq!(with.status, 303, "{}", text(&with));
    site.keeper.settle(&site.server);
    assert_eq!(site.get(&request, &site.ada).status, 303, "PKCE is required again");
}
