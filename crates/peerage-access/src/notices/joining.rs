//! Mails about joining organizations, and about their requirements (spec/accounts.md, 11, 17, 23 and 26).

use peerage_registry::Action;
use peerage_registry::ids::OrgId;

use super::mail::Mail;
use super::words::{Arg, Notice, Part, Phrase};
use super::{About, Happening, Link, main_address, name_of, parsed, plain_words};
use crate::acts::{invitations, lockout};
use crate::records::{Application, ApplicationState, Invitation, Policy, Rank, User, Wanted};

/// An application, with its applicant.
struct Request<'a> {
    application: Application,
    user: &'a User,
}

impl Request<'_> {
    fn own(&self) -> Vec<String> {
        main_address(self.user).into_iter().collect()
    }
}

impl About<'_> {
    /// The admins of an organization, or the registry's staff if it has none; and the page on which they decide.
    fn deciders(&self, org: Option<OrgId>) -> (Vec<String>, String) {
        let admins = org.map(|org| self.admins(org)).unwrap_or_default();
        match org {
            Some(org) if !admins.is_empty() => (admins, self.link(Link::OrgPeople(org))),
            _ => (self.staff_but(None), self.link(Link::Staff)),
        }
    }

    fn request(&self, what: &Happening<'_>) -> Option<Request<'_>> {
        let application: Application = parsed(what.after.or(what.before))?;
        let user = self.people.user(application.user)?;
        Some(Request { application, user })
    }

    /// Names the applicant, and what they apply for.
    fn asked(&self, phrase: Phrase, request: &Request<'_>) -> Phrase {
        let application = &request.application;
        let asn = application.asn.map(|asn| format!("AS{asn}"));
        let target: Arg = match (application.org, asn) {
            (Some(org), Some(asn)) => {
                Phrase::new("mail-org-with-asn").with("org", self.org(org)).ours("asn", asn).into()
            }
            (Some(org), None) => self.org(org),
            (None, Some(asn)) => Arg::ours(asn),
            (None, None) => Phrase::new("mail-org-new").name("org", &application.org_name).into(),
        };
        phrase.ours("name", name_of(request.user)).with("target", target)
    }

    pub(super) fn join_asked(&self, what: &Happening<'_>) -> Vec<Notice> {
        let Some(request) = self.request(what) else { return Vec::new() };
        if what.action != Action::Create || request.application.state != ApplicationState::Pending {
            return Vec::new();
        }
        let (deciders, panel) = self.deciders(request.application.org);
        let wish = Phrase::new(match request.application.wanted {
            Wanted::Place => Mail::JoinAsked.key(),
            Wanted::Ownership => "mail-join-asked-to-own",
        });
        let mut body: Vec<Part> = vec![self.asked(wish, &request).into()];
        // The applicant's other addresses are not shown to those who decide.
        if let Some(email) = request.user.emails.first() {
            let state = if email.verified { "mail-address-confirmed" } else { "mail-address-unconfirmed" };
            let line = Phrase::new(state).ours("address", &*email.address);
            body.push(Phrase::new("mail-join-address").into());
            body.push(Part::Lines(vec![line]));
        }
        body.extend(words(&request.application.note));
        body.push(Phrase::new("mail-join-decide").ours("page", panel).into());
        self.one(deciders, Mail::JoinAsked, &body)
    }

    pub(super) fn join_denied(&self, what: &Happening<'_>) -> Vec<Notice> {
        let Some(request) = self.request(what) else { return Vec::new() };
        let is_denied = request.application.state == ApplicationState::Denied;
        if !is_denied || !matches!(what.action, Action::Create | Action::Update) {
            return Vec::new();
        }
        let mut body: Vec<Part> = vec![self.asked(Phrase::new(Mail::JoinDenied.key()), &request).into()];
        if !request.application.note.is_empty() {
            body.push(Phrase::new("mail-reason-follows").into());
            body.extend(words(&request.application.note));
        }
        let mut to = request.own();
        if what.action == Action::Update {
            to.extend(request.application.org.map(|org| self.admins(org)).unwrap_or_default());
        }
        self.one(to, Mail::JoinDenied, &body)
    }

    pub(super) fn join_ended(&self, what: &Happening<'_>) -> Vec<Notice> {
        let Some(request) = self.request(what) else { return Vec::new() };
        if what.action != Action::Erase || request.application.state != ApplicationState::Pending {
            return Vec::new();
        }
        let mut to = request.own();
        to.extend(request.application.org.map(|org| self.admins(org)).unwrap_or_default());
        self.one(to, Mail::JoinEnded, &[self.asked(Phrase::new(Mail::JoinEnded.key()), &request).into()])
    }

    /// Sends an invitation to the invited person.
    pub(super) fn invitation(&self, what: &Happening<'_>) -> Vec<Notice> {
        let invitation: Option<Invitation> = parsed(what.after);
        let Some(invitation) = invitation.filter(|_| what.action == Action::Create) else { return Vec::new() };
        let by: Arg = match self.people.user(invitation.by) {
            Some(user) => Arg::ours(name_of(user)),
            None => Phrase::new("mail-its-admins").into(),
        };
        let role = if invitation.rank == Rank::Admin { "mail-as-admin" } else { "mail-as-member" };
        let code = invitations::code(self.server_key, &invitation);
        let asks = Phrase::new(Mail::Invited.key())
            .with("by", by)
            .with("org", self.org(invitation.org))
            .ours("site", self.site)
            .with("role", Phrase::new(role));
        let body = [
            asks.into(),
            Phrase::new("mail-invited-accept").into(),
            Part::Link(self.link(Link::Invitation(invitation.id, &code))),
            Phrase::new("mail-invited-until").moment("until", invitation.expires).into(),
        ];
        vec![self.unsigned(&invitation.email, Mail::Invited, body.to_vec())]
    }

    /// To the admins.
    pub(super) fn policy(&self, what: &Happening<'_>) -> Vec<Notice> {
        let Some(after): Option<Policy> = parsed(what.after) else { return Vec::new() };
        let phrase = Phrase::new(Mail::PolicyChanged.key())
            .with("org", self.org(after.id))
            .ours("page", self.link(Link::OrgPolicy(after.id)));
        let body = [phrase.into(), Phrase::new("mail-policy-unexpected").into()];
        self.one(self.admins(after.id), Mail::PolicyChanged, &body)
    }

    /// To each member who has to act because of a policy.
    pub(super) fn demands(&self, what: &Happening<'_>) -> Vec<Notice> {
        let before: Option<Policy> = parsed(what.before);
        let Some(after): Option<Policy> = parsed(what.after) else { return Vec::new() };
        let before = before.unwrap_or_else(|| Policy::unset(after.id));
        let mut notices = Vec::new();
        for told in lockout::locked_out(self.people, &after, self.at) {
            let known = lockout::lacks(self.people, &told.user, &before, self.at);
            let line = |lack: &lockout::Lack| {
                let todo = Phrase::new(todo(*lack));
                match lockout::from_when(&after, *lack).filter(|from| *from > self.at) {
                    Some(from) => Phrase::new("mail-todo-until").with("todo", todo).with("until", Arg::Day(from)),
                    None => todo,
                }
            };
            let news: Vec<Phrase> = told.lacks.iter().filter(|lack| !known.contains(lack)).map(line).collect();
            if news.is_empty() {
                continue;
            }
            let body = [
                Phrase::new(Mail::PolicyDemands.key()).with("org", self.org(after.id)).into(),
                Part::Lines(news),
                Phrase::new("mail-policy-limited").into(),
                Phrase::new("mail-policy-page").ours("page", self.link(Link::Factors)).into(),
            ];
            notices.extend(self.one(main_address(&told.user).into_iter().collect(), Mail::PolicyDemands, &body));
        }
        notices
    }
}

/// What to do about what a person lacks.
fn todo(lack: lockout::Lack) -> &'static str {
    match lack {
        lockout::Lack::Passkey => "mail-todo-passkey",
        lockout::Lack::OtherThanTotp => "mail-todo-other-than-totp",
        lockout::Lack::BesidePasskey => "mail-todo-beside-passkey",
        lockout::Lack::NotShown => "mail-todo-log-in-again",
        lockout::Lack::Address => "mail-todo-address",
        lockout::Lack::Confirmation => "mail-todo-confirm",
    }
}

/// What somebody, or the program instead of them, wrote, as a separate paragraph.
fn words(note: &str) -> Option<Part> {
    let is_empty = plain_words(note).is_empty();
    let phrase = Phrase::new("mail-words").with("words", Arg::Message(note.to_owned()));
    (!is_empty).then(|| phrase.into())
}
