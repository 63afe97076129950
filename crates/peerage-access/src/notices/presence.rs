//! Mails about carriers that ask to be listed at a facility.

use peerage_registry::moment::{self, Micros};
use peerage_registry::{Action, Cause};
use peerage_schema::Resource;
use serde_json::Value as Json;

use super::{About, Happening, Link, Notice, main_address, plain, plain_words};

const DAY: Micros = 86_400_000_000;

impl About<'_> {
    /// The facility's organization is told that a carrier asks; whoever asked, and the carrier's organization, what became
    /// of it.
    pub(super) fn presence(&self, what: &Happening<'_>) -> Vec<Notice> {
        let read =
            |text: Option<&str>| -> Json { text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default() };
        let (before, after) = (read(what.before), read(what.after));
        let object = |resource: Resource, name: &str| {
            let id = after[name].as_u64().and_then(|id| u32::try_from(id).ok())?;
            self.organizations.object((resource, id))
        };
        let (Some((carrier_org, carrier)), Some((fac_org, fac))) =
            (object(Resource::Carrier, "carrier_id"), object(Resource::Fac, "fac_id"))
        else {
            return Vec::new();
        };
        let (carrier, fac) = (plain(&carrier), plain(&fac));
        // Where the facility's organization has no admin, staff decide.
        let deciders = self.admins(fac_org);
        let decider = if deciders.is_empty() { "The registry's staff".to_owned() } else { self.org(fac_org) };
        let asker = || {
            let mut to = self.admins(carrier_org);
            let author = what.author.and_then(|author| self.people.user(author)).filter(|author| author.active);
            to.extend(author.and_then(|author| main_address(author)));
            to
        };
        // Whoever takes a request back and asks again within a day mails nobody twice; what an import brings was asked
        // elsewhere.
        let left = before["updated"].as_str().and_then(moment::parse);
        let is_known = before["status"] == "deleted" && left.is_some_and(|left| what.at - left < DAY);
        match (before["status"].as_str(), after["status"].as_str(), &self.actor.cause) {
            (was, Some("pending"), _) if was != Some("pending") && !is_known && what.action != Action::Import => {
                let text = format!(
                    "The carrier \"{carrier}\" of {} asks to be listed at your facility \"{fac}\".\n\nApprove or reject \
                     the request: {}\n",
                    self.org(carrier_org),
                    self.link(Link::OrgPeople(fac_org)),
                );
                self.one(deciders, "A carrier asks to be listed at your facility", &text)
            }
            (Some("pending"), Some("ok"), Some(Cause::Approved)) => {
                let text = format!(
                    "{decider} approved that the carrier \"{carrier}\" is listed at the facility \"{fac}\": {}\n",
                    self.link(Link::Row(Resource::Carrierfac, what.id)),
                );
                self.one(asker(), "Your carrier is listed at a facility", &text)
            }
            (Some("pending" | "ok"), Some("deleted"), Some(Cause::Refused { why })) => {
                let why = plain_words(why);
                let why =
                    if why.is_empty() { String::new() } else { format!("\n\nThe reason that was given:\n\n{why}") };
                let text = format!(
                    "{decider} rejected that the carrier \"{carrier}\" is listed at the facility \"{fac}\". It is not \
                     listed there.{why}\n"
                );
                self.one(asker(), "Your carrier is not listed at a facility", &text)
            }
            _ => Vec::new(),
        }
    }
}
