//! Reads patches of keys, role accounts, people and policies from a body. Invalid values are refused by name. Unknown
//! names are refused, too: a misspelt permission must not seem to be granted.

use ipnet::IpNet;
use peerage_access::Patch;
use peerage_access::acts::keys::KeyPatch;
use peerage_access::acts::policies::PolicyPatch;
use peerage_access::acts::roles::RolePatch;
use peerage_access::entities::read_rules;
use peerage_access::records::{PermissionRules, RoleKind};
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::{self, Moment, SignedDuration};
use peerage_registry::rules::RequestBody;
use serde_json::Value as Json;

use peerage_edge::errors::ApiError;

/// Reads named values, and refuses all others.
struct FieldReader<'a> {
    body: &'a RequestBody,
    known: Vec<&'static str>,
}

impl<'a> FieldReader<'a> {
    fn new(body: &'a RequestBody) -> FieldReader<'a> {
        FieldReader { body, known: Vec::new() }
    }

    fn get(&mut self, name: &'static str) -> Option<&'a Json> {
        self.known.push(name);
        self.body.values.get(name)
    }

    fn text(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(Json::Null) => Err(ApiError::Field(name, "This field may not be null.".to_owned())),
            Some(_) => Err(ApiError::Field(name, "Not a valid string.".to_owned())),
        }
    }

    fn flag(&mut self, name: &'static str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Json::Bool(flag)) => Ok(Some(*flag)),
            Some(Json::String(text)) if matches!(text.as_str(), "true" | "True" | "1") => Ok(Some(true)),
            Some(Json::String(text)) if matches!(text.as_str(), "false" | "False" | "0") => Ok(Some(false)),
            Some(_) => Err(ApiError::Field(name, "Must be a valid boolean.".to_owned())),
        }
    }

    /// Reads a number, or null for none.
    fn number(&mut self, name: &'static str) -> Result<Patch<u32>, ApiError> {
        let bad = || ApiError::Field(name, "A valid integer is required.".to_owned());
        match self.get(name) {
            None => Ok(Patch::Keep),
            Some(Json::Null) => Ok(Patch::Clear),
            Some(Json::Number(number)) => {
                number.as_u64().and_then(|number| u32::try_from(number).ok()).map(Patch::Set).ok_or_else(bad)
            }
            Some(Json::String(text)) => text.parse().map(Patch::Set).map_err(|_| bad()),
            Some(_) => Err(bad()),
        }
    }

    fn time(&mut self, name: &'static str) -> Result<Patch<Moment>, ApiError> {
        let bad = || ApiError::Field(name, "Expected a time such as 2027-01-31T00:00:00Z, or null.".to_owned());
        match self.get(name) {
            None => Ok(Patch::Keep),
            Some(Json::Null) => Ok(Patch::Clear),
            Some(Json::String(text)) => moment::parse(text).map(Patch::Set).ok_or_else(bad),
            Some(_) => Err(bad()),
        }
    }

    fn texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>, ApiError> {
        let bad = || ApiError::Field(name, "Expected a list of strings.".to_owned());
        match self.get(name) {
            None => Ok(None),
            Some(Json::Array(items)) => {
                let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                texts.map(Some).ok_or_else(bad)
            }
            Some(_) => Err(bad()),
        }
    }

    fn networks(&mut self, name: &'static str) -> Result<Option<Vec<IpNet>>, ApiError> {
        let Some(texts) = self.texts(name)? else { return Ok(None) };
        let read = |text: &String| {
            let network = text.parse().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
            network.map_err(|_| ApiError::Field(name, format!("{text:?} is not a network such as 192.0.2.0/24.")))
        };
        texts.iter().map(read).collect::<Result<_, _>>().map(Some)
    }

    /// Reads rules by short name or namespace, or null for none.
    fn rules(&mut self, name: &'static str, org: Option<OrgId>) -> Result<Patch<PermissionRules>, ApiError> {
        let bad = || ApiError::Field(name, "Expected an object such as {\"net.5\": 3}.".to_owned());
        match self.get(name) {
            None => Ok(Patch::Keep),
            Some(Json::Null) => Ok(Patch::Clear),
            Some(Json::Object(given)) => {
                let pairs: Option<Vec<(&str, i64)>> =
                    given.iter().map(|(name, bits)| Some((name.as_str(), bits.as_i64()?))).collect();
                let pairs = pairs.ok_or_else(bad)?;
                let rules = match org {
                    Some(org) => read_rules(org, pairs.into_iter())
                        .map_err(|bad| ApiError::Field(name, format!("{}: {}", bad.name, bad.why)))?,
                    None => own_rules(name, &pairs)?,
                };
                Ok(Patch::Set(rules))
            }
            Some(_) => Err(bad()),
        }
    }

    fn finish(self) -> Result<(), ApiError> {
        match self.body.values.keys().find(|name| !self.known.contains(&name.as_str())) {
            None => Ok(()),
            Some(unknown) => {
                let known = self.known.join(", ");
                Err(ApiError::BadRequest(format!("Unknown name {unknown:?}. Known names: {known}.")))
            }
        }
    }
}

