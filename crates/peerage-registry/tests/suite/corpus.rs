//! Queries that people type, with the object that they mean. At least 95 % must be among the first three hits.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use peerage_registry::dump::{DumpBatch, DumpReader, ImportMode, plan};
use peerage_registry::fold::fold;
use peerage_registry::moment::Moment;
use peerage_registry::query::{FoundPlace, PlaceLookup, find};
use peerage_registry::{EventChange, LogHead, Row, Snapshot, SnapshotLoader};
use peerage_schema::Resource;
use peerage_schema::tables::{fac, ix, ixpfx, net, netixlan};

const TOP: usize = 3;

/// Cities by several names, and countries by code.
struct TestGazetteer;

const CITIES: [(&[&str], &str, f64, f64); 10] = [
    (&["tokyo", "東京", "tokio"], "JP", 35.68, 139.69),
    (&["zurich", "zuerich", "zurigo"], "CH", 47.37, 8.55),
    (&["warsaw", "warszawa", "warschau"], "PL", 52.23, 21.01),
    (&["kyiv", "kiev", "київ", "kiew"], "UA", 50.45, 30.52),
    (&["athens", "αθηνα", "athen"], "GR", 37.98, 23.73),
    (&["dubai", "دبي"], "AE", 25.20, 55.27),
    (&["singapore", "singapur"], "SG", 1.35, 103.82),
    (&["reykjavik"], "IS", 64.14, -21.94),
    (&["nairobi"], "KE", -1.29, 36.82),
    (&["sao paulo"], "BR", -23.55, -46.63),
];

const COUNTRIES: [(&[&str], &str); 9] = [
    (&["jp", "japan", "日本"], "JP"),
    (&["ch", "switzerland", "schweiz"], "CH"),
    (&["pl", "poland", "polska"], "PL"),
    (&["ua", "ukraine"], "UA"),
    (&["gr", "greece"], "GR"),
    (&["sg", "singapore"], "SG"),
    (&["is", "iceland"], "IS"),
    (&["ke", "kenya"], "KE"),
    (&["br", "brazil", "brasil"], "BR"),
];

impl PlaceLookup for TestGazetteer {
    fn find(&self, name: &str) -> Vec<FoundPlace> {
        let name = fold(name);
        let found = CITIES.iter().filter(|(names, ..)| names.iter().any(|known| fold(known) == name));
        let place = |(names, country, latitude, longitude): &(&[&str], &str, f64, f64)| FoundPlace {
            name: names[0].to_owned(),
            country: (*country).to_owned(),
            latitude: *latitude,
            longitude: *longitude,
            population: 1_000_000,
            radius_km: 20.0,
        };
        found.map(place).collect()
    }

    fn country(&self, name_or_code: &str) -> Option<&str> {
        let name = fold(name_or_code);
        COUNTRIES.iter().find(|(names, _)| names.iter().any(|known| *known == name)).map(|(_, code)| *code)
    }
}

/// The snapshot that a batch makes of an empty registry.
fn imported(batch: &DumpBatch) -> Snapshot {
    let plan = plan(&Snapshot::default(), batch, ImportMode::Merge);
    let mut loader = SnapshotLoader::default();
    for entry in plan.entries(Moment::EPOCH, |_| "{}".into(), || [1; 32]) {
        if let EventChange::Row { resource, after: Some(row), .. } = entry.change {
            loader.push(resource, row);
        }
    }
    loader.finish(LogHead::EMPTY)
}

fn demo() -> Snapshot {
    let text = include_str!("../../../peerage/demo/demo.json");
    let mut batch = DumpBatch::new();
    batch
        .read(text.as_bytes(), DumpReader { file: "demo", kind: None, progress: &mut |_| {} })
        .expect("the demo is readable");
    imported(&batch)
}

