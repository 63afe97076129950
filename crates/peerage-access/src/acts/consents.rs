//! Consents that people give to clients, and the resulting codes and tokens (spec/accounts.md, 28).
//!
//! Codes and refresh tokens work once. They are used up in the same step that issues what they are for, at the head of
//! the log, so if a hundred requests use one at the same time, one succeeds. If a code or token is used again, it was
//! stolen, either by this caller or by the earlier one. Since nobody can tell which, everything from that sign-in ends.

use std::sync::Arc;

use peerage_registry::Cause;
use peerage_registry::ids::{ClientId, ConsentId, UserId};
use peerage_registry::moment::Moment;
use zeroize::Zeroizing;

use crate::acts::clients::{self, ClientCredentials};
use crate::acts::{AccessContext, AccessError, RecordStep, field};
use crate::key_string::{ENTROPY_BYTES, public_name};
use crate::oidc::{self, OauthScopes, TokenKind, is_challenge, is_proof, is_registered};
use crate::people::People;
use crate::principal::PrincipalKind;
use crate::records::{Client, Consent, PendingCode, Session, SessionStage, SignInTokens, StoredSecret, User};
use crate::server_key::ServerKey;

/// Maximum number of open sign-ins at one client. The oldest end first.
pub const SIGN_INS_MAX: usize = 20;
/// Maximum number of networks that can be selected.
pub const NETWORKS_MAX: usize = 10_000;
/// Maximum length of a nonce, in characters.
pub const NONCE_LETTERS_MAX: usize = 500;

/// An authorization request of a client, whose redirect address has been checked.
#[derive(Debug, Clone)]
pub struct ConsentRequest {
    pub client_id: String,
    pub redirect_uri: String,
    pub scopes: OauthScopes,
    pub challenge: Option<String>,
    pub nonce: Option<String>,
    /// Whether the client uses the issuer with the path `/oauth2`.
    pub is_below: bool,
}

/// The person's choices on the consent page. If there are none, an earlier consent applies.
#[derive(Debug, Clone, Default)]
pub struct ConsentChoice {
    /// Networks to share; `None`: all.
    pub networks: Option<Vec<u32>>,
}

/// Random bytes for a sign-in: one piece for each text.
pub type SignInEntropy = [[u8; ENTROPY_BYTES]; 2];

/// A person's consent to a client.
pub fn of(people: &People, user: UserId, client: ClientId) -> Option<&Arc<Consent>> {
    people.consents_of(user).find(|consent| consent.client == client)
}

/// Whether the person has already consented to all of this.
pub fn covers(people: &People, user: UserId, client: ClientId, scopes: &OauthScopes) -> bool {
    of(people, user, client).is_some_and(|consent| is_known(consent, scopes))
}

/// Whether a consent was given after the scopes came to mean what they mean today.
fn is_known(consent: &Consent, scopes: &OauthScopes) -> bool {
    OauthScopes::of_record(&consent.scopes).covers(scopes) && (consent.has_username || !scopes.has("profile"))
}

/// Whether this would share networks with a client that had none before, which requires a fresh second factor.
pub fn is_first_with_networks(people: &People, user: UserId, client: ClientId, scopes: &OauthScopes) -> bool {
    scopes.has("networks") && !covers(people, user, client, &OauthScopes::parse("networks").unwrap_or_default())
}

fn is_text_of(server_key: &ServerKey, secret: &StoredSecret, text: &str) -> bool {
    server_key.matches(secret.version, &secret.hash, text)
}

/// Checks the PKCE challenge of a request: S256, or none for the few clients that predate PKCE.
///
/// # Errors
/// Says what is missing, for the client's developers.
pub fn check_challenge(client: &Client, challenge: Option<&str>) -> Result<(), AccessError> {
    match challenge {
        Some(challenge) if is_challenge(challenge) => Ok(()),
        Some(_) => Err(field("code_challenge", "is not a SHA-256 hash in base64url without padding")),
        None if client.without_pkce => Ok(()),
        None => Err(field("code_challenge", "is missing: send one, with code_challenge_method=S256")),
    }
}

