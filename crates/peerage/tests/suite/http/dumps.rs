//! Dump files.

use crate::keeper::now;
use peerage_registry::moment::{HOUR, Moment, print_seconds};
use peerage_schema::Resource;

use super::{check_page, decode, demo, import, wait_for};
use crate::server::{RegistryPlace, TestServer, peerage};

pub(super) fn i12_08_dumps_are_the_listings_of_an_anonymous_caller_and_say_how_fresh_they_are(place: &RegistryPlace) {
    let server = demo(place);
    for resource in Resource::ALL {
        for depth in 0..4 {
            let dump = server.get(&format!("/dumps/{}-{depth}.json", resource.tag()));
            assert_eq!(dump.status, 200);
            assert_eq!(dump.rows(), server.get(&format!("/api/{}?depth={depth}", resource.tag())).rows());
            // The time of the last change, in seconds since 1970.
            let generated = dump.json()["meta"]["generated"].as_f64().expect("a number");
            assert!((1_500_000_000.0..5_000_000_000.0).contains(&generated), "{generated}");
            let packed =
                server.send("GET", &format!("/dumps/{}-{depth}.json", resource.tag()), &[("Accept-Encoding", "gzip")]);
            assert_eq!(decode(&packed), dump.body);
        }
    }
    let generated = || server.get("/dumps/net-0.json").json()["meta"]["generated"].as_f64().expect("a number");
    let fresh = |id: u32, updated: Moment| {
        let updated = print_seconds(updated);
        import(
            place,
            &format!(
                r#"{{"org": {{"data": [{{"id": {id}, "name": "Fresh {id}", "status": "ok", "created": "2026-01-01T00:00:00Z", "updated": "{updated}"}}]}}}}"#
            ),
        );
        wait_for(|| server.get(&format!("/api/org/{id}")).status == 200);
    };
    let begun = now().in_whole_seconds();
    // A change made now counts, one in the future does not.
    fresh(9001, begun);
    assert!((generated() - begun.as_seconds_f64()).abs() < 0.5, "it reflects the registry: {}", generated());
    fresh(9002, begun + HOUR);
    assert!(generated() <= (now().as_seconds() + 1) as f64, "it is in the future: {}", generated());
    let since = server.get(&format!("/api/org?since={}", generated() as i64));
    assert!(since.ids().contains(&9002), "a read with `since` from then on misses nothing");
    for missing in ["/dumps/net-4.json", "/dumps/foo-0.json", "/dumps/", "/dumps/net-0.json/x"] {
        assert_eq!(server.get(missing).status, 404, "{missing}");
    }
}

#[test]
fn i12_08_dumps_lie_at_the_root_where_they_are_told_to() {
    let place = RegistryPlace::sqlite();
    let server = TestServer::start(&place, &["--demo", "--dump-path", "/"]);
    for resource in Resource::ALL {
        let dump = server.get(&format!("/{}-0.json", resource.tag()));
        assert_eq!((dump.status, dump.rows()), (200, server.get(&format!("/api/{}", resource.tag())).rows()));
    }
    assert_eq!(server.get("//org-0.json").status, 200);
    for (target, status) in [
        ("/", 200),
        ("/robots.txt", 200),
        ("/healthz", 200),
        ("/apidocs/", 200),
        ("/login", 301),
        ("/net-4.json", 404),
        ("/nothing", 404),
        ("/dumps/net-0.json", 404),
    ] {
        assert_eq!(server.get(target).status, status, "{target}");
    }
    check_page(&server.get("/nothing"));
    let home = String::from_utf8(server.get("/").body).expect("text");
    assert!(home.contains("\"/net-0.json\""), "{home}");
    assert!(server.get("/api/schema").json()["paths"].get("/{file}").is_some());
    let bad = peerage().args(["serve", "--dump-path", "dumps/"]).output().expect("the program runs");
    assert_eq!(bad.status.code(), Some(2));
}
