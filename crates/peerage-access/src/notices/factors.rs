//! Mails about second factors and log-ins, to every confirmed address of their owner (spec/accounts.md, 20, 21 and 23).

use peerage_registry::moment::print_seconds;
use peerage_registry::{Action, Cause, Record};

use super::accounts::{addresses, not_you};
use super::{About, Happening, Notice, plain};
use crate::factors::backup::FEW;
use crate::records::{Codes, Factor, Proof, Session};

/// The mails that a change of somebody's factors or sessions asks for.
pub(super) fn of(about: &About<'_>, record: Record, what: &Happening<'_>) -> Vec<Notice> {
    match record {
        Record::Factor => factor(about, what),
        Record::Codes => codes(about, what),
        Record::Session => session(about, what),
        _ => Vec::new(),
    }
}

fn read<T: for<'a> serde::Deserialize<'a>>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

fn kind(factor: &Factor) -> &'static str {
    match &factor.proof {
        Proof::Totp { .. } => "app",
        Proof::Key(key) if key.logs_in => "passkey",
        Proof::Key(_) => "security key",
    }
}

fn tell(about: &About<'_>, user: u32, subject: &str, text: &str) -> Vec<Notice> {
    let Some(user) = about.people.user(user) else { return Vec::new() };
    let text = format!("{text}\n\nThe account is {}. {}", plain(&user.username), not_you(about));
    about.one(addresses(user), subject, &text)
}

fn factor(about: &About<'_>, what: &Happening<'_>) -> Vec<Notice> {
    let text = what.after.or(what.before);
    let known = || about.people.factor(what.id).map(|factor| Factor::clone(factor));
    let Some(factor) = read::<Factor>(text).or_else(known) else { return Vec::new() };
    let (name, site) = (format!("{} \"{}\"", kind(&factor), plain(&factor.name)), about.site);
    let logs_in = |factor: &Factor| matches!(&factor.proof, Proof::Key(key) if key.logs_in);
    let logs_in_now = logs_in(&factor) && read::<Factor>(what.before).is_some_and(|before| !logs_in(&before));
    let (subject, text) = match (what.action, &about.actor.cause) {
        (Action::Create, _) => (
            "A second factor was added to your account",
            format!("The {name} was added to your account at {site}. It can be shown when somebody logs in."),
        ),
        (Action::Erase, _) => (
            "A second factor was removed from your account",
            format!("The {name} was removed from your account at {site}. All other sessions were ended."),
        ),
        (Action::Update, _) if logs_in_now => (
            "A key may log in without your password",
            format!("The {name} logs in to your account at {site} by itself from now on, without the password."),
        ),
        (Action::Note, Some(Cause::MayBeCopied)) => (
            "One of your keys may have been copied",
            format!(
                "The {name} was shown at {site}, but it counts less uses than we have seen. There may be a copy of it. \
                 It was refused. If you did not make a copy yourself, remove this key from your account."
            ),
        ),
        _ => return Vec::new(),
    };
    tell(about, factor.user, subject, &text)
}

fn codes(about: &About<'_>, what: &Happening<'_>) -> Vec<Notice> {
    let Some(codes) = read::<Codes>(what.after) else { return Vec::new() };
    let (left, site) = (codes.left(), about.site);
    let had = read::<Codes>(what.before).map(|before| before.left());
    let (subject, text) = match &about.actor.cause {
        _ if what.action == Action::Update && had.is_some_and(|had| had > left) => {
            let soon = if left <= FEW { " Make new ones soon." } else { "" };
            let text = format!("A backup code of your account at {site} was used. {left} are left.{soon}");
            ("A backup code was used", text)
        }
        Some(Cause::BackupCodesRenewed) => (
            "Your backup codes were renewed",
            format!("New backup codes were made for your account at {site}. The old ones work no more."),
        ),
        // Those that come with the first factor are told of with it.
        _ => return Vec::new(),
    };
    tell(about, codes.id, subject, &text)
}

fn session(about: &About<'_>, what: &Happening<'_>) -> Vec<Notice> {
    if what.action != Action::Create {
        return Vec::new();
    }
    let Some(session) = read::<Session>(what.after) else { return Vec::new() };
    let site = about.site;
    if session.is_operators() {
        let text = format!(
            "Whoever runs the registry at {site} has opened a session for your account, without your password or second \
             factor. It ends at {}.",
            print_seconds(session.expires)
        );
        return tell(about, session.user, "A session was opened for you by an operator", &text);
    }
    if about.actor.cause != Some(Cause::NewPlace) {
        return Vec::new();
    }
    let agent = if session.agent.is_empty() { "a program that has no name".to_owned() } else { plain(&session.agent) };
    let text = format!(
        "Somebody, you we hope, logged in to your account at {site} from a device or network from which you did not log \
         in before: {}, {agent}.",
        session.address
    );
    tell(about, session.user, "New log-in to your account", &text)
}
