//! Mails about accounts: requested links, and changes to how somebody can log in.

use peerage_registry::Action;
use peerage_registry::ids::UserId;

use super::mail::MailKind;
use super::words::{MailNotice, MailPart, Phrase};
use super::{EventContext, NoticeEvent, PageLink, main_address, parsed};
use crate::acts::{tickets, users};
use crate::records::{Ticket, TicketPurpose, User};
use crate::staff_ranks::{StaffPower, StaffRank};

pub(super) fn addresses(user: &User) -> Vec<String> {
    user.emails.iter().filter(|email| email.verified).map(|email| email.address.clone()).collect()
}

/// The mail about a change of an account: the first of these that applies.
fn mail_for(before: &User, after: &User) -> Option<MailKind> {
    let has = |user: &User, address: &str| user.emails.iter().any(|email| email.address == address);
    Some(match (before.active, after.active) {
        (true, false) if users::is_closed(after) => MailKind::AccountClosed,
        (true, false) => MailKind::AccountSuspended,
        (false, true) => MailKind::AccountReactivated,
        _ if added(before, after).is_some() => MailKind::AddressAdded,
        _ if before.emails.iter().any(|email| !has(after, &email.address)) => MailKind::AddressRemoved,
        _ if main_address(before) != main_address(after) => MailKind::MainAddress,
        _ if before.username != after.username => MailKind::UserName,
        _ => return None,
    })
}

/// An address that only the second account has.
fn added<'a>(without: &User, with: &'a User) -> Option<&'a str> {
    let has = |address: &str| without.emails.iter().any(|email| email.address == address);
    with.emails.iter().map(|email| &*email.address).find(|address| !has(address))
}

