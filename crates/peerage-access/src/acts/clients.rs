//! OAuth clients, sites and apps that sign people in: registering, changing and deleting them (spec/accounts.md, 15 and
//! 28).

use std::sync::Arc;

use peerage_registry::Cause;
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::{Moment, SignedDuration};
use peerage_registry::rights::Permissions;
use zeroize::Zeroizing;

use crate::acts::keys::{OVERLAP_DEFAULT, OVERLAP_MAX};
use crate::acts::{AccessContext, AccessError, RecordStep, field, name_of};
use crate::key_string::{ENTROPY_BYTES, public_name, secret_under};
use crate::namespaces::applications;
use crate::oidc::check_uri;
use crate::people::People;
use crate::principal::{Principal, PrincipalKind};
use crate::records::{Client, ClientKind, SigningAlgorithm, StoredSecret};
use crate::server_key::{SECRETS_MAX, ServerKey};

/// Prefix of a client's secret. Never change it: scanners look for it.
pub const SECRET_PREFIX: &str = "prc_";

/// Maximum number of clients of an owner.
pub const CLIENTS_MAX: usize = 50;
/// Maximum number of addresses of one kind that a client can have.
pub const URIS_MAX: usize = 20;

/// The owner of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientOwner {
    User(UserId),
    Org(OrgId),
}

/// Properties of a client. Those that are not set stay as they are.
#[derive(Debug, Clone, Default)]
pub struct ClientPatch {
    pub name: Option<String>,
    pub kind: Option<ClientKind>,
    pub redirect_uris: Option<Vec<String>>,
    pub logout_uris: Option<Vec<String>>,
    /// Empty to remove it.
    pub backchannel_uri: Option<String>,
    pub signing: Option<SigningAlgorithm>,
    pub without_pkce: Option<bool>,
}

/// A client, and its secret, which is known at this time only. An app has none.
pub struct RegisteredClient {
    pub client: Client,
    pub secret: Option<Zeroizing<String>>,
}

fn not_found() -> AccessError {
    AccessError::NotFound("Application not found")
}

impl Client {
    pub fn owner(&self) -> Option<ClientOwner> {
        self.user.map(ClientOwner::User).or(self.org.map(ClientOwner::Org))
    }
}

/// Requires that the caller can manage the clients of this owner. The clients of others appear not to exist.
fn needs_owner(context: &AccessContext<'_>, owner: ClientOwner) -> Result<(), AccessError> {
    match owner {
        _ if matches!(context.by.who, PrincipalKind::Operator) => Ok(()),
        ClientOwner::User(user) if context.by.user() == Some(user) => Ok(()),
        ClientOwner::User(_) => Err(not_found()),
        ClientOwner::Org(org) if context.organizations.is_alive(org) && may_manage(context.by, org) => Ok(()),
        ClientOwner::Org(org) => context.needs_manager(org),
    }
}

/// Whether a principal can manage the clients of an organization.
pub fn may_manage(by: &Principal, org: OrgId) -> bool {
    by.scope.may(&applications(org), Permissions::UPDATE)
}

/// Returns a client that the caller can manage.
///
/// # Errors
/// [`AccessError::NotFound`], also for a client of someone else.
pub fn of_caller<'a>(context: &'a AccessContext<'_>, client_id: &str) -> Result<&'a Arc<Client>, AccessError> {
    let client = context.people.client_named(client_id).ok_or_else(not_found)?;
    let owner = client.owner().ok_or_else(not_found)?;
    needs_owner(context, owner).map_err(|_| not_found())?;
    Ok(client)
}

/// The clients that a person can manage: their own, and those of the organizations that they manage.
pub fn all_of_caller<'a>(context: &'a AccessContext<'_>) -> impl Iterator<Item = &'a Arc<Client>> {
    context.people.clients().filter(|client| client.owner().is_some_and(|owner| needs_owner(context, owner).is_ok()))
}

