//! Objects that a form names: by ID, by name, or by both as the form itself writes them.

use std::collections::HashMap;

use peerage_registry::Snapshot;
use peerage_schema::Resource;
use peerage_schema::tables::ixlan;

use crate::named::{self, NAMES_MAX, NamedObject};

/// What a text in a form means.
#[derive(Debug, Clone)]
pub enum FoundReference {
    /// An ID, or an empty text for none.
    Id(String),
    /// Why it means nothing.
    Not(String),
}

/// The kind by whose names the rows of a kind are called: a LAN by those of its exchange.
pub fn named_kind(of: Resource) -> Resource {
    if of == Resource::Ixlan { Resource::Ix } else { of }
}

/// Finds the objects that the texts of one form name. Each name is looked up once, and at most [`NAMES_MAX`] names that are
/// not exact are searched for.
pub struct ReferenceFinder<'a> {
    snapshot: &'a Snapshot,
    known: HashMap<(Resource, String), FoundReference>,
    searches: usize,
}

impl<'a> ReferenceFinder<'a> {
    pub fn new(snapshot: &'a Snapshot) -> ReferenceFinder<'a> {
        ReferenceFinder { snapshot, known: HashMap::new(), searches: 0 }
    }

    /// Finds the object that a text names. An ID is taken as it is, since the rules know which rows exist.
    pub fn find(&mut self, of: Resource, text: &str) -> FoundReference {
        let text = text.trim();
        if text.is_empty() || text.bytes().all(|byte| byte.is_ascii_digit()) {
            return FoundReference::Id(text.to_owned());
        }
        let key = (of, text.to_owned());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let found = self.look_up(of, text);
        self.known.insert(key, found.clone());
        found
    }

    fn look_up(&mut self, of: Resource, text: &str) -> FoundReference {
        let (snapshot, kind) = (self.snapshot, named_kind(of));
        let by_name = kind.table().columns.name.and_then(|name| snapshot.only_live(name, text));
        let found = match by_name {
            Some(id) => NamedObject::Id(id),
            None if self.searches >= NAMES_MAX => return FoundReference::Not(TOO_MANY.to_owned()),
            None => {
                self.searches += 1;
                named::find(snapshot, kind, text)
            }
        };
        match found {
            NamedObject::Id(id) => match of {
                Resource::Ixlan => match snapshot.pointing(ixlan::IX_ID, id).first() {
                    Some(lan) => FoundReference::Id(lan.to_string()),
                    None => FoundReference::Not(NOTHING.to_owned()),
                },
                _ => FoundReference::Id(id.to_string()),
            },
            NamedObject::Ambiguous(ids) => {
                let names: Vec<String> = ids.iter().map(|id| named::shown(snapshot, kind, *id)).collect();
                FoundReference::Not(format!("Several objects match. Write one of these: {}", names.join("; ")))
            }
            NamedObject::Unknown => FoundReference::Not(NOTHING.to_owned()),
        }
    }
}

const NOTHING: &str = "Nothing has this name.";
const TOO_MANY: &str = "Too many names are unclear. Write exact names or IDs.";

/// The name of an object as a form shows it, from which [`ReferenceFinder::find`] returns the same.
pub fn shown(snapshot: &Snapshot, of: Resource, text: &str) -> String {
    let Ok(id) = text.parse::<u32>() else { return text.to_owned() };
    match of {
        Resource::Ixlan => {
            let ix = snapshot.row(of, id).and_then(|lan| lan.int(ixlan::IX_ID));
            ix.map_or_else(|| text.to_owned(), |ix| named::shown(snapshot, Resource::Ix, ix as u32))
        }
        _ => named::shown(snapshot, of, id),
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::{LogHead, SnapshotLoader, stored};

    use super::*;

    fn registry() -> Snapshot {
        let mut loader = SnapshotLoader::default();
        for (resource, json) in [
            (Resource::Ix, r#"{"id": 3, "name": "Alpine Exchange", "status": "ok"}"#),
            (Resource::Ix, r#"{"id": 4, "name": "Alpine Exchange Basel", "status": "ok"}"#),
            (Resource::Ixlan, r#"{"id": 13, "ix_id": 3, "status": "ok"}"#),
            (Resource::Fac, r#"{"id": 5, "name": "Hall 5", "status": "ok"}"#),
        ] {
            loader.push(resource, stored::from_json(resource, json).expect("a row"));
        }
        loader.finish(LogHead::EMPTY)
    }

    fn id(of: Resource, text: &str) -> Result<String, String> {
        match ReferenceFinder::new(&registry()).find(of, text) {
            FoundReference::Id(id) => Ok(id),
            FoundReference::Not(why) => Err(why),
        }
    }

    #[test]
    fn a_lan_is_called_by_its_exchange() {
        assert_eq!(id(Resource::Ixlan, "alpine exchange").as_deref(), Ok("13"));
        assert_eq!(shown(&registry(), Resource::Ixlan, "13"), "Alpine Exchange #3");
        assert_eq!(id(Resource::Ixlan, "Alpine Exchange #3").as_deref(), Ok("13"));
        assert_eq!(id(Resource::Ixlan, "Alpine Exchange Basel"), Err(NOTHING.to_owned()), "it has no LAN");
    }

    #[test]
    fn an_exact_name_wins_and_an_unclear_one_is_asked_about() {
        assert_eq!(id(Resource::Ix, "ALPINE EXCHANGE").as_deref(), Ok("3"));
        let why = id(Resource::Ix, "alpine").expect_err("two exchanges");
        assert!(why.starts_with("Several objects match") && why.contains("Alpine Exchange Basel #4"), "{why}");
        assert_eq!(id(Resource::Fac, "Hall 5 #5").as_deref(), Ok("5"));
        assert_eq!(id(Resource::Fac, "").as_deref(), Ok(""));
        assert_eq!(id(Resource::Fac, "77").as_deref(), Ok("77"));
    }

    #[test]
    fn few_unclear_names_are_searched_for() {
        let registry = registry();
        let mut finder = ReferenceFinder::new(&registry);
        let mut why = |text: &str| match finder.find(Resource::Ix, text) {
            FoundReference::Not(why) => why,
            FoundReference::Id(id) => id,
        };
        for number in 0..NAMES_MAX {
            assert_eq!(why(&format!("unknown {number}")), NOTHING);
        }
        assert_eq!((why("unknown 0").as_str(), why("one more").as_str()), (NOTHING, TOO_MANY));
        assert_eq!(why("Alpine Exchange"), "3", "exact names are no searches");
    }
}
