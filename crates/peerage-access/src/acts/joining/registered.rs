//! What the registration of an AS number proves.

use peerage_registry::rules::{self, FactLookup, NumberRegistration};

use super::JoinContext;
use crate::acts::AccessError;
use crate::records::User;

/// The registration of a number, or `None` if RIRs are not asked here.
pub(super) fn registered<'a>(
    join_context: &JoinContext<'a>,
    asn: u32,
) -> Result<Option<&'a NumberRegistration>, AccessError> {
    if !join_context.policy.checks_rir || rules::is_reserved(i64::from(asn)) {
        return Ok(None);
    }
    match &join_context.outside.autnum {
        Some(registration) => Ok(Some(registration)),
        None => Err(AccessError::Needs(FactLookup::Autnum(asn))),
    }
}

/// Whether a registration contains a confirmed address of the person.
pub(super) fn speaks_for(user: &User, registration: Option<&NumberRegistration>) -> bool {
    let own: Vec<String> =
        user.emails.iter().filter(|email| email.verified).map(|email| email.address.clone()).collect();
    registration.is_some_and(|registration| registration.bears(&own))
}

/// A summary of a registration for those who decide.
pub(super) fn describe(registration: Option<&NumberRegistration>, is_proven: bool) -> String {
    if let Some(NumberRegistration::Block { first, last, .. }) = registration.filter(|_| !is_proven) {
        return format!(
            "The registration covers the block AS{first} to AS{last} and does not show who holds this number."
        );
    }
    let text = match registration {
        _ if is_proven => "A confirmed address of the person stands in the registration of the AS number.",
        None => "The registration of the AS number was not looked up.",
        Some(NumberRegistration::Found { .. }) => {
            "No confirmed address of the person stands in the registration of the AS number."
        }
        Some(NumberRegistration::Unassigned) => "The AS number is not assigned.",
        Some(NumberRegistration::Reserved) => "The registry of AS numbers keeps this number reserved.",
        Some(_) => "The AS number registry did not answer.",
    };
    text.to_owned()
}

pub(super) fn holder_of(registration: Option<&NumberRegistration>) -> Option<&str> {
    match registration {
        Some(NumberRegistration::Found { holder, .. }) => holder.as_deref(),
        _ => None,
    }
}
