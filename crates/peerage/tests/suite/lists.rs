//! Advanced search and comparison: page, files and API say the same, and hostile input is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::objects::{demo, rows};
use crate::server::{RegistryPlace, TestServer};

const KINDS: [&str; 6] = ["net", "ix", "fac", "org", "campus", "carrier"];

/// Status and body, after at most one redirect.
fn followed(server: &TestServer, path: &str) -> (u16, String) {
    let answer = server.get(path);
    let answer = match answer.header("location").filter(|_| answer.status == 303) {
        Some(to) => server.get(to),
        None => answer,
    };
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

/// Escapes a value of a query.
fn quoted(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Numbers that look random and are the same in each run.
struct RandomNumbers(u64);

impl RandomNumbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// How a test makes a value for a filter.
#[derive(Clone, Copy)]
enum ValueSource {
    /// The value of a field of some row.
    Field(&'static str),
    /// Its first letters.
    Beginning(&'static str),
    /// Values of a field of two rows, joined by a comma.
    Two(&'static str),
    /// The ID of some row of a kind, or of two.
    Id(&'static str),
    TwoIds(&'static str),
    Fixed(&'static str),
}

use ValueSource::{Beginning, Field, Fixed, Id, Two, TwoIds};

fn filters(kind: &str) -> &'static [(&'static str, ValueSource)] {
    match kind {
        "net" => &[
            ("name_search", Beginning("name")),
            ("asn", Field("asn")),
            ("irr_as_set__startswith", Beginning("irr_as_set")),
            ("org_id", Id("org")),
            ("info_type__in", Two("info_type")),
            ("info_traffic__in", Two("info_traffic")),
            ("info_ratio__in", Two("info_ratio")),
            ("info_scope__in", Two("info_scope")),
            ("policy_general__in", Two("policy_general")),
            ("ix", Id("ix")),
            ("not_ix", Id("ix")),
            ("fac", Id("fac")),
            ("not_fac", Id("fac")),
            ("ix_count__gte", Fixed("3")),
            ("name__contains", Beginning("name")),
        ],
        "ix" => &[
            ("name_search", Beginning("name")),
            ("city", Field("city")),
            ("country__in", Two("country")),
            ("region_continent__in", Two("region_continent")),
            ("org_id", Id("org")),
            ("ipblock", Fixed("1")),
            ("capacity__gte", Fixed("100000")),
            ("service_level__in", Two("service_level")),
            ("terms__in", Two("terms")),
            ("hide_ix_no_fac", Fixed("1")),
            ("all_net", TwoIds("net")),
            ("net__in", TwoIds("net")),
            ("not_net", TwoIds("net")),
            ("org_present", TwoIds("org")),
            ("org_not_present", Id("org")),
        ],
        "fac" => &[
            ("name_search", Beginning("name")),
            ("org_id", Id("org")),
            ("city", Field("city")),
            ("country__in", Two("country")),
            ("zipcode", Field("zipcode")),
            ("region_continent__in", Two("region_continent")),
            ("all_net", TwoIds("net")),
            ("net__in", TwoIds("net")),
            ("not_net", TwoIds("net")),
            ("org_present", Id("org")),
            ("clli", Field("clli")),
            ("property__in", Two("property")),
            ("diverse_serving_substations", Fixed("1")),
            ("available_voltage_services__contains", Fixed("48 VDC")),
        ],
        "org" => &[
            ("name_search", Beginning("name")),
            ("asn", Fixed("63500")),
            ("city", Field("city")),
            ("country__in", Two("country")),
        ],
        "campus" => &[
            ("name_search", Beginning("name")),
            ("org_id", Id("org")),
            ("facility__city", Field("city")),
            ("facility__country__in", Two("country")),
        ],
        _ => &[
            ("name_search", Beginning("name")),
            ("name_long__contains", Beginning("name")),
            ("org_id", Id("org")),
            ("carrierfac_set__facility_id", Id("fac")),
        ],
    }
}

fn value(random: &mut RandomNumbers, all: &BTreeMap<&str, Vec<Json>>, kind: &str, source: ValueSource) -> String {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut field = |kind: &str, name: &str| text(&random.of(&all[kind])[name]);
    match source {
        Field(name) => field(kind, name),
        Beginning(name) => field(kind, name).chars().take(4).collect(),
        Two(name) => format!("{},{}", field(kind, name), field(kind, name)),
        Id(of) => field(of, "id"),
        TwoIds(of) => format!("{},{}", field(of, "id"), field(of, "id")),
        Fixed(value) => value.to_owned(),
    }
}

/// How many rows the page says there are.
fn count_of(page: &str) -> usize {
    let tools = page.split("<p class=\"tools\"").nth(1).and_then(|rest| rest.split_once('>'));
    let count = tools.and_then(|(_, rest)| rest.split(' ').next()).expect("a count");
    count.parse().unwrap_or_else(|_| panic!("{count:?} is no count"))
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

#[test]
fn page_file_and_api_agree_for_random_filters() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let all: BTreeMap<&str, Vec<Json>> =
        KINDS.into_iter().map(|kind| (kind, rows(&server, &format!("/api/{kind}")))).collect();
    let mut random = RandomNumbers(0x5eed_0014);
    let mut telling = 0;
    for round in 0..200 {
        let kind = KINDS[round % KINDS.len()];
        let mut pairs: Vec<(&str, String)> = Vec::new();
        for _ in 0..=random.below(2) {
            let (name, source) = *random.of(filters(kind));
            let text = value(&mut random, &all, kind, source);
            if pairs.iter().all(|(known, _)| *known != name) && !text.trim_matches(',').is_empty() && text != "null" {
                pairs.push((name, text));
            }
        }
        let joined: Vec<String> = pairs.iter().map(|(name, text)| format!("{name}={}", quoted(text))).collect();
        // As the form sends it: each value of a list by itself.
        let is_list = |name: &str| name.ends_with("__in");
        let sent = pairs.iter().flat_map(|(name, text)| {
            let parts: Vec<&str> = if is_list(name) && !text.starts_with(',') && !text.ends_with(',') {
                text.split(',').collect()
            } else {
                vec![text]
            };
            parts.into_iter().map(|part| format!("&{name}={}", quoted(part))).collect::<Vec<_>>()
        });
        let path = format!("/advanced_search?reftag={kind}{}", sent.collect::<String>());
        let found = rows(&server, &format!("/api/{kind}?{}", joined.join("&")));
        let (status, page) = followed(&server, &format!("{path}&format=html"));
        assert_eq!(status, 200, "{path}");
        assert_eq!(count_of(&page), found.len(), "{path}");
        let (status, file) = followed(&server, &format!("{path}&format=csv&raw=1"));
        assert_eq!(status, 200, "{path}");
        let mut file = csv::Reader::from_reader(file.as_bytes());
        let names = sorted(file.records().map(|row| row.expect("a row")[0].to_owned()));
        let expected = sorted(found.iter().map(|row| row["name"].as_str().unwrap_or_default().to_owned()));
        assert_eq!(names, expected, "{path}");
        let (_, json) = followed(&server, &format!("{path}&format=json"));
        let json: Json = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["data"].as_array().cloned().unwrap_or_default(), found, "{path}");
        let (status, plain) = followed(&server, &format!("{path}&format=text"));
        assert!(status == 200 && found.iter().all(|row| plain.contains(&first_word(row))), "{path}: {plain}");
        telling += usize::from(!found.is_empty() && found.len() < all[kind].len());
    }
    assert!(telling > 60, "only {telling} filters find some rows and not all");
}

/// A word of the name that no column cuts off.
fn first_word(row: &Json) -> String {
    row["name"].as_str().unwrap_or_default().chars().take(20).collect()
}

#[test]
fn results_are_sorted_by_any_column_and_show_the_chosen_ones() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let column = |query: &str, at: usize| -> Vec<String> {
        let (status, file) = followed(&server, &format!("/advanced_search?reftag=net&format=csv&raw=1{query}"));
        assert_eq!(status, 200, "{query}");
        csv::Reader::from_reader(file.as_bytes()).records().map(|row| row.expect("a row")[at].to_owned()).collect()
    };
    let numbers =
        |query: &str| -> Vec<i64> { column(query, 1).iter().map(|number| number.parse().expect("a number")).collect() };
    assert!(numbers("&cols=asn&sort=asn").is_sorted());
    assert!(numbers("&cols=asn&sort=-asn").is_sorted_by(|one, other| one >= other));
    let names = column("", 0);
    assert!(names.len() > 20 && names.iter().map(|name| name.to_lowercase()).is_sorted());
    let (_, page) = followed(&server, "/advanced_search?reftag=ix&cols=city&cols=org_id");
    let heads = page.split("<thead>").nth(1).and_then(|rest| rest.split("</thead>").next()).expect("a table");
    assert_eq!(heads.matches("<th ").count(), 3);
    // A name leads to an address with the ID, in which empty fields are left out.
    let ix = &rows(&server, "/api/ix")[0];
    let name = quoted(ix["name"].as_str().expect("a name"));
    let answer = server.get(&format!("/advanced_search?reftag=net&name_search=&ix={name}"));
    let expected = format!("/advanced_search?reftag=net&ix={}", ix["id"]);
    assert_eq!((answer.status, answer.header("location")), (303, Some(expected.as_str())));
}

#[test]
fn wrong_filters_are_named_at_the_form() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    for (query, status, said) in [
        ("reftag=ix&capacity__gte=x", 400, "error-capacity__gte"),
        ("reftag=net&ix=nowhere+at+all", 400, "error-ix"),
        ("reftag=ix&all_net=AS1", 400, "error-all_net"),
        ("reftag=net&asn=abc", 400, "error-asn"),
        ("reftag=net&updated__gt=someday", 400, "notice failed"),
        ("reftag=fac&distance=50&city=Berlin&country__in=DE", 403, "error-distance"),
    ] {
        for form in ["html", "csv", "json", "text"] {
            let answer = server.get(&format!("/advanced_search?{query}&format={form}"));
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            if form == "json" && answer.status == 303 {
                continue;
            }
            assert_eq!(answer.status, status, "{query} as {form}: {text}");
            assert!(form != "html" || text.contains(said), "{query}: {said} is missing");
            assert!(!text.trim().is_empty());
        }
    }
    // What was entered is still in the form.
    let (_, page) = followed(&server, "/advanced_search?reftag=ix&capacity__gte=x%22%3E&city=Berlin&format=html");
    assert!(page.contains("value=\"Berlin\"") && page.contains("x&#34;&#62;"), "{page}");
}

#[test]
fn hostile_queries_are_refused_or_answered_quickly() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let ids = |count: usize| (1..=count).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    let queries = [
        ("/advanced_search", format!("reftag=ix&net__in={}", ids(10_000))),
        ("/advanced_search", format!("reftag=ix&all_net={}", ids(1_500))),
        ("/advanced_search", format!("name_search={}", "x".repeat(32 * 1024))),
        ("/advanced_search", format!("name_search={}", "a+".repeat(3_000))),
        ("/advanced_search", format!("reftag=ix&net__in={}", "nobody%0A".repeat(800))),
        ("/advanced_search", "x=1&".repeat(1_800)),
        ("/advanced_search", format!("cols={}", "asn,".repeat(1_800))),
        ("/advanced_search", format!("reftag=net&info_type__in={}", "%2C".repeat(2_500))),
        ("/advanced_search", format!("reftag=org&page={}", "9".repeat(7_000))),
        ("/compare", format!("asn={}", ids(10_000))),
        ("/compare", format!("asn={}", ids(1_500))),
        ("/compare", format!("ix={}", "nobody%0A".repeat(800))),
        ("/compare", format!("asn=63500,63501&show=any&q={}", "%C3%BC".repeat(1_200))),
        ("/compare", "asn=1&".repeat(1_200)),
        ("/compare", format!("net={}&ix=%00%FF", "AS".repeat(3_000))),
    ];
    for (path, query) in queries {
        for form in ["html", "csv", "json", "text"] {
            let start = Instant::now();
            let answer = server.get(&format!("{path}?{query}&format={form}"));
            let begin: String = query.chars().take(60).collect();
            assert!([200, 303, 400, 414].contains(&answer.status), "{path}?{begin}: {}", answer.status);
            assert!(answer.status == 303 || !answer.body.is_empty(), "{path}?{begin} says nothing");
            assert!(start.elapsed() < Duration::from_secs(5), "{path}?{begin} took {:?}", start.elapsed());
        }
    }
    for query in [format!("asn={}", ids(11)), format!("ix={}", ids(11)), "net=1,2&ix=1".to_owned()] {
        assert_eq!(server.get(&format!("/compare?{query}&format=html")).status, 400, "{query}");
    }
}

/// Sums by place, then by object.
type NaiveMatrix = BTreeMap<i64, BTreeMap<i64, i64>>;

/// The matrix that rows of the API make: `row` and `object` are their fields.
fn naive(links: &[Json], row: &str, object: &str, objects: &[i64]) -> NaiveMatrix {
    let mut found = NaiveMatrix::new();
    for link in links {
        let (Some(row), Some(object)) = (link[row].as_i64(), link[object].as_i64()) else { continue };
        if objects.contains(&object) {
            *found.entry(row).or_default().entry(object).or_default() += link["speed"].as_i64().unwrap_or(0);
        }
    }
    found
}

/// The same of an answer's list; the keys of objects end with their number.
fn shown(answer: &Json, list: &str) -> NaiveMatrix {
    let all = answer["data"][list].as_array().expect("a list");
    let number = |key: &str| key.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().expect("a number");
    all.iter()
        .map(|row| {
            let present = row["present"].as_object().expect("who is present");
            let cells = present.iter().map(|(key, speed)| (number(key), speed.as_i64().unwrap_or(0)));
            (row["id"].as_i64().expect("an ID"), cells.collect())
        })
        .collect()
}

#[test]
fn comparisons_are_what_the_links_of_the_api_say() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let (ports, housings) = (rows(&server, "/api/netixlan"), rows(&server, "/api/netfac"));
    let (nets, exchanges, facilities) =
        (rows(&server, "/api/net"), rows(&server, "/api/ix"), rows(&server, "/api/fac"));
    let ids = |all: &[Json], field: &str| -> Vec<i64> { all.iter().filter_map(|row| row[field].as_i64()).collect() };
    let (asns, ixs, facs) = (ids(&nets, "asn"), ids(&exchanges, "id"), ids(&facilities, "id"));
    let mut random = RandomNumbers(0x14);
    let mut common = 0;
    for round in 0..60 {
        let (field, all) = [("asn", &asns), ("ix", &ixs), ("fac", &facs)][round % 3];
        let chosen: BTreeSet<i64> = (0..=1 + random.below(4)).map(|_| *random.of(all)).collect();
        let chosen: Vec<i64> = chosen.into_iter().collect();
        let text = chosen.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let expected: Vec<(&str, NaiveMatrix)> = match field {
            "asn" => vec![
                ("exchanges", naive(&ports, "ix_id", "asn", &chosen)),
                ("facilities", naive(&housings, "fac_id", "local_asn", &chosen)),
            ],
            "ix" => vec![("networks", naive(&ports, "net_id", "ix_id", &chosen))],
            _ => vec![("networks", naive(&housings, "net_id", "fac_id", &chosen))],
        };
        for (show, least) in [("any", 1), ("some", 2), ("all", chosen.len())] {
            let path = format!("/compare?{field}={text}&show={show}");
            let (status, answer) = followed(&server, &format!("{path}&format=json"));
            assert_eq!(status, 200, "{path}: {answer}");
            let answer: Json = serde_json::from_str(&answer).expect("JSON");
            let (_, page) = followed(&server, &format!("{path}&format=html"));
            let mut total = 0;
            for (list, matrix) in &expected {
                let mut matrix = matrix.clone();
                matrix.retain(|_, cells| cells.len() >= least);
                assert_eq!(shown(&answer, list), matrix, "{path} {list}");
                let (_, file) = followed(&server, &format!("{path}&table={list}&format=csv&raw=1"));
                assert_eq!(csv::Reader::from_reader(file.as_bytes()).records().count(), matrix.len(), "{path} {list}");
                total += matrix.len();
                common += usize::from(least > 1 && !matrix.is_empty());
            }
            let counts =
                page.split("<p class=\"tools\"").skip(1).map(|part| count_of(&format!("<p class=\"tools\"{part}")));
            assert_eq!(counts.sum::<usize>(), total, "{path}");
        }
    }
    assert!(common > 20, "only {common} comparisons found something in common");
}

#[test]
fn new_peers_are_those_that_the_network_meets_nowhere_else() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let (ports, housings) = (rows(&server, "/api/netixlan"), rows(&server, "/api/netfac"));
    let of = |links: &[Json], net: i64, field: &str| -> BTreeSet<i64> {
        links.iter().filter(|link| link["net_id"] == net).filter_map(|link| link[field].as_i64()).collect()
    };
    let mut fewer = 0;
    for net in rows(&server, "/api/net").iter().filter_map(|net| net["id"].as_i64()) {
        for ix in rows(&server, "/api/ix").iter().filter_map(|ix| ix["id"].as_i64()) {
            let peers: BTreeSet<i64> =
                ports.iter().filter(|port| port["ix_id"] == ix).filter_map(|port| port["net_id"].as_i64()).collect();
            let (mut mine, here) = (of(&ports, net, "ix_id"), of(&housings, net, "fac_id"));
            mine.remove(&ix);
            let is_new = |peer: &i64| {
                mine.is_disjoint(&of(&ports, *peer, "ix_id")) && here.is_disjoint(&of(&housings, *peer, "fac_id"))
            };
            let others: BTreeSet<i64> = peers.into_iter().filter(|peer| *peer != net).collect();
            let new: BTreeSet<i64> = others.iter().copied().filter(is_new).collect();
            fewer += usize::from(new.len() < others.len() && !new.is_empty());
            for (show, expected) in [("any", others), ("new", new)] {
                let (_, answer) = followed(&server, &format!("/compare?net={net}&ix={ix}&show={show}&format=json"));
                let answer: Json = serde_json::from_str(&answer).expect("JSON");
                let found = answer["data"]["networks"].as_array().expect("a list");
                let found: BTreeSet<i64> = found.iter().filter_map(|peer| peer["id"].as_i64()).collect();
                assert_eq!(found, expected, "{net} at {ix}, {show}");
            }
        }
    }
    assert!(fewer > 5, "{fewer}");
}