/// The sign-in whose code has just been made.
fn signed_in(
    context: &AccessContext<'_>,
    question: &ConsentRequest,
    session: &Session,
    family: String,
    code: StoredSecret,
) -> SignInTokens {
    SignInTokens {
        family,
        code,
        pending: Some(PendingCode {
            redirect_uri: question.redirect_uri.clone(),
            challenge: question.challenge.clone(),
            nonce: question.nonce.clone(),
        }),
        token: None,
        refresh: None,
        generation: 0,
        expires: context.now + oidc::CODE_LIFE,
        refresh_expires: context.now + oidc::CODE_LIFE,
        scopes: question.scopes.to_record(),
        narrowed: None,
        is_below: question.is_below,
        amr: session.amr.clone(),
        authenticated: session.proved.unwrap_or(session.created),
        session: Some(session.line()),
    }
}

/// Issues a code to a client, with the person's consent given now or before.
///
/// # Errors
/// The caller is not a person with a complete login; they have not consented to all of this; or networks are shared for
/// the first time without a fresh second factor.
pub fn authorize(
    context: &AccessContext<'_>,
    question: &ConsentRequest,
    answer: Option<&ConsentChoice>,
    server_key: &ServerKey,
    entropy: &SignInEntropy,
) -> Result<(Zeroizing<String>, Vec<RecordStep>), AccessError> {
    let (user, session) = person(context)?;
    let client =
        context.people.client_named(&question.client_id).ok_or(AccessError::NotFound("Application not found"))?;
    if !is_registered(client, &question.redirect_uri) {
        return Err(field("redirect_uri", "is not registered"));
    }
    check_challenge(client, question.challenge.as_deref())?;
    if question.nonce.as_ref().is_some_and(|nonce| nonce.chars().count() > NONCE_LETTERS_MAX) {
        return Err(field("nonce", format!("has more than {NONCE_LETTERS_MAX} characters")));
    }
    let before = of(context.people, user.id, client.id);
    let mut consent = match (before, answer) {
        (Some(before), _) => Consent::clone(before),
        (None, Some(_)) => Consent {
            id: context.people.free_id::<Consent>(),
            user: user.id,
            client: client.id,
            scopes: Vec::new(),
            has_username: false,
            networks: None,
            created: context.now,
            used: None,
            access: Vec::new(),
        },
        (None, None) => return Err(not_agreed()),
    };
    let named = client.name.clone();
    let mut cause = Cause::SignedIn { client: named.clone() };
    if let Some(answer) = answer {
        if is_first_with_networks(context.people, user.id, client.id, &question.scopes) {
            context.needs_fresh_person()?;
        }
        if answer.networks.as_ref().is_some_and(|networks| networks.len() > NETWORKS_MAX) {
            return Err(field("networks", format!("At most {NETWORKS_MAX} networks are allowed.")));
        }
        let is_new = !is_known(&consent, &question.scopes);
        consent.scopes = OauthScopes::of_record(&consent.scopes).with(&question.scopes).to_record();
        consent.has_username |= question.scopes.has("profile");
        if question.scopes.has("networks") {
            consent.networks.clone_from(&answer.networks);
        }
        if is_new || before.is_some_and(|before| before.networks != consent.networks) {
            cause = Cause::Agreed { client: named };
        }
    } else if !covers(context.people, user.id, client.id, &question.scopes) {
        return Err(not_agreed());
    }
    let family = public_name(&entropy[0]).ok_or(AccessError::TryAgain)?;
    let code =
        oidc::make(TokenKind::Code, consent.id, &family, 0, server_key, &entropy[1]).ok_or(AccessError::TryAgain)?;
    // Expired sign-ins are useless, and the oldest make room.
    consent.access.retain(|access| access.refresh_expires > context.now);
    let surplus = (consent.access.len() + 1).saturating_sub(SIGN_INS_MAX);
    consent.access.drain(..surplus);
    let code_secret = StoredSecret::of(server_key, &code, context.now);
    consent.access.push(signed_in(context, question, session, family, code_secret));
    consent.used = Some(context.now);
    let step = match before {
        Some(before) => RecordStep::update(&**before, &consent),
        None => RecordStep::create(&consent),
    };
    Ok((code, vec![step.caused_by(cause)]))
}

fn not_agreed() -> AccessError {
    AccessError::Refused("You have not allowed this site everything that it requests.".to_owned())
}

