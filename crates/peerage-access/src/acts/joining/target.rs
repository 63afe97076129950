//! Parses what somebody applies for.

use peerage_registry::Snapshot;
use peerage_registry::ids::OrgId;
use peerage_registry::rules::{self, organization_of_network};
use peerage_schema::{Resource, Status};

use super::JoinRequest;
use crate::acts::{AccessError, check_visible, field};

/// Maximum length of an organization's name, in characters.
pub(super) const NAME_LETTERS_MAX: usize = 255;

const EITHER: &str = "Either ASN or Organization required";

/// A parsed application.
pub(super) struct JoinTarget {
    pub org: Option<OrgId>,
    /// Whether the organization was given, rather than found by its AS number.
    pub is_named: bool,
    pub asn: Option<u32>,
    pub name: String,
    /// The network with the number, and whether it was deleted.
    pub net: Option<(u32, bool)>,
}

/// Parses an AS number in any notation. `None` if the text is empty.
fn read_asn(text: &str) -> Result<Option<u32>, AccessError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = digits.parse::<u32>().map_err(|_| field("asn", "ASN needs to be a number"))?;
    Ok((number > 0).then_some(number))
}

impl JoinTarget {
    pub fn read(registry: &Snapshot, request: &JoinRequest) -> Result<JoinTarget, AccessError> {
        let asn = read_asn(&request.asn)?;
        let text = request.org.trim();
        let mut target = JoinTarget { org: None, is_named: false, asn, name: String::new(), net: None };
        let id =
            text.parse::<OrgId>().ok().filter(|id| id.get() > 0 && registry.row(Resource::Org, id.get()).is_some());
        if let Some(id) = id {
            target.org = Some(id);
        } else if !text.is_empty() && text != "0" {
            let mut letters = text.chars().zip(text.chars().skip(1));
            if letters.any(|(one, next)| one.is_whitespace() && next.is_whitespace()) {
                return Err(field("org", "Name cannot contain consecutive whitespace characters."));
            }
            check_visible("org", text)?;
            if text.chars().count() > NAME_LETTERS_MAX {
                return Err(field("org", format!("Ensure this value has at most {NAME_LETTERS_MAX} characters.")));
            }
            target.org = rules::organization_named(registry, text);
            if target.org.is_none() {
                text.clone_into(&mut target.name);
            }
        }
        target.is_named = target.org.is_some();
        if target.org.is_none() && target.name.is_empty() && asn.is_none() {
            return Err(AccessError::Fields(vec![("asn", EITHER.to_owned()), ("org", EITHER.to_owned())]));
        }
        if let Some(asn) = asn
            && let Some(net) = registry.net_by_asn(i64::from(asn))
            && let Some(row) = registry.row(Resource::Net, net)
        {
            target.net = Some((net, registry.status(Resource::Net, row) == Some(Status::Deleted)));
            if target.org.is_none() {
                target.org = organization_of_network(registry, net);
            }
        }
        Ok(target)
    }

    /// Whether holding the AS number says something about the organization: the number's network belongs to it.
    pub fn is_of_number(&self, registry: &Snapshot) -> bool {
        self.net.is_some_and(|(net, _)| organization_of_network(registry, net) == self.org)
    }
}
