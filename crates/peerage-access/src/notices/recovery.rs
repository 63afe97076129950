//! Mails about a recovery, apart from the links themselves: who is notified that it has begun, continued or ended
//! (spec/accounts.md, 24).

use peerage_registry::{Action, Cause};

use super::accounts::addresses;
use super::mail::MailKind;
use super::words::{MailNotice, MailPart, Phrase};
use super::{EventContext, NoticeEvent, PageLink, main_address, name_of, parsed};
use crate::records::{Recovery, RecoveryEvidence, RecoveryState, User};
use crate::staff_ranks::StaffPower;

impl EventContext<'_> {
    /// The mails about a change of a recovery.
    pub(super) fn recovery(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let (before, after): (Option<Recovery>, Option<Recovery>) = (parsed(what.before), parsed(what.after));
        let (Action::Update, Some(before), Some(after)) = (what.action, before, after) else { return Vec::new() };
        let Some(user) = self.people.user(after.user) else { return Vec::new() };
        let is_new = before.state != after.state;
        let voucher = after.evidence.iter().find_map(|one| match one {
            RecoveryEvidence::Vouch { by, .. } if !before.evidence.contains(one) => Some(*by),
            RecoveryEvidence::Vouch { .. } | RecoveryEvidence::Address { .. } => None,
        });
        let is_told = match mail {
            MailKind::RecoveryDone => is_new && after.state == RecoveryState::Done,
            MailKind::RecoveryForReview | MailKind::RecoveryInReview => is_new && after.state == RecoveryState::Review,
            // The effects are reported by other mails.
            MailKind::RecoveryVouched => !is_new && voucher.is_some(),
            _ => is_new && after.state == RecoveryState::Stopped,
        };
        if !is_told {
            return Vec::new();
        }
        let phrase = Phrase::new(mail.key()).name("name", &user.username).ours("site", self.site);
        let body: Vec<MailPart> = match mail {
            MailKind::RecoveryDone => vec![phrase.into(), Phrase::new("mail-recovery-done-else").into()],
            MailKind::RecoveryForReview => {
                return self.one(
                    self.staff_but(StaffPower::ReviewRecoveries, Some(after.user)),
                    mail,
                    &[phrase.ours("page", self.link(PageLink::Recoveries)).into()],
                );
            }
            MailKind::RecoveryInReview => {
                let body = [phrase.into(), Phrase::new("mail-recovery-log-in-stops").into()];
                return self.one(addresses(user), mail, &body);
            }
            MailKind::RecoveryVouched => {
                let by = voucher.and_then(|by| self.people.user(by)).map(|user| name_of(user)).unwrap_or_default();
                vec![phrase.ours("by", by).into(), Phrase::new("mail-recovery-vouched-else").into()]
            }
            _ => {
                let mut phrase = phrase.moment("begun", after.begun);
                if let Some(why) = self.actor.cause.as_ref().and_then(Cause::words) {
                    phrase = phrase.words("why", why);
                }
                vec![phrase.into(), Phrase::new("mail-recovery-stopped-else").into()]
            }
        };
        self.one(self.concerned(user), mail, &body)
    }

    /// The people concerned by a recovery: the account, and the admins of its person's organizations.
    fn concerned(&self, user: &User) -> Vec<String> {
        let places = self.people.memberships_of(user.id);
        let admins = places.flat_map(|member| self.people.admins_of(member.org));
        addresses(user).into_iter().chain(admins.filter_map(|admin| main_address(admin))).collect()
    }
}
