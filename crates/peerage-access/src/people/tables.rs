//! One table for each kind of record.

use std::sync::Arc;

use imbl::OrdMap;
use peerage_registry::Record;
use peerage_registry::ids::Id;

use crate::records::{
    Application, Client, Codes, Consent, Factor, Invitation, Kept, Key, Logo, Member, Password, Policy, Recovery, Role,
    Session, Ticket, User,
};

/// The records of one kind, by id.
pub struct Table<T: Kept> {
    rows: OrdMap<T::Id, Arc<T>>,
    /// The highest id seen so far.
    top: u32,
}

impl<T: Kept> Clone for Table<T> {
    fn clone(&self) -> Table<T> {
        Table { rows: self.rows.clone(), top: self.top }
    }
}

impl<T: Kept> Default for Table<T> {
    fn default() -> Table<T> {
        Table { rows: OrdMap::new(), top: 0 }
    }
}

impl<T: Kept> Table<T> {
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
pub trait Held: Kept + 'static {
    fn table(tables: &Tables) -> &Table<Self>;

    fn table_mut(tables: &mut Tables) -> &mut Table<Self>;
}

macro_rules! tables {
    ($($name:ident $kind:ident)*) => {
        /// The tables of all kinds.
        #[derive(Clone, Default)]
        pub struct Tables {
            $($name: Table<$kind>,)*
        }

        $(
            impl Held for $kind {
                fn table(tables: &Tables) -> &Table<$kind> {
                    &tables.$name
                }

                fn table_mut(tables: &mut Tables) -> &mut Table<$kind> {
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
}