fn titled(snapshot: &Snapshot, (resource, id): (Resource, u32)) -> String {
    let row = snapshot.row(resource, id);
    let name = resource.table().columns.name.and_then(|at| row?.text(at)).unwrap_or_default();
    format!("{}/{id} {name}", resource.tag())
}

/// Plays queries and returns those that miss.
fn misses<'a>(snapshot: &Snapshot, queries: impl Iterator<Item = (&'a str, (Resource, u32))>) -> Vec<String> {
    let mut missed = Vec::new();
    for (query, meant) in queries {
        let found = find(snapshot, query, &TestGazetteer, 10).expect("a short query");
        let hits: Vec<(Resource, u32)> = found.hits.iter().map(|hit| (hit.resource, hit.id)).collect();
        if !hits.iter().take(TOP).any(|hit| *hit == meant) {
            let first: Vec<String> = hits.iter().take(5).map(|hit| titled(snapshot, *hit)).collect();
            missed.push(format!("{query:?}: {} is not among {first:?}", titled(snapshot, meant)));
        }
    }
    missed
}

fn check(count: usize, missed: &[String]) {
    for line in missed {
        println!("missed {line}");
    }
    println!("{} of {count} queries missed", missed.len());
    assert!(missed.len() * 20 <= count, "{} of {count} queries missed", missed.len());
}

/// Queries for the demo: `query -> kind id`.
const DEMO: &str = include_str!("corpus.txt");

#[test]
fn queries_for_the_demo_find_what_they_mean() {
    let snapshot = demo();
    let lines: Vec<&str> = DEMO.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let queries = lines.iter().map(|line| {
        let (query, meant) = line.rsplit_once(" -> ").expect("query -> kind id");
        let (kind, id) = meant.split_once(' ').expect("kind id");
        (query, (Resource::from_tag(kind).expect("a kind"), id.parse().expect("an id")))
    });
    assert!(lines.len() >= 150, "{} queries", lines.len());
    check(lines.len(), &misses(&snapshot, queries));
}

/// A small generated registry of the kind that benchmarks use, or `None` without Python.
fn scale() -> Option<Snapshot> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus-scale");
    let made = Command::new("python3")
        .arg(top.join("benches/scale/generate.py"))
        .arg(&folder)
        .args(["--scale", "0.06"])
        .output()
        .ok()?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut batch = DumpBatch::new();
    for resource in Resource::ALL {
        let text = std::fs::read(folder.join(resource.tag()).with_extension("json")).expect("a file");
        let reading = DumpReader { file: resource.tag(), kind: Some(resource), progress: &mut |_| {} };
        batch.read(&text[..], reading).expect("rows");
    }
    Some(imported(&batch))
}

/// The longest word of a name with a change in its middle.
fn misspelt(name: &str, change: impl Fn(&mut Vec<char>, usize)) -> Option<String> {
    let longest = name.split(' ').max_by_key(|word| word.chars().count())?;
    let mut letters: Vec<char> = longest.chars().collect();
    if letters.len() < 6 || !longest.is_ascii() {
        return None;
    }
    let middle = letters.len() / 2;
    change(&mut letters, middle);
    Some(name.replace(longest, &letters.into_iter().collect::<String>()))
}

/// Ways in which a person types a name.
fn ways(name: &str) -> BTreeMap<&'static str, String> {
    let mut ways = BTreeMap::new();
    ways.insert("as it is", name.to_owned());
    ways.insert("folded", fold(name).into_owned());
    ways.insert("without marks", name.replace(['-', '.', ','], " "));
    ways.extend(misspelt(name, |letters, at| letters.swap(at, at - 1)).map(|text| ("swapped", text)));
    ways.extend(misspelt(name, |letters, at| _ = letters.remove(at)).map(|text| ("left out", text)));
    ways.extend(misspelt(name, |letters, at| letters.insert(at, letters[at])).map(|text| ("doubled", text)));
    ways.extend(misspelt(name, |letters, _| _ = letters.pop()).map(|text| ("cut off", text)));
    ways
}

