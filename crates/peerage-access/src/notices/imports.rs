//! Mails about member lists of exchanges: what they propose, and why they are not imported (spec/ixf.md).

use peerage_registry::Cause;
use peerage_registry::ids::{ImportFailureId, OrgId, PortProposalId};
use peerage_schema::Resource;

use super::mail::MailKind;
use super::words::{MailNotice, MailPart, Phrase};
use super::{EventContext, NoticeEvent, PageLink, parsed};
use crate::records::{ImportFailure, PortProposal, ProposedAction};
use crate::staff_ranks::StaffPower;

/// Proposals that a mail repeats. The page has all.
const LISTED_MAX: usize = 20;

impl EventContext<'_> {
    pub(super) fn member_list(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        match mail {
            MailKind::PortsProposed => self.ports_proposed(what),
            MailKind::ListProposed => self.list_proposed(),
            _ => self.list_failed(what),
        }
    }

    /// Tells a network what the member list of an exchange proposes for its ports, in one mail.
    fn ports_proposed(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(Cause::PortsProposed { ix, proposals, count }) = &self.actor.cause else { return Vec::new() };
        let Some(first) = parsed::<PortProposal>(what.after) else { return Vec::new() };
        let objects = self.organizations;
        let (Some((_, exchange)), Some((org, network))) =
            (objects.object((Resource::Ix, *ix)), objects.object((Resource::Net, first.net)))
        else {
            return Vec::new();
        };
        let found = proposals.iter().filter_map(|id| self.people.port_proposal(PortProposalId::new(*id)));
        let open: Vec<Phrase> =
            found.filter(|one| one.resolved.is_none()).take(LISTED_MAX).map(|one| line(one)).collect();
        if open.is_empty() {
            return Vec::new();
        }
        let phrase =
            Phrase::new("mail-ports-proposed").name("ix", &exchange).name("net", &network).number("count", *count);
        let page = Phrase::new("mail-ports-decide").ours("page", self.link(PageLink::NetworkProposals(first.net)));
        let body = vec![phrase.into(), MailPart::Lines(open), page.into()];
        self.one(self.contacts(Resource::Net, first.net, org), MailKind::PortsProposed, &body)
    }

    /// Tells an exchange how many changes its list proposes to networks.
    fn list_proposed(&self) -> Vec<MailNotice> {
        let Some(Cause::ListProposed { ix, count, networks }) = &self.actor.cause else { return Vec::new() };
        let Some((org, exchange)) = self.organizations.object((Resource::Ix, *ix)) else { return Vec::new() };
        let phrase = Phrase::new("mail-list-proposed").name("ix", &exchange);
        let phrase = phrase.number("count", *count).number("networks", *networks);
        let page = Phrase::new("mail-list-page").ours("page", self.link(PageLink::ExchangeProposals(*ix)));
        self.one(self.contacts(Resource::Ix, *ix, org), MailKind::ListProposed, &[phrase.into(), page.into()])
    }

    /// Tells an exchange why its list is not imported. Staff are told if the guard against mass changes stopped it.
    fn list_failed(&self, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(failure) = parsed::<ImportFailure>(what.after) else { return Vec::new() };
        let ix = ImportFailureId::get(failure.id);
        let Some((org, exchange)) = self.organizations.object((Resource::Ix, ix)) else { return Vec::new() };
        let page = self.link(PageLink::MemberList(ix));
        let next = if failure.needs_confirmation { "mail-list-confirm" } else { "mail-list-check" };
        let body: [MailPart; 3] = [
            Phrase::new("mail-list-failed").name("ix", &exchange).into(),
            Phrase::new("mail-words").words("words", &failure.why).into(),
            Phrase::new(next).ours("page", page).into(),
        ];
        let mut to = self.contacts(Resource::Ix, ix, org);
        if failure.needs_confirmation {
            to.extend(self.staff_but(StaffPower::ConfirmImports, None));
        }
        self.one(to, MailKind::ListFailed, &body)
    }

    /// The addresses that an object states for such matters; if there are none, those of its organization's admins.
    fn contacts(&self, resource: Resource, id: u32, org: OrgId) -> Vec<String> {
        let stated = self.organizations.contacts((resource, id));
        if stated.is_empty() { self.admins(org) } else { stated }
    }
}

/// What a proposal does, in one line.
fn line(proposal: &PortProposal) -> Phrase {
    let key = match proposal.action {
        ProposedAction::Add => "mail-port-add",
        ProposedAction::Modify => "mail-port-modify",
        ProposedAction::Delete => "mail-port-delete",
    };
    let addresses: Vec<String> = proposal.row.all().map(|address| address.to_string()).collect();
    Phrase::new(key).ours("addresses", addresses.join(", "))
}
