//! Which RIR is queried, according to bootstrap files for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use peerage_outbound::{RdapClient, RdapSettings, RdapSource};
use peerage_registry::rules::NumberRegistration;

use crate::http_double::{DoubleReply, HttpDouble};

fn settings(files: &HttpDouble) -> RdapSettings {
    RdapSettings {
        source: RdapSource::Bootstrap(format!("{}/rdap", files.base())),
        allows_private: true,
        timeout: Duration::from_secs(2),
        ..RdapSettings::default()
    }
}

/// IANA's three files, which assign some numbers to one RIR.
fn files(path: &str, registry: &str) -> DoubleReply {
    let ranges = match path {
        "/rdap/asn.json" => r#""64496-64511""#,
        "/rdap/ipv4.json" => r#""192.0.2.0/24""#,
        "/rdap/ipv6.json" => r#""2001:db8::/32""#,
        _ => return DoubleReply::json(404, "{}"),
    };
    DoubleReply::json(200, format!(r#"{{"version":"1.0","services":[[[{ranges}],["{registry}/"]]]}}"#))
}

async fn registry() -> HttpDouble {
    HttpDouble::start(|path| match path {
        "/autnum/64500" => DoubleReply::json(200, include_str!("records/ripe.json")),
        "/ip/192.0.2.0/24" | "/ip/2001:db8::/48" => DoubleReply::json(200, r#"{"objectClassName":"ip network"}"#),
        _ => DoubleReply::json(404, "{}"),
    })
    .await
}

#[tokio::test]
async fn a_number_is_asked_for_at_its_registry() {
    let registry = registry().await;
    let base = registry.base();
    let files = HttpDouble::start(move |path| files(path, &base)).await;
    let rdap = RdapClient::from_settings(&settings(&files)).unwrap();
    assert!(matches!(rdap.autnum(64500).await, NumberRegistration::Found { mails, .. } if mails.len() == 3));
    assert_eq!(rdap.autnum(64501).await, NumberRegistration::Unassigned);
    assert_eq!(rdap.autnum(3).await, NumberRegistration::Unassigned);
    let none = NumberRegistration::Found { mails: Vec::new(), holder: None };
    assert_eq!(rdap.network("192.0.2.0/24".parse().unwrap()).await, none);
    assert_eq!(rdap.network("2001:db8::/48".parse().unwrap()).await, none);
    assert_eq!(rdap.network("198.51.100.0/24".parse().unwrap()).await, NumberRegistration::Unassigned);
    // Each file is fetched once, and no query is sent about numbers without an RIR.
    assert_eq!(files.paths(), ["/rdap/asn.json", "/rdap/ipv4.json", "/rdap/ipv6.json"]);
    assert_eq!(registry.paths(), ["/autnum/64500", "/autnum/64501", "/ip/192.0.2.0/24", "/ip/2001:db8::/48"]);
}

#[tokio::test]
async fn without_files_nothing_is_known_and_the_next_question_tries_again() {
    let registry = registry().await;
    let base = registry.base();
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let files =
        HttpDouble::start(
            move |path| if down.load(Ordering::SeqCst) { DoubleReply::html(200) } else { files(path, &base) },
        )
        .await;
    let rdap = RdapClient::from_settings(&settings(&files)).unwrap();
    assert_eq!(rdap.autnum(64500).await, NumberRegistration::Unavailable);
    is_down.store(false, Ordering::SeqCst);
    assert!(matches!(rdap.autnum(64500).await, NumberRegistration::Found { .. }));
}

#[tokio::test]
async fn a_file_cannot_send_us_into_a_private_network() {
    let registry = registry().await;
    let base = registry.base();
    let files = HttpDouble::start(move |path| files(path, &base)).await;
    let guarded = RdapSettings { allows_private: false, ..settings(&files) };
    assert_eq!(RdapClient::from_settings(&guarded).unwrap().autnum(64500).await, NumberRegistration::Unavailable);
    assert_eq!((files.paths().len(), registry.paths().len()), (0, 0));
}
