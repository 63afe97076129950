//! The map, the statistics and the home page: what they show is what the API has.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde_json::Value as Json;

use crate::objects::demo;
use crate::server::{RegistryPlace, TestServer};

fn rows(server: &TestServer, path: &str) -> Vec<Json> {
    let answer: Json = serde_json::from_slice(&server.get(path).body).expect("JSON");
    answer["data"].as_array().cloned().unwrap_or_default()
}

fn json(server: &TestServer, path: &str) -> Json {
    let answer = server.get(path);
    assert_eq!(answer.status, 200, "{path}");
    serde_json::from_slice(&answer.body).expect("JSON")
}

fn page(server: &TestServer, path: &str) -> String {
    let answer = server.get(path);
    assert_eq!(answer.status, 200, "{path}");
    String::from_utf8(answer.body).expect("text")
}

fn number(row: &Json, field: &str) -> i64 {
    row[field].as_i64().unwrap_or(0)
}

/// Names and coordinates of the features of a GeoJSON document.
fn features(document: &Json) -> BTreeSet<(String, String)> {
    assert_eq!(document["type"], "FeatureCollection");
    let of = |feature: &Json| {
        let at = &feature["geometry"]["coordinates"];
        (feature["properties"]["name"].as_str().unwrap_or_default().to_owned(), format!("{} {}", at[0], at[1]))
    };
    document["features"].as_array().expect("features").iter().map(of).collect()
}

fn facilities(server: &TestServer, filter: &str) -> BTreeSet<(String, String)> {
    let place = |row: &Json| {
        (row["name"].as_str().unwrap_or_default().to_owned(), format!("{} {}", row["longitude"], row["latitude"]))
    };
    rows(server, &format!("/api/fac?{filter}")).iter().map(place).collect()
}

fn kml(server: &TestServer, path: &str) -> String {
    let bytes = server.get(path).body;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("an archive");
    let mut text = String::new();
    archive.by_name("doc.kml").expect("the document").read_to_string(&mut text).expect("text");
    text
}

#[test]
fn the_map_and_its_files_have_the_places_of_the_api() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let shown = features(&json(&server, "/map?kind=fac&format=geojson"));
    assert_eq!(shown, facilities(&server, ""));
    assert!(shown.len() > 10);
    assert_eq!(features(&json(&server, "/map?kind=fac&country=US&format=geojson")), facilities(&server, "country=US"));
    let text = kml(&server, "/map?kind=fac&format=kmz");
    assert_eq!(text.matches("<Placemark>").count(), shown.len());
    // An exchange is at each of its facilities.
    let links = rows(&server, "/api/ixfac").len();
    let exchanges = json(&server, "/map?kind=ix&format=geojson");
    assert_eq!(exchanges["features"].as_array().map(Vec::len), Some(links));
    // A close view has only what is in it.
    let zurich = json(&server, "/map?kind=fac&z=9&at=47.37,8.54&format=geojson");
    let names: Vec<String> = features(&zurich).into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&"Glacier House".to_owned()) && names.len() < shown.len(), "{names:?}");
    let page = page(&server, "/map?kind=fac&z=9&at=47.37,8.54");
    assert!(page.contains("href=\"/fac/1\"") && !page.contains("href=\"/fac/10\""));
}

#[test]
fn the_map_takes_any_parameters() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let long = "a".repeat(8_000);
    for query in [
        "z=nan&at=nan,nan",
        "z=-1&at=1e308,-1e308",
        "z=255&at=,",
        "z=11&at=90,180",
        "kind=poc&country=XX&q=%00%ff",
        "page=18446744073709551616",
        "page=0",
        "page=999999",
        "q=%3Cscript%3Ealert(1)%3C/script%3E",
        &format!("q={long}"),
        "format=svg",
        "format=geojson&z=11&at=0,0",
        "z=3&z=4&at=1,1&at=2,2",
    ] {
        let answer = server.get(&format!("/map?{query}"));
        assert_eq!(answer.status, 200, "{query}");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!text.contains("<script>alert"), "{query}");
        assert!(text.len() < 200_000, "{query}: {}", text.len());
    }
}

