//! Mails about accounts: links that were asked for, and what changed that lets somebody in.

use peerage_registry::moment::print_seconds;
use peerage_registry::{Action, Cause, Record};

use super::{About, Happening, Link, Notice, plain};
use crate::acts::tickets;
use crate::records::{Purpose, Ticket, User};

/// The mails that a change of somebody's account asks for.
pub(super) fn of(about: &About<'_>, record: Record, what: &Happening<'_>, reason: &str) -> Vec<Notice> {
    match record {
        Record::Ticket if what.action == Action::Create => {
            let ticket: Option<Ticket> = what.after.and_then(|text| serde_json::from_str(text).ok());
            ticket.and_then(|ticket| link(about, &ticket)).into_iter().collect()
        }
        Record::User => user(about, what),
        Record::Password => password(about, what, reason),
        _ => Vec::new(),
    }
}

fn link(about: &About<'_>, ticket: &Ticket) -> Option<Notice> {
    let (site, word) = (about.site, tickets::word(about.server_key, ticket));
    let until = print_seconds(ticket.expires);
    let name =
        ticket.user.and_then(|user| about.people.user(user)).map(|user| plain(&user.username)).unwrap_or_default();
    let page = |link: Link<'_>| about.link(link);
    let owner = about.people.owner_of_address(&ticket.address);
    let is_anothers =
        ticket.purpose == Purpose::ConfirmAddress && owner.is_some_and(|user| Some(user.id) != ticket.user);
    let (subject, text) = match ticket.purpose {
        _ if is_anothers => (
            "Your address was entered for another account",
            format!(
                "Somebody who is logged in at {site} as another account wanted to add this address to it. It is yours, so \
                 nothing was changed.\n\nIf it was you: log in to the account that has the address, and remove it there \
                 first.\n"
            ),
        ),
        Purpose::Register => (
            "Confirm your address to make your account",
            format!(
                "Somebody, you we hope, wants an account at {site} with this address.\n\nOpen this page to make it:\n\n  \
                 {}\n\nIt works until {until}. If it was not you, do nothing: no \
                 account is made.\n",
                page(Link::ConfirmEmail(&word))
            ),
        ),
        Purpose::ConfirmAddress => (
            "Confirm your address",
            format!(
                "The account {name} at {site} wants to have this address.\n\nOpen this page to confirm it:\n\n  \
                 {}\n\nIt works until {until}. If it was not you, do nothing: the \
                 address stays out of the account.\n",
                page(Link::ConfirmEmail(&word))
            ),
        ),
        Purpose::ResetPassword => (
            "Choose a new password",
            format!(
                "Somebody, you we hope, has forgotten the password of the account {name} at {site}.\n\nOpen this page in \
                 the browser in which you asked for it, and choose a new one:\n\n  \
                 {}\n\nIt works once, until {until}. Your second factor is asked for \
                 as before. If it was not you, do nothing: the password stays as it is.\n",
                page(Link::NewPassword(&word))
            ),
        ),
        Purpose::NameOfAddress => (
            "Your user name",
            format!(
                "Somebody, you we hope, has forgotten the user name that goes with this address at {site}.\n\nOpen this \
                 page in the browser in which you asked for it:\n\n  {}\n\n\
                 It works once, until {until}. If it was not you, do nothing.\n",
                page(Link::UserName(&word))
            ),
        ),
        Purpose::Recover => (
            "Somebody asks for a way back into your account",
            format!(
                "Somebody, you we hope, has lost the second factor of the account {name} at {site}.\n\nIf it is you, open \
                 this page in the browser in which you asked for it:\n\n  {}\n\n\
                 It works once, until {until}. If it was not you, log in: that stops it.\n",
                page(Link::RecoverAddress(&word))
            ),
        ),
        Purpose::StopRecovery => {
            // Those that go out at the end of the cool-down say so.
            let recovery = ticket.recovery.and_then(|id| about.people.recovery(id));
            let is_over = recovery.and_then(|one| one.ends).is_some_and(|ends| ends <= ticket.created);
            let now = if is_over {
                "The time to wait is over: a link that opens the account was mailed to whoever has shown that they read \
                 its addresses."
                    .to_owned()
            } else {
                let ends = recovery.and_then(|one| one.ends).map(|ends| format!(" until {}", print_seconds(ends)));
                format!("Nothing happens yet: there is time{} to stop it.", ends.unwrap_or_default())
            };
            (
                "A way back into your account is being opened: stop it if it is not you",
                format!(
                    "Somebody has shown enough to get back into the account {name} at {site} without its second factor. \
                     {now}\n\nIf it is not its owner, open this page. It stops the recovery and locks the account until \
                     its owner has spoken with whoever runs the registry:\n\n  \
                     {}\n\nIts owner stops it, too, by logging in with one of the \
                     factors, or by a button in a session that is open. If all is right, do nothing and wait.\n",
                    page(Link::StopRecovery(&word))
                ),
            )
        }
        Purpose::FinishRecovery => (
            "Your account can be opened again",
            format!(
                "Nobody has stopped the recovery of the account {name} at {site}.\n\nOpen this page, choose a new \
                 password, then log in and set up a new second factor:\n\n  \
                 {}\n\nIt works once, until {until}. Your keys rest until you \
                 resume them, and for a day the account only reads.\n",
                page(Link::FinishRecovery(&word))
            ),
        ),
        // The invitation itself is mailed.
        Purpose::Invite => return None,
    };
    // Who asks for a mail is not told of in it: it may come from anybody.
    Some(about.unsigned(&ticket.address, subject, text))
}

