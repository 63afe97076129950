//! The fuzz targets: all parsers of untrusted bytes. Each target takes any bytes, and panics when the parser
//! panics or when a rule that holds for every input is broken.
//!
//! Both the fuzz targets and a test of the workspace (`corpora`) call these functions: the test runs every file of
//! `fuzz/corpus`, so that the corpora and the targets keep working with a stable compiler.
//!
//! Inputs are texts where the format allows it, so that a corpus can be read and written by hand.

use std::sync::{Arc, OnceLock};

use peerage_access::key_string::{self, ParsedKey};
use peerage_api::picture::{PictureFormat, check};
use peerage_outbound::member_list;
use peerage_registry::dump::{DumpBatch, DumpReader, ImportMode, ImportPlan, kind_of_file, plan, write_kind};
use peerage_registry::moment::Moment;
use peerage_registry::query::{self, ListQuery, QueryParams, QueryResponse, QueryWork, search};
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::rules::{ExternalFacts, WriteAction, WritePolicy, WriteRequest, decide};
use peerage_registry::{Event, EventChange, LogEntry, Snapshot, Viewer};
use peerage_schema::Resource;
use serde_json::Value as Json;

/// A function that is fuzzed.
pub type Target = fn(&[u8]);

/// All targets by name: of the binary, and of the folder in `fuzz/corpus`.
pub const TARGETS: [(&str, Target); 7] = [
    ("query", query),
    ("filters", filters),
    ("body", body),
    ("key_string", key_string),
    ("member_list", member_list),
    ("dump", dump),
    ("picture", picture),
];

/// Rows of the conformance kit, so that filters and bodies meet something that exists.
const FIXTURE: [(&str, &str); 13] = [
    ("org.json", include_str!("../../tests/conformance/fixture/org.json")),
    ("net.json", include_str!("../../tests/conformance/fixture/net.json")),
    ("fac.json", include_str!("../../tests/conformance/fixture/fac.json")),
    ("ix.json", include_str!("../../tests/conformance/fixture/ix.json")),
    ("ixlan.json", include_str!("../../tests/conformance/fixture/ixlan.json")),
    ("ixpfx.json", include_str!("../../tests/conformance/fixture/ixpfx.json")),
    ("netixlan.json", include_str!("../../tests/conformance/fixture/netixlan.json")),
    ("netfac.json", include_str!("../../tests/conformance/fixture/netfac.json")),
    ("ixfac.json", include_str!("../../tests/conformance/fixture/ixfac.json")),
    ("poc.json", include_str!("../../tests/conformance/fixture/poc.json")),
    ("carrier.json", include_str!("../../tests/conformance/fixture/carrier.json")),
    ("carrierfac.json", include_str!("../../tests/conformance/fixture/carrierfac.json")),
    ("campus.json", include_str!("../../tests/conformance/fixture/campus.json")),
];

/// Reads a document as the import does.
fn read(batch: &mut DumpBatch, file: &str, document: &[u8]) -> bool {
    batch.read(document, DumpReader { file, kind: kind_of_file(file), progress: &mut |_| {} }).is_ok()
}

/// The state after the entries of a log.
fn applied(state: &Snapshot, entries: impl Iterator<Item = LogEntry>) -> Snapshot {
    let mut next = state.clone();
    let first = state.head().sequence + 1;
    let events: Vec<Event> =
        entries.zip(first..).map(|(entry, sequence)| Event { sequence, entry, hash: [0; 32] }).collect();
    next.apply(&events);
    next
}

/// The state that a plan leads to.
fn after(state: &Snapshot, plan: &ImportPlan) -> Snapshot {
    applied(state, plan.entries(Moment::EPOCH, |_| "{}".into(), || [0; 32]))
}

fn world() -> &'static Arc<Snapshot> {
    static WORLD: OnceLock<Arc<Snapshot>> = OnceLock::new();
    WORLD.get_or_init(|| {
        let mut batch = DumpBatch::new();
        for (file, document) in FIXTURE {
            assert!(read(&mut batch, file, document.as_bytes()), "{file}");
        }
        let empty = Snapshot::default();
        Arc::new(after(&empty, &plan(&empty, &batch, ImportMode::Merge)))
    })
}

