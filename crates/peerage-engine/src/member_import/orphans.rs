//! What imports have left about lists that no longer exist.

use peerage_access::People;
use peerage_access::records::RecordStep;
use peerage_registry::Snapshot;
use peerage_registry::moment::{Moment, SignedDuration};

use super::{MemberListSource, failure, proposals};

/// How long a proposal is kept after its list has gone: one that comes back finds what networks decided about it.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Records that are changed at once.
const RECORDS_MAX: usize = 500;

/// Steps that end proposals and failures of exchanges without a list, and erase what ended long ago, at most 500.
pub fn orphaned(people: &People, registry: &Snapshot, now: Moment) -> Vec<RecordStep> {
    let has_list = |ix: u32, lan: Option<u32>| {
        MemberListSource::of(registry, ix).is_some_and(|source| lan.is_none_or(|lan| source.lan == lan))
    };
    let proposals = people.port_proposals().filter(|one| !has_list(one.ix, Some(one.lan)));
    let failures = people.import_failures().filter(|one| !has_list(one.id.get(), None));
    let proposals = proposals.filter_map(|one| proposals::end(one, KEPT_FOR, now));
    let failures = failures.filter_map(|one| failure::end(people, one.id.get(), now));
    proposals.chain(failures).take(RECORDS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use peerage_access::records::{PortAddresses, PortProposal, ProposedAction, StoredRecord};
    use peerage_registry::ids::{OrgId, PortProposalId};
    use peerage_registry::{Action, LogHead, SnapshotLoader, stored};
    use peerage_schema::Resource;

    use super::*;

    fn registry(url: &str) -> Snapshot {
        let mut loader = SnapshotLoader::default();
        for (kind, text) in [
            (Resource::Ix, r#"{"id": 1, "name": "One", "status": "ok"}"#.to_owned()),
            (
                Resource::Ixlan,
                format!(r#"{{"id": 1, "ix_id": 1, "status": "ok", "ixf_ixp_member_list_url": "{url}"}}"#),
            ),
        ] {
            loader.push(kind, stored::from_json(kind, &text).expect("a row"));
        }
        loader.finish(LogHead::EMPTY)
    }

    fn people(proposal: &PortProposal) -> People {
        let mut people = People::default();
        people.put(PortProposal::RECORD, proposal.id.get(), Some(&proposal.to_text()), 1).expect("a record");
        people
    }

    #[test]
    fn proposals_of_a_list_that_went_end_and_are_erased_a_month_later() {
        let begin = Moment::from_seconds(1_800_000_000);
        let old = begin - SignedDuration::from_hours(90 * 24);
        let open = PortProposal {
            id: PortProposalId::new(1),
            ix: 1,
            lan: 1,
            net: 1,
            org: OrgId::new(1),
            asn: 64500,
            action: ProposedAction::Add,
            row: PortAddresses { ipaddr4: Some([192, 0, 2, 1].into()), ipaddr6: None },
            port: None,
            before: None,
            after: None,
            stated: None,
            source: None,
            needed_by: None,
            dismissed: Some(old),
            resolved: None,
            created: old,
            updated: old,
        };
        let steps = |proposal: &PortProposal, url: &str, now| orphaned(&people(proposal), &registry(url), now);
        assert!(steps(&open, "https://ix.example/list", begin).is_empty(), "it has a list");
        let ended = steps(&open, "", begin);
        let after = ended[0].after.as_deref().expect("it is kept");
        let ended: PortProposal = serde_json::from_str(after).expect("a record");
        assert_eq!((ended.resolved, ended.dismissed), (Some(begin), Some(old)));
        let month = SignedDuration::from_hours(30 * 24);
        assert!(steps(&ended, "", begin + month - SignedDuration::from_secs(1)).is_empty());
        assert_eq!(steps(&ended, "", begin + month)[0].action, Action::Erase);
    }
}
