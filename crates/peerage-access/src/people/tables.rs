//! One table for each kind of record.

use std::sync::Arc;

use imbl::OrdMap;
use peerage_registry::Record;
use peerage_registry::ids::Id;

use crate::records::{
    Application, Client, Codes, Consent, Factor, ImportFailure, Invitation, Key, Logo, Member, Password, Policy,
    PortProposal, Recovery, Role, Session, StoredRecord, Ticket, User,
};

/// The records of one kind, by id.
pub struct RecordTable<T: StoredRecord> {
    rows: OrdMap<T::Id, Arc<T>>,
    /// The highest id seen so far.
    top: u32,
}

impl<T: StoredRecord> Clone for RecordTable<T> {
    fn clone(&self) -> RecordTable<T> {
        RecordTable { rows: self.rows.clone(), top: self.top }
    }
}

impl<T: StoredRecord> Default for RecordTable<T> {
    fn default() -> RecordTable<T> {
        RecordTable { rows: OrdMap::new(), top: 0 }
    }
}

impl<T: StoredRecord> RecordTable<T> {
    pub fn get(&self, id: T::Id) -> Option<&Arc<T>> {
        self.rows.get(&id)
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<T>> {
        self.rows.values()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// An id that no record of this kind has had.
    pub fn free_id(&self) -> T::Id {
        Id::new(self.top + 1)
    }

    /// Marks an id as used, even if its record cannot be parsed.
    pub fn take_id(&mut self, id: T::Id) {
        self.top = self.top.max(id.get());
    }

    /// Replaces a record. Returns the previous one.
    pub fn put(&mut self, id: T::Id, after: Option<Arc<T>>) -> Option<Arc<T>> {
        match after {
            Some(after) => self.rows.insert(id, after),
            None => self.rows.remove(&id),
        }
    }

    /// The texts of all records.
    pub fn texts(&self) -> impl Iterator<Item = (Record, u32, Arc<str>)> {
        self.rows.iter().map(|(id, kept)| (T::RECORD, id.get(), kept.to_text()))
    }
}

/// A kind of record that has a table.
pub trait TableRecord: StoredRecord + 'static {
    fn table(tables: &RecordTables) -> &RecordTable<Self>;

    fn table_mut(tables: &mut RecordTables) -> &mut RecordTable<Self>;
}

macro_rules! tables {
    ($($name:ident $kind:ident)*) => {
        /// The tables of all kinds.
        #[derive(Clone, Default)]
        pub struct RecordTables {
            $($name: RecordTable<$kind>,)*
        }

        $(
            impl TableRecord for $kind {
                fn table(tables: &RecordTables) -> &RecordTable<$kind> {
                    &tables.$name
                }

                fn table_mut(tables: &mut RecordTables) -> &mut RecordTable<$kind> {
                    &mut tables.$name
                }
            }
        )*
    };
}

tables! {
    users User
    passwords Password
    members Member
    keys Key
    roles Role
    policies Policy
    sessions Session
    logos Logo
    factors Factor
    codes Codes
    tickets Ticket
    recoveries Recovery
    applications Application
    invitations Invitation
    clients Client
    consents Consent
    port_proposals PortProposal
    import_failures ImportFailure
}