/// Splits off the first line.
fn first_line(input: &[u8]) -> (&str, &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let line = std::str::from_utf8(&input[..end]).unwrap_or_default();
    (line, input.get(end + 1..).unwrap_or_default())
}

/// The parameters of a query string: read, written with every byte escaped, and read again, they are the same.
pub fn query(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let params = QueryParams::parse(text);
    let escaped = |text: &str| text.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02x}"));
    let pairs: Vec<String> =
        params.pairs().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    let again = QueryParams::parse(&pairs.join("&"));
    assert!(params.pairs().eq(again.pairs()), "{text:?}");
    for name in params.names() {
        assert!(params.has(name) && params.first(name).is_some() && params.last(name).is_some(), "{name:?}");
    }
}

/// A list or an object, by its path and query: `net?asn__gte=100`, `net/20?depth=2`. Answers are JSON, and an
/// anonymous viewer sees public contacts only.
pub fn filters(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let (tag, id) = path.split_once('/').map_or((path, None), |(tag, id)| (tag, Some(id)));
    let Some(resource) = Resource::from_tag(tag) else { return };
    let params = QueryParams::parse(query);
    for viewer in [Viewer::Anonymous, Viewer::Verified] {
        let work = QueryWork::full(world());
        let ask = ListQuery {
            snapshot: world(),
            viewer: &viewer,
            resource,
            params: &params,
            url: "http://x/api",
            work: &work,
        };
        let answer = match id {
            Some(id) => query::object(&ask, id),
            None => query::list(&ask),
        };
        let Ok(answer) = answer else { continue };
        let Ok(answer) = serde_json::from_slice::<Json>(&bytes(answer)) else { panic!("{text:?} is no JSON") };
        if matches!(viewer, Viewer::Anonymous) && resource == Resource::Poc {
            let rows = answer["data"].as_array().into_iter().flatten();
            for row in rows.filter(|row| row.get("visible").is_some()) {
                assert_eq!(row["visible"], "Public", "{text:?} shows {row}");
            }
        }
    }
    let work = QueryWork::full(world());
    if let Ok(hits) = search(world(), resource, ("q", query), &work) {
        assert!(hits.len() <= world().count(resource), "{query:?}");
    }
}

fn bytes(answer: QueryResponse) -> Vec<u8> {
    match answer.body {
        query::QueryBody::Whole(bytes) => bytes.to_vec(),
        query::QueryBody::Pages(pages) => pages.frames().flatten().collect(),
        query::QueryBody::Listing(listing) => listing.flat_map(|piece| piece.to_vec()).collect(),
    }
}

/// May do everything.
struct Root;

impl Authority for Root {
    fn may(&self, _: &str, _: Permissions) -> bool {
        true
    }

    fn mail_addresses(&self) -> Vec<String> {
        vec!["noc@example.net".to_owned()]
    }

    fn is_key(&self) -> bool {
        true
    }
}

/// A request that writes: a line such as `POST net` or `PUT net/20`, a line with the content type, and a body, which is
/// JSON or a form. Whatever it says, the rules decide without a panic, and what they allow can be applied.
pub fn body(input: &[u8]) {
    let (line, rest) = first_line(input);
    let (kind, bytes) = first_line(rest);
    let (method, path) = line.split_once(' ').unwrap_or((line, ""));
    let Ok(body) = peerage_edge::body::parse(method, kind, bytes) else { return };
    let (tag, id) = path.split_once('/').unwrap_or((path, ""));
    let Some(resource) = Resource::from_tag(tag) else { return };
    let act = if method == "POST" { WriteAction::Create } else { WriteAction::Update(id) };
    let policy = WritePolicy {
        support_email: "support@example.net".to_owned(),
        suggestion_org: peerage_registry::ids::OrgId::new(1),
        checks_rir: false,
        approves_exchanges: false,
        takes_no_power: false,
    };
    let (authority, outside) = (&Root, &ExternalFacts::default());
    let now = Moment::from_seconds(1_800_000_000);
    let write = WriteRequest { resource, act, body: &body, authority, policy: &policy, outside, now };
    let Ok(decided) = decide(&write, world()) else { return };
    let entries = decided.steps.iter().map(|step| LogEntry {
        at: now,
        actor: "{}".into(),
        action: step.action,
        id: step.id,
        change: EventChange::Row { resource: step.resource, before: step.before.clone(), after: step.after.clone() },
        org: step.org,
        salt: [0; 32],
    });
    let changed = applied(world(), entries);
    for step in &decided.steps {
        let is_there = changed.row(step.resource, step.id).is_some();
        assert_eq!(is_there, step.after.is_some(), "{:?} {}", step.resource, step.id);
    }
}

