//! One account, its devices, and actions on it, as the server runs them.

use std::sync::Arc;

use peerage_access::acts::demands::{self, FactorRequirement, RegistryRequirements};
use peerage_access::acts::factors::{self, FactorChange, NewTotp};
use peerage_access::acts::log_in::{self, LoginContext, OpenedSession, SubmittedFactor, VerifiedPassword};
use peerage_access::factors::webauthn::{Assertion, KeyError, RelyingParty};
use peerage_access::factors::{backup, totp};
use peerage_access::records::{
    EmailAddress, Factor, Member, MemberRole, Password, PermissionRules, Policy, Session, StoredRecord, User,
};
use peerage_access::{AccessContext, AccessError, Organizations, People, Principal, RecordStep, ServerKey};
use peerage_registry::moment::{Moment, SECOND};

use peerage_registry::Action;
use peerage_registry::ids::{Id, MemberId, OrgId, UserId};

use crate::factors::soft_key::{SITE, SoftKey};

pub const NOW: Moment = Moment::from_seconds(1_800_000_000);
pub const ORG: u32 = 7;
pub const SEED: [u8; 20] = [3; 20];

/// Entropy for backup codes, different on each call.
pub fn entropy() -> [u8; backup::ENTROPY_BYTES] {
    std::array::from_fn(|at| (at * 37 + 11) as u8)
}

pub struct FactorOrganizations;

impl Organizations for FactorOrganizations {
    fn is_alive(&self, _: OrgId) -> bool {
        true
    }

    fn belongs_to(&self, _: peerage_access::people::ObjectRef, _: peerage_access::people::ObjectRef) -> bool {
        true
    }

    fn name(&self, _: OrgId) -> String {
        "Example IX".to_owned()
    }
}

type ActResult<T> = Result<(T, Vec<RecordStep>), AccessError>;

pub struct FactorWorld {
    pub people: People,
    pub server_key: ServerKey,
    pub relying: RelyingParty,
    pub requirements: RegistryRequirements,
    pub now: Moment,
    pub address: String,
    /// All steps so far, to inspect their causes.
    pub steps: Vec<RecordStep>,
    counted: u64,
}

impl FactorWorld {
    /// Ann: confirmed, verified, a member of an organization, with a password and no factor.
    pub fn new() -> FactorWorld {
        let mut world = FactorWorld {
            people: People::default(),
            server_key: ServerKey::parse(&ServerKey::print(1, &[7; 32])).expect("sound"),
            relying: RelyingParty::new(SITE, "Peerage").expect("a site for keys"),
            requirements: RegistryRequirements::default(),
            now: NOW,
            address: "192.0.2.1".to_owned(),
            steps: Vec::new(),
            counted: 0,
        };
        let user = User {
            id: UserId::new(1),
            username: "ann".to_owned(),
            emails: vec![EmailAddress::answered("ann@example.net".to_owned())],
            verified: true,
            ..User::blank(NOW)
        };
        world.put(&user);
        world.put(&Password { id: UserId::new(1), hash: "hash".to_owned(), changed: NOW });
        world.put(&Member {
            id: MemberId::new(1),
            org: OrgId::new(ORG),
            user: UserId::new(1),
            rank: MemberRole::Admin,
            grants: PermissionRules::new(),
            since: NOW,
            ranked: None,
            reconfirm_due: None,
        });
        world
    }

    pub fn put<T: StoredRecord>(&mut self, kept: &T) {
        self.people.put(T::RECORD, kept.id().get(), Some(&kept.to_text()), 1).expect("our own record");
    }

    pub fn policy(&mut self, change: impl FnOnce(&mut Policy)) {
        let mut policy = Policy::unset(OrgId::new(ORG));
        change(&mut policy);
        self.put(&policy);
    }

    /// Requires a factor of writers only, and makes Ann none.
    pub fn excused(&mut self) {
        self.requirements.factor = FactorRequirement::Writers;
        let user = User { verified: false, ..self.user() };
        self.put(&user);
    }

    pub fn user(&self) -> User {
        User::clone(self.people.user(UserId::new(1)).expect("ann"))
    }

    pub fn factors(&self) -> Vec<Factor> {
        self.people.factors_of(UserId::new(1)).map(|factor| Factor::clone(factor)).collect()
    }

