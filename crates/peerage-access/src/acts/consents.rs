//! What people let sites know, and the codes and tokens that come of it (spec/accounts.md, 28).
//!
//! Codes and tokens for renewing work once: they are used up in the very step that opens what they are for, at the head
//! of the log, so that of a hundred that show one at the same time one succeeds. Whoever shows one again has stolen it,
//! or was robbed; nobody can tell which, so all that came of that sign-in ends.

use std::sync::Arc;

use peerage_registry::Cause;
use peerage_registry::ids::{ClientId, ConsentId, UserId};
use peerage_registry::moment::Micros;
use zeroize::Zeroizing;

use crate::acts::clients::{self, Shown};
use crate::acts::{AccessError, Desk, RecordStep, field};
use crate::key_string::{ENTROPY_BYTES, public_name};
use crate::oidc::{self, Kind, Scopes, is_challenge, is_proof, is_registered};
use crate::people::People;
use crate::principal::Who;
use crate::records::{Access, Client, Consent, Pending, Secret, Session, Stage, User};
use crate::server_key::ServerKey;

/// Sign-ins at one site that are open at a time; the oldest end first.
pub const SIGN_INS_MAX: usize = 20;
/// Networks that may be chosen, at most.
pub const NETWORKS_MAX: usize = 10_000;
/// Letters of a nonce, at most.
pub const NONCE_LETTERS_MAX: usize = 500;

/// What a site asks for, its address proven.
#[derive(Debug, Clone)]
pub struct Question {
    pub client_id: String,
    pub redirect_uri: String,
    pub scopes: Scopes,
    pub challenge: Option<String>,
    pub nonce: Option<String>,
    /// Whether the site knows this registry by the path `/oauth2`.
    pub is_below: bool,
}

/// What the person has said on the page; none: what was said before holds.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Networks that are told of; none: all.
    pub networks: Option<Vec<u32>>,
}

/// Random bytes for a sign-in, one piece for each text.
pub type Entropy = [[u8; ENTROPY_BYTES]; 2];

/// What a person lets a client know.
pub fn of(people: &People, user: UserId, client: ClientId) -> Option<&Arc<Consent>> {
    people.consents_of(user).find(|consent| consent.client == client)
}

/// Whether the person has let the client know all of this already.
pub fn covers(people: &People, user: UserId, client: ClientId, scopes: &Scopes) -> bool {
    of(people, user, client).is_some_and(|consent| is_known(consent, scopes))
}

/// Whether a consent was given to all that these scopes tell by now.
fn is_known(consent: &Consent, scopes: &Scopes) -> bool {
    Scopes::of_record(&consent.scopes).covers(scopes) && (consent.has_username || !scopes.has("profile"))
}

/// Whether this would tell a client of networks that was told of none before, which needs a fresh second factor.
pub fn is_first_with_networks(people: &People, user: UserId, client: ClientId, scopes: &Scopes) -> bool {
    scopes.has("networks") && !covers(people, user, client, &Scopes::parse("networks").unwrap_or_default())
}

fn stamped(server_key: &ServerKey, text: &str, now: Micros) -> Secret {
    Secret { hash: server_key.stamp(text), version: server_key.newest(), made: now, until: None }
}

fn is_text_of(server_key: &ServerKey, secret: &Secret, text: &str) -> bool {
    server_key.matches(secret.version, &secret.hash, text)
}

/// Looks whether a question makes sense as far as its proof goes: by S256, or none for the few that were written before.
///
/// # Errors
/// Says what is missing, for the site's developers.
pub fn check_challenge(client: &Client, challenge: Option<&str>) -> Result<(), AccessError> {
    match challenge {
        Some(challenge) if is_challenge(challenge) => Ok(()),
        Some(_) => Err(field("code_challenge", "is not a SHA-256 hash in base64url without padding")),
        None if client.without_pkce => Ok(()),
        None => Err(field("code_challenge", "is missing: send one, with code_challenge_method=S256")),
    }
}