#[test]
fn objects_have_a_map_of_their_facilities() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let of = [("net/1", "netfac?net_id=1"), ("ix/1", "ixfac?ix_id=1"), ("carrier/1", "carrierfac?carrier_id=1")];
    for (object, links) in of {
        let ids: BTreeSet<String> =
            rows(&server, &format!("/api/{links}")).iter().map(|row| number(row, "fac_id").to_string()).collect();
        let wanted = facilities(&server, &format!("id__in={}", Vec::from_iter(ids).join(",")));
        assert_eq!(features(&json(&server, &format!("/{object}?format=geojson"))), wanted, "{object}");
        let text = kml(&server, &format!("/{object}?format=kmz"));
        assert_eq!(text.matches("<coordinates>").count(), wanted.len(), "{object}");
        let page = page(&server, &format!("/{object}"));
        assert!(page.contains("class=\"map\"") && page.contains(&format!("/{object}?format=kmz")), "{object}");
    }
    assert_eq!(features(&json(&server, "/fac/1?format=geojson")), facilities(&server, "id=1"));
    assert_eq!(features(&json(&server, "/campus/1?format=geojson")), facilities(&server, "campus_id=1"));
    assert_eq!(features(&json(&server, "/org/8?format=geojson")), facilities(&server, "org_id=8"));
    assert_eq!(server.get("/net/999999?format=geojson").status, 404);
}

#[test]
fn statistics_are_what_one_counts_with_the_api() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let tables = json(&server, "/statistics?format=json");
    let tables = &tables["data"];
    let ports = rows(&server, "/api/netixlan");
    let latest = &tables["growth"][0];
    for kind in ["net", "ix", "fac", "org", "carrier", "campus", "netixlan", "netfac"] {
        assert_eq!(number(latest, kind), rows(&server, &format!("/api/{kind}")).len() as i64, "{kind}");
    }
    let mut speeds: BTreeMap<i64, i64> = BTreeMap::new();
    for port in &ports {
        *speeds.entry(number(port, "speed")).or_default() += 1;
    }
    let shown = tables["speeds"].as_array().expect("rows").iter();
    assert_eq!(shown.map(|row| (number(row, "speed"), number(row, "ports"))).collect::<BTreeMap<_, _>>(), speeds);
    let with = ports.iter().filter(|port| port["ipaddr6"].is_string()).count() as i64;
    assert_eq!(number(&tables["ipv6"][0], "ports"), with);
    assert_eq!(number(&tables["ipv6"][1], "ports"), ports.len() as i64 - with);
    let exchanges = rows(&server, "/api/ix");
    let largest = exchanges.iter().map(|row| number(row, "net_count")).max();
    assert_eq!(Some(number(&tables["exchanges"][0], "networks")), largest);
    let of_first = |row: &&Json| number(row, "ix_id") == 1;
    let capacity: i64 = ports.iter().filter(of_first).map(|port| number(port, "speed")).sum();
    let name = exchanges[0]["name"].as_str().expect("a name");
    let listed = tables["capacity"].as_array().expect("rows").iter().find(|row| row["exchange"] == name);
    assert_eq!(listed.map(|row| number(row, "capacity")), Some(capacity));
    let networks = rows(&server, "/api/net");
    let policies = tables["policies"].as_array().expect("rows");
    for row in policies {
        let of = networks.iter().filter(|net| net["policy_general"] == row["value"]).count() as i64;
        assert_eq!(number(row, "count"), of, "{row}");
    }
    assert_eq!(policies.iter().map(|row| number(row, "count")).sum::<i64>(), networks.len() as i64);
    let csv = server.get("/statistics?format=csv&table=speeds");
    let csv: Vec<csv::StringRecord> =
        csv::Reader::from_reader(&*csv.body).records().map(|row| row.expect("a row")).collect();
    assert_eq!(csv.len(), speeds.len());
    assert_eq!(server.get("/statistics?format=csv&table=nothing").status, 404);
    for key in ["growth", "exchanges", "capacity", "speeds", "ipv6", "policies", "scopes", "countries", "regions"] {
        assert!(page(&server, "/statistics").contains(&format!("id=\"{key}\"")), "{key}");
    }
}

#[test]
fn the_home_page_leads_to_what_changed_last() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let home = page(&server, "/");
    for kind in ["net", "ix", "fac", "carrier"] {
        let mut all = rows(&server, &format!("/api/{kind}"));
        all.sort_by_key(|row| row["updated"].as_str().map(str::to_owned));
        let newest = all.last().expect("a row");
        assert!(home.contains(&format!("href=\"/{kind}/{}\"", newest["id"])), "{kind} {}", newest["id"]);
    }
    for part in ["name=\"q\"", "class=\"sparkline\"", "href=\"/map\"", "href=\"/statistics\"", "href=\"/apidocs/\""] {
        assert!(home.contains(part), "{part}");
    }
    assert!(!home.contains("id=\"own-title\""));
    for contact in rows(&server, "/api/poc?visible=Public") {
        let address = contact["email"].as_str().unwrap_or_default();
        assert!(address.is_empty() || !home.contains(address), "{address}");
    }
}
