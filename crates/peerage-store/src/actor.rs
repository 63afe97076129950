//! The columns of the log that make its actors searchable: person and key.

use peerage_registry::ids::UserId;
use std::sync::Arc;

use serde::Deserialize;

/// Person and key of an actor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActorIds {
    pub person: Option<UserId>,
    /// Public id.
    pub key: Option<Arc<str>>,
}

/// The searchable part of [`peerage_registry::Actor`]. It is parsed separately, so that logs whose actors have more or
/// fewer fields than this program knows stay readable.
#[derive(Deserialize)]
struct ActorFields {
    user: Option<UserId>,
    key: Option<String>,
}

impl ActorIds {
    /// Empty if the text is not an actor.
    fn of(actor: &str) -> ActorIds {
        match serde_json::from_str::<ActorFields>(actor) {
            Ok(message) => {
                // PostgreSQL cannot store U+0000, and no key contains it.
                let key = message.key.filter(|key| !key.contains('\0'));
                ActorIds { person: message.user, key: key.map(Arc::from) }
            }
            Err(_) => ActorIds::default(),
        }
    }
}

/// Parses actors. Many consecutive entries have the same actor, which is parsed once.
#[derive(Debug, Clone, Default)]
pub struct ActorReader {
    last: Arc<str>,
    who: ActorIds,
}

impl ActorReader {
    pub fn read(&mut self, actor: &Arc<str>) -> &ActorIds {
        if !Arc::ptr_eq(&self.last, actor) {
            self.who = ActorIds::of(actor);
            self.last = Arc::clone(actor);
        }
        &self.who
    }

    pub fn read_text(&mut self, actor: &str) -> &ActorIds {
        if *self.last != *actor {
            self.who = ActorIds::of(actor);
            self.last = Arc::from(actor);
        }
        &self.who
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn person_and_key_are_read_and_nonsense_is_nobody() {
        let who = |person, key: Option<&str>| ActorIds { person, key: key.map(Arc::from) };
        for (actor, expected) in [
            (r#"{"name":"Ann","user":5,"key":"k1","more":[1]}"#, who(Some(UserId::new(5)), Some("k1"))),
            (r#"{"name":"Ann","user":4294967295}"#, who(Some(UserId::MAX), None)),
            (r#"{"name":"Ann"}"#, who(None, None)),
            (r#"{"user":4294967296,"key":"k1"}"#, who(None, None)),
            ("{\"user\":5,\"key\":\"a\\u0000\"}", who(Some(UserId::new(5)), None)),
            ("someone", who(None, None)),
            ("", who(None, None)),
        ] {
            assert_eq!(ActorIds::of(actor), expected, "{actor}");
            assert_eq!(*ActorReader::default().read(&Arc::from(actor)), expected, "{actor}");
            assert_eq!(*ActorReader::default().read_text(actor), expected, "{actor}");
        }
    }
}
