//! Connections to external services: registration data, member lists of exchanges, and mail.
//!
//! An external service can be slow, wrong or hostile. So every request is limited in time, bytes and number, and every
//! result is one of a few that the caller can distinguish: nothing in this crate fails because of what a service sent.
//!
//! - [`rdap`] asks an RIR who holds an AS number or a prefix (RFC 9082, 9083, 9224);
//! - [`member_list`] reads the AS numbers of an exchange's members from a URL that anyone may have entered, behind the
//!   [`guard`];
//! - [`logout`] tells a client that a person has logged out, behind the same guard;
//! - [`mail`] delivers mail to a server (RFC 5321), to a folder or to the log, and [`retry`] says when to try again;
//! - `collector` sends traces, with the feature `opentelemetry`.

#[cfg(feature = "opentelemetry")]
mod collector;
pub mod guard;
mod http;
pub mod logout;
pub mod mail;
pub mod member_list;
pub mod rdap;
pub mod retry;
mod setting;
mod tls;

#[cfg(feature = "opentelemetry")]
pub use collector::CollectorClient;
pub use logout::{LogoutClient, LogoutSettings};
pub use mail::{MailError, MailSettings, Mailer, PlainMail};
pub use member_list::{MemberListSettings, MemberLists};
pub use rdap::{RdapClient, RdapSettings, RdapSource};
pub use retry::RetryPauses;
pub use setting::SettingError;