/// The person who authorizes, with a complete login. Keys cannot sign people in elsewhere.
fn person<'a>(context: &'a AccessContext<'_>) -> Result<(&'a User, &'a Session), AccessError> {
    match &context.by.who {
        PrincipalKind::Person { user, session } if session.stage == SessionStage::Open && user.active => {
            Ok((user, session))
        }
        _ => Err(AccessError::Forbidden("Log in first. You cannot do this with an API key.".to_owned())),
    }
}

/// Why a client gets no tokens, in OAuth's categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// The client is not authenticated.
    Client,
    /// The code or token is unknown, used, expired, or belongs to another client.
    Grant,
    /// The client requests more than was granted.
    Scope,
}

/// The tokens of a client, whose texts are known at this time only.
pub struct IssuedTokens {
    pub consent: Consent,
    pub client: Client,
    pub access: Zeroizing<String>,
    pub refresh: Zeroizing<String>,
    pub sign_in: SignInTokens,
    /// The client's nonce from the authorization request; for the first tokens only.
    pub nonce: Option<String>,
    pub is_first: bool,
}

/// Result of using a code or token. A fault can have steps as well, if something stolen was used.
pub type TokenResult = Result<Box<IssuedTokens>, TokenError>;

/// What a client presents to get tokens.
pub enum TokenGrant<'a> {
    Code { text: &'a str, redirect_uri: Option<&'a str>, verifier: Option<&'a str> },
    Refresh { text: &'a str, scopes: Option<&'a OauthScopes> },
}

/// Why a code or a refresh token is not exchanged.
enum GrantRefusal {
    Error(TokenError),
    /// It shows that somebody else has the sign-in, so the sign-in ends.
    EndsSignIn(Cause),
}

/// Checks what is shown against the sign-in that it names. Returns the nonce of the sign-in and the scopes of the new token.
fn check_grant(
    context: &AccessContext<'_>,
    showing: &TokenGrant<'_>,
    text: &str,
    access: &SignInTokens,
    server_key: &ServerKey,
) -> Result<(Option<String>, OauthScopes), GrantRefusal> {
    let mut nonce = None;
    let mut scopes = OauthScopes::of_record(&access.scopes);
    match showing {
        TokenGrant::Code { redirect_uri, verifier, .. } => {
            if !is_text_of(server_key, &access.code, text) {
                return Err(GrantRefusal::Error(TokenError::Grant));
            }
            let Some(pending) = &access.pending else { return Err(GrantRefusal::EndsSignIn(Cause::CodeShownAgain)) };
            if access.expires <= context.now {
                return Err(GrantRefusal::Error(TokenError::Grant));
            }
            let is_proven = match (&pending.challenge, verifier) {
                (Some(challenge), Some(verifier)) => is_proof(challenge, verifier),
                (None, None) => true,
                // A verifier without a challenge belongs to another request.
                _ => false,
            };
            // OAuth 2.1 no longer repeats the address. If it is sent, it must be the same.
            let is_same = redirect_uri.is_none_or(|uri| uri == pending.redirect_uri);
            if !is_proven || !is_same {
                return Err(GrantRefusal::EndsSignIn(Cause::CodeWithoutProof));
            }
            nonce.clone_from(&pending.nonce);
        }
        TokenGrant::Refresh { scopes: request, .. } => {
            let is_current = access.refresh.as_ref().is_some_and(|secret| is_text_of(server_key, secret, text));
            if !is_current {
                let is_spent = oidc::was_made_here(server_key, text);
                return Err(if is_spent {
                    GrantRefusal::EndsSignIn(Cause::SpentTokenShown)
                } else {
                    GrantRefusal::Error(TokenError::Grant)
                });
            }
            if access.refresh_expires <= context.now {
                return Err(GrantRefusal::Error(TokenError::Grant));
            }
            if let Some(request) = request {
                if !scopes.covers(request) {
                    return Err(GrantRefusal::Error(TokenError::Scope));
                }
                scopes = (*request).clone();
            }
        }
    }
    Ok((nonce, scopes))
}

