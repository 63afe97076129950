//! A person's own account (spec/accounts.md, 3 and 7 to 10).

pub mod addresses;
pub mod forgotten;
pub mod key_contact;
pub mod look;
pub mod profile;
pub mod recover;
pub mod register;
