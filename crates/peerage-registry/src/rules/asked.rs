//! A request with what the rules look at first: its body as the resource reads it, and the row that it is about.

use peerage_schema::Resource;
use serde_json::{Map, Value as Json};

use super::{Policy, Write};
use crate::rights::{Authority, Rights};
use crate::row::Row;
use crate::snapshot::Snapshot;

/// A request to make or to change a row.
pub struct Asked<'a> {
    pub write: &'a Write<'a>,
    pub state: &'a Snapshot,
    /// The row that shall change, derived cells filled; none when one is made.
    pub before: Option<&'a Row>,
    /// Keys of old and friendly forms turned into those of the table.
    pub body: Map<String, Json>,
    pub is_form: bool,
    /// The network that the caller takes over with a POST: it was suggested, or deleted in another organization. Its own
    /// values stand in nobody's way.
    pub taken_over: Option<u32>,
}

impl<'a> Asked<'a> {
    pub fn resource(&self) -> Resource {
        self.write.resource
    }

    pub fn policy(&self) -> &'a Policy {
        self.write.policy
    }

    pub fn authority(&self) -> &'a dyn Authority {
        self.write.authority
    }

    pub fn creates(&self) -> bool {
        self.before.is_none()
    }

    /// The id of the row that shall change.
    pub fn id(&self) -> Option<u32> {
        self.before.map(Row::id).or(self.taken_over)
    }

    pub fn may(&self, namespace: &str, needed: Rights) -> bool {
        self.write.authority.may(namespace, needed)
    }
}