/// The same object, or another one of the same name.
fn is_meant(snapshot: &Snapshot, meant: (Resource, u32), hit: (Resource, u32)) -> bool {
    let name = |(resource, id): (Resource, u32)| {
        let row = snapshot.row(resource, id)?;
        Some(fold(row.text(resource.table().columns.name?)?).into_owned())
    };
    meant == hit || name(meant) == name(hit)
}

#[test]
fn queries_for_a_generated_registry_find_what_they_mean() {
    let Some(snapshot) = scale() else { return };
    let mut queries: Vec<(String, (Resource, u32))> = Vec::new();
    for resource in [Resource::Net, Resource::Fac, Resource::Ix, Resource::Org, Resource::Carrier] {
        let live: Vec<&Row> = snapshot.rows(resource).filter(|row| snapshot.is_live(resource, row)).collect();
        for row in live.iter().step_by((live.len() / 9).max(1)) {
            let name = row.text_or_empty(resource.table().columns.name.expect("a name"));
            queries.extend(ways(name).into_values().map(|query| (query, (resource, row.id()))));
        }
        for row in live.iter().skip(3).step_by((live.len() / 5).max(1)) {
            let (city, name) = match resource {
                Resource::Fac => (row.text_or_empty(fac::CITY), row.text_or_empty(fac::NAME)),
                Resource::Ix => (row.text_or_empty(ix::CITY), row.text_or_empty(ix::NAME)),
                _ => continue,
            };
            queries.push((format!("{} {name} {city}", resource.tag()), (resource, row.id())));
        }
    }
    for row in snapshot.rows(Resource::Net).filter(|row| snapshot.is_live(Resource::Net, row)).step_by(300) {
        let asn = row.int(net::ASN).expect("a number");
        let meant = (Resource::Net, row.id());
        queries.extend(["", "AS", "as ", "asn", "ASN "].map(|mark| (format!("{mark}{asn}"), meant)));
        queries.extend(row.text(net::IRR_AS_SET).filter(|set| !set.is_empty()).map(|set| (set.to_owned(), meant)));
    }
    for row in snapshot.rows(Resource::Netixlan).filter(|row| snapshot.is_live(Resource::Netixlan, row)).step_by(900) {
        let meant = (Resource::Net, row.int(netixlan::NET_ID).expect("a network") as u32);
        let addresses = [netixlan::IPADDR4, netixlan::IPADDR6].into_iter().filter_map(|at| row.text(at));
        queries.extend(addresses.map(|address| (address.to_ascii_uppercase(), meant)));
    }
    for row in snapshot.rows(Resource::Ixpfx).filter(|row| snapshot.is_live(Resource::Ixpfx, row)).step_by(40) {
        let lan = snapshot.row(Resource::Ixlan, row.int(ixpfx::IXLAN_ID).expect("a LAN") as u32).expect("a LAN");
        let meant = (Resource::Ix, lan.int(peerage_schema::tables::ixlan::IX_ID).expect("an exchange") as u32);
        queries.push((row.text_or_empty(ixpfx::PREFIX).to_owned(), meant));
    }
    let mut missed = Vec::new();
    for (query, meant) in &queries {
        let found = find(&snapshot, query, &TestGazetteer, 10).expect("a short query");
        let hits: Vec<(Resource, u32)> = found.hits.iter().map(|hit| (hit.resource, hit.id)).collect();
        if !hits.iter().take(TOP).any(|hit| is_meant(&snapshot, *meant, *hit)) {
            let first: Vec<String> = hits.iter().take(5).map(|hit| titled(&snapshot, *hit)).collect();
            missed.push(format!("{query:?}: {} is not among {first:?}", titled(&snapshot, *meant)));
        }
    }
    assert!(queries.len() >= 200, "{} queries", queries.len());
    check(queries.len(), &missed);
}