/// A text that may contain keys: they are found, and the masked text contains no secret.
pub fn key_string(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let parsed = key_string::parse(text);
    if let Some(public) = parsed.public() {
        assert!(text.contains(public), "{text:?}");
    }
    let masked = key_string::masked(text);
    // The words of a log line that may contain a key.
    for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
        if let ParsedKey::Own { .. } = key_string::parse(word) {
            let secret = &word[word.len() - key_string::SECRET_LETTERS..];
            assert!(!masked.contains(secret), "{text:?} is masked as {masked:?}");
        }
    }
}

/// The member list of an exchange, in the schema of Euro-IX: AS numbers in order and each once; what an import of it would
/// change on a LAN.
pub fn member_list(input: &[u8]) {
    let found = peerage_ixf::validate(input);
    let list = peerage_ixf::parse(input).ok().and_then(|file| peerage_ixf::clean(&file).ok());
    assert_eq!(found.is_importable, list.is_some(), "{found:?}");
    if let Some(list) = list {
        let prefixes = ["192.0.2.0/24", "2001:db8::/64"].map(|text| text.parse().expect("a prefix")).to_vec();
        let network = peerage_ixf::LanNetwork {
            net_id: 1,
            is_ok: true,
            allows_update: true,
            excluded: peerage_ixf::ExcludedFields::default(),
            speaks_ipv4: true,
            speaks_ipv6: true,
        };
        let networks = list.as_numbers.iter().map(|asn| (*asn, network)).collect();
        let lan = peerage_ixf::Lan { id: 1, prefixes, networks, ..peerage_ixf::Lan::default() };
        if let Ok(plan) = peerage_ixf::compare(&list, &lan, &peerage_ixf::GuardLimits::default()) {
            let has_address = |change: &peerage_ixf::Change| {
                change.after.as_ref().is_some_and(|after| after.ipaddr4.is_some() || after.ipaddr6.is_some())
            };
            assert!(plan.changes.iter().all(has_address), "{plan:?}");
        }
    }
    if let Ok(members) = member_list::parse(input) {
        assert!(members.is_sorted_by(|one, next| one < next), "{members:?}");
        assert!(!members.contains(&0), "{members:?}");
    }
}

/// A document that is imported: a line with the file's name, then the document. What an import leads to can be exported,
/// and importing that changes nothing.
pub fn dump(input: &[u8]) {
    let (file, document) = first_line(input);
    let mut batch = DumpBatch::new();
    if !read(&mut batch, file, document) {
        return;
    }
    let empty = Snapshot::default();
    let imported = after(&empty, &plan(&empty, &batch, ImportMode::Merge));
    let mut again = DumpBatch::new();
    for resource in Resource::ALL {
        let mut exported = Vec::new();
        write_kind(&mut exported, &imported, resource).expect("written to memory");
        let is_read = read(&mut again, &format!("{}.json", resource.tag()), &exported);
        assert!(is_read, "{}", String::from_utf8_lossy(&exported));
    }
    let plan = plan(&imported, &again, ImportMode::Replace);
    assert!(plan.changes.is_empty(), "importing the export changes {:?}", plan.changes);
    for (state, mode) in [(world(), ImportMode::Merge), (world(), ImportMode::Replace)] {
        after(state, &peerage_registry::dump::plan(state, &batch, mode));
    }
}

/// A picture that somebody uploads as a logo.
pub fn picture(input: &[u8]) {
    if let Some(format) = PictureFormat::of(input) {
        let _ = check(format, input);
    }
}