/// Registers a client.
///
/// # Errors
/// The caller is not a person with a fresh second factor, or lacks the permission; a value is missing or invalid.
pub fn register(
    context: &AccessContext<'_>,
    owner: ClientOwner,
    patch: &ClientPatch,
    server_key: &ServerKey,
    entropy: [&[u8; ENTROPY_BYTES]; 2],
) -> Result<(RegisteredClient, Vec<RecordStep>), AccessError> {
    needs_owner(context, owner)?;
    context.needs_fresh_person()?;
    if let ClientOwner::User(user) = owner
        && !context.people.user(user).is_some_and(|user| user.active)
    {
        return Err(AccessError::NotFound("No User matches the given query."));
    }
    if context.people.clients().filter(|client| client.owner() == Some(owner)).count() >= CLIENTS_MAX {
        return Err(AccessError::Refused(format!("There are already {CLIENTS_MAX} applications. Delete some first.")));
    }
    if patch.name.is_none() {
        return Err(field("name", "This field is required."));
    }
    if patch.redirect_uris.as_ref().is_none_or(Vec::is_empty) {
        return Err(field("redirect_uris", "This field is required."));
    }
    let [for_name, for_secret] = entropy;
    let client_id = public_name(for_name).ok_or(AccessError::TryAgain)?;
    if context.people.client_named(&client_id).is_some() {
        return Err(AccessError::TryAgain);
    }
    let mut client = Client {
        id: context.people.free_id::<Client>(),
        client_id,
        name: String::new(),
        user: if let ClientOwner::User(user) = owner { Some(user) } else { None },
        org: if let ClientOwner::Org(org) = owner { Some(org) } else { None },
        kind: patch.kind.unwrap_or(ClientKind::Confidential),
        secrets: Vec::new(),
        redirect_uris: Vec::new(),
        logout_uris: Vec::new(),
        backchannel_uri: None,
        signing: SigningAlgorithm::default(),
        without_pkce: false,
        created: context.now,
    };
    apply(&mut client, patch)?;
    let secret = match client.kind {
        ClientKind::Confidential => Some(give_secret(&mut client, server_key, for_secret, context.now)?),
        ClientKind::Public => None,
    };
    let steps = vec![RecordStep::create(&client)];
    Ok((RegisteredClient { client, secret }, steps))
}

fn give_secret(
    client: &mut Client,
    server_key: &ServerKey,
    entropy: &[u8; ENTROPY_BYTES],
    now: Moment,
) -> Result<Zeroizing<String>, AccessError> {
    let text = secret_under(&format!("{SECRET_PREFIX}{}_", client.client_id), entropy).ok_or(AccessError::TryAgain)?;
    client.secrets.insert(0, StoredSecret::of(server_key, &text, now));
    Ok(text)
}

/// Applies the changes. A client never changes between having a secret and having none.
fn apply(client: &mut Client, patch: &ClientPatch) -> Result<(), AccessError> {
    if let Some(name) = &patch.name {
        client.name = name_of("name", name, &client.name)?;
    }
    if patch.kind.is_some_and(|kind| kind != client.kind) {
        return Err(field("kind", "The type of an application cannot be changed. Register another one."));
    }
    if let Some(uris) = &patch.redirect_uris {
        client.redirect_uris = uris_of("redirect_uris", uris, client.kind)?;
        if client.redirect_uris.is_empty() {
            return Err(field("redirect_uris", "This field is required."));
        }
    }
    if let Some(uris) = &patch.logout_uris {
        client.logout_uris = uris_of("logout_uris", uris, client.kind)?;
    }
    if let Some(uri) = &patch.backchannel_uri {
        let uris = [uri.trim().to_owned()];
        let uris = uris_of("backchannel_uri", if uris[0].is_empty() { &[] } else { &uris }, client.kind)?;
        client.backchannel_uri = uris.into_iter().next();
    }
    client.signing = patch.signing.unwrap_or(client.signing);
    if let Some(without) = patch.without_pkce {
        if without && client.kind != ClientKind::Confidential {
            return Err(field("without_pkce", "Only an application that keeps a secret can work without PKCE."));
        }
        client.without_pkce = without;
    }
    Ok(())
}

fn uris_of(name: &'static str, uris: &[String], kind: ClientKind) -> Result<Vec<String>, AccessError> {
    if uris.len() > URIS_MAX {
        return Err(field(name, format!("At most {URIS_MAX} addresses are allowed.")));
    }
    let mut kept: Vec<String> = Vec::with_capacity(uris.len());
    for uri in uris {
        let uri = uri.trim();
        check_uri(uri, kind).map_err(|error| field(name, format!("{uri}: {error}.")))?;
        if !kept.iter().any(|known| known == uri) {
            kept.push(uri.to_owned());
        }
    }
    Ok(kept)
}

