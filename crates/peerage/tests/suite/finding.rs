//! `/search` and `/docs/`: what people type, and what they get.

use serde_json::Value as Json;

use crate::server::{RegistryPlace, TestServer};

fn demo(place: &RegistryPlace) -> TestServer {
    crate::objects::demo(place)
}

fn found(server: &TestServer, query: &str) -> Vec<Json> {
    let answer = server.get(&format!("/search?format=json&q={query}"));
    assert_eq!(answer.status, 200, "{query}");
    let answer: Json = serde_json::from_slice(&answer.body).expect("JSON");
    answer["data"].as_array().cloned().unwrap_or_default()
}

#[test]
fn an_exact_number_leads_straight_to_its_network() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    for query in ["AS63500", "as63500", "63500", "asn63500", "AS%2063500"] {
        let answer = server.send("GET", &format!("/search?q={query}"), &[("accept", "text/html")]);
        assert_eq!((answer.status, answer.header("location")), (302, Some("/net/1")), "{query}");
    }
    let listed = server.send("GET", "/search?q=63500&kind=net", &[("accept", "text/html")]);
    assert_eq!(listed.status, 200, "with a kind, the list is shown");
}

#[test]
fn names_addresses_and_places_are_found() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    for (query, expected) in [
        ("zurich", "/ix/1"),
        ("Z%C3%BCrich", "/ix/1"),
        ("zurihc", "/ix/1"),
        ("glex", "/ix/1"),
        ("ix+in+zurich", "/ix/1"),
        ("ixp+in+switzerland", "/ix/1"),
        ("fac+near+zurich,+50+km", "/fac/1"),
        ("fac+near+47.37,8.54,+20+km", "/fac/1"),
        ("11.250.4.13", "/net/25"),
        ("11.250.4.0/24", "/ix/1"),
        ("RIPE::AS-63500", "/net/1"),
    ] {
        let all = found(&server, query);
        let first: Vec<&str> = all.iter().take(3).filter_map(|one| one["link"].as_str()).collect();
        assert!(first.contains(&expected), "{query}: {first:?}");
    }
    assert!(
        found(&server, "zurich+-glacier")
            .iter()
            .all(|one| !one["name"].as_str().unwrap_or_default().contains("Glacier"))
    );
    assert_eq!(found(&server, "qqqqqqqqqq"), Vec::<Json>::new());
}

#[test]
fn all_forms_of_the_results_have_the_same_objects() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    for query in ["zurich", "cloud", "ix", "63"] {
        let json: Vec<(String, String)> = found(&server, query)
            .iter()
            .map(|one| (one["kind"].as_str().unwrap_or_default().to_owned(), one["id"].to_string()))
            .collect();
        assert!(!json.is_empty(), "{query}");
        let csv = server.get(&format!("/search?format=csv&q={query}"));
        let rows: Vec<(String, String)> = csv::Reader::from_reader(csv.body.as_slice())
            .records()
            .map(|row| row.map(|row| (row[0].to_owned(), row[1].to_owned())).expect("a row"))
            .collect();
        assert_eq!(rows, json, "{query}");
        let page = server.get(&format!("/search?format=html&kind=net&q={query}"));
        let page = String::from_utf8_lossy(&page.body).into_owned();
        let nets = json.iter().filter(|(kind, _)| kind == "net");
        for (_, id) in nets.take(50) {
            assert!(page.contains(&format!("href=\"/net/{id}\"")), "{query}: network {id}");
        }
    }
}

#[test]
fn contacts_are_not_found_and_wrong_queries_say_so() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let contacts: Json = serde_json::from_slice(&server.get("/api/poc?limit=20").body).expect("JSON");
    for contact in contacts["data"].as_array().expect("contacts") {
        let email = contact["email"].as_str().unwrap_or_default();
        if !email.is_empty() {
            let all = found(&server, &email.replace('@', "%40"));
            assert!(all.iter().all(|one| one["why"].as_str() != Some(email)), "{email}: {all:?}");
        }
    }
    for long in ["a".repeat(256), "a+".repeat(17), "%F0%9F%98%80".repeat(300)] {
        let answer = server.get(&format!("/search?format=json&q={long}"));
        let answer: Json = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(answer["data"], Json::Array(Vec::new()));
        assert_ne!(answer["error"], "", "{answer}");
    }
    for odd in
        ["%22", "%22%22", "-", "in", "near", "near+,", "a:b:c", "OR", "()", "%00", "near+999,999", "in+in+in", ":"]
    {
        assert_eq!(server.get(&format!("/search?q={odd}&format=html")).status, 200, "{odd}");
    }
}

#[test]
fn guides_are_served_and_searched() {
    let place = RegistryPlace::sqlite();
    let server = TestServer::start(&place, &[]);
    for path in ["/docs/", "/docs/keys", "/docs/keys.md", "/docs/operations", "/docs/?q=backup+codes"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    for path in ["/docs/nothing", "/docs/..%2FREADME", "/docs/spec%2Faccounts"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    let text = String::from_utf8_lossy(&server.get("/docs/?q=%3Cscript%3E").body).into_owned();
    assert!(!text.contains("<script>"), "what was typed is escaped");
}

#[test]
fn crawlers_get_the_pages_of_live_objects() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let text = |path: &str| String::from_utf8_lossy(&server.get(path).body).into_owned();
    assert!(text("/robots.txt").contains("/sitemap.xml\n"));
    assert!(text("/sitemap.xml").contains("/sitemap/net-1.xml</loc>"));
    let part = text("/sitemap/net-1.xml");
    let nets: Json = serde_json::from_slice(&server.get("/api/net?fields=id").body).expect("JSON");
    let nets = nets["data"].as_array().expect("networks");
    assert_eq!(part.matches("<loc>").count(), nets.len());
    for net in nets {
        assert!(part.contains(&format!("/net/{}</loc>", net["id"])), "{net}");
    }
    for path in ["/sitemap/net-0.xml", "/sitemap/poc-1.xml", "/sitemap/net-9999999999.xml", "/sitemap/x"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}
