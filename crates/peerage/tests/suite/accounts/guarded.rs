//! Protection against other sites' pages and forged requests.

use peerage_registry::ids::UserId;

use crate::accounts::made::flags;
use crate::keeper::RegistryKeeper;
use crate::server::RegistryPlace;
use crate::visitor::Visitor;

pub fn forms_of_other_sites_and_without_a_token_are_refused(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    keeper.user(8, true, false);
    let (session, others) = (keeper.session(7, true), keeper.session(8, true));
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::with_session(&server, &session);
    let page = visitor.get("/profile");
    let token = page.text.split("name=\"csrfmiddlewaretoken\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("a token").to_owned();
    let stranger = Visitor::with_session(&server, &others);
    let fields =
        |token: &str| [("csrf", token.to_owned()), ("first_name", "Eve".to_owned()), ("last_name", "X".to_owned())];
    let send = |visitor: &Visitor<'_>, token: &str, headers: &[(&str, &str)]| {
        let fields = fields(token);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        visitor.post_raw("/change-name", &fields, headers).status()
    };
    assert_eq!(send(&visitor, "", &[]), 403);
    assert_eq!(send(&visitor, "guess", &[]), 403);
    assert_eq!(send(&stranger, &token, &[]), 403, "a token belongs to one session");
    assert_eq!(send(&visitor, &token, &[("Sec-Fetch-Site", "cross-site")]), 403);
    assert_eq!(send(&visitor, &token, &[("Sec-Fetch-Site", "same-site")]), 403);
    assert_eq!(send(&visitor, &token, &[("Origin", "https://evil.example")]), 403);
    assert_eq!(keeper.load().1.user(UserId::new(7)).expect("there").first_name, "First");
    assert_eq!(send(&visitor, &token, &[("Sec-Fetch-Site", "same-origin")]), 303);
    assert_eq!(keeper.load().1.user(UserId::new(7)).expect("there").first_name, "Eve");
    // A page of another site cannot log its visitor in as somebody else, because forms without a session need the mark.
    let other = Visitor::new(&server);
    assert_eq!(other.post_raw("/reset-password", &[("csrf", &token), ("email", "a@b.example")], &[]).status(), 403);
    let text = other.post_raw("/reset-password", &[("email", "a@b.example")], &[("Accept", "application/json")]);
    let words = "Your session expired or cookies are blocked; reload and retry.";
    assert_eq!(text.answer.json()["non_field_errors"][0], words);
}

pub fn a_session_and_a_key_at_once_are_refused(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.import(&serde_json::json!({"org": {"data": [{"id": 1, "name": "One", "status": "ok"}]}}));
    keeper.user(7, true, true);
    let session = keeper.session(7, true);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::with_session(&server, &session);
    let both = visitor.send("GET", "/api/org", &[("Authorization", "Api-Key a.b")], b"");
    assert_eq!(both.status(), 400);
    let text = "Cannot authenticate through Authorization header while logged in. Please log out and try again.";
    assert_eq!(both.answer.error(), text);
    let own = visitor.get("/api/org");
    assert_eq!((own.status(), own.answer.header("x-auth-id")), (200, Some("u7")));
    assert_eq!(own.answer.header("cache-control"), Some("private, no-cache"));
    // A change by cookie needs the token of our pages.
    let page = visitor.get("/profile");
    let token = page.text.split("name=\"csrfmiddlewaretoken\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("a token").to_owned();
    let body = br#"{"name": "Renamed"}"#;
    let json = ("Content-Type", "application/json");
    assert_eq!(visitor.send("PUT", "/api/org/1", &[json], body).status(), 403);
    let guarded = [json, ("X-CSRFToken", token.as_str())];
    assert_eq!(visitor.send("PUT", "/api/org/1", &guarded, body).status(), 200);
}

pub fn pages_bear_their_guards_and_lead_to_no_other_site(place: &RegistryPlace) {
    let keeper = RegistryKeeper::of(place);
    keeper.user(7, true, false);
    let session = keeper.session(7, true);
    let server = keeper.serve(place, &flags());
    let visitor = Visitor::with_session(&server, &session);
    let page = visitor.get("/profile");
    let policy = page.answer.header("content-security-policy").expect("a policy").to_owned();
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.answer.header("cache-control"), Some("private, no-store"));
    assert_eq!(page.answer.header("x-frame-options"), Some("DENY"));
    assert_eq!(page.answer.header("strict-transport-security"), None, "not without TLS");
    // The form for the theme and language only redirects within this site.
    for back in ["//evil.example", "https://evil.example/", "/\\evil.example"] {
        let led = visitor.post("/look", &[("theme", "dark"), ("back", back)]);
        assert_eq!((led.status(), led.location()), (303, "/"), "{back}");
    }
    assert_eq!(visitor.cookie("theme").as_deref(), Some("dark"));
    visitor.get("/").shows("data-theme=\"dark\"");
    // Behind a proxy with TLS, cookies require TLS.
    drop(server);
    let server = keeper.serve(place, &[flags(), vec!["--trusted-proxies", "127.0.0.0/8"]].concat());
    let visitor = Visitor::new(&server);
    let page = visitor.send("GET", "/register", &[("X-Forwarded-Proto", "https")], b"");
    let cookie = page.answer.header("set-cookie").expect("a mark").to_owned();
    assert!(cookie.starts_with("__Host-peerage-browser=") && cookie.contains("; Secure"), "{cookie}");
    // So is everything else that browsers and programs get over TLS, and nothing that they get without it.
    let through = [("X-Forwarded-Proto", "https")];
    for path in ["/register", "/api/net/5", "/api/nothing", "/nowhere", "/healthz"] {
        let sent = server.send("GET", path, &through).header("strict-transport-security").map(str::to_owned);
        assert_eq!(sent.as_deref(), Some("max-age=63072000; includeSubDomains"), "{path}");
        assert_eq!(server.get(path).header("strict-transport-security"), None, "{path}");
    }
    drop(server);
    for (given, expected) in [
        (&["--hsts-max-age", "0"][..], None),
        (&["--hsts-max-age", "60", "--hsts-subdomains", "false"], Some("max-age=60")),
        (&["--hsts-preload"], Some("max-age=63072000; includeSubDomains; preload")),
    ] {
        let server = keeper.serve(place, &[&flags()[..], &["--trusted-proxies", "127.0.0.0/8"], given].concat());
        assert_eq!(server.send("GET", "/api/net/5", &through).header("strict-transport-security"), expected);
    }
}
