//! Who is asked outside: handed in by whoever starts the server.

use std::pin::Pin;

use ipnet::IpNet;
use peerage_registry::rules::{MemberList, Registration};

/// An answer that is being waited for.
pub type Asking<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Address registries, and exchanges that publish who their members are.
pub trait Strangers: Send + Sync {
    /// What the registry of AS numbers says (RFC 9083).
    fn autnum(&self, asn: u32) -> Asking<'_, Registration>;
    /// What the registry of address space says.
    fn network(&self, network: IpNet) -> Asking<'_, Registration>;
    /// Sends a logout token to a site; why that failed, and whether for good.
    fn logout<'a>(&'a self, url: &'a str, token: &'a str) -> Asking<'a, Result<(), (bool, String)>>;
    /// An exchange's list of members.
    fn member_list<'a>(&'a self, url: &'a str) -> Asking<'a, MemberList>;
}