/// Gives a code to a client on a person's word: what they say now, or said before.
///
/// # Errors
/// The caller is no person whose log-in is complete; they have not let the client know all of this; networks are told of
/// for the first time, and no second factor was shown lately.
pub fn authorize(
    desk: &Desk<'_>,
    question: &Question,
    answer: Option<&Answer>,
    server_key: &ServerKey,
    entropy: &Entropy,
) -> Result<(Zeroizing<String>, Vec<RecordStep>), AccessError> {
    let (user, session) = person(desk)?;
    let client = desk.people.client_named(&question.client_id).ok_or(AccessError::NotFound("Application not found"))?;
    if !is_registered(client, &question.redirect_uri) {
        return Err(field("redirect_uri", "is not registered"));
    }
    check_challenge(client, question.challenge.as_deref())?;
    if question.nonce.as_ref().is_some_and(|nonce| nonce.chars().count() > NONCE_LETTERS_MAX) {
        return Err(field("nonce", format!("has more than {NONCE_LETTERS_MAX} characters")));
    }
    let before = of(desk.people, user.id, client.id);
    let mut consent = match (before, answer) {
        (Some(before), _) => Consent::clone(before),
        (None, Some(_)) => Consent {
            id: desk.people.free_id::<Consent>(),
            user: user.id,
            client: client.id,
            scopes: Vec::new(),
            has_username: false,
            networks: None,
            created: desk.now,
            used: None,
            access: Vec::new(),
        },
        (None, None) => return Err(not_agreed()),
    };
    let named = client.name.clone();
    let mut cause = Cause::SignedIn { client: named.clone() };
    if let Some(answer) = answer {
        if is_first_with_networks(desk.people, user.id, client.id, &question.scopes) {
            desk.needs_fresh_person()?;
        }
        if answer.networks.as_ref().is_some_and(|networks| networks.len() > NETWORKS_MAX) {
            return Err(field("networks", format!("At most {NETWORKS_MAX} networks are allowed.")));
        }
        let is_new = !is_known(&consent, &question.scopes);
        consent.scopes = Scopes::of_record(&consent.scopes).with(&question.scopes).to_record();
        consent.has_username |= question.scopes.has("profile");
        if question.scopes.has("networks") {
            consent.networks.clone_from(&answer.networks);
        }
        if is_new || before.is_some_and(|before| before.networks != consent.networks) {
            cause = Cause::Agreed { client: named };
        }
    } else if !covers(desk.people, user.id, client.id, &question.scopes) {
        return Err(not_agreed());
    }
    let family = public_name(&entropy[0]).ok_or(AccessError::TryAgain)?;
    let code = oidc::make(Kind::Code, consent.id, &family, 0, server_key, &entropy[1]).ok_or(AccessError::TryAgain)?;
    // What has ended is of no use any more, and the oldest make room.
    consent.access.retain(|access| access.refresh_expires > desk.now);
    let surplus = (consent.access.len() + 1).saturating_sub(SIGN_INS_MAX);
    consent.access.drain(..surplus);
    consent.access.push(Access {
        family,
        code: stamped(server_key, &code, desk.now),
        pending: Some(Pending {
            redirect_uri: question.redirect_uri.clone(),
            challenge: question.challenge.clone(),
            nonce: question.nonce.clone(),
        }),
        token: None,
        refresh: None,
        generation: 0,
        expires: desk.now + oidc::CODE_LIFE,
        refresh_expires: desk.now + oidc::CODE_LIFE,
        scopes: question.scopes.to_record(),
        narrowed: None,
        is_below: question.is_below,
        amr: session.amr.clone(),
        authenticated: session.proved.unwrap_or(session.created),
        session: Some(session.line()),
    });
    consent.used = Some(desk.now);
    let step = match before {
        Some(before) => RecordStep::update(&**before, &consent),
        None => RecordStep::create(&consent),
    };
    Ok((code, vec![step.caused_by(cause)]))
}

fn not_agreed() -> AccessError {
    AccessError::Refused("You have not allowed this site everything that it requests.".to_owned())
}

/// The person who asks, with a log-in that is complete. No key signs a person in elsewhere.
fn person<'a>(desk: &'a Desk<'_>) -> Result<(&'a User, &'a Session), AccessError> {
    match &desk.by.who {
        Who::Person { user, session } if session.stage == Stage::Open && user.active => Ok((user, session)),
        _ => Err(AccessError::Forbidden("Log in first. You cannot do this with an API key.".to_owned())),
    }
}

/// Why a client is not given what it asks for, in the words of OAuth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not who it says.
    Client,
    /// The code or token is unknown, used up, expired or not this client's.
    Grant,
    /// It asks for more than it was given.
    Scope,
}

/// Tokens that a client is given, in the one moment in which their texts are known.
pub struct Issued {
    pub consent: Consent,
    pub client: Client,
    pub access: Zeroizing<String>,
    pub refresh: Zeroizing<String>,
    pub sign_in: Access,
    /// What the site has said to know its own question again; only at the first time.
    pub nonce: Option<String>,
    pub is_first: bool,
}

/// What came of showing a code or token. A fault may have steps, too: something stolen was shown.
pub type Outcome = Result<Box<Issued>, Fault>;

/// What a client shows for its tokens.
pub enum Showing<'a> {
    Code { text: &'a str, redirect_uri: Option<&'a str>, verifier: Option<&'a str> },
    Refresh { text: &'a str, scopes: Option<&'a Scopes> },
}

