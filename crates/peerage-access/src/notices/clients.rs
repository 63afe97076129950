//! Mails about applications that sign people in, and about what people let them know (spec/accounts.md, 23).

use peerage_registry::{Action, Record};

use super::{About, Happening, Link, Notice, main_address, plain};
use crate::records::{Client, Consent};

/// The mails that a change of an application, or of what somebody lets one know, asks for.
pub(super) fn of(about: &About<'_>, record: Record, what: &Happening<'_>, reason: &str) -> Vec<Notice> {
    match record {
        Record::Client => {
            let client: Option<Client> = read(what.after.or(what.before));
            let before: Option<Client> = read(what.before);
            client.map(|client| application(about, before.as_ref(), &client, what.action, reason)).unwrap_or_default()
        }
        Record::Consent => {
            let tells = |consent: &Consent| consent.scopes.iter().any(|scope| scope == "networks");
            let told_before = read::<Consent>(what.before).is_some_and(|before| tells(&before));
            let after = read::<Consent>(what.after).filter(|after| tells(after) && !told_before);
            after.map(|consent| networks(about, &consent)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn read<T: serde::de::DeserializeOwned>(text: Option<&str>) -> Option<T> {
    serde_json::from_str(text?).ok()
}

fn application(
    about: &About<'_>,
    before: Option<&Client>,
    client: &Client,
    action: Action,
    reason: &str,
) -> Vec<Notice> {
    let person = client.user.and_then(|user| about.people.user(user)).and_then(|user| main_address(user));
    let admins =
        client.org.into_iter().flat_map(|org| about.people.admins_of(org)).filter_map(|user| main_address(user));
    let to = person.into_iter().chain(admins).collect();
    let (name, id) = (plain(&client.name), &client.client_id);
    let look = format!("If you did not expect this, look at it at once: {}\n", about.link(Link::Applications));
    let has_new_secret = before.is_some_and(|before| before.secrets != client.secrets);
    let (subject, text) = match action {
        Action::Create => (
            "An application was registered",
            format!("The application \"{name}\" ({id}) was registered: people can sign in to it.\n\n{look}"),
        ),
        Action::Update if has_new_secret => (
            "An application has a new secret",
            format!("The application \"{name}\" ({id}) has a new secret.\n\n{look}"),
        ),
        Action::Update => (
            "An application was changed",
            format!("What the application \"{name}\" ({id}) is or where it leads was changed.\n\n{look}"),
        ),
        Action::Erase => (
            "An application was deleted",
            format!(
                "The application \"{name}\" ({id}) was deleted ({}). Nobody can sign in to it any more.\n",
                plain(reason)
            ),
        ),
        _ => return Vec::new(),
    };
    about.one(to, subject, &text)
}

fn networks(about: &About<'_>, consent: &Consent) -> Vec<Notice> {
    let to = about.people.user(consent.user).and_then(|user| main_address(user));
    let name = about.people.client(consent.client).map_or_else(|| "A site".to_owned(), |client| plain(&client.name));
    let text = format!(
        "You let the site \"{name}\" know your networks, and what you may do on them.\n\nIf you did not, take it back: \
         {}\n",
        about.link(Link::Consents)
    );
    about.one(to.into_iter().collect(), "A site knows your networks", &text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::acts::world::{ANN, NOW, World};
    use crate::notices::{Happening, Known, of};
    use peerage_registry::{Action, Record, Snapshot, Subject};

    #[test]
    fn owners_hear_of_applications_and_people_of_networks_that_are_told() {
        let world = World::new();
        let client = json!({"id": 1, "client_id": "c", "name": "Portal", "org": 7, "kind": "confidential",
            "redirect_uris": [], "created": "2027-01-01T00:00:00Z"});
        let consent = |scopes: &[&str]| {
            json!({"id": 1, "user": ANN, "client": 1, "scopes": scopes, "created": "2027-01-01T00:00:00Z"}).to_string()
        };
        let tell = |record, action, before: Option<&str>, after: Option<&str>, reason: &str| {
            let actor = json!({"name": "ann", "reason": reason}).to_string();
            let what = Happening {
                sequence: 2,
                at: NOW,
                action,
                subject: Subject::Record(record),
                id: 1,
                before,
                after,
                actor: Some(&actor),
                author: None,
            };
            let organizations = Snapshot::default();
            let known = Known {
                people: &world.people,
                organizations: &organizations,
                server_key: &world.server_key,
                site: "https://x",
            };
            of(known, &what).into_iter().map(|notice| (notice.to, notice.subject)).collect::<Vec<_>>()
        };
        let text = client.to_string();
        let secret = json!({"hash": "00".repeat(32), "version": 1, "made": "2027-01-01T00:00:00Z"});
        let with_secret = {
            let mut client = client.clone();
            client["secrets"] = json!([secret]);
            client.to_string()
        };
        let rotated = tell(Record::Client, Action::Update, Some(&text), Some(&with_secret), "x");
        assert_eq!(rotated[0].1, "An application has a new secret");
        for (action, reason, subject) in [
            (Action::Create, "", "An application was registered"),
            (Action::Update, "rotated", "An application was changed"),
            (Action::Update, "changed", "An application was changed"),
            (Action::Erase, "the application was deleted", "An application was deleted"),
        ] {
            let told = tell(Record::Client, action, Some(&text), Some(&text), reason);
            assert_eq!(told, [("ann@example.net".to_owned(), subject.to_owned())]);
        }
        let (less, more) = (consent(&["openid"]), consent(&["openid", "networks"]));
        let consent = |before: Option<&str>, after: &str| {
            tell(Record::Consent, Action::Update, before, Some(after), "agreed: Portal").len()
        };
        assert_eq!((consent(None, &less), consent(None, &more)), (0, 1));
        assert_eq!((consent(Some(&less), &more), consent(Some(&more), &more)), (1, 0));
    }
}
