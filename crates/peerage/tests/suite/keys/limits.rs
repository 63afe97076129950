//! Limits on requests and on wrong credentials.

use serde_json::{Value as Json, json};

use crate::keeper::UNBOUND;
use crate::keys::fixture::{ADA, KeysFixture, key};
use crate::server::{RegistryPlace, TestResponse};

/// Checks the seconds of a refusal, which its text also states.
fn check_throttled(answer: &TestResponse) {
    assert_eq!(answer.status, 429, "{}", String::from_utf8_lossy(&answer.body));
    let wait: u64 = answer.header("retry-after").and_then(|wait| wait.parse().ok()).expect("seconds");
    assert!((1..=60).contains(&wait));
    let words = if wait == 60 { "1 minutes".to_owned() } else { format!("{wait} seconds") };
    let expected = json!({
        "message": format!("Request was throttled. Expected available in {words}."),
        "meta": {"error": "Too Many Requests"},
    });
    assert_eq!(answer.json(), expected);
}

pub fn a_key_brings_its_own_limit(place: &RegistryPlace) {
    let fixture = KeysFixture::of(place);
    let (_, text) = fixture.made(&json!({"per_minute": 3}));
    let (_, other) = fixture.made(&json!({"per_minute": 3}));
    for left in (0..3).rev() {
        let answer = fixture.client.get("/api/net/5", &key(&text));
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-ratelimit-limit"), Some("3"));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(left.to_string().as_str()));
    }
    check_throttled(&fixture.client.get("/api/net/5", &key(&text)));
    check_throttled(&fixture.client.get("/api/whoami", &key(&text)));
    check_throttled(&fixture.send("DELETE", "/api/net/5", &key(&text), &Json::Null));
    assert_eq!(fixture.client.get("/api/net/5", &key(&other)).status, 200, "each key is counted separately");
    assert!(fixture.client.get("/api/net/5", "").header("x-ratelimit-limit").is_none());
}

pub fn writes_are_bounded_by_key_and_the_answer_is_exact(place: &RegistryPlace) {
    let limits = ["--writes-per-minute", "4", "--refusals-per-minute", "0", "--rdap", "off"];
    let fixture = KeysFixture::with(place, &limits);
    // Creating a key is a change, too. It counts for the person.
    let (_, text) = fixture.made(&json!({}));
    let (_, other) = fixture.made(&json!({"name": "other"}));
    let delete = |text: &str| fixture.send("DELETE", "/api/net/999", &key(text), &Json::Null);
    assert!((0..4).all(|_| delete(&text).status == 204));
    check_throttled(&delete(&text));
    assert_eq!(fixture.client.get("/api/net/5", &key(&text)).status, 200, "reads continue");
    assert_eq!(delete(&other).status, 204, "each key is counted separately, even from one address");
    assert!((0..4).all(|_| fixture.send("DELETE", "/api/net/999", "", &Json::Null).status == 401));
    check_throttled(&fixture.send("DELETE", "/api/net/999", "", &Json::Null));
    let place = RegistryPlace::sqlite();
    let org =
        KeysFixture::with(&place, &["--writes-per-minute", "100", "--writes-per-minute-per-org", "2", "--rdap", "off"]);
    let ((_, one), (_, two)) = (org.made(&json!({})), org.made(&json!({"name": "two"})));
    for text in [&one, &two] {
        assert_eq!(org.send("DELETE", "/api/net/999", &key(text), &Json::Null).status, 204);
    }
    check_throttled(&org.send("DELETE", "/api/net/999", &key(&one), &Json::Null));
}

/// Disables all limits except refusals. A proxy reports the clients' addresses.
fn refusals_alone(place: &RegistryPlace) -> KeysFixture {
    let mut limits = UNBOUND.map(str::to_owned);
    "10".clone_into(&mut limits[3]);
    let limits: Vec<&str> = limits.iter().map(String::as_str).chain(["--trusted-proxies", "127.0.0.0/8"]).collect();
    KeysFixture::with(place, &limits)
}

fn check_refused_too_often(answer: &TestResponse) {
    let body = r#"{"meta": {"error": "Too many requests that resulted in 401 or 403 responses"}}"#;
    assert_eq!((answer.status, String::from_utf8_lossy(&answer.body).as_ref()), (429, body));
    assert_eq!(answer.header("x-throttled-response"), Some("True"));
    let wait: u64 = answer.header("retry-after").and_then(|wait| wait.parse().ok()).expect("seconds");
    assert!((1..=60).contains(&wait));
}

