//! A request after the first step of the rules: its body in the resource's terms, and the row that it is about.

use peerage_schema::Resource;
use serde_json::{Map, Value as Json};

use super::{WritePolicy, WriteRequest};
use crate::rights::{Authority, Permissions};
use crate::row::Row;
use crate::snapshot::Snapshot;

/// A request to create or change a row.
pub struct SaveRequest<'a> {
    pub write: &'a WriteRequest<'a>,
    pub state: &'a Snapshot,
    /// The row to change, with derived cells; `None` if one is created.
    pub before: Option<&'a Row>,
    /// Legacy and convenience keys have been converted to those of the table.
    pub body: Map<String, Json>,
    pub is_form: bool,
    /// The network that the caller takes over with a POST: it was suggested, or was deleted in another organization.
    /// Its own values do not count as taken.
    pub taken_over: Option<u32>,
}

impl<'a> SaveRequest<'a> {
    pub fn resource(&self) -> Resource {
        self.write.resource
    }

    pub fn policy(&self) -> &'a WritePolicy {
        self.write.policy
    }

    pub fn authority(&self) -> &'a dyn Authority {
        self.write.authority
    }

    pub fn creates(&self) -> bool {
        self.before.is_none()
    }

    /// The id of the row to change.
    pub fn id(&self) -> Option<u32> {
        self.before.map(Row::id).or(self.taken_over)
    }

    pub fn may(&self, namespace: &str, needed: Permissions) -> bool {
        self.write.authority.may(namespace, needed)
    }
}
