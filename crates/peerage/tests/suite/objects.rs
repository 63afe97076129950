//! Pages of objects: each form shows what the API shows to the same reader.

use std::collections::BTreeSet;

use peerage_schema::Resource;
use serde_json::Value as Json;

use crate::server::{RegistryPlace, TestServer};
use crate::visitor::Visitor;

const KINDS: [&str; 6] = ["net", "ix", "fac", "org", "carrier", "campus"];

/// A server with the rows of the demo and no limits.
pub fn demo(place: &RegistryPlace) -> TestServer {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/demo/demo.json");
    let imported = std::process::Command::new(env!("CARGO_BIN_EXE_peerage"))
        .args(["import", demo, "--database", &place.database()])
        .output()
        .expect("the program starts");
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    TestServer::start(place, &["--pages-per-minute", "0", "--requests-per-second", "0"])
}

/// The rows of an API answer. An answer that there is no such object has none.
pub fn rows(server: &TestServer, path: &str) -> Vec<Json> {
    let answer: Json = serde_json::from_slice(&server.get(path).body).expect("JSON");
    answer["data"].as_array().cloned().unwrap_or_default()
}

fn text(server: &TestServer, path: &str) -> (u16, String) {
    let answer = server.get(path);
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

/// The rows of the CSV at an address.
fn table(server: &TestServer, path: &str) -> Vec<csv::StringRecord> {
    let (status, text) = text(server, path);
    assert_eq!(status, 200, "{path}");
    csv::Reader::from_reader(text.as_bytes()).records().map(|row| row.expect("a row")).collect()
}

/// The address of the API beside a table, and of its CSV, as the page links them.
fn links(page: &str) -> Vec<(String, String)> {
    let hrefs = page.split("<p class=\"tools\">").skip(1).map(|part| part.split("</p>").next().unwrap_or_default());
    hrefs
        .map(|part| {
            let mut all = part.split("href=\"").skip(1).map(|part| part.split('"').next().unwrap_or_default());
            let mut next = || all.next().expect("a link").replace("&#38;", "&");
            (next(), next())
        })
        .collect()
}

#[test]
fn every_object_has_a_page_whose_tables_files_and_api_agree() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let mut lists = 0;
    for kind in KINDS {
        for object in rows(&server, &format!("/api/{kind}")) {
            let path = format!("/{kind}/{}", object["id"]);
            let (status, page) = text(&server, &format!("{path}?format=html"));
            assert_eq!(status, 200, "{path}");
            let name = object["name"].as_str().expect("a name");
            assert!(page.contains(&escaped(name)), "{path} does not say {name}");
            assert_eq!(text(&server, &format!("{path}/?format=html")).0, 200, "{path} with a slash");
            for (csv, api) in links(&page) {
                let (file, answer) = (table(&server, &csv), rows(&server, &api));
                assert_eq!(file.len(), answer.len(), "{csv} and {api}");
                lists += 1;
            }
            assert_eq!(rows(&server, &format!("{path}?format=json")), rows(&server, &format!("/api{path}")), "{path}");
            let (status, plain) = text(&server, &format!("{path}?format=text"));
            let notes = object["notes"].as_str().unwrap_or_default();
            assert!(
                status == 200 && plain.contains(name) && (notes.contains("</") || !plain.contains("</")),
                "{path}: {plain}"
            );
        }
    }
    assert!(lists > 30, "{lists} lists are too few");
}

fn escaped(text: &str) -> String {
    [("&", "&#38;"), ("<", "&#60;"), (">", "&#62;"), ("\"", "&#34;"), ("'", "&#39;")]
        .iter()
        .fold(text.to_owned(), |text, (letter, code)| text.replace(letter, code))
}

#[test]
fn a_network_is_found_by_its_number_and_unknown_or_deleted_objects_say_so() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let net = &rows(&server, "/api/net?limit=1")[0];
    let by_id = text(&server, &format!("/net/{}?format=text", net["id"]));
    let by_asn = text(&server, &format!("/asn/{}?format=text", net["asn"]));
    assert_eq!(by_id, by_asn);
    assert_eq!(by_asn, text(&server, &format!("/asn/AS{}?format=text", net["asn"])));
    for path in ["/net/0", "/net/99999999", "/net/x", "/asn/1", "/asn/x", "/fac/-1", "/campus/18446744073709551616"] {
        assert_eq!(text(&server, path).0, 404, "{path}");
    }
    let gone = rows(&server, "/api/fac?since=1").into_iter().find(|fac| fac["status"] == "deleted").expect("one");
    let (status, page) = text(&server, &format!("/fac/{}", gone["id"]));
    assert_eq!(status, 410);
    let day = gone["updated"].as_str().and_then(|at| at.get(..10)).expect("a day");
    assert!(
        page.contains(day)
            && !page.contains(gone["address1"].as_str().filter(|text| !text.is_empty()).unwrap_or("\n\n"))
    );
    for kind in KINDS {
        let answer = server.get(&format!("/{kind}/self"));
        assert_eq!(answer.status, 302, "{kind}");
        let to = answer.header("location").expect("an address").to_owned();
        assert_eq!(text(&server, &to).0, 200, "{to}");
    }
}

