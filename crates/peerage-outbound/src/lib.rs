//! All that talks to strangers: registration data, member lists of exchanges, and mail.
//!
//! A stranger is slow, wrong or hostile until shown otherwise. So every question here has a bound in time, in bytes and
//! in number, and every answer is one of a few that the caller can tell apart: nothing in this crate fails because of
//! what came over the wire.
//!
//! - [`rdap`] asks a registry who holds an AS number or a prefix (RFC 9082, 9083, 9224);
//! - [`member_list`] reads the AS numbers of an exchange's members from an address that anybody may have typed in,
//!   behind the [`guard`];
//! - [`logout`] tells a site that a person has logged out, behind the same guard;
//! - [`mail`] hands mail to a server (RFC 5321), to a folder or to the log, and [`retry`] says when to try again.

pub mod guard;
mod http;
pub mod logout;
pub mod mail;
pub mod member_list;
pub mod rdap;
pub mod retry;
mod setting;
mod tls;

pub use logout::{LogoutSettings, Logouts};
pub use mail::{Mail, MailError, MailSettings, Post};
pub use member_list::{MemberListSettings, MemberLists};
pub use rdap::{Rdap, RdapSettings, RdapSource};
pub use retry::Retry;
pub use setting::SettingError;
