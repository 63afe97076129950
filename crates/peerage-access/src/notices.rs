//! Mails to people, derived from events. So every change of a key's or a person's permissions is reported in the same
//! way, however it was made (spec/keys.md, 6; spec/write-api.md, 7).
//!
//! `causes` says which mails the cause of an event can lead to. Each mail then looks at what changed, and determines
//! its recipients and content, as keys of the catalogues. The server turns these into text.

mod accounts;
mod causes;
mod clients;
mod factors;
mod imports;
mod joining;
mod key_rules;
mod keys;
pub mod links;
mod mail;
mod members;
mod plain;
mod presence;
mod recovery;
mod registry;
#[cfg(test)]
mod rows;
#[cfg(test)]
#[path = "../tests/suite/worded.rs"]
mod worded;
mod words;

use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::Moment;
use peerage_registry::{Action, Actor, Cause, EventSubject};
use sha2::{Digest, Sha256};

use crate::acts::RecordStep;
use crate::people::{Organizations, People};
use crate::records::{StoredRecord, User};
use crate::server_key::ServerKey;
use crate::staff_ranks::StaffPower;

pub use crate::acts::keys::{confirmation_code, is_confirmation_code};
pub use causes::mails;
pub use keys::expiring;
pub use links::PageLink;
pub use mail::MailKind;
pub use plain::{plain, plain_words};
pub use words::{FilledValue, MailNotice, MailPart, Phrase, PhraseArg, TextCatalogue, WordedMail};

/// An event of the log.
#[derive(Debug, Clone, Copy)]
pub struct NoticeEvent<'a> {
    pub sequence: u64,
    pub at: Moment,
    pub action: Action,
    pub subject: EventSubject,
    pub id: u32,
    /// JSON texts.
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
    pub actor: Option<&'a str>,
    /// Who created the row, if that was looked up: see [`needs_author`].
    pub author: Option<UserId>,
}

/// Context in which mails are created.
#[derive(Clone, Copy)]
pub struct NoticeContext<'a> {
    pub people: &'a People,
    pub organizations: &'a dyn Organizations,
    pub server_key: &'a ServerKey,
    /// Address of the registry.
    pub site: &'a str,
}

fn actor_of(what: &NoticeEvent<'_>) -> Actor {
    what.actor.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The cause of an event. If it has none, or an unknown one, the default of its action.
fn cause_of(actor: &Actor, what: &NoticeEvent<'_>) -> Cause {
    actor.cause.clone().unwrap_or_else(|| Cause::of(what.action))
}

/// Whether the mails about an event depend on who created the row: people who suggested it are notified of the decision.
pub fn needs_author(what: &NoticeEvent<'_>) -> bool {
    let is_row = matches!(what.subject, EventSubject::Row(_)) && what.action != Action::Create;
    is_row && mails(&cause_of(&actor_of(what), what)).iter().any(|mail| mail.goes_to_author())
}

/// The mails that an event leads to.
///
/// ```
/// use peerage_access::notices::{MailKind, mails};
/// use peerage_registry::Cause;
///
/// // Which mails are possible depends on the cause. Which of them are sent depends on what has changed.
/// assert!(mails(&Cause::KeyExposed).contains(&MailKind::KeyExposed));
/// assert!(mails(&Cause::Imported).is_empty());
/// ```
pub fn of(known: NoticeContext<'_>, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
    let actor = actor_of(what);
    let cause = cause_of(&actor, what);
    let NoticeContext { people, organizations, server_key, site } = known;
    let about =
        EventContext { people, organizations, server_key, sequence: what.sequence, at: what.at, actor: &actor, site };
    let mails = mails(&cause).iter().filter(|mail| mail.is_about(what.subject));
    mails.flat_map(|mail| about.make(*mail, what)).collect()
}

fn parsed<T: StoredRecord>(text: Option<&str>) -> Option<T> {
    serde_json::from_str(text?).ok()
}

struct EventContext<'a> {
    people: &'a People,
    organizations: &'a dyn Organizations,
    server_key: &'a ServerKey,
    sequence: u64,
    at: Moment,
    actor: &'a Actor,
    site: &'a str,
}

/// The name of a person in mails.
fn name_of(user: &User) -> String {
    let full = user.full_name();
    let username = plain(&user.username);
    if full.is_empty() { username } else { format!("{} ({username})", plain(&full)) }
}

fn main_address(user: &User) -> Option<String> {
    user.primary_email().map(|email| email.address.clone())
}

