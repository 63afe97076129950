//! Mails about a recovery beside the links themselves: who is told that it was begun, went on, ended (spec/accounts.md,
//! 24).

use peerage_registry::moment::print_seconds;
use peerage_registry::{Action, Cause};

use super::{About, Happening, Link, Notice, accounts, name_of, plain, plain_words};
use crate::records::{Evidence, Recovery, RecoveryState};

/// The mails that a change of a recovery asks for.
pub(super) fn of(about: &About<'_>, what: &Happening<'_>, reason: &str) -> Vec<Notice> {
    let read = |text: Option<&str>| text.and_then(|text| serde_json::from_str::<Recovery>(text).ok());
    let (before, after) = (read(what.before), read(what.after));
    let (Action::Update, Some(before), Some(after)) = (what.action, before, after) else { return Vec::new() };
    let Some(user) = about.people.user(after.user) else { return Vec::new() };
    let (name, site) = (&plain(&user.username), about.site);
    let own = accounts::addresses(user);
    let concerned = || own.iter().cloned().chain(admins(about, &after)).collect();
    let begun = print_seconds(after.begun);
    if before.state != after.state {
        return match after.state {
            RecoveryState::Stopped => {
                let told = match &about.actor.cause {
                    Some(Cause::Refused { why }) => {
                        format!("refused by the registry's staff, who gave this reason: {}", plain_words(why))
                    }
                    _ => plain(reason),
                };
                let text = format!(
                    "The recovery of the account {name} at {site} that was begun at {begun} has ended: {told}. Nothing \
                     of the account was changed by it.\n\nIf you did not begin it, somebody else has tried: change the \
                     password, and look at who reads your mailboxes.\n"
                );
                about.one(concerned(), "A recovery was stopped", &text)
            }
            RecoveryState::Done => {
                let text = format!(
                    "The account {name} at {site} was opened by a recovery: it has a new password and no second factor \
                     until its owner sets one up. All sessions have ended, its keys rest until its owner resumes them, \
                     and for a day it only reads.\n\nIf this was not its owner, tell whoever runs the registry at once.\n"
                );
                about.one(concerned(), "An account was recovered", &text)
            }
            RecoveryState::Review => review(about, &after, name),
            // Links to stop it are mailed to all by then.
            RecoveryState::Waiting | RecoveryState::Open => Vec::new(),
        };
    }
    let vouched = after.evidence.iter().find(|one| !before.evidence.contains(one));
    match vouched {
        Some(Evidence::Vouch { by, .. }) => {
            let by = about.people.user(*by).map(|user| name_of(user)).unwrap_or_default();
            let text = format!(
                "{by} has vouched for whoever asks for a way back into the account {name} at {site} without its second \
                 factor. Another proof is still needed, and everybody is told before anything is opened.\n\nIf that is \
                 not right, log in, or tell the other admins.\n"
            );
            about.one(concerned(), "Somebody vouched in a recovery", &text)
        }
        _ => Vec::new(),
    }
}

/// Staff have to look at it; its owner is told that they do.
fn review(about: &About<'_>, recovery: &Recovery, name: &str) -> Vec<Notice> {
    let site = about.site;
    let staff = about.people.users().filter(|user| user.active && user.superuser && user.id != recovery.user);
    let staff = staff.filter_map(|user| user.primary_email()).map(|email| email.address.clone()).collect();
    let text = format!(
        "The account {name} at {site} is to be opened without its second factor, and is the only admin of an organization. \
         Look at it, and let it go on or refuse it: {}\n",
        about.link(Link::Recoveries)
    );
    let mut notices = about.one(staff, "A recovery waits for you", &text);
    let text = format!(
        "Enough was shown to get back into the account {name} at {site} without its second factor. It is the only admin \
         of an organization, so the registry's staff look at it first. Nothing happens before they have.\n\nIf it was not \
         you, log in: that stops it.\n"
    );
    let own = about.people.user(recovery.user).map(|user| accounts::addresses(user)).unwrap_or_default();
    notices.extend(about.one(own, "Staff look at the recovery of your account", &text));
    notices
}

fn admins(about: &About<'_>, recovery: &Recovery) -> Vec<String> {
    let places = about.people.memberships_of(recovery.user);
    let admins = places.flat_map(|member| about.people.admins_of(member.org));
    admins.filter_map(|admin| admin.primary_email()).map(|email| email.address.clone()).collect()
}