/// Reads the rules that narrow a person's key. They apply to all of the person's organizations, so namespaces are
/// complete.
fn own_rules(name: &'static str, pairs: &[(&str, i64)]) -> Result<PermissionRules, ApiError> {
    let mut rules = PermissionRules::new();
    for (namespace, bits) in pairs {
        let bits = u8::try_from(*bits).ok().filter(|bits| *bits <= 15);
        let is_sound = peerage_access::grants::is_namespace(namespace) && namespace.starts_with("peeringdb.");
        match bits.filter(|_| is_sound) {
            Some(bits) => rules.insert((*namespace).to_owned(), bits),
            None => {
                return Err(ApiError::Field(name, format!("{namespace}: expected a namespace and bits from 0 to 15.")));
            }
        };
    }
    Ok(rules)
}

/// Reads a patch of a key. `org` is the organization to which its permissions are limited.
pub fn key(body: &RequestBody, org: Option<OrgId>) -> Result<KeyPatch, ApiError> {
    let mut reader = FieldReader::new(body);
    let patch = KeyPatch {
        name: reader.text("name")?,
        email: reader.text("email")?,
        note: reader.text("note")?,
        readonly: reader.flag("readonly")?,
        grants: reader.rules("grants", org)?,
        networks: reader.networks("networks")?,
        per_minute: reader.number("per_minute")?,
        rotates_itself: reader.flag("rotates_itself")?,
        manages_members: reader.flag("manages_members")?,
        expires: reader.time("expires")?,
        once: None,
    };
    reader.finish()?;
    Ok(patch)
}

/// Reads the overlap of a rotation.
pub fn overlap(body: &RequestBody) -> Result<SignedDuration, ApiError> {
    use peerage_access::acts::keys::OVERLAP_DEFAULT;
    let mut reader = FieldReader::new(body);
    let hours = reader.number("overlap_hours")?.over(None);
    reader.finish()?;
    Ok(hours.map_or(OVERLAP_DEFAULT, |hours| SignedDuration::from_hours(i64::from(hours))))
}

/// Reads the reason for a refusal. It is required, but the act says so.
pub fn reason(body: &RequestBody) -> Result<String, ApiError> {
    let mut reader = FieldReader::new(body);
    let why = reader.text("reason")?;
    reader.finish()?;
    Ok(why.unwrap_or_default())
}

/// Reads a patch of a role account.
pub fn role(body: &RequestBody, org: OrgId) -> Result<RolePatch, ApiError> {
    let mut reader = FieldReader::new(body);
    let kind = match reader.text("kind")? {
        None => None,
        Some(name) => match RoleKind::from_name(&name) {
            Some(kind) => Some(kind),
            None => return Err(ApiError::Field("kind", format!("\"{name}\" is not a valid choice."))),
        },
    };
    let people = match reader.get("people") {
        None => None,
        Some(Json::Array(items)) => {
            let ids: Option<Vec<UserId>> =
                items.iter().map(|id| id.as_u64().and_then(|id| UserId::try_from(id).ok())).collect();
            Some(ids.ok_or_else(|| ApiError::Field("people", "Expected a list of user ids.".to_owned()))?)
        }
        Some(_) => return Err(ApiError::Field("people", "Expected a list of user ids.".to_owned())),
    };
    let patch = RolePatch {
        kind,
        name: reader.text("name")?,
        email: reader.text("email")?,
        people,
        grants: reader.rules("grants", Some(org))?,
    };
    reader.finish()?;
    Ok(patch)
}

/// Reads a patch of a member: the role, and the member's own permissions.
pub fn member(body: &RequestBody, org: OrgId) -> Result<(Option<String>, Option<PermissionRules>), ApiError> {
    let mut reader = FieldReader::new(body);
    let rank = reader.text("role")?;
    let grants = match reader.rules("grants", Some(org))? {
        Patch::Keep => None,
        Patch::Clear => Some(PermissionRules::new()),
        Patch::Set(rules) => Some(rules),
    };
    reader.finish()?;
    Ok((rank, grants))
}

/// Reads a patch of a policy.
pub fn policy(body: &RequestBody) -> Result<PolicyPatch, ApiError> {
    let mut reader = FieldReader::new(body);
    let patch = PolicyPatch {
        key_days_max: reader.number("key_days_max")?,
        key_idle_days_max: reader.number("key_idle_days_max")?,
        allows_user_keys: reader.flag("allows_user_keys")?,
        requires_networks: reader.flag("requires_networks")?,
        networks: reader.networks("networks")?,
        email_domains: reader.texts("email_domains")?,
        email_subdomains: reader.flag("email_subdomains")?,
        requires_passkey: reader.flag("requires_passkey")?,
        refuses_totp: reader.flag("refuses_totp")?,
        wants_factor_with_passkey: reader.flag("wants_factor_with_passkey")?,
        grace_days: match reader.number("grace_days")? {
            Patch::Keep => None,
            Patch::Clear => Some(0),
            Patch::Set(days) => Some(days),
        },
        reconfirm_days: reader.number("reconfirm_days")?,
    };
    reader.finish()?;
    Ok(patch)
}
