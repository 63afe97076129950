//! Mails about carriers that request to be listed at a facility.

use peerage_registry::moment::{self, DAY};
use peerage_registry::{Action, Cause, EventSubject};
use peerage_schema::{Resource, Status};
use serde_json::Value as Json;

use super::mail::MailKind;
use super::registry::status;
use super::words::{MailNotice, MailPart, Phrase, PhraseArg};
use super::{EventContext, NoticeEvent, PageLink, main_address, plain_words};

impl EventContext<'_> {
    /// Tells the facility's organization that a carrier asks, and the requester and the carrier's organization what was
    /// decided.
    pub(super) fn presence(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        if what.subject != EventSubject::Row(Resource::Carrierfac) {
            return Vec::new();
        }
        let read =
            |text: Option<&str>| -> Json { text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default() };
        let (before, after) = (read(what.before), read(what.after));
        let (was, is) = (status(&before), status(&after));
        let is_told = match mail {
            MailKind::CarrierAsked => {
                // Withdrawing a request and repeating it within a day sends no second mail. Imported requests were made
                // elsewhere.
                let left = before["updated"].as_str().and_then(moment::parse);
                let is_known = was == Some(Status::Deleted) && left.is_some_and(|left| what.at - left < DAY);
                let is_news = was != Some(Status::Pending) && is == Some(Status::Pending);
                is_news && !is_known && what.action != Action::Import
            }
            MailKind::CarrierListed => (was, is) == (Some(Status::Pending), Some(Status::Live)),
            _ => matches!(was, Some(Status::Pending | Status::Live)) && is == Some(Status::Deleted),
        };
        let object = |resource: Resource, name: &str| {
            let id = after[name].as_u64().and_then(|id| u32::try_from(id).ok())?;
            self.organizations.object((resource, id))
        };
        let (Some((carrier_org, carrier)), Some((fac_org, fac)), true) =
            (object(Resource::Carrier, "carrier_id"), object(Resource::Fac, "fac_id"), is_told)
        else {
            return Vec::new();
        };
        // If the facility's organization has no admin, staff decide.
        let admins = self.admins(fac_org);
        let phrase = Phrase::new(mail.key()).name("carrier", &carrier).name("fac", &fac);
        if mail == MailKind::CarrierAsked {
            let decide = Phrase::new("mail-carrier-decide").ours("page", self.link(PageLink::OrgPeople(fac_org)));
            return self.one(admins, mail, &[phrase.with("org", self.org(carrier_org)).into(), decide.into()]);
        }
        let decider = if admins.is_empty() { Phrase::new("mail-the-staff").into() } else { self.org(fac_org) };
        let phrase = phrase.with("decider", decider);
        let mut body: Vec<MailPart> = Vec::new();
        if mail == MailKind::CarrierListed {
            let page = self.link(PageLink::Row(Resource::Carrierfac, what.id));
            body.push(phrase.ours("page", page).into());
        } else {
            body.push(phrase.into());
            let why = plain_words(self.actor.cause.as_ref().and_then(Cause::words).unwrap_or_default());
            if !why.is_empty() {
                body.push(Phrase::new("mail-reason-follows").into());
                body.push(Phrase::new("mail-words").with("words", PhraseArg::ours(why)).into());
            }
        }
        let mut to = self.admins(carrier_org);
        let author = what.author.and_then(|author| self.people.user(author)).filter(|author| author.active);
        to.extend(author.and_then(|author| main_address(author)));
        self.one(to, mail, &body)
    }
}