/// Exchanges a code, or a token for renewing, for new tokens.
///
/// # Errors
/// [`AccessError::TryAgain`] alone; what the client has done wrong is an outcome.
pub fn exchange(
    desk: &Desk<'_>,
    shown: &Shown,
    showing: &Showing<'_>,
    server_key: &ServerKey,
    entropy: &Entropy,
) -> Result<(Outcome, Vec<RecordStep>), AccessError> {
    let refused = |fault| Ok((Err(fault), Vec::new()));
    let Some(client) = clients::recognise(desk.people, server_key, shown, desk.now) else {
        return refused(Fault::Client);
    };
    let (text, kind) = match showing {
        Showing::Code { text, .. } => (*text, Kind::Code),
        Showing::Refresh { text, .. } => (*text, Kind::Refresh),
    };
    let Some((before, at)) = find(desk.people, text, kind).filter(|(consent, _)| consent.client == client.id) else {
        return refused(Fault::Grant);
    };
    let access = &before.access[at];
    let ends = |cause| Ok((Err(Fault::Grant), vec![without(before, at, cause)]));
    let mut nonce = None;
    let mut scopes = Scopes::of_record(&access.scopes);
    match showing {
        Showing::Code { redirect_uri, verifier, .. } => {
            if !is_text_of(server_key, &access.code, text) {
                return refused(Fault::Grant);
            }
            let Some(pending) = &access.pending else { return ends(Cause::CodeShownAgain) };
            if access.expires <= desk.now {
                return refused(Fault::Grant);
            }
            let is_proven = match (&pending.challenge, verifier) {
                (Some(challenge), Some(verifier)) => is_proof(challenge, verifier),
                (None, None) => true,
                // A proof that nobody asked for belongs to another question.
                _ => false,
            };
            // OAuth 2.1 no longer sends the address again; who sends one has to send the same.
            let is_same = redirect_uri.is_none_or(|uri| uri == pending.redirect_uri);
            if !is_proven || !is_same {
                return ends(Cause::CodeWithoutProof);
            }
            nonce.clone_from(&pending.nonce);
        }
        Showing::Refresh { scopes: asked, .. } => {
            let is_current = access.refresh.as_ref().is_some_and(|secret| is_text_of(server_key, secret, text));
            if !is_current {
                let is_spent = oidc::was_made_here(server_key, text);
                return if is_spent { ends(Cause::SpentTokenShown) } else { refused(Fault::Grant) };
            }
            if access.refresh_expires <= desk.now {
                return refused(Fault::Grant);
            }
            if let Some(asked) = asked {
                if !scopes.covers(asked) {
                    return refused(Fault::Scope);
                }
                scopes = (*asked).clone();
            }
        }
    }
    // The scopes of the sign-in stay, so that a narrower token does not narrow those after it.
    let is_stopped = desk.people.user(before.user).is_none_or(|user| !user.active);
    if is_stopped {
        return refused(Fault::Grant);
    }
    let generation = if kind == Kind::Code { 0 } else { access.generation + 1 };
    let make = |kind, entropy| oidc::make(kind, before.id, &access.family, generation, server_key, entropy);
    let token = make(Kind::Access, &entropy[0]).ok_or(AccessError::TryAgain)?;
    let refresh = make(Kind::Refresh, &entropy[1]).ok_or(AccessError::TryAgain)?;
    let mut after = Consent::clone(before);
    after.used = Some(desk.now);
    let kept = &mut after.access[at];
    kept.pending = None;
    kept.token = Some(stamped(server_key, &token, desk.now));
    kept.refresh = Some(stamped(server_key, &refresh, desk.now));
    kept.generation = generation;
    kept.expires = desk.now + oidc::ACCESS_LIFE;
    kept.refresh_expires = desk.now + oidc::REFRESH_LIFE;
    kept.narrowed = (scopes != Scopes::of_record(&kept.scopes)).then(|| scopes.to_record());
    let sign_in = kept.clone();
    let named = client.name.clone();
    let cause =
        if kind == Kind::Code { Cause::CodeExchanged { client: named } } else { Cause::TokenRenewed { client: named } };
    let step = RecordStep::update(before, &after).caused_by(cause);
    let client = Client::clone(client);
    let is_first = kind == Kind::Code;
    let issued = Issued { consent: after, client, access: token, refresh, sign_in, nonce, is_first };
    Ok((Ok(Box::new(issued)), vec![step]))
}

/// The consent that a text names, and which of its sign-ins.
fn find<'a>(people: &'a People, text: &str, kind: Kind) -> Option<(&'a Consent, usize)> {
    let parsed = oidc::parse(text).filter(|parsed| parsed.kind == kind)?;
    let consent = people.consent(parsed.consent)?;
    let at = consent.access.iter().position(|access| access.family == parsed.family)?;
    Some((consent, at))
}

/// Ends all that came of one sign-in.
fn without(before: &Consent, at: usize, cause: Cause) -> RecordStep {
    let mut after = before.clone();
    after.access.remove(at);
    RecordStep::update(before, &after).caused_by(cause)
}