impl EventContext<'_> {
    /// What to do about an action that the reader did not take.
    pub(super) fn not_you(&self) -> MailPart {
        Phrase::new("mail-not-you")
            .ours("page", self.link(PageLink::NotMe))
            .ours("factors", self.link(PageLink::Factors))
            .into()
    }

    /// A requested link, to the address for which it is.
    pub(super) fn mailed_link(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let ticket: Option<Ticket> = parsed(what.after);
        let Some(ticket) = ticket.filter(|_| what.action == Action::Create) else { return Vec::new() };
        let owner = self.people.owner_of_address(&ticket.address);
        let is_anothers = owner.is_some_and(|user| Some(user.id) != ticket.user);
        let word = tickets::word(self.server_key, &ticket);
        let (wanted, link) = match ticket.purpose {
            TicketPurpose::Register => (MailKind::LinkRegister, Some(PageLink::ConfirmEmail(&word))),
            TicketPurpose::ConfirmAddress if is_anothers => (MailKind::AddressTaken, None),
            TicketPurpose::ConfirmAddress => (MailKind::LinkConfirm, Some(PageLink::ConfirmEmail(&word))),
            TicketPurpose::ResetPassword => (MailKind::LinkPassword, Some(PageLink::NewPassword(&word))),
            TicketPurpose::NameOfAddress => (MailKind::LinkUserName, Some(PageLink::UserName(&word))),
            TicketPurpose::Recover => (MailKind::LinkRecover, Some(PageLink::RecoverAddress(&word))),
            TicketPurpose::StopRecovery => (MailKind::LinkStop, Some(PageLink::StopRecovery(&word))),
            TicketPurpose::FinishRecovery => (MailKind::LinkFinish, Some(PageLink::FinishRecovery(&word))),
            // The invitation itself is mailed.
            TicketPurpose::Invite => return Vec::new(),
        };
        if wanted != mail {
            return Vec::new();
        }
        let user = ticket.user.and_then(|user| self.people.user(user));
        let name = user.map(|user| user.username.clone()).unwrap_or_default();
        let mut body: Vec<MailPart> = vec![Phrase::new(mail.key()).name("name", &name).ours("site", self.site).into()];
        if mail == MailKind::LinkStop {
            body.push(self.state_of_recovery(&ticket).into());
        }
        body.extend(before_link(mail).map(|key| MailPart::from(Phrase::new(key))));
        body.extend(link.map(|link| MailPart::Link(self.link(link))));
        body.push(Phrase::new(after_link(mail)).moment("until", ticket.expires).into());
        // The mail does not say who requested it: it could be anyone.
        let notice = self.unsigned(&ticket.address, mail, body);
        let wanted = ticket.wanted.as_ref().and_then(|wanted| wanted.locale.clone());
        // In the language of the account for which the link is, even if the address is not confirmed yet; or of its
        // owner.
        let own = user.filter(|_| mail != MailKind::AddressTaken).and_then(|user| user.locale.clone());
        vec![MailNotice { language: own.or(wanted).or(notice.language.clone()), ..notice }]
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

    pub(super) fn account_known(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let user = self.people.user(UserId::new(what.id)).filter(|_| what.action == Action::Note);
        let Some(user) = user else { return Vec::new() };
        let phrase = Phrase::new(MailKind::AccountKnown.key()).name("name", &user.username).ours("site", self.site);
        let body: [MailPart; 2] = [phrase.into(), Phrase::new("mail-account-known-else").into()];
        addresses(user).iter().map(|to| self.unsigned(to, MailKind::AccountKnown, body.to_vec())).collect()
    }

    /// A change of an account, to its owner.
    pub(super) fn account(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some((before, after)) = change_of_account(what) else { return Vec::new() };
        if mail_for(&before, &after) != Some(mail) {
            return Vec::new();
        }
        let mut to = addresses(&before);
        to.extend(addresses(&after));
        let phrase = Phrase::new(mail.key()).name("name", &before.username).ours("site", self.site);
        let phrase = match mail {
            MailKind::AddressAdded => phrase.ours("address", added(&before, &after).unwrap_or_default()),
            MailKind::AddressRemoved => phrase.ours("address", added(&after, &before).unwrap_or_default()),
            MailKind::MainAddress => phrase.ours("address", main_address(&after).unwrap_or_default()),
            MailKind::UserName => phrase.name("new", &after.username),
            _ => phrase,
        };
        // A person who is locked out cannot log in to report it.
        let is_out = matches!(mail, MailKind::AccountClosed | MailKind::AccountSuspended);
        let else_ = if is_out { Phrase::new("mail-account-out-else").into() } else { self.not_you() };
        let mut notices = self.one(to, mail, &[phrase.into(), else_]);
        // The owner can still read an address that was removed from the account.
        for notice in &mut notices {
            notice.language = notice.language.take().or_else(|| before.locale.clone());
        }
        notices
    }

    /// What one member of staff did to an account, to the others.
    pub(super) fn account_for_staff(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some((before, after)) = change_of_account(what) else { return Vec::new() };
        let wanted = match mail_for(&before, &after) {
            Some(MailKind::AccountClosed) => MailKind::StaffAccountClosed,
            Some(MailKind::AccountSuspended) => MailKind::StaffAccountSuspended,
            Some(MailKind::AccountReactivated) => MailKind::StaffAccountReactivated,
            _ => return Vec::new(),
        };
        if wanted != mail || self.actor.user == Some(UserId::new(what.id)) {
            return Vec::new();
        }
        let by = self.actor.user.and_then(|user| self.people.user(user)).and_then(|user| main_address(user));
        let mut staff = self.staff_but(StaffPower::ManageAccounts, Some(UserId::new(what.id)));
        staff.retain(|address| Some(address) != by.as_ref());
        let phrase = Phrase::new(mail.key()).name("name", &before.username);
        self.one(staff, mail, &[phrase.into(), Phrase::new("mail-staff-why").into()])
    }

    /// A new staff rank of a person, to them or to the registry's other admins.
    pub(super) fn staff_rank(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(after) = parsed::<User>(what.after).filter(|after| after.active) else { return Vec::new() };
        let before = match what.action {
            Action::Create => None,
            _ => parsed::<User>(what.before),
        };
        let was = before.as_ref().and_then(|before| before.staff);
        // The mail about a closed account says enough.
        if was == after.staff {
            return Vec::new();
        }
        let rank = Phrase::new(match after.staff {
            Some(StaffRank::Queue) => "mail-rank-queue",
            Some(StaffRank::Support) => "mail-rank-support",
            Some(StaffRank::Admin) => "mail-rank-admin",
            None => "mail-rank-none",
        });
        let phrase = Phrase::new(mail.key()).name("name", &after.username).with("rank", rank);
        if mail == MailKind::StaffRank {
            // The person who gets an account with a rank hears of the account.
            let to = if before.is_some() { addresses(&after) } else { Vec::new() };
            return self.one(to, mail, &[phrase.ours("site", self.site).into(), self.not_you()]);
        }
        let by = self.actor.user.and_then(|user| self.people.user(user)).and_then(|user| main_address(user));
        let mut admins = self.staff_but(StaffPower::ManageStaff, Some(after.id));
        admins.retain(|address| Some(address) != by.as_ref());
        let body =
            [phrase.into(), Phrase::new("mail-staff-rank-why").ours("page", self.link(PageLink::StaffRanks)).into()];
        self.one(admins, mail, &body)
    }

    pub(super) fn password(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let user = self.people.user(UserId::new(what.id)).filter(|_| what.action == Action::Update);
        let Some(user) = user else { return Vec::new() };
        let phrase = Phrase::new(mail.key()).name("name", &user.username).ours("site", self.site);
        let other = Phrase::new("mail-password-else").ours("page", self.link(PageLink::Forgotten));
        let body = [phrase.into(), Phrase::new("mail-password-sessions").into(), other.into(), self.not_you()];
        self.one(addresses(user), mail, &body)
    }
}

fn change_of_account(what: &NoticeEvent<'_>) -> Option<(User, User)> {
    (what.action == Action::Update).then_some(())?;
    Some((parsed(what.before)?, parsed(what.after)?))
}

/// Text before the link, unless the text above says it all.
fn before_link(mail: MailKind) -> Option<&'static str> {
    match mail {
        MailKind::LinkRegister => Some("mail-link-register-open"),
        MailKind::LinkConfirm => Some("mail-link-confirm-open"),
        MailKind::LinkPassword => Some("mail-link-password-open"),
        MailKind::LinkUserName => Some("mail-link-user-name-open"),
        MailKind::LinkRecover => Some("mail-link-recover-open"),
        MailKind::LinkStop => Some("mail-link-stop-open"),
        MailKind::LinkFinish => Some("mail-link-finish-open"),
        _ => None,
    }
}

/// Text after the link, including what to do if someone else requested it.
fn after_link(mail: MailKind) -> &'static str {
    match mail {
        MailKind::LinkRegister => "mail-link-register-else",
        MailKind::LinkConfirm => "mail-link-confirm-else",
        MailKind::LinkPassword => "mail-link-password-else",
        MailKind::LinkUserName => "mail-link-user-name-else",
        MailKind::LinkRecover => "mail-link-recover-else",
        MailKind::LinkStop => "mail-link-stop-else",
        MailKind::LinkFinish => "mail-link-finish-else",
        _ => "mail-address-taken-else",
    }
}
