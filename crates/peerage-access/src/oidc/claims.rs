//! The claims that a client gets about a person (spec/accounts.md, 15).

use data_encoding::BASE64URL_NOPAD;
use peerage_registry::Snapshot;
use peerage_registry::ids::OrgId;
use peerage_registry::moment::Moment;
use peerage_registry::place::of_organization;
use peerage_schema::tables::net;
use peerage_schema::{Resource, Status};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::{ID_TOKEN_LIFE, OauthScopes, is_strong, words};
use crate::people::People;
use crate::records::{AuthMethod, Consent, User};
use crate::scopes::scope_of_person;

/// A person, and what is shared about them.
pub struct ClaimsContext<'a> {
    pub people: &'a People,
    pub registry: &'a Snapshot,
    pub user: &'a User,
    /// The networks that the person shares with the client.
    pub consent: &'a Consent,
    pub scopes: &'a OauthScopes,
    pub amr: &'a [AuthMethod],
    pub authenticated: Moment,
    pub now: Moment,
}

/// The networks of a person's organizations, which they can share: id, organization, name and AS number. Sorted by
/// organization, then by id.
pub fn networks_of(people: &People, registry: &Snapshot, user: &User) -> Vec<(OrgId, u32, String, i64)> {
    let mut found = Vec::new();
    for member in people.memberships_of(user.id) {
        for id in registry.pointing(net::ORG_ID, member.org.get()).iter() {
            let row = registry
                .row(Resource::Net, *id)
                .filter(|row| registry.status(Resource::Net, row) == Some(Status::Live));
            let Some(row) = row else { continue };
            found.push((
                member.org,
                *id,
                row.text_or_empty(net::NAME).to_owned(),
                row.int(net::ASN).unwrap_or_default(),
            ));
        }
    }
    found
}

impl ClaimsContext<'_> {
    /// Networks with the bits of what the person can do there: 1 read, 2 update, 4 create, 8 delete.
    fn networks(&self, with_sessions: bool) -> Json {
        let scope = scope_of_person(self.people, self.user, self.now);
        let is_told = |id: u32| self.consent.networks.as_ref().is_none_or(|chosen| chosen.contains(&id));
        let networks = networks_of(self.people, self.registry, self.user).into_iter();
        let shared = networks.filter(|(_, id, ..)| is_told(*id)).map(|(org, id, name, asn)| {
            let place = format!("{}.network.{id}", of_organization(org));
            let mut network = json!({"id": id, "name": name, "asn": asn, "perms": scope.on(&place).bits()});
            if with_sessions {
                network["manage_peering_sessions"] = json!(scope.on(&format!("{place}.sessions")).bits());
            }
            network
        });
        shared.collect()
    }

    /// The primary address, and whether it is confirmed.
    fn email(&self) -> (&str, bool) {
        self.user.primary_email().map_or(("", false), |email| (email.address.as_str(), email.verified))
    }

    /// The claims about the person, in ID tokens and `userinfo`.
    fn person(&self) -> Map<String, Json> {
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), json!(self.user.id.to_string()));
        if self.scopes.has("profile") {
            claims.insert("name".to_owned(), json!(self.user.full_name()));
            claims.insert("given_name".to_owned(), json!(self.user.first_name));
            claims.insert("family_name".to_owned(), json!(self.user.last_name));
            // Consents from before this claim existed do not include it.
            if self.consent.has_username {
                claims.insert("preferred_username".to_owned(), json!(self.user.username));
            }
            claims.insert("id".to_owned(), json!(self.user.id));
            claims.insert("verified_user".to_owned(), json!(self.user.verified));
        }
        if self.scopes.has("email") {
            let (address, is_verified) = self.email();
            claims.insert("email".to_owned(), json!(address));
            claims.insert("email_verified".to_owned(), json!(is_verified));
        }
        if self.scopes.has("networks") {
            claims.insert("networks".to_owned(), self.networks(false));
        }
        claims.insert("amr".to_owned(), json!(words(self.amr)));
        claims
    }
}

/// The properties of an ID token.
pub struct IdToken<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: Option<&'a str>,
    /// The session's name, for clients that want to know when it ends.
    pub sid: Option<&'a str>,
    /// The access token that is issued with it. A half of its hash is a claim (`OpenID` Connect Core, 3.1.3.6).
    pub access: &'a str,
    pub now: Moment,
}

/// The claims of an ID token.
pub fn id_claims(context: &ClaimsContext<'_>, token: &IdToken<'_>) -> Map<String, Json> {
    let mut claims = context.person();
    claims.insert("iss".to_owned(), json!(token.issuer));
    claims.insert("aud".to_owned(), json!(token.client_id));
    claims.insert("iat".to_owned(), json!(token.now.as_seconds()));
    claims.insert("exp".to_owned(), json!((token.now + ID_TOKEN_LIFE).as_seconds()));
    claims.insert("auth_time".to_owned(), json!(context.authenticated.as_seconds()));
    claims.insert("acr".to_owned(), json!(if is_strong(context.amr) { "aal2" } else { "aal1" }));
    claims.insert("at_hash".to_owned(), json!(BASE64URL_NOPAD.encode(&Sha256::digest(token.access.as_bytes())[..16])));
    if let Some(nonce) = token.nonce {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    if let Some(sid) = token.sid {
        claims.insert("sid".to_owned(), json!(sid));
    }
    claims
}

/// The response of `userinfo`.
pub fn userinfo(context: &ClaimsContext<'_>) -> Map<String, Json> {
    context.person()
}

/// The response of `/profile/v1`, which clients of the reference read.
pub fn profile(context: &ClaimsContext<'_>) -> Map<String, Json> {
    let mut profile = Map::new();
    profile.insert("id".to_owned(), json!(context.user.id));
    profile.insert("given_name".to_owned(), json!(context.user.first_name));
    profile.insert("family_name".to_owned(), json!(context.user.last_name));
    profile.insert("name".to_owned(), json!(context.user.full_name()));
    profile.insert("verified_user".to_owned(), json!(context.user.verified));
    if context.scopes.has("email") {
        let (address, is_verified) = context.email();
        profile.insert("email".to_owned(), json!(address));
        profile.insert("verified_email".to_owned(), json!(is_verified));
    }
    if context.scopes.has("networks") {
        profile.insert("networks".to_owned(), context.networks(true));
    }
    if context.scopes.has("amr") {
        profile.insert("amr".to_owned(), json!(words(context.amr)));
    }
    profile
}