impl EventContext<'_> {
    /// The mails of one kind about an event; none if the event is not what the mail reports.
    fn make(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        match mail {
            MailKind::KeyMade
            | MailKind::KeyNewNetwork
            | MailKind::KeyExpiredUsed
            | MailKind::KeyExposed
            | MailKind::KeyRevoked
            | MailKind::KeyIdle
            | MailKind::KeySuspended
            | MailKind::KeyResumed
            | MailKind::KeyWidened
            | MailKind::KeyNewSecret
            | MailKind::KeyExpires => self.key(mail, what),
            MailKind::KeyAddress => self.key_address(what),
            MailKind::KeyStops => self.keys_that_end(what),
            MailKind::MemberAdded
            | MailKind::MemberAddedByOperator
            | MailKind::MemberLeft
            | MailKind::MemberOrganizationDeleted
            | MailKind::MemberAccountClosed
            | MailKind::MemberMadeAdmin
            | MailKind::MemberMadeMember
            | MailKind::MemberRights
            | MailKind::MemberRightsMoved => self.member(mail, what),
            MailKind::Reconfirm => self.reconfirmation(what),
            MailKind::RoleChanged => self.role(what),
            MailKind::PolicyChanged => self.policy(what),
            MailKind::PolicyDemands => self.demands(what),
            MailKind::Invited => self.invitation(what),
            MailKind::JoinAsked => self.join_asked(what),
            MailKind::JoinDenied => self.join_denied(what),
            MailKind::JoinEnded => self.join_ended(what),
            MailKind::LinkRegister
            | MailKind::LinkConfirm
            | MailKind::AddressTaken
            | MailKind::LinkPassword
            | MailKind::LinkUserName
            | MailKind::LinkRecover
            | MailKind::LinkStop
            | MailKind::LinkFinish => self.mailed_link(mail, what),
            MailKind::AccountKnown => self.account_known(what),
            MailKind::AddressAdded
            | MailKind::AddressRemoved
            | MailKind::MainAddress
            | MailKind::UserName
            | MailKind::AccountClosed
            | MailKind::AccountSuspended
            | MailKind::AccountReactivated => self.account(mail, what),
            MailKind::StaffRank | MailKind::StaffRankOfAnother => self.staff_rank(mail, what),
            MailKind::StaffAccountClosed | MailKind::StaffAccountSuspended | MailKind::StaffAccountReactivated => {
                self.account_for_staff(mail, what)
            }
            MailKind::PasswordChanged
            | MailKind::PasswordReset
            | MailKind::PasswordSetByOperator
            | MailKind::PasswordRecovered => self.password(mail, what),
            MailKind::FactorAdded | MailKind::FactorRemoved | MailKind::FactorLogsIn | MailKind::FactorCopied => {
                self.factor(mail, what)
            }
            MailKind::CodeUsed | MailKind::CodesRenewed => self.codes(mail, what),
            MailKind::NewLogIn | MailKind::OperatorSession => self.session(mail, what),
            MailKind::RecoveryStoppedByLink
            | MailKind::RecoveryStoppedBySession
            | MailKind::RecoveryStoppedByLogIn
            | MailKind::RecoveryStoppedByClosing
            | MailKind::RecoveryLapsed
            | MailKind::RecoveryTooLate
            | MailKind::RecoveryRefused
            | MailKind::RecoveryDone
            | MailKind::RecoveryVouched
            | MailKind::RecoveryForReview
            | MailKind::RecoveryInReview => self.recovery(mail, what),
            MailKind::ClientMade | MailKind::ClientSecret | MailKind::ClientChanged | MailKind::ClientDeleted => {
                self.client(mail, what)
            }
            MailKind::NetworksShown => self.networks(what),
            MailKind::ObjectMoved => self.moved(what),
            MailKind::RowApproved | MailKind::RowRefused | MailKind::StaffDeleted => self.row(mail, what),
            MailKind::PortsProposed | MailKind::ListProposed | MailKind::ListFailed => self.member_list(mail, what),
            MailKind::CarrierAsked | MailKind::CarrierListed | MailKind::CarrierRejected => self.presence(mail, what),
        }
    }

    /// The URL of a page.
    fn link(&self, link: PageLink<'_>) -> String {
        format!("{}{}", self.site, link.path())
    }

    /// An organization, by name.
    fn org(&self, org: OrgId) -> PhraseArg {
        let name = plain(&self.organizations.name(org));
        if name.is_empty() { Phrase::new("mail-org-nameless").into() } else { PhraseArg::ours(name) }
    }

    fn admins(&self, org: OrgId) -> Vec<String> {
        self.people.admins_of(org).filter_map(|admin| main_address(admin)).collect()
    }

    /// The registry's staff who have a power, except for one account.
    fn staff_but(&self, power: StaffPower, but: Option<UserId>) -> Vec<String> {
        let staff = self.people.users().filter(|user| user.has_power(power) && Some(user.id) != but);
        staff.filter_map(|user| main_address(user)).collect()
    }

    /// Who did it and when. The network address is shown only to the person who did it.
    fn signature(&self, to: &str) -> MailPart {
        let name = plain(&self.actor.name);
        let by = match &self.actor.key {
            Some(key) => Phrase::new("mail-by-key").name("key", key).ours("name", name).into(),
            None if name.is_empty() => Phrase::new("mail-by-nobody").into(),
            None => PhraseArg::ours(name),
        };
        let own = self.actor.user.and_then(|user| self.people.user(user));
        let is_own = own.is_some_and(|user| {
            user.emails.iter().any(|email| email.verified && email.address.eq_ignore_ascii_case(to))
        });
        let phrase = match self.actor.address.as_ref().filter(|_| is_own) {
            Some(address) => Phrase::new("mail-done-by-from").ours("address", address),
            None => Phrase::new("mail-done-by"),
        };
        phrase.with("by", by).moment("at", self.at).into()
    }

    /// The same mail to each of these addresses, as separate messages.
    fn one(&self, to: Vec<String>, mail: MailKind, body: &[MailPart]) -> Vec<MailNotice> {
        let letter = |to: &String| self.unsigned(to, mail, [body, &[self.signature(to)]].concat());
        unique(to).iter().map(letter).collect()
    }

    fn unsigned(&self, to: &str, mail: MailKind, body: Vec<MailPart>) -> MailNotice {
        // Others get mails about the same event. The recipient and the kind of mail distinguish them.
        let mark = Sha256::digest(format!("{}\n{}", to.to_lowercase(), mail.key()));
        let reference = format!("event-{}-{}", self.sequence, data_encoding::HEXLOWER.encode(&mark[..6]));
        let language = self.people.owner_of_address(to).and_then(|user| user.locale.clone());
        MailNotice { to: to.to_owned(), language, mail, body, reference }
    }
}

