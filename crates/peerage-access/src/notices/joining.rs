//! Mails about who comes into organizations and what admins and staff decide (spec/accounts.md, 11, 17, 23 and 26).

use peerage_registry::moment::print_seconds;
use peerage_registry::{Action, Cause};
use peerage_schema::Resource;
use serde_json::Value as Json;

use super::{About, Happening, Link, Notice, main_address, name_of, plain, plain_words};
use crate::acts::deciding::UNANSWERED;
use crate::acts::{invitations, lockout};
use crate::records::{Application, ApplicationState, Invitation, Member, Policy, Role, Wanted};

impl About<'_> {
    pub(super) fn admins(&self, org: u32) -> Vec<String> {
        self.people.admins_of(org).filter_map(|admin| main_address(admin)).collect()
    }

    /// Where nobody sees to an organization, the registry's staff do.
    fn deciders(&self, org: Option<u32>) -> (Vec<String>, String) {
        let admins = org.map(|org| self.admins(org)).unwrap_or_default();
        match org {
            Some(org) if !admins.is_empty() => (admins, self.link(Link::OrgPeople(org))),
            _ => {
                let staff = self.people.users().filter(|user| user.active && user.superuser);
                (staff.filter_map(|user| main_address(user)).collect(), self.link(Link::Staff))
            }
        }
    }

    pub(super) fn application(
        &self,
        before: Option<&Application>,
        after: Option<&Application>,
        action: Action,
    ) -> Vec<Notice> {
        let Some(application) = after.or(before) else { return Vec::new() };
        let Some(user) = self.people.user(application.user) else { return Vec::new() };
        let name = name_of(user);
        let asn = application.asn.map(|asn| format!("AS{asn}"));
        let target = match (application.org, asn) {
            (Some(org), Some(asn)) => format!("{} ({asn})", self.org(org)),
            (Some(org), None) => self.org(org),
            (None, Some(asn)) => asn,
            (None, None) => format!("\"{}\", which is not registered yet", plain(&application.org_name)),
        };
        let (deciders, panel) = self.deciders(application.org);
        let own = || main_address(user).into_iter().collect::<Vec<_>>();
        let why =
            if application.note.is_empty() { String::new() } else { format!("\n\n{}", plain_words(&application.note)) };
        match (action, application.state) {
            (Action::Create, ApplicationState::Pending) => {
                // Which other addresses somebody has is not for whoever decides.
                let addresses = user.emails.iter().take(1).map(|email| {
                    format!("  {} ({})", email.address, if email.verified { "confirmed" } else { "not confirmed" })
                });
                let addresses = addresses.collect::<Vec<_>>().join("\n");
                let wish = match application.wanted {
                    Wanted::Place => "asks to belong to",
                    Wanted::Ownership => "asks to own",
                };
                let text = format!(
                    "{name} {wish} {target}. Their main address:\n\n{addresses}{why}\n\nApprove it only if you know that \
                     they belong there: {panel}\n"
                );
                self.one(deciders, "Somebody asks for a place in an organization", &text)
            }
            (Action::Create | Action::Update, ApplicationState::Denied) => {
                let reason = if why.is_empty() { String::new() } else { format!(" The reason that was given:{why}") };
                let text = format!("The request of {name} for {target} was denied.{reason}\n");
                let mut to = own();
                if action == Action::Update && application.org.is_some_and(|org| !self.admins(org).is_empty()) {
                    to.extend(deciders);
                }
                self.one(to, "A request for a place was denied", &text)
            }
            (Action::Erase, ApplicationState::Pending) if self.actor.cause == Some(Cause::Unanswered) => {
                let text =
                    format!("The request of {name} for {target} has ended: {UNANSWERED}. It can be made again.\n");
                let mut to = own();
                to.extend(application.org.map(|org| self.admins(org)).unwrap_or_default());
                self.one(to, "A request for a place has ended", &text)
            }
            _ => Vec::new(),
        }
    }

    /// Asks whom an invitation is for.
    pub(super) fn invitation(&self, invitation: &Invitation) -> Vec<Notice> {
        let by = self.people.user(invitation.by).map_or_else(|| "Its admins".to_owned(), |user| name_of(user));
        let code = invitations::code(self.server_key, invitation);
        let body = format!(
            "{by} asks you to belong to {} at {site}, as {}.\n\nTo accept, open this page and log in; if \
             you have no account yet, you can make one first:\n\n  {}\n\nThe link works once, \
             until {}. If you do not know what this is about, do nothing.\n",
            self.org(invitation.org),
            invitation.rank.name(),
            self.link(Link::Invitation(invitation.id, &code)),
            print_seconds(invitation.expires),
            site = self.site,
        );
        vec![self.unsigned(&invitation.email, "You are invited to an organization", body)]
    }

    /// A member has to confirm their address again.
    pub(super) fn reconfirmation(&self, member: &Member) -> Vec<Notice> {
        let Some(user) = self.people.user(member.user) else { return Vec::new() };
        let body = format!(
            "{} asks its people to confirm their address again from time to time, and it is your turn. \
             Until you do so you can change nothing there; your account and your other organizations are not \
             touched.\n\nConfirm your address: {}\n",
            self.org(member.org),
            self.link(Link::Profile)
        );
        self.one(main_address(user).into_iter().collect(), "Confirm your address again", &body)
    }

    /// To the admins; and to each member who has to do something about it.
    pub(super) fn policy(&self, before: Option<&Policy>, after: &Policy) -> Vec<Notice> {
        let mut notices = Vec::new();
        let (id, org) = (after.id, self.org(after.id));
        let text = format!(
            "What {org} demands of its people and keys was changed. See what holds now: \
             {}\n\nIf you did not expect this, talk to the other admins at once.\n",
            self.link(Link::OrgPolicy(id))
        );
        notices.extend(self.one(self.admins(id), "What your organization demands was changed", &text));
        let unset = Policy::unset(id);
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
                "{org} demands more of its people. To go on working there:\n\n  {}\n\nUntil then your rights in it are \
                 limited; your account and your other organizations are not touched.\n\nDo it here: {}\n",
                news.join("\n  "),
                self.link(Link::Factors)
            );
            let to = main_address(&told.user).into_iter().collect();
            notices.extend(self.one(to, "Your organization asks something of you", &text));
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
            let name = self.people.user(*user).map_or_else(|| "Somebody".to_owned(), |user| name_of(user));
            match (old.contains(user), new.contains(user)) {
                (false, true) => format!("  {name} has the role now."),
                (true, false) => format!("  {name} has the role no more; keys that were made in it have ended."),
                _ => format!("  What {name} may do by it was changed."),
            }
        };
        let lines = all.iter().map(line).collect::<Vec<_>>().join("\n");
        let text = format!(
            "The role \"{}\" of {} was changed.\n\n{lines}\n\nAdmins see all roles here: {}\n",
            plain(&role.name),
            self.org(role.org),
            self.link(Link::OrgRoles(role.org))
        );
        let mut to: Vec<String> =
            all.iter().filter_map(|user| self.people.user(*user)).filter_map(|user| main_address(user)).collect();
        to.extend(self.admins(role.org));
        self.one(to, "A role was changed", &text)
    }

    /// An object went to another organization: its former one hears of it. Where nobody is an admin there, its members do,
    /// and where there are none, whoever its keys name.
    pub(super) fn moved(&self, resource: Resource, before: &Json, after: &Json) -> Vec<Notice> {
        let org = |row: &Json| row["org_id"].as_u64().and_then(|org| u32::try_from(org).ok()).unwrap_or_default();
        let former = org(before);
        let mut to = self.admins(former);
        if to.is_empty() {
            let members = self.people.members_of(former).filter_map(|member| self.people.user(member.user));
            to.extend(members.filter(|user| user.active).filter_map(|user| main_address(user)));
        }
        if to.is_empty() {
            let keys = self.people.keys().map(|entry| &*entry.key).filter(|key| key.org == Some(former));
            to.extend(keys.filter(|key| key.email_confirmed && !key.is_final()).map(|key| key.email.clone()));
        }
        let title = resource.table().title.to_lowercase();
        let name = plain(before["name"].as_str().unwrap_or_default());
        let number = before["asn"].as_u64().map(|asn| format!(" (AS{asn})")).unwrap_or_default();
        let text = format!(
            "The {title} \"{name}\"{number} belonged to {}, and now belongs to {}. Everything else stays where it is; \
             rights that were given on it have ended.\n\nIf this is a mistake, contact whoever runs the registry.\n",
            self.org(former),
            self.org(org(after)),
        );
        self.one(to, "An object moved to another organization", &text)
    }

    /// Staff have decided about something that waited, or have deleted something. Its organization's admins are told, and
    /// whoever suggested it.
    pub(super) fn row(&self, resource: Resource, what: &Happening<'_>, before: &Json, after: &Json) -> Vec<Notice> {
        let org = if resource == Resource::Org { Some(u64::from(what.id)) } else { after["org_id"].as_u64() };
        let Some(org) = org.and_then(|org| u32::try_from(org).ok()) else { return Vec::new() };
        let title = resource.table().title.to_lowercase();
        let name = plain(after["name"].as_str().unwrap_or_default());
        let waited = before["status"] == "pending";
        let mut to = self.admins(org);
        let (subject, text) = match (after["status"].as_str(), &self.actor.cause) {
            (Some("ok"), Some(Cause::Approved)) if waited => (
                "What you have registered was approved",
                format!("The {title} \"{name}\" was approved: {}\n", self.link(Link::Row(resource, what.id))),
            ),
            (Some("deleted"), Some(Cause::Refused { why })) if waited => (
                "What you have registered was refused",
                format!(
                    "The {title} \"{name}\" was refused. The reason that was given:\n\n{}\n\nIf that is a mistake, \
                     register it again and say more, or write to whoever runs the registry.\n",
                    plain_words(why)
                ),
            ),
            (Some("deleted"), None) if before["status"] == "ok" && self.is_by_outside_staff(org) => (
                "Staff have deleted something of your organization",
                format!(
                    "The {title} \"{name}\" of {} was deleted by the registry's staff.\n\nIf that is a mistake, write to \
                     whoever runs the registry.\n",
                    self.org(org)
                ),
            ),
            _ => return Vec::new(),
        };
        let author = what.author.and_then(|author| self.people.user(author)).filter(|author| author.active);
        to.extend(author.and_then(|author| main_address(author)));
        self.one(to, subject, &text)
    }

    fn is_by_outside_staff(&self, org: u32) -> bool {
        let by = self.actor.user.and_then(|user| self.people.user(user));
        by.is_some_and(|by| by.superuser && self.people.member(org, by.id).is_none())
    }
}
