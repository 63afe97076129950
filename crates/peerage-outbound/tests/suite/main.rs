//! The crate against servers that misbehave.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod http_double;
mod mail;
mod member_list;
mod rdap;
mod rdap_bootstrap;
mod smtp_double;
