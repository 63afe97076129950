//! Links that are mailed during a recovery: to continue, to stop it, to open the account.

use peerage_registry::ids::{RecoveryId, TicketId, UserId};

use crate::acts::tickets::{self, TicketRequest};
use crate::acts::{AccessContext, RecordStep};
use crate::records::{Recovery, Ticket, TicketPurpose, User};

use super::LinkNonce;

pub(super) fn confirmed(user: &User) -> impl Iterator<Item = &str> {
    user.emails.iter().filter(|email| email.verified).map(|email| email.address.as_str())
}

/// Creates a link for each address, at most as many as there are nonces. Their ids follow the next free one, so no
/// other ticket may be created in the same steps.
pub(super) fn to(
    context: &AccessContext<'_>,
    user: UserId,
    recovery: Option<RecoveryId>,
    browser: Option<&str>,
    wanted: impl Iterator<Item = (TicketPurpose, String)>,
    nonces: &[LinkNonce],
) -> Vec<RecordStep> {
    let made = wanted.zip(nonces).filter_map(|((purpose, address), nonce)| {
        let wanted = TicketRequest {
            user: Some(user),
            purpose,
            address: &address,
            recovery,
            browser: browser.map(str::to_owned),
            nonce: *nonce,
        };
        tickets::make(context, wanted)
    });
    let numbered =
        made.enumerate().map(|(at, ticket)| Ticket { id: TicketId::new(ticket.id.get() + at as u32), ..ticket });
    numbered.map(|ticket| RecordStep::create(&ticket)).collect()
}

/// Who can stop a recovery: the readers of the person's confirmed addresses, and the admins of their organizations. The
/// person's own come first, so that many admins cannot push them out.
pub(super) fn stoppers(context: &AccessContext<'_>, recovery: &Recovery) -> Vec<String> {
    let Some(user) = context.people.user(recovery.user) else { return Vec::new() };
    let mut addresses: Vec<String> = confirmed(user).map(str::to_owned).collect();
    for member in context.people.memberships_of(user.id) {
        let admins = context.people.admins_of(member.org).filter(|admin| admin.id != user.id);
        addresses.extend(
            admins
                .filter_map(|admin| admin.primary_email())
                .filter(|email| email.verified)
                .map(|email| email.address.clone()),
        );
    }
    let mut kept: Vec<String> = Vec::with_capacity(addresses.len());
    for address in addresses {
        if !kept.iter().any(|known| known.eq_ignore_ascii_case(&address)) {
            kept.push(address);
        }
    }
    kept
}

/// Links by which each of them can stop it.
pub(super) fn stops(context: &AccessContext<'_>, recovery: &Recovery, nonces: &[LinkNonce]) -> Vec<RecordStep> {
    let all = stoppers(context, recovery).into_iter().map(|address| (TicketPurpose::StopRecovery, address));
    to(context, recovery.user, Some(recovery.id), None, all, nonces)
}
