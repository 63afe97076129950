//! External facts, such as the registration of an AS number.
//!
//! A decision that needs a fact names it. The engine looks it up without holding the log, and decides again.

use std::convert::Infallible;
use std::pin::Pin;

use ipnet::IpNet;
use peerage_access::AccessError;
use peerage_registry::rules::{ExternalFacts, FactLookup, MemberList, NumberRegistration, WriteRefusal};

use crate::measures::EngineMeasures;

/// The pending result of a lookup.
pub type FactFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Address registries, and exchanges that publish lists of their members. Each lookup is bounded in time and bytes.
pub trait FactSource: Send + Sync {
    /// Looks up the registration of an AS number (RFC 9083).
    fn autnum(&self, asn: u32) -> FactFuture<'_, NumberRegistration>;
    /// Looks up the registration of address space.
    fn network(&self, network: IpNet) -> FactFuture<'_, NumberRegistration>;
    /// Fetches the AS numbers in an exchange's list of members.
    fn member_list<'a>(&'a self, url: &'a str) -> FactFuture<'a, MemberList>;
    /// Fetches such a list as it is. The error is a short reason that can be shown to the exchange.
    fn member_file<'a>(&'a self, url: &'a str) -> FactFuture<'a, Result<Vec<u8>, String>>;
}

/// A source without facts, for programs that make no lookups.
pub struct NoFacts;

impl FactSource for NoFacts {
    fn autnum(&self, _: u32) -> FactFuture<'_, NumberRegistration> {
        Box::pin(std::future::ready(NumberRegistration::Unavailable))
    }

    fn network(&self, _: IpNet) -> FactFuture<'_, NumberRegistration> {
        Box::pin(std::future::ready(NumberRegistration::Unavailable))
    }

    fn member_list<'a>(&'a self, _: &'a str) -> FactFuture<'a, MemberList> {
        Box::pin(std::future::ready(MemberList::Failed("This program makes no lookups.".to_owned())))
    }

    fn member_file<'a>(&'a self, _: &'a str) -> FactFuture<'a, Result<Vec<u8>, String>> {
        Box::pin(std::future::ready(Err("This program makes no lookups.".to_owned())))
    }
}

/// A refusal that may be due to a missing fact.
pub trait MissingFact {
    /// Returns the fact that the decision needs.
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

/// Looks up a fact and stores it.
pub(crate) async fn look_up(
    source: &dyn FactSource,
    lookup: &FactLookup,
    facts: &mut ExternalFacts,
    measures: &EngineMeasures,
) {
    let rdap = |registration: &NumberRegistration| {
        measures.looked_up("rdap", !matches!(registration, NumberRegistration::Unavailable));
    };
    match lookup {
        FactLookup::Autnum(asn) => facts.autnum = Some(source.autnum(*asn).await).inspect(rdap),
        FactLookup::Network(network) => facts.network = Some(source.network(*network).await).inspect(rdap),
        FactLookup::MemberList(url) => {
            let list = source.member_list(url).await;
            measures.looked_up("member_list", !matches!(list, MemberList::Failed(_)));
            facts.member_list = Some(list);
        }
    }
}
