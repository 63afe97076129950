//! Mails about a recovery, apart from the links themselves: who is told that it has begun, continued or ended
//! (spec/accounts.md, 24).

use peerage_registry::{Action, Cause};

use super::accounts::addresses;
use super::mail::Mail;
use super::words::{Notice, Part, Phrase};
use super::{About, Happening, Link, main_address, name_of, parsed};
use crate::records::{Evidence, Recovery, RecoveryState, User};

impl About<'_> {
    /// The mails about a change of a recovery.
    pub(super) fn recovery(&self, mail: Mail, what: &Happening<'_>) -> Vec<Notice> {
        let (before, after): (Option<Recovery>, Option<Recovery>) = (parsed(what.before), parsed(what.after));
        let (Action::Update, Some(before), Some(after)) = (what.action, before, after) else { return Vec::new() };
        let Some(user) = self.people.user(after.user) else { return Vec::new() };
        let is_new = before.state != after.state;
        let voucher = after.evidence.iter().find_map(|one| match one {
            Evidence::Vouch { by, .. } if !before.evidence.contains(one) => Some(*by),
            Evidence::Vouch { .. } | Evidence::Address { .. } => None,
        });
        let is_told = match mail {
            Mail::RecoveryDone => is_new && after.state == RecoveryState::Done,
            Mail::RecoveryForReview | Mail::RecoveryInReview => is_new && after.state == RecoveryState::Review,
            // The effects are reported by other mails.
            Mail::RecoveryVouched => !is_new && voucher.is_some(),
            _ => is_new && after.state == RecoveryState::Stopped,
        };
        if !is_told {
            return Vec::new();
        }
        let phrase = Phrase::new(mail.key()).name("name", &user.username).ours("site", self.site);
        let body: Vec<Part> = match mail {
            Mail::RecoveryDone => vec![phrase.into(), Phrase::new("mail-recovery-done-else").into()],
            Mail::RecoveryForReview => {
                return self.one(
                    self.staff_but(Some(after.user)),
                    mail,
                    &[phrase.ours("page", self.link(Link::Recoveries)).into()],
                );
            }
            Mail::RecoveryInReview => {
                let body = [phrase.into(), Phrase::new("mail-recovery-log-in-stops").into()];
                return self.one(addresses(user), mail, &body);
            }
            Mail::RecoveryVouched => {
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