fn wrong_key(number: u32) -> String {
    format!("Api-Key abcdefgh.0123456789012345678901234567{number:04}")
}

pub fn n07_guesses_close_the_door_for_guesses_alone(place: &RegistryPlace) {
    let fixture = refusals_alone(place);
    let (_, text) = fixture.made(&json!({}));
    let from = |address: &str, target: &str, auth: &str| {
        fixture.client.send_with("GET", target, auth, None, &[("X-Forwarded-For", address)])
    };
    let here = "192.0.2.1";
    for number in 0..11 {
        let refused = from(here, "/api/net/5", &wrong_key(number % 2));
        assert_eq!(
            (refused.status, refused.body.as_slice()),
            (401, br#"{"meta": {"error": "Invalid API key"}}"#.as_slice())
        );
        assert!(refused.header("www-authenticate").is_none());
    }
    check_refused_too_often(&from(here, "/api/net/5", &wrong_key(0)));
    check_refused_too_often(&from(here, "/api/net/5", &wrong_key(99)));
    // "user1:x" as Basic.
    check_refused_too_often(&from(here, "/api/net/5", "Basic dXNlcjE6eA=="));
    for _ in 0..20 {
        for (target, auth) in
            [("/api/net/5", key(&text)), ("/api/whoami", fixture.ada.clone()), ("/api/net/5", String::new())]
        {
            assert_eq!(from(here, target, &auth).status, 200, "{target} {auth}");
        }
        assert_eq!(from(here, "/", "").status, 200, "pages");
    }
    assert_eq!(from("198.51.100.1", "/api/net/5", &wrong_key(1000)).status, 401, "other clients are not affected");
}

pub fn n07_a_credential_that_is_refused_too_often_stops_itself_alone(place: &RegistryPlace) {
    let fixture = refusals_alone(place);
    let (_, text) = fixture.made(&json!({}));
    let (_, other) = fixture.made(&json!({"name": "other"}));
    for _ in 0..11 {
        // The network belongs to organization 2.
        assert_eq!(fixture.send("DELETE", "/api/net/6", &key(&text), &Json::Null).status, 403);
    }
    check_refused_too_often(&fixture.send("DELETE", "/api/net/6", &key(&text), &Json::Null));
    check_refused_too_often(&fixture.client.get("/api/net/5", &key(&text)));
    for auth in [&key(&other), &fixture.ada, ""] {
        assert_eq!(fixture.client.get("/api/net/5", auth).status, 200, "{auth}");
    }
    assert_eq!(fixture.client.get("/api/net/5", &wrong_key(0)).status, 401, "this was not a guess");
}

pub fn n07_what_other_sites_send_from_a_browser_counts_against_nobody(place: &RegistryPlace) {
    let fixture = refusals_alone(place);
    let (_, text) = fixture.made(&json!({}));
    let cookie = format!("peerage-session={}", fixture.ada.strip_prefix("Bearer ").expect("a session"));
    let foreign = [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")];
    for _ in 0..30 {
        let refused = fixture.client.send_with("POST", "/api/net", "", Some(&json!({"name": "x"})), &foreign);
        assert_eq!(refused.status, 401, "credentials are not checked");
        let older = [("Cookie", cookie.as_str()), foreign[1]];
        for headers in [&[foreign[0], foreign[1], ("Cookie", cookie.as_str())][..], &older] {
            let refused = fixture.client.send_with("POST", "/api/net", "", Some(&json!({"name": "x"})), headers);
            assert_eq!(
                (refused.status, refused.error().as_str()),
                (403, "CSRF Failed: CSRF token missing or incorrect.")
            );
        }
        assert_eq!(fixture.client.send_with("DELETE", "/api/net/5", "", None, &[]).status, 401, "without credentials");
    }
    assert_eq!(fixture.client.get("/api/net/5", &key(&text)).status, 200);
    assert_eq!(fixture.client.get("/api/net/5", &wrong_key(0)).status, 401);
    let own = fixture.client.send_with("GET", "/api/whoami", "", None, &[("Cookie", &cookie)]);
    assert_eq!(own.status, 200, "{}", String::from_utf8_lossy(&own.body));
    assert_eq!(fixture.client.send_with("GET", "/profile", "", None, &[("Cookie", &cookie)]).status, 200);
}

pub fn n05_limits_count_a_64_of_ipv6_as_one_client_everywhere(place: &RegistryPlace) {
    let limits = ["--writes-per-minute", "4", "--passwords-per-minute", "4", "--pages-per-minute", "4"];
    let more = ["--rdap", "off", "--trusted-proxies", "127.0.0.0/8", "--refusals-per-minute", "0"];
    let fixture = KeysFixture::with(place, &[&limits[..], &more].concat());
    let send = |address: &str, method: &str, target: &str, auth: &str| {
        fixture.client.send_with(method, target, auth, None, &[("X-Forwarded-For", address)]).status
    };
    // "user1:x" as Basic. It is not checked at all once there were too many.
    let kinds: [(&str, &str, &str, u16); 3] = [
        ("DELETE", "/api/net/999", "", 401),
        ("GET", "/register", "", 200),
        ("GET", "/api/net/5", "Basic bm9ib2R5Ong=", 401),
    ];
    for (method, target, auth, usual) in kinds {
        for host in 1..=4 {
            assert_eq!(send(&format!("2001:db8:1:1::{host}"), method, target, auth), usual, "{method} {target}");
        }
        assert_eq!(send("2001:db8:1:1:ffff::9", method, target, auth), 429, "{method} {target}: the same /64");
        assert_eq!(send("2001:db8:1:2::1", method, target, auth), usual, "{method} {target}: another /64");
        let taken = (3..90).filter(|net| send(&format!("2001:db8:1:{net:x}::1"), method, target, auth) == usual);
        let taken = taken.count();
        // As many as ten clients in total, and what is refilled while a slow machine hashes passwords.
        assert!((35..70).contains(&taken), "{method} {target}: {taken} from one /48");
        assert_eq!(send("2001:db8:2::1", method, target, auth), usual, "{method} {target}: another /48");
    }
}

pub fn guesses_at_a_password_are_bounded_and_lock_out_no_key(place: &RegistryPlace) {
    let mut limits = UNBOUND.map(str::to_owned);
    "3".clone_into(&mut limits[5]);
    let limits: Vec<&str> = limits.iter().map(String::as_str).chain(["--trusted-proxies", "127.0.0.0/8"]).collect();
    let fixture = KeysFixture::with(place, &limits);
    fixture.keeper.password(ADA, "correct horse");
    let own = fixture.keeper.user_key(900, ADA);
    fixture.keeper.settle(&fixture.server);
    let basic = |password: &str, address: &str| {
        let credentials = data_encoding(&format!("user{ADA}:{password}"));
        fixture.client.send_with(
            "GET",
            "/api/net/5",
            &format!("Basic {credentials}"),
            None,
            &[("X-Forwarded-For", address)],
        )
    };
    for number in 0..3 {
        let answer = basic("wrong", &format!("192.0.2.{number}"));
        assert_eq!((answer.status, answer.error().as_str()), (401, "Invalid username or password"));
    }
    // By account, wherever the guesses come from. Then even the right password is not checked.
    check_throttled(&basic("correct horse", "192.0.2.77"));
    assert_eq!(fixture.client.get("/api/net/5", &key(&own)).status, 200);
    assert_eq!(fixture.client.get("/api/whoami", &fixture.ada).status, 200);
    // And by address, whatever the account.
    for number in 0..3 {
        let credentials = data_encoding(&format!("nobody{number}:x"));
        let headers = [("X-Forwarded-For", "203.0.113.9")];
        let answer = fixture.client.send_with("GET", "/api/net/5", &format!("basic {credentials}"), None, &headers);
        assert_eq!(answer.status, 401);
    }
    let credentials = data_encoding("nobody:x");
    let headers = [("X-Forwarded-For", "203.0.113.9")];
    check_throttled(&fixture.client.send_with("GET", "/api/net/5", &format!("Basic {credentials}"), None, &headers));
}

/// Encodes in base 64.
fn data_encoding(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for piece in text.as_bytes().chunks(3) {
        let bits = piece.iter().enumerate().fold(0_u32, |sum, (at, byte)| sum | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= piece.len() { char::from(letter) } else { '=' });
        }
    }
    out
}