pub(super) fn addresses(user: &User) -> Vec<String> {
    user.emails.iter().filter(|email| email.verified).map(|email| email.address.clone()).collect()
}

/// What to do about something that one did not do oneself.
pub(super) fn not_you(about: &About<'_>) -> String {
    format!(
        "If it was not you, log in at once and say so at {}: it ends every other session and \
         lets your keys rest. Then change your password, remove factors that are not yours at {}, and tell whoever \
         runs the registry.\n",
        about.link(Link::NotMe),
        about.link(Link::Factors)
    )
}

fn user(about: &About<'_>, what: &Happening<'_>) -> Vec<Notice> {
    let read = |text: Option<&str>| text.and_then(|text| serde_json::from_str::<User>(text).ok());
    let (before, after) = (read(what.before), read(what.after));
    if what.action == Action::Note && about.actor.cause == Some(Cause::AddressKnown) {
        let Some(user) = about.people.user(what.id) else { return Vec::new() };
        let text = format!(
            "Somebody wanted to make an account at {} with this address, which has one already: {}.\n\nIf it was you: log \
             in, or ask for a new password on the log-in page. If not, do nothing.\n",
            about.site,
            plain(&user.username)
        );
        let letter = |to: &String| about.unsigned(to, "You have an account already", text.clone());
        return addresses(user).iter().map(letter).collect();
    }
    let (Action::Update, Some(before), Some(after)) = (what.action, before, after) else { return Vec::new() };
    let mut to = addresses(&before);
    to.extend(addresses(&after));
    let (name, site) = (plain(&before.username), about.site);
    let added = after.emails.iter().find(|email| !before.emails.iter().any(|old| old.address == email.address));
    let removed = before.emails.iter().find(|email| !after.emails.iter().any(|new| new.address == email.address));
    if before.active != after.active {
        return open_or_closed(about, what, &before, &after, to);
    }
    let main = |user: &User| user.primary_email().map(|email| email.address.clone());
    let (subject, text) = if let Some(email) = added {
        (
            "An address was added to your account",
            format!("{} belongs to the account {name} at {site} now.\n", email.address),
        )
    } else if let Some(email) = removed {
        let text = format!("{} belongs to the account {name} at {site} no more.\n", email.address);
        ("An address was removed from your account", text)
    } else if main(&before) != main(&after) {
        let main = after.primary_email().map_or("", |email| email.address.as_str());
        (
            "Your account has another main address",
            format!("Mails about the account {name} at {site} go to {main} now.\n"),
        )
    } else if before.username != after.username {
        (
            "Your user name was changed",
            format!("The account {name} at {site} is called {} now.\n", plain(&after.username)),
        )
    } else {
        return Vec::new();
    };
    about.one(to, subject, &format!("{text}\n{}", not_you(about)))
}

/// An account was closed, barred or let in again: its owner is told, and of what somebody else did the other staff.
fn open_or_closed(
    about: &About<'_>,
    what: &Happening<'_>,
    before: &User,
    after: &User,
    to: Vec<String>,
) -> Vec<Notice> {
    let (name, site) = (plain(&before.username), about.site);
    let (subject, text) = if after.active {
        (
            "Your account is open again",
            format!(
                "The account {name} at {site} was barred, and lets you in again from now on.\n\n{}",
                not_you(about)
            ),
        )
    } else {
        (
            "Your account was closed",
            format!(
                "The account {name} at {site} was closed or barred. Nobody comes in by it any more.\n\nIf you did not \
                 expect this, write to whoever runs the registry.\n"
            ),
        )
    };
    let mut notices = about.one(to, subject, &text);
    if about.actor.user == Some(what.id) {
        return notices;
    }
    let others = about.people.users().filter(|user| user.active && user.superuser && user.id != what.id);
    let others = others.filter(|user| Some(user.id) != about.actor.user);
    let staff = others.filter_map(|user| user.primary_email()).map(|email| email.address.clone()).collect();
    let (subject, verb) = if after.active {
        ("An account was let in again", "let in again")
    } else {
        ("An account was barred", "closed or barred")
    };
    let text =
        format!("The account {name} was {verb}. You are told because somebody of the staff sees to what others do.\n");
    notices.extend(about.one(staff, subject, &text));
    notices
}

fn password(about: &About<'_>, what: &Happening<'_>, reason: &str) -> Vec<Notice> {
    let Some(user) = about.people.user(what.id) else { return Vec::new() };
    if what.action != Action::Update {
        return Vec::new();
    }
    let (name, site) = (plain(&user.username), about.site);
    let how = if reason.is_empty() { String::new() } else { format!(" ({})", plain(reason)) };
    let text = format!(
        "The password of the account {name} at {site} was changed{how}. Every session has ended: log in with the new \
         one.\n\nIf it was not you, choose another one at once at {}.\n\n{}",
        about.link(Link::Forgotten),
        not_you(about)
    );
    about.one(addresses(user), "Your password was changed", &text)
}