#[test]
fn two_networks_that_share_nothing_learn_their_nearest_places() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let (ports, housings) = (rows(&server, "/api/netixlan"), rows(&server, "/api/netfac"));
    let asns: Vec<i64> = rows(&server, "/api/net").iter().filter_map(|net| net["asn"].as_i64()).collect();
    let (mut apart, mut together) = (0, 0);
    for (at, one) in asns.iter().enumerate() {
        for other in &asns[at + 1..] {
            let both = [*one, *other];
            let matrices = [naive(&ports, "ix_id", "asn", &both), naive(&housings, "fac_id", "local_asn", &both)];
            let meets = matrices.iter().flat_map(BTreeMap::values).any(|cells| cells.len() == 2);
            let is_housed = |asn: i64| housings.iter().any(|link| link["local_asn"] == asn);
            let (_, page) = followed(&server, &format!("/compare?asn={one},{other}&format=html"));
            let says = page.contains(" km</strong>");
            assert_eq!(says, !meets && is_housed(*one) && is_housed(*other), "{one} {other}");
            apart += usize::from(says);
            together += usize::from(meets);
        }
    }
    assert!(apart > 0 && together > 0, "{apart} {together}");
}

#[test]
fn addresses_of_the_reference_lead_on() {
    let place = RegistryPlace::sqlite();
    let server = demo(&place);
    let to = |path: &str| server.get(path).header("location").map(str::to_owned);
    assert_eq!(
        to("/advanced_search?reftag=asn_connectivity&asn_list=AS63500+63501&match_filter=all-match").as_deref(),
        Some("/compare?asn=AS63500%2063501&show=all")
    );
    assert_eq!(to("/compare?asn=AS63500%2063501&show=all").as_deref(), Some("/compare?asn=63500,63501&show=all"));
    for path in ["/advanced_search", "/compare", "/advanced_search?reftag=fac"] {
        let answer = server.send("GET", path, &[("Accept", "text/html")]);
        assert_eq!(answer.status, 200, "{path}");
    }
    let (_, page) = followed(&server, "/advanced_search?format=html");
    assert!(page.contains("id=\"asn_connectivity\"") && page.contains("href=\"/compare\""));
}