/// Exchanges a code or a refresh token for new tokens.
///
/// # Errors
/// [`AccessError::TryAgain`] only. Mistakes of the client are part of the outcome.
pub fn exchange(
    context: &AccessContext<'_>,
    shown: &ClientCredentials,
    showing: &TokenGrant<'_>,
    server_key: &ServerKey,
    entropy: &SignInEntropy,
) -> Result<(TokenResult, Vec<RecordStep>), AccessError> {
    let refused = |fault| Ok((Err(fault), Vec::new()));
    let Some(client) = clients::recognise(context.people, server_key, shown, context.now) else {
        return refused(TokenError::Client);
    };
    let (text, kind) = match showing {
        TokenGrant::Code { text, .. } => (*text, TokenKind::Code),
        TokenGrant::Refresh { text, .. } => (*text, TokenKind::Refresh),
    };
    let Some((before, at)) = find(context.people, text, kind).filter(|(consent, _)| consent.client == client.id) else {
        return refused(TokenError::Grant);
    };
    let access = &before.access[at];
    let (nonce, scopes) = match check_grant(context, showing, text, access, server_key) {
        Ok(checked) => checked,
        Err(GrantRefusal::Error(fault)) => return refused(fault),
        Err(GrantRefusal::EndsSignIn(cause)) => {
            return Ok((Err(TokenError::Grant), vec![without(before, at, cause)]));
        }
    };
    // The sign-in keeps its scopes, so that a narrower token does not narrow the later ones.
    let is_stopped = context.people.user(before.user).is_none_or(|user| !user.active);
    if is_stopped {
        return refused(TokenError::Grant);
    }
    let generation = if kind == TokenKind::Code { 0 } else { access.generation + 1 };
    let make = |kind, entropy| oidc::make(kind, before.id, &access.family, generation, server_key, entropy);
    let token = make(TokenKind::Access, &entropy[0]).ok_or(AccessError::TryAgain)?;
    let refresh = make(TokenKind::Refresh, &entropy[1]).ok_or(AccessError::TryAgain)?;
    let mut after = Consent::clone(before);
    after.used = Some(context.now);
    let kept = &mut after.access[at];
    kept.pending = None;
    kept.token = Some(StoredSecret::of(server_key, &token, context.now));
    kept.refresh = Some(StoredSecret::of(server_key, &refresh, context.now));
    kept.generation = generation;
    kept.expires = context.now + oidc::ACCESS_LIFE;
    kept.refresh_expires = context.now + oidc::REFRESH_LIFE;
    kept.narrowed = (scopes != OauthScopes::of_record(&kept.scopes)).then(|| scopes.to_record());
    let sign_in = kept.clone();
    let named = client.name.clone();
    let cause = if kind == TokenKind::Code {
        Cause::CodeExchanged { client: named }
    } else {
        Cause::TokenRenewed { client: named }
    };
    let step = RecordStep::update(before, &after).caused_by(cause);
    let client = Client::clone(client);
    let is_first = kind == TokenKind::Code;
    let issued = IssuedTokens { consent: after, client, access: token, refresh, sign_in, nonce, is_first };
    Ok((Ok(Box::new(issued)), vec![step]))
}

/// The consent and the sign-in that a text belongs to.
fn find<'a>(people: &'a People, text: &str, kind: TokenKind) -> Option<(&'a Consent, usize)> {
    let parsed = oidc::parse(text).filter(|parsed| parsed.kind == kind)?;
    let consent = people.consent(parsed.consent)?;
    let at = consent.access.iter().position(|access| access.family == parsed.family)?;
    Some((consent, at))
}

/// Ends everything that came from one sign-in.
fn without(before: &Consent, at: usize, cause: Cause) -> RecordStep {
    let mut after = before.clone();
    after.access.remove(at);
    RecordStep::update(before, &after).caused_by(cause)
}

/// A valid token, with what it stands for.
pub struct ActiveToken<'a> {
    pub user: &'a User,
    pub client: &'a Client,
    pub consent: &'a Consent,
    pub sign_in: &'a SignInTokens,
    pub scopes: OauthScopes,
    pub kind: TokenKind,
    pub expires: Moment,
}

