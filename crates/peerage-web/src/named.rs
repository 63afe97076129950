//! Objects that people name in forms: by name, AS number or ID.

use peerage_registry::Snapshot;
use peerage_registry::fold::fold;
use peerage_registry::query::{QueryWork, search};
use peerage_schema::tables::net;
use peerage_schema::{Column, Resource};

/// How many names one request can look up. Each may read all names of a kind.
pub const NAMES_MAX: usize = 10;

/// How many meanings of an ambiguous name are offered.
const MEANINGS_MAX: usize = 8;

/// What an item of a form means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedObject {
    /// An ID, whether or not there is such an object: the API takes any number.
    Id(u32),
    /// One of these.
    Ambiguous(Vec<u32>),
    Unknown,
}

/// Finds what an item means: an ID, `AS64500` for a network, a name, or a name with its ID as [`shown`] returns it.
pub fn find(snapshot: &Snapshot, resource: Resource, item: &str) -> NamedObject {
    let item = item.trim();
    if let Ok(id) = item.parse::<u32>() {
        return NamedObject::Id(id);
    }
    let id = item.rsplit_once(" #").and_then(|(_, id)| id.parse().ok());
    if let Some(id) = id {
        return NamedObject::Id(id);
    }
    if resource == Resource::Net
        && item.starts_with(['a', 'A'])
        && let Some(asn) = item.split_whitespace().next().and_then(asn_of)
    {
        return snapshot.net_by_asn(i64::from(asn)).map_or(NamedObject::Unknown, NamedObject::Id);
    }
    let hits = search(snapshot, resource, ("name", item), &QueryWork::full(snapshot)).unwrap_or_default();
    let is_exact = |id: &u32| {
        let row = snapshot.row(resource, *id);
        name_of(resource).zip(row).is_some_and(|(name, row)| fold(row.text_or_empty(name)) == fold(item))
    };
    let exact: Vec<u32> = hits.iter().map(|hit| hit.id).filter(is_exact).collect();
    match (&exact[..], &hits[..]) {
        ([id], _) => NamedObject::Id(*id),
        ([], [hit]) => NamedObject::Id(hit.id),
        ([], []) => NamedObject::Unknown,
        _ => NamedObject::Ambiguous(hits.iter().take(MEANINGS_MAX).map(|hit| hit.id).collect()),
    }
}

/// The AS number in `64500`, `AS64500` or `asn64500`.
pub fn asn_of(item: &str) -> Option<u32> {
    let small = item.trim().to_ascii_lowercase();
    let digits = small.strip_prefix("asn").or_else(|| small.strip_prefix("as")).unwrap_or(&small);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn name_of(resource: Resource) -> Option<Column> {
    resource.table().columns.name
}

/// The name of an object as forms show it, from which [`find`] returns the same object: `AS64500 Example`, `Example-IX #7`.
/// An object that is not live has its ID only.
pub fn shown(snapshot: &Snapshot, resource: Resource, id: u32) -> String {
    let row = snapshot.row(resource, id).filter(|row| snapshot.is_live(resource, row));
    let Some((row, name)) = row.zip(name_of(resource)) else { return id.to_string() };
    // A name is one line in a form.
    let name: String = row.text_or_empty(name).split_whitespace().collect::<Vec<_>>().join(" ");
    match row.int(net::ASN).filter(|_| resource == Resource::Net) {
        Some(asn) => format!("AS{asn} {name}"),
        None => format!("{name} #{id}"),
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::{LogHead, SnapshotLoader, stored};

    use super::*;

    fn world() -> Snapshot {
        let mut loader = SnapshotLoader::default();
        for (resource, json) in [
            (Resource::Net, r#"{"id": 1, "asn": 64500, "name": "Alpha, Inc.", "status": "ok"}"#),
            (Resource::Net, r#"{"id": 2, "asn": 64501, "name": "42", "status": "ok"}"#),
            (Resource::Ix, r#"{"id": 3, "name": "Zürich Exchange", "status": "ok"}"#),
            (Resource::Ix, r#"{"id": 4, "name": "Basel Exchange", "status": "ok"}"#),
            (Resource::Ix, r#"{"id": 5, "name": "Odd #3", "status": "ok"}"#),
        ] {
            loader.push(resource, stored::from_json(resource, json).expect("a row"));
        }
        loader.finish(LogHead::EMPTY)
    }

    #[test]
    fn objects_are_found_by_what_people_write() {
        let world = world();
        for (resource, item, expected) in [
            (Resource::Net, "as64500", NamedObject::Id(1)),
            (Resource::Net, "AS64500 whatever", NamedObject::Id(1)),
            (Resource::Net, "alpha, inc.", NamedObject::Id(1)),
            (Resource::Net, "AS1", NamedObject::Unknown),
            (Resource::Net, " 42 ", NamedObject::Id(42)),
            (Resource::Ix, "zurich exchange", NamedObject::Id(3)),
            (Resource::Ix, "basel", NamedObject::Id(4)),
            (Resource::Ix, "exchange", NamedObject::Ambiguous(vec![3, 4])),
            (Resource::Ix, "nothing", NamedObject::Unknown),
            (Resource::Ix, "", NamedObject::Unknown),
        ] {
            assert_eq!(find(&world, resource, item), expected, "{item}");
        }
    }

    #[test]
    fn what_is_shown_means_the_same_object() {
        let world = world();
        for (resource, id) in [
            (Resource::Net, 1),
            (Resource::Net, 2),
            (Resource::Ix, 3),
            (Resource::Ix, 4),
            (Resource::Ix, 5),
            (Resource::Ix, 9),
        ] {
            assert_eq!(find(&world, resource, &shown(&world, resource, id)), NamedObject::Id(id), "{id}");
        }
    }
}
