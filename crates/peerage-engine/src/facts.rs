//! External facts, such as the registration of an AS number.
//!
//! A decision that needs a fact says so. The engine looks it up without holding the log, and decides again.

use std::convert::Infallible;
use std::pin::Pin;

use ipnet::IpNet;
use peerage_access::AccessError;
use peerage_registry::rules::{ExternalFacts, FactLookup, MemberList, NumberRegistration, WriteRefusal};

/// An answer that is being waited for.
pub type FactFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Address registries, and exchanges that publish who their members are. Each lookup is bounded in time and bytes.
pub trait FactSource: Send + Sync {
    /// What the registry of AS numbers says (RFC 9083).
    fn autnum(&self, asn: u32) -> FactFuture<'_, NumberRegistration>;
    /// What the registry of address space says.
    fn network(&self, network: IpNet) -> FactFuture<'_, NumberRegistration>;
    /// An exchange's list of members.
    fn member_list<'a>(&'a self, url: &'a str) -> FactFuture<'a, MemberList>;
}

/// A source without facts, for programs that look nothing up.
pub struct NoFacts;

impl FactSource for NoFacts {
    fn autnum(&self, _: u32) -> FactFuture<'_, NumberRegistration> {
        Box::pin(std::future::ready(NumberRegistration::Unavailable))
    }

    fn network(&self, _: IpNet) -> FactFuture<'_, NumberRegistration> {
        Box::pin(std::future::ready(NumberRegistration::Unavailable))
    }

    fn member_list<'a>(&'a self, _: &'a str) -> FactFuture<'a, MemberList> {
        Box::pin(std::future::ready(MemberList::Failed("This program asks no one.".to_owned())))
    }
}

/// A refusal that can be due to a missing fact.
pub trait MissingFact {
    /// The fact that the decision needs.
    fn missing_fact(&self) -> Option<&FactLookup>;
}

impl MissingFact for WriteRefusal {
    fn missing_fact(&self) -> Option<&FactLookup> {
        if let WriteRefusal::NeedsFacts(lookup) = self { Some(lookup) } else { None }
    }
}

impl MissingFact for AccessError {
    fn missing_fact(&self) -> Option<&FactLookup> {
        if let AccessError::Needs(lookup) = self { Some(lookup) } else { None }
    }
}

impl MissingFact for Infallible {
    fn missing_fact(&self) -> Option<&FactLookup> {
        match *self {}
    }
}

/// Looks a fact up and stores it.
pub(crate) async fn look_up(source: &dyn FactSource, lookup: &FactLookup, facts: &mut ExternalFacts) {
    match lookup {
        FactLookup::Autnum(asn) => facts.autnum = Some(source.autnum(*asn).await),
        FactLookup::Network(network) => facts.network = Some(source.network(*network).await),
        FactLookup::MemberList(url) => facts.member_list = Some(source.member_list(url).await),
    }
}