/// Looks up a valid access or refresh token. An unknown one costs the same work as a wrong one.
pub fn recognise<'a>(people: &'a People, server_key: &ServerKey, text: &str, now: Moment) -> Option<ActiveToken<'a>> {
    let kind = oidc::parse(text).map_or(TokenKind::Access, |parsed| parsed.kind);
    let found = find(people, text, kind).map(|(consent, at)| (consent, &consent.access[at]));
    let secret = found.and_then(|(_, access)| match kind {
        TokenKind::Access => access.token.as_ref(),
        TokenKind::Refresh => access.refresh.as_ref(),
        TokenKind::Code => None,
    });
    let is_genuine = server_key.find(secret.map(|secret| (secret.version, &secret.hash)).into_iter(), text).is_some();
    let (consent, sign_in) = found.filter(|_| is_genuine)?;
    let expires = if kind == TokenKind::Refresh { sign_in.refresh_expires } else { sign_in.expires };
    let user = people.user(consent.user).filter(|user| user.active)?;
    let client = people.client(consent.client)?;
    let scopes = match &sign_in.narrowed {
        Some(narrowed) if kind == TokenKind::Access => OauthScopes::of_record(narrowed),
        _ => OauthScopes::of_record(&sign_in.scopes),
    };
    (expires > now).then_some(ActiveToken { user, client, consent, sign_in, scopes, kind, expires })
}

/// The version of the server key with which a stored access or refresh token was made.
pub fn version_of(people: &People, text: &str) -> Option<u32> {
    let kind = oidc::parse(text)?.kind;
    let (consent, at) = find(people, text, kind)?;
    let secret = if kind == TokenKind::Refresh { &consent.access[at].refresh } else { &consent.access[at].token };
    secret.as_ref().map(|secret| secret.version)
}

/// Whether an unknown token may have been issued by another node, according to its format. A refresh token must also
/// carry the tag of the server key.
pub fn may_be_newer(server_key: &ServerKey, text: &str) -> bool {
    oidc::parse(text).is_some_and(|parsed| match parsed.kind {
        TokenKind::Access => true,
        TokenKind::Refresh => oidc::was_made_here(server_key, text),
        TokenKind::Code => false,
    })
}

/// Revokes a token on request of its client (RFC 7009). A refresh token ends its whole sign-in. An unknown token, or
/// one of another client, results in no steps, and the caller cannot tell which it was.
///
/// # Errors
/// [`AccessError::Forbidden`] if the client is not authenticated.
pub fn give_back(
    context: &AccessContext<'_>,
    shown: &ClientCredentials,
    text: &str,
    server_key: &ServerKey,
) -> Result<((), Vec<RecordStep>), AccessError> {
    let client = clients::recognise(context.people, server_key, shown, context.now);
    let client = client.ok_or_else(|| {
        AccessError::Forbidden(
            "The credentials of the application are \
        wrong."
                .to_owned(),
        )
    })?;
    let kind = oidc::parse(text).map_or(TokenKind::Access, |parsed| parsed.kind);
    let found = find(context.people, text, kind).filter(|(consent, _)| consent.client == client.id);
    let Some((before, at)) = found else { return Ok(((), Vec::new())) };
    let access = &before.access[at];
    let is = |secret: &Option<StoredSecret>| secret.as_ref().is_some_and(|secret| is_text_of(server_key, secret, text));
    let steps = match kind {
        TokenKind::Refresh if is(&access.refresh) || oidc::was_made_here(server_key, text) => {
            vec![without(before, at, Cause::TokenGivenBack)]
        }
        TokenKind::Access if is(&access.token) => {
            let mut after = before.clone();
            after.access[at].token = None;
            vec![RecordStep::update(before, &after).caused_by(Cause::TokenGivenBack)]
        }
        _ => Vec::new(),
    };
    Ok(((), steps))
}

/// Revokes a person's consent, on their request.
///
/// # Errors
/// [`AccessError::NotFound`], also for a consent of someone else.
pub fn revoke(context: &AccessContext<'_>, id: ConsentId) -> Result<((), Vec<RecordStep>), AccessError> {
    let is_theirs = |consent: &&Arc<Consent>| {
        (context.by.key().is_none() && context.by.user() == Some(consent.user))
            || matches!(context.by.who, PrincipalKind::Operator)
    };
    let consent = context.people.consent(id).filter(is_theirs).ok_or(AccessError::NotFound("Site not found"))?;
    Ok(((), vec![RecordStep::erase(&**consent).caused_by(Cause::ConsentTakenBack)]))
}

/// Ends all consents of a person: when the account is closed or recovered, the password is changed, a factor is lost or
/// removed, or all sessions are ended.
pub fn end_of_user(people: &People, user: UserId, cause: &Cause) -> Vec<RecordStep> {
    people.consents_of(user).map(|consent| RecordStep::erase(&**consent).caused_by(cause.clone())).collect()
}

#[cfg(test)]
mod tests;
