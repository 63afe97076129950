//! Mails about who comes into organizations and what admins and staff decide (spec/accounts.md, 11, 17, 23 and 26).

use peerage_registry::Action;
use peerage_registry::moment::print_seconds;
use peerage_schema::Resource;
use serde_json::Value as Json;

use super::{About, Notice, unique};
use crate::acts::deciding::UNANSWERED;
use crate::acts::{invitations, lockout};
use crate::records::{Application, ApplicationState, Invitation, Member, Policy, Role, User, Wanted};

/// How a person is called in a mail.
pub(super) fn name_of(user: &User) -> String {
    let full = user.full_name();
    if full.is_empty() { user.username.clone() } else { format!("{full} ({})", user.username) }
}

fn main_address(user: &User) -> Option<String> {
    user.primary_email().map(|email| email.address.clone())
}

impl About<'_> {
    fn admins(&self, org: u32) -> Vec<String> {
        self.people.admins_of(org).filter_map(|admin| main_address(admin)).collect()
    }

    /// Where nobody sees to an organization, the registry's staff do.
    fn deciders(&self, org: Option<u32>) -> (Vec<String>, String) {
        let admins = org.map(|org| self.admins(org)).unwrap_or_default();
        match org {
            Some(org) if !admins.is_empty() => (admins, format!("{}/org/{org}/manage/people", self.site)),
            _ => {
                let staff = self.people.users().filter(|user| user.active && user.superuser);
                (staff.filter_map(|user| main_address(user)).collect(), format!("{}/staff", self.site))
            }
        }
    }

    pub(super) fn application(
        &self,
        before: Option<&Application>,
        after: Option<&Application>,
        action: Action,
        reason: &str,
    ) -> Vec<Notice> {
        let Some(application) = after.or(before) else { return Vec::new() };
        let Some(user) = self.people.user(application.user) else { return Vec::new() };
        let name = name_of(user);
        let asn = application.asn.map(|asn| format!("AS{asn}"));
        let target = match (application.org, asn) {
            (Some(org), Some(asn)) => format!("organization {org} ({asn})"),
            (Some(org), None) => format!("organization {org}"),
            (None, Some(asn)) => asn,
            (None, None) => format!("\"{}\", which is not registered yet", application.org_name),
        };
        let (deciders, panel) = self.deciders(application.org);
        let own = || main_address(user).into_iter().collect::<Vec<_>>();
        let why = if application.note.is_empty() { String::new() } else { format!("\n\n{}", application.note) };
        match (action, application.state) {
            (Action::Create, ApplicationState::Pending) => {
                let addresses = user.emails.iter().map(|email| {
                    format!("  {} ({})", email.address, if email.verified { "confirmed" } else { "not confirmed" })
                });
                let addresses = addresses.collect::<Vec<_>>().join("\n");
                let wish = match application.wanted {
                    Wanted::Place => "asks to belong to",
                    Wanted::Ownership => "asks to own",
                };
                let text = format!(
                    "{name} {wish} {target}. Their addresses:\n\n{addresses}{why}\n\nApprove it only if you know that \
                     they belong there: {panel}\n"
                );
                self.one(deciders, "Somebody asks for a place in an organization", &text)
            }
            (Action::Create | Action::Update, ApplicationState::Denied) => {
                let text = format!("The request of {name} for {target} was denied.{why}\n");
                let mut to = own();
                if action == Action::Update && application.org.is_some_and(|org| !self.admins(org).is_empty()) {
                    to.extend(deciders);
                }
                self.one(unique(to), "A request for a place was denied", &text)
            }
            (Action::Erase, ApplicationState::Pending) if reason == UNANSWERED => {
                let text =
                    format!("The request of {name} for {target} has ended: {UNANSWERED}. It can be made again.\n");
                let mut to = own();
                to.extend(application.org.map(|org| self.admins(org)).unwrap_or_default());
                self.one(unique(to), "A request for a place has ended", &text)
            }
            _ => Vec::new(),
        }
    }

    /// Asks whom an invitation is for.
    pub(super) fn invitation(&self, invitation: &Invitation) -> Vec<Notice> {
        let by = self.people.user(invitation.by).map_or_else(|| "Its admins".to_owned(), |user| name_of(user));
        let code = invitations::code(self.server_key, invitation);
        let body = format!(
            "{by} asks you to belong to organization {} at {site}, as {}.\n\nTo accept, open this page and log in; if \
             you have no account yet, you can make one first:\n\n  {site}/invitation/{}/{code}\n\nThe link works once, \
             until {}. If you do not know what this is about, do nothing.\n",
            invitation.org,
            invitation.rank.name(),
            invitation.id,
            print_seconds(invitation.expires),
            site = self.site,
        );
        let subject = "You are invited to an organization".to_owned();
        let reference = format!("event-{}-invitation", self.sequence);
        vec![Notice { to: vec![invitation.email.clone()], subject, body, reference }]
    }

    /// A member has to confirm their address again.
    pub(super) fn reconfirmation(&self, member: &Member) -> Vec<Notice> {
        let Some(user) = self.people.user(member.user) else { return Vec::new() };
        let body = format!(
            "Organization {} asks its people to confirm their address again from time to time, and it is your turn. \
             Until you do so you can change nothing there; your account and your other organizations are not \
             touched.\n\nConfirm your address: {}/profile\n",
            member.org, self.site
        );
        self.one(main_address(user).into_iter().collect(), "Confirm your address again", &body)
    }

    /// To the admins; and to each member who has to do something about it.
    pub(super) fn policy(&self, before: Option<&Policy>, after: &Policy) -> Vec<Notice> {
        let mut notices = Vec::new();
        let org = after.id;
        let text = format!(
            "What organization {org} demands of its people and keys was changed. See what holds now: \
             {}/org/{org}/manage/policy\n\nIf you did not expect this, talk to the other admins at once.\n",
            self.site
        );
        notices.extend(self.one(self.admins(org), "What your organization demands was changed", &text));
        let unset = Policy::unset(org);
        for told in lockout::locked_out(self.people, after, self.at) {
            let known = lockout::lacks(self.people, &told.user, before.unwrap_or(&unset), self.at);
            let line = |lack: &lockout::Lack| match lockout::from_when(after, *lack).filter(|from| *from > self.at) {
                Some(from) => format!("{} You have time until {}.", lack.advice(), &print_seconds(from)[..10]),
                None => lack.advice().to_owned(),
            };
            let news: Vec<String> = told.lacks.iter().filter(|lack| !known.contains(lack)).map(line).collect();
            if news.is_empty() {
                continue;
            }
            let text = format!(
                "Organization {org} demands more of its people. To go on working there:\n\n  {}\n\nDo it \
                 here: {}/profile\n",
                news.join("\n  "),
                self.site
            );
            let to = main_address(&told.user).into_iter().collect();
            let mut own = self.one(to, "Your organization asks something of you", &text);
            for notice in &mut own {
                notice.reference = format!("{}-{}", notice.reference, told.user.id);
            }
            notices.extend(own);
        }
        notices
    }

    /// To the people of a role that came, went, or may do something else now; and to the admins.
    pub(super) fn role(&self, before: Option<&Role>, after: Option<&Role>) -> Vec<Notice> {
        let Some(role) = after.or(before) else { return Vec::new() };
        let people = |role: Option<&Role>| role.map(|role| role.people.clone()).unwrap_or_default();
        let (old, new) = (people(before), people(after));
        let has_other_rights = before.zip(after).is_some_and(|(before, after)| before.grants != after.grants);
        let touched = |user: &u32| has_other_rights || old.contains(user) != new.contains(user);
        let mut all = [old.clone(), new.clone()].concat();
        all.sort_unstable();
        all.dedup();
        all.retain(touched);
        if all.is_empty() && !has_other_rights {
            return Vec::new();
        }
        let line = |user: &u32| {
            let name = self.people.user(*user).map_or_else(|| user.to_string(), |user| name_of(user));
            match (old.contains(user), new.contains(user)) {
                (false, true) => format!("  {name} has the role now."),
                (true, false) => format!("  {name} has the role no more; keys that were made in it have ended."),
                _ => format!("  What {name} may do by it was changed."),
            }
        };
        let lines = all.iter().map(line).collect::<Vec<_>>().join("\n");
        let text = format!("The role \"{}\" of organization {} was changed.\n\n{lines}\n", role.name, role.org);
        let mut to: Vec<String> =
            all.iter().filter_map(|user| self.people.user(*user)).filter_map(|user| main_address(user)).collect();
        to.extend(self.admins(role.org));
        self.one(unique(to), "A role was changed", &text)
    }

    /// Staff have decided about something that waited.
    pub(super) fn row(&self, resource: Resource, id: u32, before: &Json, after: &Json) -> Vec<Notice> {
        if before["status"] != "pending" || self.actor.reason.as_deref().is_none_or(str::is_empty) {
            return Vec::new();
        }
        let org = if resource == Resource::Org { Some(u64::from(id)) } else { after["org_id"].as_u64() };
        let Some(org) = org.and_then(|org| u32::try_from(org).ok()) else { return Vec::new() };
        let title = resource.table().title.to_lowercase();
        let name = after["name"].as_str().unwrap_or_default();
        let reason = self.actor.reason.as_deref().unwrap_or_default();
        let (subject, text) = match after["status"].as_str() {
            Some("ok") => (
                "What you have registered was approved",
                format!("The {title} \"{name}\" was approved: {}/{}/{id}\n", self.site, resource.tag()),
            ),
            Some("deleted") => (
                "What you have registered was refused",
                format!(
                    "The {title} \"{name}\" was refused: {}.\n\nIf that is a mistake, register it again and say more, \
                     or write to whoever runs the registry.\n",
                    reason.strip_prefix("refused: ").unwrap_or(reason)
                ),
            ),
            _ => return Vec::new(),
        };
        self.one(self.admins(org), subject, &text)
    }
}
