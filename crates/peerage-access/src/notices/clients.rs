//! Mails about OAuth clients, and about consents that people give them (spec/accounts.md, 23).

use peerage_registry::Action;

use super::mail::MailKind;
use super::words::{MailNotice, MailPart, Phrase, PhraseArg};
use super::{EventContext, NoticeEvent, PageLink, main_address, parsed};
use crate::records::{Client, Consent};

impl EventContext<'_> {
    pub(super) fn client(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let before: Option<Client> = parsed(what.before);
        let Some(client): Option<Client> = parsed(what.after.or(what.before)) else { return Vec::new() };
        let has_new_secret = before.is_some_and(|before| before.secrets != client.secrets);
        let is_told = match mail {
            MailKind::ClientMade => what.action == Action::Create,
            MailKind::ClientSecret => what.action == Action::Update && has_new_secret,
            MailKind::ClientDeleted => what.action == Action::Erase,
            _ => what.action == Action::Update && !has_new_secret,
        };
        if !is_told {
            return Vec::new();
        }
        let person = client.user.and_then(|user| self.people.user(user)).and_then(|user| main_address(user));
        let admins = client.org.map(|org| self.admins(org)).unwrap_or_default();
        let phrase = Phrase::new(mail.key()).name("name", &client.name).ours("id", &*client.client_id);
        let mut body: Vec<MailPart> = vec![phrase.into()];
        if mail != MailKind::ClientDeleted {
            body.push(Phrase::new("mail-unexpected").ours("page", self.link(PageLink::Applications)).into());
        }
        self.one(person.into_iter().chain(admins).collect(), mail, &body)
    }

    pub(super) fn networks(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let tells = |consent: &Consent| consent.scopes.iter().any(|scope| scope == "networks");
        let told_before = parsed::<Consent>(what.before).is_some_and(|before| tells(&before));
        let after: Option<Consent> = parsed(what.after);
        let Some(consent) = after.filter(|after| tells(after) && !told_before) else { return Vec::new() };
        let to = self.people.user(consent.user).and_then(|user| main_address(user));
        let name: PhraseArg = match self.people.client(consent.client) {
            Some(client) => PhraseArg::name(&client.name),
            None => Phrase::new("mail-a-site").into(),
        };
        let undo = Phrase::new("mail-networks-undo").ours("page", self.link(PageLink::Consents));
        let phrase = Phrase::new(MailKind::NetworksShown.key()).with("name", name);
        self.one(to.into_iter().collect(), MailKind::NetworksShown, &[phrase.into(), undo.into()])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::acts::world::{ANN, ActsWorld, NOW};
    use crate::notices::worded::all_english;
    use crate::notices::{NoticeContext, NoticeEvent, of};
    use peerage_registry::{Action, Cause, EventSubject, Record, Snapshot};

    #[test]
    fn owners_hear_of_applications_and_people_of_networks_that_are_told() {
        let world = ActsWorld::new();
        let client = json!({"id": 1, "client_id": "c", "name": "Portal", "org": 7, "kind": "confidential",
            "redirect_uris": [], "created": "2027-01-01T00:00:00Z"});
        let consent = |scopes: &[&str]| {
            json!({"id": 1, "user": ANN, "client": 1, "scopes": scopes, "created": "2027-01-01T00:00:00Z"}).to_string()
        };
        let tell = |record, action, before: Option<&str>, after: Option<&str>, cause: Cause| {
            let actor = json!({"name": "ann", "cause": cause}).to_string();
            let what = NoticeEvent {
                sequence: 2,
                at: NOW,
                action,
                subject: EventSubject::Record(record),
                id: 1,
                before,
                after,
                actor: Some(&actor),
                author: None,
            };
            let organizations = Snapshot::default();
            let known = NoticeContext {
                people: &world.people,
                organizations: &organizations,
                server_key: &world.server_key,
                site: "https://x",
            };
            all_english(&of(known, &what)).into_iter().map(|mail| (mail.to, mail.subject)).collect::<Vec<_>>()
        };
        let text = client.to_string();
        let secret = json!({"hash": "00".repeat(32), "version": 1, "made": "2027-01-01T00:00:00Z"});
        let with_secret = {
            let mut client = client.clone();
            client["secrets"] = json!([secret]);
            client.to_string()
        };
        let rotated = tell(Record::Client, Action::Update, Some(&text), Some(&with_secret), Cause::ClientRotated);
        assert_eq!(rotated[0].1, "An application has a new secret");
        for (action, cause, subject) in [
            (Action::Create, Cause::Created, "An application was registered"),
            (Action::Update, Cause::Changed, "An application was changed"),
            (Action::Update, Cause::ClientChanged, "An application was changed"),
            (Action::Erase, Cause::ClientDeleted, "An application was deleted"),
        ] {
            let mails = tell(Record::Client, action, Some(&text), Some(&text), cause);
            assert_eq!(mails, [("ann@example.net".to_owned(), subject.to_owned())]);
        }
        let (less, more) = (consent(&["openid"]), consent(&["openid", "networks"]));
        let consent = |before: Option<&str>, after: &str| {
            tell(Record::Consent, Action::Update, before, Some(after), Cause::Agreed { client: "Portal".to_owned() })
                .len()
        };
        assert_eq!((consent(None, &less), consent(None, &more)), (0, 1));
        assert_eq!((consent(Some(&less), &more), consent(Some(&more), &more)), (1, 0));
    }
}
