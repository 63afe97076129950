//! Mails about accounts: requested links, and changes to how somebody can log in.

use peerage_registry::Action;
use peerage_registry::ids::UserId;

use super::mail::Mail;
use super::words::{Notice, Part, Phrase};
use super::{About, Happening, Link, main_address, parsed};
use crate::acts::{tickets, users};
use crate::records::{Purpose, Ticket, User};

pub(super) fn addresses(user: &User) -> Vec<String> {
    user.emails.iter().filter(|email| email.verified).map(|email| email.address.clone()).collect()
}

/// The mail about a change of an account: the first of these that applies.
fn told_of(before: &User, after: &User) -> Option<Mail> {
    let has = |user: &User, address: &str| user.emails.iter().any(|email| email.address == address);
    Some(match (before.active, after.active) {
        (true, false) if users::is_closed(after) => Mail::AccountClosed,
        (true, false) => Mail::AccountSuspended,
        (false, true) => Mail::AccountReactivated,
        _ if added(before, after).is_some() => Mail::AddressAdded,
        _ if before.emails.iter().any(|email| !has(after, &email.address)) => Mail::AddressRemoved,
        _ if main_address(before) != main_address(after) => Mail::MainAddress,
        _ if before.username != after.username => Mail::UserName,
        _ => return None,
    })
}

/// An address that only the second account has.
fn added<'a>(without: &User, with: &'a User) -> Option<&'a str> {
    let has = |address: &str| without.emails.iter().any(|email| email.address == address);
    with.emails.iter().map(|email| &*email.address).find(|address| !has(address))
}