/// A token that stands, with all that it stands for.
pub struct Known<'a> {
    pub user: &'a User,
    pub client: &'a Client,
    pub consent: &'a Consent,
    pub sign_in: &'a Access,
    pub scopes: Scopes,
    pub kind: Kind,
    pub expires: Micros,
}

/// What a token for asking or renewing stands for, while it does. An unknown one costs the same work as a wrong one.
pub fn recognise<'a>(people: &'a People, server_key: &ServerKey, text: &str, now: Micros) -> Option<Known<'a>> {
    let kind = oidc::parse(text).map_or(Kind::Access, |parsed| parsed.kind);
    let found = find(people, text, kind).map(|(consent, at)| (consent, &consent.access[at]));
    let secret = found.and_then(|(_, access)| match kind {
        Kind::Access => access.token.as_ref(),
        Kind::Refresh => access.refresh.as_ref(),
        Kind::Code => None,
    });
    let is_genuine = server_key.find(secret.map(|secret| (secret.version, &secret.hash)).into_iter(), text).is_some();
    let (consent, sign_in) = found.filter(|_| is_genuine)?;
    let expires = if kind == Kind::Refresh { sign_in.refresh_expires } else { sign_in.expires };
    let user = people.user(consent.user).filter(|user| user.active)?;
    let client = people.client(consent.client)?;
    let scopes = match &sign_in.narrowed {
        Some(narrowed) if kind == Kind::Access => Scopes::of_record(narrowed),
        _ => Scopes::of_record(&sign_in.scopes),
    };
    (expires > now).then_some(Known { user, client, consent, sign_in, scopes, kind, expires })
}

/// Whether another node may have given a token that this one does not know: its form says so. One for renewing also bears
/// the mark of the server key.
pub fn may_be_newer(server_key: &ServerKey, text: &str) -> bool {
    oidc::parse(text).is_some_and(|parsed| match parsed.kind {
        Kind::Access => true,
        Kind::Refresh => oidc::was_made_here(server_key, text),
        Kind::Code => false,
    })
}

/// Ends a token that its client gives back (RFC 7009): one for renewing takes all of its sign-in along. One that is
/// unknown, or another client's, has no steps, and nobody learns which.
///
/// # Errors
/// [`AccessError::Forbidden`] if the client is not who it says.
pub fn give_back(
    desk: &Desk<'_>,
    shown: &Shown,
    text: &str,
    server_key: &ServerKey,
) -> Result<((), Vec<RecordStep>), AccessError> {
    let client = clients::recognise(desk.people, server_key, shown, desk.now);
    let client = client.ok_or_else(|| {
        AccessError::Forbidden(
            "The credentials of the application are \
        wrong."
                .to_owned(),
        )
    })?;
    let kind = oidc::parse(text).map_or(Kind::Access, |parsed| parsed.kind);
    let found = find(desk.people, text, kind).filter(|(consent, _)| consent.client == client.id);
    let Some((before, at)) = found else { return Ok(((), Vec::new())) };
    let access = &before.access[at];
    let is = |secret: &Option<Secret>| secret.as_ref().is_some_and(|secret| is_text_of(server_key, secret, text));
    let steps = match kind {
        Kind::Refresh if is(&access.refresh) || oidc::was_made_here(server_key, text) => {
            vec![without(before, at, Cause::TokenGivenBack)]
        }
        Kind::Access if is(&access.token) => {
            let mut after = before.clone();
            after.access[at].token = None;
            vec![RecordStep::update(before, &after).caused_by(Cause::TokenGivenBack)]
        }
        _ => Vec::new(),
    };
    Ok(((), steps))
}

/// Ends all that a person has let a client know, on the person's word.
///
/// # Errors
/// [`AccessError::NotFound`] for another's, too.
pub fn revoke(desk: &Desk<'_>, id: ConsentId) -> Result<((), Vec<RecordStep>), AccessError> {
    let is_theirs = |consent: &&Arc<Consent>| {
        (desk.by.key().is_none() && desk.by.user() == Some(consent.user)) || matches!(desk.by.who, Who::Operator)
    };
    let consent = desk.people.consent(id).filter(is_theirs).ok_or(AccessError::NotFound("Site not found"))?;
    Ok(((), vec![RecordStep::erase(&**consent).caused_by(Cause::ConsentTakenBack)]))
}

/// All that a person has let sites know ends: when the account is closed or recovered, the password is changed, a factor
/// is lost or removed, or all sessions are ended.
pub fn end_of_user(people: &People, user: UserId, cause: &Cause) -> Vec<RecordStep> {
    people.consents_of(user).map(|consent| RecordStep::erase(&**consent).caused_by(cause.clone())).collect()
}

#[cfg(test)]
mod tests;