#[test]
fn tables_are_filtered_sorted_and_cut_by_the_address() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let most = rows(&server, "/api/ix").into_iter().max_by_key(|ix| ix["net_count"].as_i64()).expect("an exchange");
    let path = format!("/ix/{}", most["id"]);
    let asns = |query: &str| -> Vec<i64> {
        table(&server, &format!("{path}?format=csv&table=peers{query}"))
            .iter()
            .map(|row| row[1].parse().expect("an AS number"))
            .collect()
    };
    let ascending = asns("&sort=asn");
    assert!(ascending.len() > 3 && ascending.is_sorted());
    assert!(asns("&sort=-asn").is_sorted_by(|one, other| one >= other));
    let wanted = ascending[0].to_string();
    let found: BTreeSet<i64> = asns(&format!("&q={wanted}")).into_iter().collect();
    assert!(found.contains(&ascending[0]) && found.len() < ascending.len());
    assert_eq!(asns("&q=nothing+is+called+so"), Vec::<i64>::new());
    assert_eq!(text(&server, &format!("{path}?format=csv&table=nothing")).0, 404);
}

#[test]
fn readers_see_the_contacts_that_the_api_shows_them() {
    let place = RegistryPlace::sqlite();
    let world = crate::authorization::world::MatrixWorld::of(&place);
    let server = world.keeper.serve(&place, &crate::keeper::UNBOUND);
    let marks = |text: &str| -> BTreeSet<String> {
        let all = world.hidden.iter().filter(|hidden| hidden.resource == Resource::Poc);
        all.filter(|hidden| text.contains(&hidden.mark)).map(|hidden| hidden.mark.clone()).collect()
    };
    let mut seen = BTreeSet::new();
    for user in [None, Some(1), Some(2), Some(3), Some(4), Some(7), Some(12)] {
        let session = user.map(|user| world.keeper.session(user, true));
        world.keeper.settle(&server);
        let visitor = match &session {
            None => Visitor::new(&server),
            Some(text) => Visitor::with_session(&server, text),
        };
        for net in [11, 12] {
            let api = marks(&visitor.get(&format!("/api/poc?net_id={net}")).text);
            for form in ["?format=html", "?format=text&table=contacts", "?format=csv&table=contacts", "?format=json"] {
                let page = visitor.get(&format!("/net/{net}{form}"));
                // One of them is not public.
                if page.status() == 404 {
                    assert!(api.is_empty(), "{user:?} {net}{form}");
                    continue;
                }
                assert_eq!(page.status(), 200, "{user:?} {net}{form}");
                assert_eq!(marks(&page.text), api, "{user:?} {net}{form}");
            }
            seen.insert(api.len());
        }
    }
    assert!(seen.len() > 1, "all readers see the same: {seen:?}");
}

#[test]
fn the_history_says_what_changed_and_names_people_only_to_those_who_may_know() {
    let place = RegistryPlace::sqlite();
    let world = crate::authorization::world::MatrixWorld::of(&place);
    let server = world.keeper.serve(&place, &crate::keeper::UNBOUND);
    let admin = world.keeper.session(1, true);
    let stranger_session = world.keeper.session(12, true);
    world.keeper.settle(&server);
    let admin = Visitor::with_session(&server, &admin);
    let (anonymous, stranger) = (Visitor::new(&server), Visitor::with_session(&server, &stranger_session));
    for visitor in [&anonymous, &stranger, &admin] {
        let page = visitor.get("/net/11/history");
        assert_eq!(page.status(), 200);
        let feed = visitor.get("/net/11/history?format=atom");
        assert_eq!(feed.status(), 200);
        let feed = feed.text;
        assert!(feed.starts_with("<?xml") && feed.contains("<entry>"), "{feed}");
        let json: Json = serde_json::from_str(&visitor.get("/net/11/history?format=json").text).expect("JSON");
        let changes = json["data"].as_array().expect("changes");
        assert!(!changes.is_empty());
        let keys = changes.iter().filter(|change| change["key"].as_str().is_some_and(|key| !key.is_empty())).count();
        assert!(keys == 0 || std::ptr::eq(visitor, &raw const admin), "keys are for those who audit the organization");
        let last = &changes[0];
        let then = visitor.get(&format!("/net/11?format=json&at={}", last["time"].as_str().expect("a time")));
        let now: Json = serde_json::from_str(&visitor.get("/net/11?format=json").text).expect("JSON");
        let then: Json = serde_json::from_str(&then.text).expect("JSON");
        for field in ["name", "asn", "irr_as_set", "website", "policy_general"] {
            assert_eq!(then["data"][0][field], now["data"][0][field], "{field}");
        }
    }
    let hidden = world.hidden.iter().filter(|hidden| hidden.visible != peerage_registry::Visibility::Public);
    for hidden in hidden {
        for path in ["/net/11/history?format=json", "/ix/11/history?format=json", "/fac/11/history?format=json"] {
            let answer = anonymous.get(path);
            assert!(!answer.text.contains(&hidden.mark), "{path} shows {}", hidden.mark);
        }
    }
    assert_eq!(anonymous.get("/net/11?at=1990-01-01").status(), 404);
    assert_eq!(anonymous.get("/net/99999/history").status(), 404);
}
