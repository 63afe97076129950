//! Proposals of earlier imports, and which of them go on.

use std::collections::{BTreeMap, BTreeSet};

use super::present;
use crate::lan::{KnownProposal, Lan, PortIdentity};
use crate::plan::{ChangeAction, Proposal};

/// Proposals of earlier imports, by what identifies them.
pub struct EarlierProposals {
    known: BTreeMap<(ChangeAction, PortIdentity), KnownProposal>,
    /// More than one of the same identity: only one goes on.
    superfluous: Vec<KnownProposal>,
    continued: BTreeSet<u64>,
    present: BTreeSet<u32>,
}

impl EarlierProposals {
    pub fn of(lan: &Lan) -> Self {
        let mut known = BTreeMap::new();
        let mut superfluous = Vec::new();
        for proposal in &lan.proposals {
            superfluous.extend(known.insert((proposal.action, proposal.identity), *proposal));
        }
        Self { known, superfluous, continued: BTreeSet::new(), present: present(lan) }
    }

    pub fn is_present(&self, asn: u32) -> bool {
        self.present.contains(&asn)
    }

    /// Connects a proposal with the one of an earlier import.
    pub fn connected(&mut self, proposal: Proposal) -> Proposal {
        let Some(known) = self.known.get(&(proposal.action, proposal.identity)) else { return proposal };
        self.continued.insert(known.id);
        let is_hidden = known.is_dismissed && known.stated == proposal.stated;
        Proposal { known: Some(known.id), is_hidden, ..proposal }
    }

    /// IDs of proposals that no longer apply, sorted. Where the list is unclear, proposals are kept.
    pub fn resolved(&self, is_unclear: impl Fn(&PortIdentity) -> bool) -> Vec<u64> {
        let known = self.known.values().filter(|known| !self.continued.contains(&known.id));
        let ended = known.filter(|known| !is_unclear(&known.identity)).chain(&self.superfluous);
        let mut ids: Vec<u64> = ended.map(|known| known.id).collect();
        ids.sort_unstable();
        ids
    }
}