    /// Runs an action on behalf of the holder of a session, or of nobody, and applies its steps.
    pub fn act<T>(
        &mut self,
        session: Option<&Session>,
        decide: impl FnOnce(&AccessContext<'_>, &LoginContext<'_>) -> ActResult<T>,
    ) -> Result<T, AccessError> {
        self.counted += 1;
        let mut entropy = [0_u8; 96];
        for (at, byte) in entropy.iter_mut().enumerate() {
            *byte = (self.counted as usize * 31 + at * 7) as u8;
        }
        let session = session.and_then(|session| self.people.session(session.id)).map(Arc::clone);
        let by = match &session {
            Some(session) => {
                let user = self.people.user(session.user).expect("there");
                let session = demands::counted(&self.people, self.requirements, user, session);
                Principal::of_person(&self.people, user, &session, self.now)
            }
            None => Principal::anonymous(),
        };
        let context =
            AccessContext { people: &self.people, organizations: &FactorOrganizations, by: &by, now: self.now };
        let login = LoginContext {
            server_key: &self.server_key,
            requirements: self.requirements,
            address: &self.address,
            agent: "Browser/17.2 (X11)",
            entropy: &entropy,
        };
        let (message, steps) = decide(&context, &login)?;
        for step in steps.iter().filter(|step| step.action != Action::Note) {
            self.people.put(step.record, step.id, step.after.as_deref(), 2).expect("our own record");
        }
        self.steps.extend(steps);
        Ok(message)
    }

    pub fn checked() -> VerifiedPassword {
        VerifiedPassword { user: UserId::new(1), hash: "hash".to_owned() }
    }

    pub fn with_password(&mut self) -> Result<OpenedSession, AccessError> {
        self.act(None, |context, login| log_in::with_password(context, login, &Self::checked()))
    }

    pub fn prove(&mut self, session: &Session, shown: SubmittedFactor<'_>) -> Result<OpenedSession, AccessError> {
        self.act(Some(session), |context, login| log_in::prove(context, login, shown))
    }

    pub fn prove_again(&mut self, session: &Session, shown: SubmittedFactor<'_>) -> Result<OpenedSession, AccessError> {
        self.act(Some(session), |context, login| log_in::prove_again(context, login, shown))
    }

    pub fn code(&self) -> String {
        totp::code_at(&SEED, self.now).to_string()
    }

    /// Moves on by a step, so that the next code is a new one.
    pub fn later(&mut self) -> String {
        self.now += 60 * SECOND;
        self.code()
    }

    pub fn add_totp(&mut self, session: &Session) -> Result<FactorChange, AccessError> {
        let code = self.later();
        let new = NewTotp { name: "Phone", seed: &SEED, code: &code, nonce: &[1; 12] };
        self.act(Some(session), |context, login| factors::add_totp(context, login, &new, &entropy()))
    }

    pub fn add_key(
        &mut self,
        session: &Session,
        key: &mut SoftKey,
        logs_in: bool,
    ) -> Result<FactorChange, AccessError> {
        let user = self.user();
        let handle = user.handle.clone().unwrap_or_else(|| "ab".repeat(64));
        let known = self.factors();
        let known: Vec<&Factor> = known.iter().collect();
        let begun = self.relying.register(&user, &known, &handle, logs_in).expect("begun");
        let answer = key.create(&begun.options);
        let registered = self.relying.registered(&begun.state, UserId::new(1), &answer);
        let registered = registered.map_err(|error| AccessError::Refused(error.to_string()))?;
        self.act(Some(session), |context, login| factors::add_key(context, login, "Key", &registered, &entropy()))
    }

    pub fn assert_alone(&self, key: &mut SoftKey) -> Result<Assertion, KeyError> {
        let begun = self.relying.ask_alone().expect("begun");
        self.relying.asserted(&self.people, &begun.state, &key.get(&begun.options), None)
    }

    pub fn assert_beside(&self, key: &mut SoftKey) -> Result<Assertion, KeyError> {
        let known = self.factors();
        let begun = self.relying.ask_beside(UserId::new(1), &known.iter().collect::<Vec<_>>()).expect("begun");
        self.relying.asserted(&self.people, &begun.state, &key.get(&begun.options), Some(UserId::new(1)))
    }

    pub fn with_passkey(&mut self, key: &mut SoftKey) -> Result<OpenedSession, AccessError> {
        let assertion = self.assert_alone(key).map_err(|error| AccessError::Refused(error.to_string()))?;
        self.act(None, |context, login| log_in::with_passkey(context, login, &assertion))
    }

    /// A complete session, opened with the app if there is one.
    pub fn logged_in(&mut self) -> Session {
        let opened = self.with_password().expect("the password is right");
        if self.factors().is_empty() {
            return opened.session;
        }
        let code = self.later();
        self.prove(&opened.session, SubmittedFactor::Totp(&code)).expect("let in").session
    }
}
