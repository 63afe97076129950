//! Mails about members of organizations and their role accounts.

use peerage_registry::Action;
use peerage_registry::ids::UserId;

use super::mail::MailKind;
use super::words::{MailNotice, MailPart, Phrase};
use super::{EventContext, NoticeEvent, PageLink, main_address, name_of, parsed};
use crate::records::{Member, MemberRole, Role};

impl EventContext<'_> {
    /// To the person and to the admins, each with the page that they can see.
    pub(super) fn member(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(member): Option<Member> = parsed(what.after.or(what.before)) else { return Vec::new() };
        let Some(user) = self.people.user(member.user) else { return Vec::new() };
        let is_told = match mail {
            MailKind::MemberAdded | MailKind::MemberAddedByOperator => what.action == Action::Create,
            MailKind::MemberLeft | MailKind::MemberOrganizationDeleted | MailKind::MemberAccountClosed => {
                what.action == Action::Erase
            }
            _ => what.action == Action::Update,
        };
        if !is_told {
            return Vec::new();
        }
        let mut phrase = Phrase::new(mail.key()).ours("name", name_of(user)).with("org", self.org(member.org));
        if matches!(mail, MailKind::MemberAdded | MailKind::MemberAddedByOperator) {
            let role = if member.rank == MemberRole::Admin { "mail-an-admin" } else { "mail-a-member" };
            phrase = phrase.with("role", Phrase::new(role));
        }
        let body = |page: PageLink<'_>| -> [MailPart; 2] {
            let unexpected = Phrase::new("mail-unexpected").ours("page", self.link(page));
            [phrase.clone().into(), unexpected.into()]
        };
        let own: Vec<String> = main_address(user).into_iter().collect();
        let is_own = |address: &String| own.iter().any(|one| one.eq_ignore_ascii_case(address));
        let mut admins = self.admins(member.org);
        admins.retain(|address| !is_own(address));
        let mut notices = self.one(own.clone(), mail, &body(PageLink::Profile));
        notices.extend(self.one(admins, mail, &body(PageLink::OrgPeople(member.org))));
        notices
    }

    /// A member has to confirm their address again.
    pub(super) fn reconfirmation(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(member): Option<Member> = parsed(what.after) else { return Vec::new() };
        let Some(user) = self.people.user(member.user) else { return Vec::new() };
        let phrase = Phrase::new(MailKind::Reconfirm.key()).with("org", self.org(member.org));
        let page = Phrase::new("mail-reconfirm-page").ours("page", self.link(PageLink::Profile));
        self.one(main_address(user).into_iter().collect(), MailKind::Reconfirm, &[phrase.into(), page.into()])
    }

    /// To people who joined or left a role account, or whose permissions in it changed; and to the admins.
    pub(super) fn role(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let (before, after): (Option<Role>, Option<Role>) = (parsed(what.before), parsed(what.after));
        let (before, after) = (before.as_ref(), after.as_ref());
        let Some(role) = after.or(before) else { return Vec::new() };
        let people = |role: Option<&Role>| role.map(|role| role.people.clone()).unwrap_or_default();
        let (old, new) = (people(before), people(after));
        let has_other_rights = before.zip(after).is_some_and(|(before, after)| before.grants != after.grants);
        let touched = |user: &UserId| has_other_rights || old.contains(user) != new.contains(user);
        let mut all = [old.clone(), new.clone()].concat();
        all.sort_unstable();
        all.dedup();
        all.retain(touched);
        if all.is_empty() && !has_other_rights {
            return Vec::new();
        }
        let line = |user: &UserId| {
            let phrase = Phrase::new(match (old.contains(user), new.contains(user)) {
                (false, true) => "mail-role-joined",
                (true, false) => "mail-role-left",
                _ => "mail-role-rights",
            });
            match self.people.user(*user) {
                Some(user) => phrase.ours("name", name_of(user)),
                None => phrase.with("name", Phrase::new("mail-somebody")),
            }
        };
        let phrase = Phrase::new(MailKind::RoleChanged.key()).name("role", &role.name).with("org", self.org(role.org));
        let page = Phrase::new("mail-role-page").ours("page", self.link(PageLink::OrgRoles(role.org)));
        let body = [phrase.into(), MailPart::Lines(all.iter().map(line).collect()), page.into()];
        let mut to: Vec<String> =
            all.iter().filter_map(|user| self.people.user(*user)).filter_map(|user| main_address(user)).collect();
        to.extend(self.admins(role.org));
        self.one(to, MailKind::RoleChanged, &body)
    }
}
