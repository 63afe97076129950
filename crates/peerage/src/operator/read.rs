//! Parses people, permissions, networks and times from the command line.

use ipnet::IpNet;
use peerage_access::entities::read_rules;
use peerage_access::grants::is_namespace;
use peerage_access::records::PermissionRules;
use peerage_access::{Patch, People};
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::{self, Moment};
use peerage_registry::rights::Permissions;

use crate::chance::now;
use crate::failure::usage;

/// The maximum number of days that a time may be in the future.
const DAYS_MAX: u32 = 36_500;

/// Makes a patch of a number. It stays as it is if not given; 0 means none.
pub fn count_or_none(given: Option<u32>) -> Patch<u32> {
    match given {
        None => Patch::Keep,
        Some(0) => Patch::Clear,
        Some(count) => Patch::Set(count),
    }
}

/// Finds a person by ID, user name or e-mail address. An address means the person who has confirmed it.
///
/// # Errors
/// There is no such person, or the text is ambiguous.
pub fn user(people: &People, text: &str) -> anyhow::Result<UserId> {
    let by_id = text.parse().ok().and_then(|id| people.user(id)).map(|user| user.id);
    let given = people.user_to_give(text).map(|user| user.id);
    let named = people.user_named(text).map(|user| user.id);
    let mut found: Vec<UserId> = [by_id, given, named].into_iter().flatten().collect();
    found.sort_unstable();
    found.dedup();
    match found[..] {
        // A user name that looks like an address that its account has not confirmed could be anyone's.
        [id] if by_id == Some(id) || given == Some(id) => Ok(id),
        [] => Err(anyhow::anyhow!("user: there is no account {text:?}")),
        _ => {
            let ids = found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(anyhow::anyhow!("user: {text:?} is ambiguous. Use the ID of the account: {ids}"))
        }
    }
}

/// An object with permissions: `net.5=cru`, `fac=3`. Its meaning depends on the organization.
#[derive(Debug, Clone)]
pub struct NamedGrant {
    pub name: String,
    pub rights: Permissions,
}

/// Parses text such as `net.5=cru`.
pub fn parse_grant(text: &str) -> Result<NamedGrant, String> {
    let (name, rights) = text.rsplit_once('=').ok_or("expected an object and permissions, such as net.5=cru")?;
    Ok(NamedGrant { name: name.trim().to_owned(), rights: rights_of(rights)? })
}

/// Parses letters of crud, or the number that they make: create 4, read 1, update 2, delete 8.
fn rights_of(text: &str) -> Result<Permissions, String> {
    let bad = || format!("{text:?} is not a set of permissions; expected letters of crud, or a number from 1 to 15");
    if let Ok(bits) = text.parse::<u8>() {
        return Permissions::from_bits(bits).filter(|rights| !rights.is_empty()).ok_or_else(bad);
    }
    let mut rights = Permissions::NONE;
    for letter in text.chars() {
        rights = rights.or(match letter.to_ascii_lowercase() {
            'c' => Permissions::CREATE,
            'r' => Permissions::READ,
            'u' => Permissions::UPDATE,
            'd' => Permissions::DELETE,
            _ => return Err(bad()),
        });
    }
    if rights.is_empty() { Err(bad()) } else { Ok(rights) }
}

/// Converts permissions to rules within an organization. A personal key applies to several organizations, so it uses
/// full namespaces.
pub fn rules(org: Option<OrgId>, given: &[NamedGrant]) -> anyhow::Result<PermissionRules> {
    let Some(org) = org else {
        let sound = |given: &NamedGrant| {
            let is_sound = is_namespace(&given.name) && given.name.starts_with("peeringdb.");
            let why = "use full namespaces for a personal key, such as peeringdb.organization.7.network.5";
            if is_sound {
                Ok((given.name.clone(), given.rights.bits()))
            } else {
                Err(usage(format!("grant: {}: {why}", given.name)))
            }
        };
        return given.iter().map(sound).collect();
    };
    let pairs = given.iter().map(|given| (given.name.as_str(), i64::from(given.rights.bits())));
    read_rules(org, pairs).map_err(|bad| usage(format!("grant: {}: {}", bad.name, bad.why)))
}

/// Formats permissions as letters.
pub fn letters(rights: Permissions) -> String {
    let all =
        [(Permissions::CREATE, 'c'), (Permissions::READ, 'r'), (Permissions::UPDATE, 'u'), (Permissions::DELETE, 'd')];
    all.into_iter().filter(|(right, _)| rights.holds(*right)).map(|(_, letter)| letter).collect()
}

/// Parses a network, or one address.
pub fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
    network.map_err(|_| "expected a network such as 192.0.2.0/24 or 2001:db8::/48".to_owned())
}

/// Parses a time: RFC 3339, or days from now such as `+90d`.
pub fn moment(text: &str) -> Result<Moment, String> {
    if let Some(days) = text.strip_prefix('+').and_then(|rest| rest.strip_suffix('d')) {
        let days: u32 = days.parse().ok().filter(|days| *days <= DAYS_MAX).ok_or(MOMENT)?;
        return Ok(now() + moment::days(days));
    }
    moment::parse(text).ok_or_else(|| MOMENT.to_owned())
}

const MOMENT: &str = "expected a time such as 2027-01-31T00:00:00Z, or days from now such as +90d";

/// Parses a time, or `never`.
pub fn end(text: &str) -> Result<ExpiryArg, String> {
    if text == "never" { Ok(ExpiryArg(None)) } else { moment(text).map(|at| ExpiryArg(Some(at))) }
}

/// When something expires, if it does.
#[derive(Debug, Clone, Copy)]
pub struct ExpiryArg(pub Option<Moment>);

#[cfg(test)]
mod tests {
    use peerage_registry::moment::DAY;

    use super::*;

    #[test]
    fn rights_are_letters_or_a_number() {
        for (text, bits) in [("a=cru", 7), ("a=r", 1), ("a=CRUD", 15), ("a=6", 6), ("a.b=d", 8)] {
            assert_eq!(parse_grant(text).expect(text).rights.bits(), bits, "{text}");
        }
        for nonsense in ["a", "a=", "a=x", "a=0", "a=16", "a=-1", "a=crux"] {
            assert!(parse_grant(nonsense).is_err(), "{nonsense}");
        }
        assert_eq!(letters(Permissions::ALL), "crud");
        assert_eq!(letters(Permissions::NONE), "");
    }

    #[test]
    fn moments_are_dates_or_days_from_now() {
        assert!(moment("+90d").expect("days") > now() + 89 * DAY);
        assert_eq!(moment("2024-01-02"), Ok(Moment::from_seconds(1_704_153_600)));
        for nonsense in ["", "+d", "+-1d", "+90", "90d", "tomorrow", "+99999999999999999999d"] {
            assert!(moment(nonsense).is_err(), "{nonsense}");
        }
        assert!(end("never").expect("a word").0.is_none());
    }

    #[test]
    fn rules_lie_within_the_organization_or_are_told_in_full() {
        let one = |text: &str| vec![parse_grant(text).expect("sound")];
        assert!(
            rules(Some(OrgId::new(7)), &one("net.5=cru"))
                .expect("within")
                .contains_key("peeringdb.organization.7.network.5")
        );
        assert!(rules(Some(OrgId::new(7)), &one("peeringdb.organization.8=r")).is_err());
        assert!(rules(None, &one("net.5=r")).is_err());
        assert!(rules(None, &one("peeringdb.organization.8=r")).is_ok());
    }
}
