//! The caller of a change. It is recognised again at the head of the log, and named in the log.

use std::net::IpAddr;
use std::sync::Arc;

use peerage_access::acts::demands::{self, RegistryRequirements};
use peerage_access::acts::sessions::SessionActivity;
use peerage_access::people::{CommittedRequest, KeyEntry};
use peerage_access::records::{Session, User};
use peerage_access::server_key::SecretHash;
use peerage_access::{KeyRejection, Organizations, People, Principal};
use peerage_registry::ids::SessionId;
use peerage_registry::moment::Moment;
use peerage_registry::{Actor, Cause, IdempotentRetry};

/// What is kept of a key's text until the change is committed.
#[derive(Debug, Clone, Copy)]
pub struct ShownKey {
    /// Its stored secret: a key whose secret was replaced in the meantime cannot write.
    pub secret: SecretHash,
    /// Whether it has PeeringDB's format. Such keys are refused with PeeringDB's texts.
    pub is_old: bool,
}

/// How a caller is recognised.
#[derive(Debug, Clone)]
pub enum CallerCredential {
    Anonymous,
    /// The public ID of a key, and what was shown of its text.
    Key(String, Option<ShownKey>),
    Session(SessionId),
}

/// The origin of a caller. Nothing that arrives over a network can be the operator.
#[derive(Debug, Clone)]
enum CallerOrigin {
    Remote(CallerCredential, IpAddr),
    /// The operator at the command line, or the program itself.
    Operator,
}

/// The caller of a change, and its origin.
#[derive(Debug, Clone)]
pub struct Caller {
    origin: CallerOrigin,
    /// The caller as the log names it.
    actor: Actor,
}

/// Why a caller is not recognised at the head of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerError {
    Key {
        fault: KeyRejection,
        public: String,
        is_old: bool,
    },
    /// The session ended, or its person's account was closed.
    SessionEnded,
    /// The `Idempotency-Key` was used for another request.
    RetryOfAnotherRequest,
}

impl Caller {
    /// A caller over a network. `actor` names them in the log.
    pub fn remote(credential: CallerCredential, address: IpAddr, actor: Actor) -> Caller {
        Caller { origin: CallerOrigin::Remote(credential, address), actor }
    }

    /// The operator at the command line.
    pub fn operator(actor: Actor) -> Caller {
        Caller { origin: CallerOrigin::Operator, actor }
    }

    /// The program itself, for changes that follow from the clock or from other events.
    pub fn program() -> Caller {
        Caller::operator(Actor { name: "peerage".to_owned(), ..Actor::default() })
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Adds the `Idempotency-Key` of the request, if it has one.
    #[must_use]
    pub fn with_retry(mut self, retry: Option<IdempotentRetry>) -> Caller {
        self.actor.retry = retry;
        self
    }

    /// Adds the caller's own comment, which the log keeps and nothing acts on.
    #[must_use]
    pub fn with_note(mut self, note: Option<String>) -> Caller {
        self.actor.note = note;
        self
    }

    /// Returns the earlier result if this request is a repetition.
    ///
    /// # Errors
    /// [`CallerError::RetryOfAnotherRequest`].
    pub fn landed(&self, people: &People, now: Moment) -> Result<Option<Arc<CommittedRequest>>, CallerError> {
        let Some(retry) = &self.actor.retry else { return Ok(None) };
        match people.landed(&retry.key, now) {
            Some(landed) if landed.request != retry.request => Err(CallerError::RetryOfAnotherRequest),
            landed => Ok(landed.cloned()),
        }
    }

    /// Returns the caller with their permissions in this state. A key that was revoked in the meantime has none.
    ///
    /// # Errors
    /// The same errors as for a new request with this credential.
    pub fn recognise(
        &self,
        people: &People,
        organizations: &impl Organizations,
        sessions: &SessionRules<'_>,
        now: Moment,
    ) -> Result<Arc<Principal>, CallerError> {
        let (credential, address) = match &self.origin {
            CallerOrigin::Operator => return Ok(Arc::new(Principal::operator())),
            CallerOrigin::Remote(credential, address) => (credential, *address),
        };
        match credential {
            CallerCredential::Anonymous => Ok(Arc::new(Principal::anonymous())),
            CallerCredential::Key(public, shown) => recognise_key(public, *shown, address, people, organizations, now),
            CallerCredential::Session(id) => {
                let session = people.session(*id).filter(|session| session.expires > now);
                let found =
                    session.and_then(|session| Some((people.user(session.user).filter(|user| user.active)?, session)));
                let (user, session) = found.ok_or(CallerError::SessionEnded)?;
                let (_, principal) = counted(sessions.factors, people, user, session, now, (sessions.seen)(session));
                Ok(Arc::new(principal))
            }
        }
    }

    /// Formats the caller for the log, with the cause of the change.
    pub(crate) fn actor_because(&self, cause: Cause) -> Arc<str> {
        let actor = Actor { cause: Some(cause), ..self.actor.clone() };
        serde_json::to_string(&actor).expect("an actor has text keys").into()
    }
}

/// Returns the principal of a key that is still valid.
fn recognise_key(
    public: &str,
    shown: Option<ShownKey>,
    address: IpAddr,
    people: &People,
    organizations: &impl Organizations,
    now: Moment,
) -> Result<Arc<Principal>, CallerError> {
    let is_accepted = |entry: &KeyEntry| shown.is_some_and(|shown| entry.accepts(&shown.secret, now));
    let standing = match people.key(public) {
        // Its secret was replaced and the overlap is over: the old secret may no longer write.
        Some(entry) if !entry.key.is_final() && !is_accepted(entry) => Err(KeyRejection::Invalid),
        Some(entry) => people.standing(entry, now, address, organizations).map(|()| entry),
        None => Err(KeyRejection::Invalid),
    };
    match standing {
        Ok(entry) => Ok(people.principal_at(entry, now, address)),
        Err(fault) => {
            let is_old = shown.is_some_and(|shown| shown.is_old);
            Err(CallerError::Key { fault, public: public.to_owned(), is_old })
        }
    }
}

/// The rules that decide whether a session is still valid.
pub struct SessionRules<'a> {
    pub factors: RegistryRequirements,
    /// Returns when a session was last used.
    pub seen: &'a (dyn Fn(&Session) -> SessionActivity + Sync),
}

/// Returns a session with its current state, and what its owner can do with it.
pub(crate) fn counted(
    factors: RegistryRequirements,
    people: &People,
    user: &Arc<User>,
    session: &Arc<Session>,
    now: Moment,
    seen: SessionActivity,
) -> (Arc<Session>, Principal) {
    let session = demands::counted(people, factors, user, session);
    let principal = Principal::of_person_seen(people, user, &session, now, seen);
    (session, principal)
}
