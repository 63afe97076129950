//! Mails about joining organizations, and about their requirements (spec/accounts.md, 11, 17, 23 and 26).

use peerage_registry::Action;
use peerage_registry::ids::OrgId;

use super::mail::MailKind;
use super::words::{MailNotice, MailPart, Phrase, PhraseArg};
use super::{EventContext, NoticeEvent, PageLink, main_address, name_of, parsed, plain_words};
use crate::acts::{invitations, lockout};
use crate::records::{Application, ApplicationAim, ApplicationState, Invitation, MemberRole, Policy, User};
use crate::staff_ranks::StaffPower;

/// An application, with its applicant.
struct JoinApplication<'a> {
    application: Application,
    user: &'a User,
}

impl JoinApplication<'_> {
    fn own(&self) -> Vec<String> {
        main_address(self.user).into_iter().collect()
    }
}

impl EventContext<'_> {
    /// The admins of an organization, or the registry's staff if it has none; and the page on which they decide.
    fn deciders(&self, org: Option<OrgId>) -> (Vec<String>, String) {
        let admins = org.map(|org| self.admins(org)).unwrap_or_default();
        match org {
            Some(org) if !admins.is_empty() => (admins, self.link(PageLink::OrgPeople(org))),
            _ => (self.staff_but(StaffPower::ReviewRequests, None), self.link(PageLink::Staff)),
        }
    }

    fn request(&self, what: &NoticeEvent<'_>) -> Option<JoinApplication<'_>> {
        let application: Application = parsed(what.after.or(what.before))?;
        let user = self.people.user(application.user)?;
        Some(JoinApplication { application, user })
    }

    /// Names the applicant, and what they apply for.
    fn with_request(&self, phrase: Phrase, request: &JoinApplication<'_>) -> Phrase {
        let application = &request.application;
        let asn = application.asn.map(|asn| format!("AS{asn}"));
        let target: PhraseArg = match (application.org, asn) {
            (Some(org), Some(asn)) => {
                Phrase::new("mail-org-with-asn").with("org", self.org(org)).ours("asn", asn).into()
            }
            (Some(org), None) => self.org(org),
            (None, Some(asn)) => PhraseArg::ours(asn),
            (None, None) => Phrase::new("mail-org-new").name("org", &application.org_name).into(),
        };
        phrase.ours("name", name_of(request.user)).with("target", target)
    }

    pub(super) fn join_asked(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(request) = self.request(what) else { return Vec::new() };
        if what.action != Action::Create || request.application.state != ApplicationState::Pending {
            return Vec::new();
        }
        let (deciders, panel) = self.deciders(request.application.org);
        let input = Phrase::new(match request.application.wanted {
            ApplicationAim::Place => MailKind::JoinAsked.key(),
            ApplicationAim::Ownership => "mail-join-asked-to-own",
        });
        let mut body: Vec<MailPart> = vec![self.with_request(input, &request).into()];
        // The applicant's other addresses are not shown to those who decide.
        if let Some(email) = request.user.emails.first() {
            let state = if email.verified { "mail-address-confirmed" } else { "mail-address-unconfirmed" };
            let line = Phrase::new(state).ours("address", &*email.address);
            body.push(Phrase::new("mail-join-address").into());
            body.push(MailPart::Lines(vec![line]));
        }
        body.extend(words(&request.application.note));
        body.push(Phrase::new("mail-join-decide").ours("page", panel).into());
        self.one(deciders, MailKind::JoinAsked, &body)
    }

    pub(super) fn join_denied(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(request) = self.request(what) else { return Vec::new() };
        let is_denied = request.application.state == ApplicationState::Denied;
        if !is_denied || !matches!(what.action, Action::Create | Action::Update) {
            return Vec::new();
        }
        let mut body: Vec<MailPart> = vec![self.with_request(Phrase::new(MailKind::JoinDenied.key()), &request).into()];
        if !request.application.note.is_empty() {
            body.push(Phrase::new("mail-reason-follows").into());
            body.extend(words(&request.application.note));
        }
        let mut to = request.own();
        if what.action == Action::Update {
            to.extend(request.application.org.map(|org| self.admins(org)).unwrap_or_default());
        }
        self.one(to, MailKind::JoinDenied, &body)
    }

    pub(super) fn join_ended(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(request) = self.request(what) else { return Vec::new() };
        if what.action != Action::Erase || request.application.state != ApplicationState::Pending {
            return Vec::new();
        }
        let mut to = request.own();
        to.extend(request.application.org.map(|org| self.admins(org)).unwrap_or_default());
        self.one(to, MailKind::JoinEnded, &[self.with_request(Phrase::new(MailKind::JoinEnded.key()), &request).into()])
    }

    /// Sends an invitation to the invited person.
    pub(super) fn invitation(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let invitation: Option<Invitation> = parsed(what.after);
        let Some(invitation) = invitation.filter(|_| what.action == Action::Create) else { return Vec::new() };
        let by: PhraseArg = match self.people.user(invitation.by) {
            Some(user) => PhraseArg::ours(name_of(user)),
            None => Phrase::new("mail-its-admins").into(),
        };
        let role = if invitation.rank == MemberRole::Admin { "mail-as-admin" } else { "mail-as-member" };
        let code = invitations::code(self.server_key, &invitation);
        let asks = Phrase::new(MailKind::Invited.key())
            .with("by", by)
            .with("org", self.org(invitation.org))
            .ours("site", self.site)
            .with("role", Phrase::new(role));
        let body = [
            asks.into(),
            Phrase::new("mail-invited-accept").into(),
            MailPart::Link(self.link(PageLink::Invitation(invitation.id, &code))),
            Phrase::new("mail-invited-until").moment("until", invitation.expires).into(),
        ];
        vec![self.unsigned(&invitation.email, MailKind::Invited, body.to_vec())]
    }

    /// To the admins.
    pub(super) fn policy(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(after): Option<Policy> = parsed(what.after) else { return Vec::new() };
        let phrase = Phrase::new(MailKind::PolicyChanged.key())
            .with("org", self.org(after.id))
            .ours("page", self.link(PageLink::OrgPolicy(after.id)));
        let body = [phrase.into(), Phrase::new("mail-policy-unexpected").into()];
        self.one(self.admins(after.id), MailKind::PolicyChanged, &body)
    }

    /// To each member who has to act because of a policy.
    pub(super) fn demands(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let before: Option<Policy> = parsed(what.before);
        let Some(after): Option<Policy> = parsed(what.after) else { return Vec::new() };
        let before = before.unwrap_or_else(|| Policy::unset(after.id));
        let mut notices = Vec::new();
        for locked_out_member in lockout::locked_out(self.people, &after, self.at) {
            let known = lockout::lacks(self.people, &locked_out_member.user, &before, self.at);
            let line = |lack: &lockout::UnmetRequirement| {
                let todo = Phrase::new(todo(*lack));
                match lockout::from_when(&after, *lack).filter(|from| *from > self.at) {
                    Some(from) => Phrase::new("mail-todo-until").with("todo", todo).with("until", PhraseArg::Day(from)),
                    None => todo,
                }
            };
            let news: Vec<Phrase> =
                locked_out_member.lacks.iter().filter(|lack| !known.contains(lack)).map(line).collect();
            if news.is_empty() {
                continue;
            }
            let body = [
                Phrase::new(MailKind::PolicyDemands.key()).with("org", self.org(after.id)).into(),
                MailPart::Lines(news),
                Phrase::new("mail-policy-limited").into(),
                Phrase::new("mail-policy-page").ours("page", self.link(PageLink::Factors)).into(),
            ];
            notices.extend(self.one(
                main_address(&locked_out_member.user).into_iter().collect(),
                MailKind::PolicyDemands,
                &body,
            ));
        }
        notices
    }
}

/// What to do about what a person lacks.
fn todo(lack: lockout::UnmetRequirement) -> &'static str {
    match lack {
        lockout::UnmetRequirement::Passkey => "mail-todo-passkey",
        lockout::UnmetRequirement::OtherThanTotp => "mail-todo-other-than-totp",
        lockout::UnmetRequirement::BesidePasskey => "mail-todo-beside-passkey",
        lockout::UnmetRequirement::NotShown => "mail-todo-log-in-again",
        lockout::UnmetRequirement::Address => "mail-todo-address",
        lockout::UnmetRequirement::Confirmation => "mail-todo-confirm",
    }
}

/// What somebody, or the program instead of them, wrote, as a separate paragraph.
fn words(note: &str) -> Option<MailPart> {
    let is_empty = plain_words(note).is_empty();
    let phrase = Phrase::new("mail-words").with("words", PhraseArg::Message(note.to_owned()));
    (!is_empty).then(|| phrase.into())
}
