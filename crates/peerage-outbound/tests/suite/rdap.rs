//! RDAP services for tests.

use std::time::Duration;

use peerage_outbound::{RdapClient, RdapSettings, RdapSource};
use peerage_registry::rules::NumberRegistration;

use crate::http_double::{DoubleReply, HttpDouble};

fn settings(base: &str) -> RdapSettings {
    RdapSettings { source: RdapSource::Fixed(base.to_owned()), ..RdapSettings::default() }
}

fn found(mails: &[&str]) -> NumberRegistration {
    NumberRegistration::Found { mails: mails.iter().map(|&mail| mail.to_owned()).collect(), holder: None }
}

async fn check_autnum(number: u32, record: &'static str, mails: &[&str]) {
    let double = HttpDouble::start(move |_| DoubleReply::json(200, record)).await;
    let rdap = RdapClient::from_settings(&settings(&double.base())).unwrap();
    let NumberRegistration::Found { mails: message, .. } = rdap.autnum(number).await else {
        panic!("{number} is there")
    };
    assert_eq!(message, mails);
    assert_eq!(double.paths(), [format!("/autnum/{number}")]);
}

/// Queries a server that always sends the same response.
async fn ask(reply: impl Fn(&str) -> DoubleReply + Send + Sync + 'static) -> NumberRegistration {
    let double = HttpDouble::start(reply).await;
    let settings = RdapSettings { timeout: Duration::from_secs(2), ..settings(&double.base()) };
    RdapClient::from_settings(&settings).unwrap().autnum(64500).await
}

#[tokio::test]
async fn records_of_the_five_registries_are_read() {
    let ripe = include_str!("records/ripe.json");
    check_autnum(64500, ripe, &["abuse@one.example", "noc@one.example", "hostmaster@one.example"]).await;
    let arin = include_str!("records/arin.json");
    check_autnum(64501, arin, &["peering@two.example", "noc@two.example", "abuse@two.example"]).await;
    let apnic = include_str!("records/apnic.json");
    check_autnum(64502, apnic, &["abuse@three.example", "irt@three.example", "tech@three.example"]).await;
    let lacnic = include_str!("records/lacnic.json");
    check_autnum(64503, lacnic, &["contato@four.example", "seguridad@four.example"]).await;
    let afrinic = include_str!("records/afrinic.json");
    check_autnum(64504, afrinic, &["ops@five.example", "maria@five.example"]).await;
}

#[tokio::test]
async fn prefixes_are_asked_for_with_their_length() {
    let double = HttpDouble::start(|path| {
        let (begin, end) = if path.contains(':') {
            ("2001:db8::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff")
        } else {
            ("192.0.2.0", "192.0.2.255")
        };
        DoubleReply::json(
            200,
            format!(
                r#"{{"objectClassName":"ip network","startAddress":"{begin}","endAddress":"{end}","entities":[
                {{"vcardArray":["vcard",[["email",{{}},"text","Net@one.example"]]]}}]}}"#
            ),
        )
    })
    .await;
    let rdap = RdapClient::from_settings(&settings(&format!("{}/rdap/v1", double.base()))).unwrap();
    for prefix in ["192.0.2.128/25", "2001:db8:0:1::/64", "192.0.2.130/25"] {
        assert_eq!(rdap.network(prefix.parse().unwrap()).await, found(&["net@one.example"]));
    }
    assert_eq!(double.paths(), ["/rdap/v1/ip/192.0.2.128/25", "/rdap/v1/ip/2001:db8:0:1::/64"]);
    assert!(double.heads()[0].contains("accept: application/rdap+json"));
    assert_eq!(rdap.network("198.51.100.0/24".parse().unwrap()).await, NumberRegistration::Unavailable);
}

#[tokio::test]
async fn nobody_has_a_number_that_is_not_found() {
    let error = r#"{"errorCode":404,"title":"Not Found"}"#;
    assert_eq!(ask(move |_| DoubleReply::json(404, error)).await, NumberRegistration::Unassigned);
    assert_eq!(ask(|_| DoubleReply::html(404)).await, NumberRegistration::Unassigned);
}