fn unique(addresses: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(addresses.len());
    for address in addresses {
        if !kept.iter().any(|known| known.eq_ignore_ascii_case(&address)) {
            kept.push(address);
        }
    }
    kept
}

/// Everything that is due at a time, as steps that record it.
pub fn due(people: &People, now: Moment) -> Vec<RecordStep> {
    let mut steps = expiring(people, now);
    steps.extend(crate::reconfirm::due(people, now));
    steps.extend(crate::acts::invitations::expired(people, now));
    steps
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use peerage_registry::Record;

    use super::worded::all_english;
    use super::*;
    use crate::records::{EmailAddress, Key, KeyEnd, KeyState};

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    fn world() -> (People, ServerKey, Key) {
        let mut people = People::default();
        let user = User {
            id: UserId::new(1),
            username: "ann".to_owned(),
            first_name: String::new(),
            last_name: String::new(),
            emails: vec![EmailAddress::answered("ann@example.net".to_owned())],
            verified: true,
            active: true,
            ..User::blank(NOW)
        };
        people.put(Record::User, 1, Some(&crate::records::StoredRecord::to_text(&user)), 1).expect("sound");
        let text = json!({
            "id": 1, "public": "abcdefghijkl", "kind": "user", "user": 1, "name": "laptop", "state": "active",
            "created": "2027-01-01T00:00:00Z", "secrets": [],
        });
        let key = serde_json::from_value(text).expect("a key");
        (people, ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("sound"), key)
    }

    fn mails(before: &Key, after: &Key, actor: &Actor) -> Vec<WordedMail> {
        let (people, server_key, _) = world();
        let text = |key: &Key| crate::records::StoredRecord::to_text(key);
        let (actor, before, after) = (serde_json::to_string(actor).expect("JSON"), text(before), text(after));
        let what = NoticeEvent {
            sequence: 2,
            at: NOW,
            action: Action::Update,
            subject: EventSubject::Record(Record::Key),
            id: 1,
            before: Some(&before),
            after: Some(&after),
            actor: Some(&actor),
            author: None,
        };
        let organizations = peerage_registry::Snapshot::default();
        let known = NoticeContext {
            people: &people,
            organizations: &organizations,
            server_key: &server_key,
            site: "https://x",
        };
        all_english(&of(known, &what))
    }

    #[test]
    fn n19_a_notice_goes_by_what_was_done_and_not_by_what_was_said_of_it() {
        let (_, _, key) = world();
        let said = |cause: Option<Cause>, words: &str| Actor {
            name: "command line".to_owned(),
            cause,
            note: Some(words.to_owned()),
            ..Actor::default()
        };
        let subjects = |mails: Vec<WordedMail>| mails.into_iter().map(|mail| mail.subject).collect::<Vec<_>>();
        for words in
            ["widened", "rotated", "suspended", "exposed", "expires in 1 day", "refused because it has expired"]
        {
            assert_eq!(subjects(mails(&key, &key, &said(None, words))), [""; 0], "{words}");
            let widened = mails(&key, &key, &said(Some(Cause::KeyWidened), words));
            assert_eq!(subjects(widened), ["A key has more permissions"], "{words}");
        }
        let mut ended = key.clone();
        ended.state = KeyState::Revoked;
        ended.ended = Some(KeyEnd { at: NOW, why: "open https://evil.example".to_owned() });
        let found = mails(&key, &ended, &said(None, "resumed"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "A key was revoked");
        assert!(!found[0].body.contains("evil") && !found[0].body.contains("resumed"), "{}", found[0].body);
        assert!(found[0].body.contains("https://x/profile/key/abcdefghijkl"), "{}", found[0].body);
        assert!(mails(&key, &ended, &said(Some(Cause::Emptied), "request 17")).is_empty());
    }
}
