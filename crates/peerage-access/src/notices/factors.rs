//! Mails about second factors and logins, to every confirmed address of their owner (spec/accounts.md, 20, 21 and 23).

use peerage_registry::Action;
use peerage_registry::ids::{FactorId, UserId};

use super::accounts::addresses;
use super::mail::MailKind;
use super::words::{MailNotice, MailPart, Phrase, PhraseArg};
use super::{EventContext, NoticeEvent, parsed};
use crate::factors::backup::FEW;
use crate::records::{Codes, Factor, FactorProof, Session};

fn named(phrase: Phrase, factor: &Factor) -> Phrase {
    let kind = match &factor.proof {
        FactorProof::Totp { .. } => "mail-factor-app",
        FactorProof::Key(key) if key.logs_in => "mail-factor-passkey",
        FactorProof::Key(_) => "mail-factor-security-key",
    };
    phrase.with("factor", Phrase::new(kind).name("name", &factor.name))
}

impl EventContext<'_> {
    fn notify_user(&self, user: UserId, mail: MailKind, phrase: Phrase, more: Option<Phrase>) -> Vec<MailNotice> {
        let Some(user) = self.people.user(user) else { return Vec::new() };
        let account = Phrase::new("mail-account").name("name", &user.username);
        let mut body: Vec<MailPart> = vec![phrase.into()];
        body.extend(more.map(MailPart::from));
        body.extend([account.into(), self.not_you()]);
        self.one(addresses(user), mail, &body)
    }

    pub(super) fn factor(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let known = || self.people.factor(FactorId::new(what.id)).map(|factor| Factor::clone(factor));
        let Some(factor) = parsed::<Factor>(what.after.or(what.before)).or_else(known) else { return Vec::new() };
        let logs_in = |factor: &Factor| matches!(&factor.proof, FactorProof::Key(key) if key.logs_in);
        let is_told = match mail {
            MailKind::FactorAdded => what.action == Action::Create,
            MailKind::FactorRemoved => what.action == Action::Erase,
            MailKind::FactorLogsIn => {
                let did_not = parsed::<Factor>(what.before).is_some_and(|before| !logs_in(&before));
                what.action == Action::Update && logs_in(&factor) && did_not
            }
            _ => what.action == Action::Note,
        };
        if !is_told {
            return Vec::new();
        }
        let phrase = named(Phrase::new(mail.key()), &factor).ours("site", self.site);
        self.notify_user(factor.user, mail, phrase, None)
    }

    pub(super) fn codes(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let Some(codes) = parsed::<Codes>(what.after) else { return Vec::new() };
        let left = codes.left();
        let phrase = Phrase::new(mail.key()).ours("site", self.site);
        if mail == MailKind::CodesRenewed {
            return self.notify_user(codes.id, mail, phrase, None);
        }
        let had = parsed::<Codes>(what.before).map(|before| before.left());
        if what.action != Action::Update || had.is_none_or(|had| had <= left) {
            return Vec::new();
        }
        let soon = (left <= FEW).then(|| Phrase::new("mail-code-used-few"));
        self.notify_user(codes.id, mail, phrase.number("left", left as u64), soon)
    }

    pub(super) fn session(&self, mail: MailKind, what: &NoticeEvent<'_>) -> Vec<MailNotice> {
        let session: Option<Session> = parsed(what.after);
        let Some(session) = session.filter(|_| what.action == Action::Create) else { return Vec::new() };
        // A session that an operator has opened is reported as such, whatever else applies.
        if session.is_operators() != (mail == MailKind::OperatorSession) {
            return Vec::new();
        }
        let phrase = Phrase::new(mail.key()).ours("site", self.site);
        let phrase = if mail == MailKind::OperatorSession {
            phrase.moment("until", session.expires)
        } else {
            let agent: PhraseArg = match &*session.agent {
                "" => Phrase::new("mail-agent-nameless").into(),
                agent => PhraseArg::name(agent),
            };
            phrase.name("address", &session.address).with("agent", agent)
        };
        self.notify_user(session.user, mail, phrase, None)
    }
}