#[tokio::test]
async fn the_registry_s_own_words_are_passed_on() {
    let error = r#"{"rdapConformance":["rdap_level_0"],"errorCode":400,"title":"Bad Request","description":["The ASN is\nreserved."]}"#;
    let refused = NumberRegistration::Refused("Bad Request: The ASN is reserved.".to_owned());
    assert_eq!(ask(move |_| DoubleReply::json(400, error)).await, refused);
    let error = r#"{"errorCode":429,"title":"Rate limit exceeded"}"#;
    let refused = NumberRegistration::Refused("Rate limit exceeded".to_owned());
    assert_eq!(ask(move |_| DoubleReply::json(429, error)).await, refused);
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_proves_nothing() {
    let unavailable = NumberRegistration::Unavailable;
    for status in [400, 403, 429, 500, 503, 200] {
        assert_eq!(ask(move |_| DoubleReply::html(status)).await, unavailable, "HTML with {status}");
    }
    let error = r#"{"errorCode":500,"title":"Internal"}"#;
    assert_eq!(ask(move |_| DoubleReply::json(500, error)).await, unavailable);
    for body in [
        "",
        "[]",
        "{}",
        r#"{"objectClassName":"entity"}"#,
        r#"{"objectClassName":"autnum","startAutnum":1,"endAutnum":2}"#,
        r#"{"objectClassName":"autnum""#,
    ] {
        assert_eq!(ask(move |_| DoubleReply::json(200, body)).await, unavailable, "{body}");
        assert_eq!(ask(move |_| DoubleReply::json(204, body)).await, unavailable, "{body}");
    }
    let deep = "[".repeat(500_000);
    assert_eq!(ask(move |_| DoubleReply::json(200, deep.clone())).await, unavailable);
}

#[tokio::test]
async fn a_registry_that_does_not_answer_is_unavailable() {
    let unavailable = NumberRegistration::Unavailable;
    assert_eq!(ask(|_| DoubleReply::Closed).await, unavailable);
    assert_eq!(ask(|_| DoubleReply::Endless).await, unavailable);
    let huge = format!("{{\"objectClassName\":\"autnum\",\"x\":\"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(ask(move |_| DoubleReply::json(200, huge.clone())).await, unavailable);
    let double = HttpDouble::start(|_| DoubleReply::Silent).await;
    let slow = RdapSettings { timeout: Duration::from_millis(200), ..settings(&double.base()) };
    assert_eq!(RdapClient::from_settings(&slow).unwrap().autnum(64500).await, unavailable);
    // Nothing listens on port 1.
    let rdap = RdapClient::from_settings(&settings("http://127.0.0.1:1")).unwrap();
    assert_eq!(rdap.autnum(64500).await, unavailable);
}

#[tokio::test]
async fn a_redirect_to_another_registry_is_followed() {
    let other = HttpDouble::start(|_| DoubleReply::json(200, include_str!("records/ripe.json"))).await;
    let target = format!("http://localhost:{}/autnum/64500", other.address.port());
    let registration = ask(move |_| DoubleReply::redirect(&target)).await;
    assert!(matches!(registration, NumberRegistration::Found { mails, .. } if mails.len() == 3));
    assert_eq!(other.paths(), ["/autnum/64500"]);
    // An endless redirect.
    assert_eq!(ask(|path| DoubleReply::redirect(path)).await, NumberRegistration::Unavailable);
}

#[tokio::test]
async fn what_was_found_is_kept_and_nothing_else() {
    let double = HttpDouble::start(|path| match path {
        "/autnum/64500" => DoubleReply::json(200, include_str!("records/ripe.json")),
        _ => DoubleReply::json(404, "{}"),
    })
    .await;
    let rdap = RdapClient::from_settings(&settings(&double.base())).unwrap();
    for number in [64500, 64500, 64501, 64501] {
        rdap.autnum(number).await;
    }
    assert_eq!(double.paths(), ["/autnum/64500", "/autnum/64501", "/autnum/64501"]);
}

#[tokio::test]
async fn questions_wait_for_a_place_within_their_time() {
    let double = HttpDouble::start(|_| DoubleReply::Silent).await;
    let settings = RdapSettings { at_a_time: 2, timeout: Duration::from_millis(300), ..settings(&double.base()) };
    let rdap = RdapClient::from_settings(&settings).unwrap();
    let answers = tokio::join!(rdap.autnum(1), rdap.autnum(2), rdap.autnum(3), rdap.autnum(4));
    let unavailable = NumberRegistration::Unavailable;
    assert_eq!(answers, (unavailable.clone(), unavailable.clone(), unavailable.clone(), unavailable));
    assert!(double.paths().len() <= 4);
    assert!(double.paths().len() >= 2);
}