/// Changes a client. Changing where answers can be sent requires a fresh second factor.
pub fn change(
    context: &AccessContext<'_>,
    before: &Client,
    patch: &ClientPatch,
) -> Result<(Client, Vec<RecordStep>), AccessError> {
    needs_owner(context, before.owner().ok_or_else(not_found)?)?;
    context.needs_fresh_person()?;
    let mut after = before.clone();
    apply(&mut after, patch)?;
    if after == *before {
        return Ok((after, Vec::new()));
    }
    let step = RecordStep::update(before, &after).caused_by(Cause::ClientChanged);
    Ok((after, vec![step]))
}

/// Creates a new secret of a client. The old one is accepted until the overlap ends (by default a day).
///
/// # Errors
/// An app has no secret; the overlap is longer than thirty days; the caller lacks the permission or a fresh second
/// factor.
pub fn rotate(
    context: &AccessContext<'_>,
    before: &Client,
    overlap: Option<SignedDuration>,
    server_key: &ServerKey,
    entropy: &[u8; ENTROPY_BYTES],
) -> Result<(RegisteredClient, Vec<RecordStep>), AccessError> {
    needs_owner(context, before.owner().ok_or_else(not_found)?)?;
    context.needs_fresh_person()?;
    let overlap = overlap.unwrap_or(OVERLAP_DEFAULT);
    if before.kind == ClientKind::Public {
        return Err(AccessError::Refused("A public application has no secret that could be replaced.".to_owned()));
    }
    if overlap.is_negative() || overlap > OVERLAP_MAX {
        return Err(field("overlap_hours", "Ensure this value is between 0 and 720."));
    }
    let mut after = before.clone();
    // A secret that was already being replaced ends now.
    after.secrets.truncate(if overlap.is_zero() { 0 } else { SECRETS_MAX - 1 });
    if let Some(old) = after.secrets.first_mut() {
        old.until = Some(context.now + overlap);
    }
    let secret = give_secret(&mut after, server_key, entropy, context.now)?;
    let step = RecordStep::update(before, &after).caused_by(Cause::ClientRotated);
    Ok((RegisteredClient { client: after, secret: Some(secret) }, vec![step]))
}

/// Deletes a client permanently, with all consents that people have given it.
pub fn delete(context: &AccessContext<'_>, client: &Client) -> Result<Vec<RecordStep>, AccessError> {
    needs_owner(context, client.owner().ok_or_else(not_found)?)?;
    context.needs_fresh_person()?;
    Ok(end(context.people, client, &Cause::ClientDeleted))
}

fn end(people: &People, client: &Client, cause: &Cause) -> Vec<RecordStep> {
    let consents = people.consents().filter(|consent| consent.client == client.id);
    let mut steps: Vec<RecordStep> =
        consents.map(|consent| RecordStep::erase(&**consent).caused_by(cause.clone())).collect();
    steps.push(RecordStep::erase(client).caused_by(cause.clone()));
    steps
}

/// Deletes the account's own clients when the account is closed. Those of organizations stay.
pub fn end_of_user(people: &People, user: UserId, cause: &Cause) -> Vec<RecordStep> {
    let own = people.clients().filter(|client| client.user == Some(user));
    own.flat_map(|client| end(people, client, cause)).collect()
}

/// How a client authenticates. An app has no secret.
#[derive(Clone)]
pub struct ClientCredentials {
    pub client_id: String,
    pub secret: Option<Zeroizing<String>>,
}

/// Returns the authenticated client, if any. Unknown clients cost the same work as wrong secrets.
pub fn recognise<'a>(
    people: &'a People,
    server_key: &ServerKey,
    shown: &ClientCredentials,
    now: Moment,
) -> Option<&'a Arc<Client>> {
    let client = people.client_named(&shown.client_id);
    let owner_stands =
        |client: &Client| client.user.is_none_or(|user| people.user(user).is_some_and(|user| user.active));
    let accepted = client.into_iter().flat_map(|client| &client.secrets);
    let accepted = accepted.filter(|secret| secret.until.is_none_or(|until| until > now));
    let text = shown.secret.as_ref().map_or("", |text| text.as_str());
    let is_genuine = server_key.find(accepted.map(|secret| (secret.version, &secret.hash)), text).is_some();
    client.filter(|client| owner_stands(client)).filter(|client| match client.kind {
        ClientKind::Confidential => is_genuine,
        ClientKind::Public => shown.secret.is_none(),
    })
}

#[cfg(test)]
mod tests;