impl About<'_> {
    /// What to do about an action that the reader did not take.
    pub(super) fn not_you(&self) -> Part {
        Phrase::new("mail-not-you")
            .ours("page", self.link(Link::NotMe))
            .ours("factors", self.link(Link::Factors))
            .into()
    }

    /// A requested link, to the address for which it is.
    pub(super) fn mailed_link(&self, mail: Mail, what: &Happening<'_>) -> Vec<Notice> {
        let ticket: Option<Ticket> = parsed(what.after);
        let Some(ticket) = ticket.filter(|_| what.action == Action::Create) else { return Vec::new() };
        let owner = self.people.owner_of_address(&ticket.address);
        let is_anothers = owner.is_some_and(|user| Some(user.id) != ticket.user);
        let word = tickets::word(self.server_key, &ticket);
        let (wanted, link) = match ticket.purpose {
            Purpose::Register => (Mail::LinkRegister, Some(Link::ConfirmEmail(&word))),
            Purpose::ConfirmAddress if is_anothers => (Mail::AddressTaken, None),
            Purpose::ConfirmAddress => (Mail::LinkConfirm, Some(Link::ConfirmEmail(&word))),
            Purpose::ResetPassword => (Mail::LinkPassword, Some(Link::NewPassword(&word))),
            Purpose::NameOfAddress => (Mail::LinkUserName, Some(Link::UserName(&word))),
            Purpose::Recover => (Mail::LinkRecover, Some(Link::RecoverAddress(&word))),
            Purpose::StopRecovery => (Mail::LinkStop, Some(Link::StopRecovery(&word))),
            Purpose::FinishRecovery => (Mail::LinkFinish, Some(Link::FinishRecovery(&word))),
            // The invitation itself is mailed.
            Purpose::Invite => return Vec::new(),
        };
        if wanted != mail {
            return Vec::new();
        }
        let user = ticket.user.and_then(|user| self.people.user(user));
        let name = user.map(|user| user.username.clone()).unwrap_or_default();
        let mut body: Vec<Part> = vec![Phrase::new(mail.key()).name("name", &name).ours("site", self.site).into()];
        if mail == Mail::LinkStop {
            body.push(self.state_of_recovery(&ticket).into());
        }
        body.extend(before_link(mail).map(|key| Part::from(Phrase::new(key))));
        body.extend(link.map(|link| Part::Link(self.link(link))));
        body.push(Phrase::new(after_link(mail)).moment("until", ticket.expires).into());
        // The mail does not say who requested it: it could be anyone.
        let notice = self.unsigned(&ticket.address, mail, body);
        let wanted = ticket.wanted.as_ref().and_then(|wanted| wanted.locale.clone());
        // In the language of the account for which the link is, even if the address is not confirmed yet; or of its
        // owner.
        let own = user.filter(|_| mail != Mail::AddressTaken).and_then(|user| user.locale.clone());
        vec![Notice { language: own.or(wanted).or(notice.language.clone()), ..notice }]
    }

    /// The state of a recovery, in a mail that says how to stop it.
    fn state_of_recovery(&self, ticket: &Ticket) -> Phrase {
        // Mails at the end of the cool-down say so.
        let ends = ticket.recovery.and_then(|id| self.people.recovery(id)).and_then(|one| one.ends);
        match ends {
            Some(ends) if ends <= ticket.created => Phrase::new("mail-recovery-over"),
            Some(ends) => Phrase::new("mail-recovery-until").moment("until", ends),
            None => Phrase::new("mail-recovery-waits"),
        }
    }

    pub(super) fn account_known(&self, what: &Happening<'_>) -> Vec<Notice> {
        let user = self.people.user(UserId::new(what.id)).filter(|_| what.action == Action::Note);
        let Some(user) = user else { return Vec::new() };
        let phrase = Phrase::new(Mail::AccountKnown.key()).name("name", &user.username).ours("site", self.site);
        let body: [Part; 2] = [phrase.into(), Phrase::new("mail-account-known-else").into()];
        addresses(user).iter().map(|to| self.unsigned(to, Mail::AccountKnown, body.to_vec())).collect()
    }

    /// A change of an account, to its owner.
    pub(super) fn account(&self, mail: Mail, what: &Happening<'_>) -> Vec<Notice> {
        let Some((before, after)) = change_of_account(what) else { return Vec::new() };
        if told_of(&before, &after) != Some(mail) {
            return Vec::new();
        }
        let mut to = addresses(&before);
        to.extend(addresses(&after));
        let phrase = Phrase::new(mail.key()).name("name", &before.username).ours("site", self.site);
        let phrase = match mail {
            Mail::AddressAdded => phrase.ours("address", added(&before, &after).unwrap_or_default()),
            Mail::AddressRemoved => phrase.ours("address", added(&after, &before).unwrap_or_default()),
            Mail::MainAddress => phrase.ours("address", main_address(&after).unwrap_or_default()),
            Mail::UserName => phrase.name("new", &after.username),
            _ => phrase,
        };
        // A person who is locked out cannot log in to report it.
        let is_out = matches!(mail, Mail::AccountClosed | Mail::AccountSuspended);
        let else_ = if is_out { Phrase::new("mail-account-out-else").into() } else { self.not_you() };
        let mut notices = self.one(to, mail, &[phrase.into(), else_]);
        // The owner can still read an address that was removed from the account.
        for notice in &mut notices {
            notice.language = notice.language.take().or_else(|| before.locale.clone());
        }
        notices
    }

    /// What one member of staff did to an account, to the others.
    pub(super) fn account_for_staff(&self, mail: Mail, what: &Happening<'_>) -> Vec<Notice> {
        let Some((before, after)) = change_of_account(what) else { return Vec::new() };
        let wanted = match told_of(&before, &after) {
            Some(Mail::AccountClosed) => Mail::StaffAccountClosed,
            Some(Mail::AccountSuspended) => Mail::StaffAccountSuspended,
            Some(Mail::AccountReactivated) => Mail::StaffAccountReactivated,
            _ => return Vec::new(),
        };
        if wanted != mail || self.actor.user == Some(UserId::new(what.id)) {
            return Vec::new();
        }
        let by = self.actor.user.and_then(|user| self.people.user(user)).and_then(|user| main_address(user));
        let mut staff = self.staff_but(Some(UserId::new(what.id)));
        staff.retain(|address| Some(address) != by.as_ref());
        let phrase = Phrase::new(mail.key()).name("name", &before.username);
        self.one(staff, mail, &[phrase.into(), Phrase::new("mail-staff-why").into()])
    }

    pub(super) fn password(&self, mail: Mail, what: &Happening<'_>) -> Vec<Notice> {
        let user = self.people.user(UserId::new(what.id)).filter(|_| what.action == Action::Update);
        let Some(user) = user else { return Vec::new() };
        let phrase = Phrase::new(mail.key()).name("name", &user.username).ours("site", self.site);
        let other = Phrase::new("mail-password-else").ours("page", self.link(Link::Forgotten));
        let body = [phrase.into(), Phrase::new("mail-password-sessions").into(), other.into(), self.not_you()];
        self.one(addresses(user), mail, &body)
    }
}

fn change_of_account(what: &Happening<'_>) -> Option<(User, User)> {
    (what.action == Action::Update).then_some(())?;
    Some((parsed(what.before)?, parsed(what.after)?))
}

/// Text before the link, unless the text above says it all.
fn before_link(mail: Mail) -> Option<&'static str> {
    match mail {
        Mail::LinkRegister => Some("mail-link-register-open"),
        Mail::LinkConfirm => Some("mail-link-confirm-open"),
        Mail::LinkPassword => Some("mail-link-password-open"),
        Mail::LinkUserName => Some("mail-link-user-name-open"),
        Mail::LinkRecover => Some("mail-link-recover-open"),
        Mail::LinkStop => Some("mail-link-stop-open"),
        Mail::LinkFinish => Some("mail-link-finish-open"),
        _ => None,
    }
}

/// Text after the link, including what to do if someone else requested it.
fn after_link(mail: Mail) -> &'static str {
    match mail {
        Mail::LinkRegister => "mail-link-register-else",
        Mail::LinkConfirm => "mail-link-confirm-else",
        Mail::LinkPassword => "mail-link-password-else",
        Mail::LinkUserName => "mail-link-user-name-else",
        Mail::LinkRecover => "mail-link-recover-else",
        Mail::LinkStop => "mail-link-stop-else",
        Mail::LinkFinish => "mail-link-finish-else",
        _ => "mail-address-taken-else",
    }
}
