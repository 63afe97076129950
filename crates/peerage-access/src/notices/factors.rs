//! Mails about second factors and logins, to every confirmed address of their owner (spec/accounts.md, 20, 21 and 23).

use peerage_registry::Action;
use peerage_registry::ids::{FactorId, UserId};

use super::accounts::addresses;
use super::mail::Mail;
use super::words::{Arg, Notice, Part, Phrase};
use super::{About, Happening, parsed};
use crate::factors::backup::FEW;
use crate::records::{Codes, Factor, Proof, Session};

fn named(phrase: Phrase, factor: &Factor) -> Phrase {
    let kind = match &factor.proof {
        Proof::Totp { .. } => "mail-factor-app",
        Proof::Key(key) if key.logs_in => "mail-factor-passkey",
        Proof::Key(_) => "mail-factor-security-key",
    };
    phrase.with("factor", Phrase::new(kind).name("name", &factor.name))
}

impl About<'_> {
    fn tell(&self, user: UserId, mail: Mail, phrase: Phrase, more: Option<Phrase>) -> Vec<Notice> {
        let Some(user) = self.people.user(user) else { return Vec::new() };
        let account = Phrase::new("mail-account").name("name", &user.username);
        let mut body: Vec<Part> = vec![phrase.into()];
        body.extend(more.map(Part::from));
        body.extend([account.into(), self.not_you()]);
        self.one(addresses(user), mail, &body)
    }

    pub(super) fn factor(&self, mail: Mail, what: &Happening<'_>) -> Vec<Notice> {
        let known = || self.people.factor(FactorId::new(what.id)).map(|factor| Factor::clone(factor));
        let Some(factor) = parsed::<Factor>(what.after.or(what.before)).or_else(known) else { return Vec::new() };
        let logs_in = |factor: &Factor| matches!(&factor.proof, Proof::Key(key) if key.logs_in);
        let is_told = match mail {
            Mail::FactorAdded => what.action == Action::Create,
            Mail::FactorRemoved => what.action == Action::Erase,
            Mail::FactorLogsIn => {
                let did_not = parsed::<Factor>(what.before).is_some_and(|before| !logs_in(&before));
                what.action == Action::Update && logs_in(&factor) && did_not
            }
            _ => what.action == Action::Note,
        };
        if !is_told {
            return Vec::new();
        }
        let phrase = named(Phrase::new(mail.key()), &factor).ours("site", self.site);
        self.tell(factor.user, mail, phrase, None)
    }

    pub(super) fn codes(&self, mail: Mail, what: &Happening<'_>) -> Vec<Notice> {
        let Some(codes) = parsed::<Codes>(what.after) else { return Vec::new() };
        let left = codes.left();
        let phrase = Phrase::new(mail.key()).ours("site", self.site);
        if mail == Mail::CodesRenewed {
            return self.tell(codes.id, mail, phrase, None);
        }
        let had = parsed::<Codes>(what.before).map(|before| before.left());
        if what.action != Action::Update || had.is_none_or(|had| had <= left) {
            return Vec::new();
        }
        let soon = (left <= FEW).then(|| Phrase::new("mail-code-used-few"));
        self.tell(codes.id, mail, phrase.number("left", left as u64), soon)
    }

    pub(super) fn session(&self, mail: Mail, what: &Happening<'_>) -> Vec<Notice> {
        let session: Option<Session> = parsed(what.after);
        let Some(session) = session.filter(|_| what.action == Action::Create) else { return Vec::new() };
        // A session that an operator has opened is reported as such, whatever else applies.
        if session.is_operators() != (mail == Mail::OperatorSession) {
            return Vec::new();
        }
        let phrase = Phrase::new(mail.key()).ours("site", self.site);
        let phrase = if mail == Mail::OperatorSession {
            phrase.moment("until", session.expires)
        } else {
            let agent: Arg = match &*session.agent {
                "" => Phrase::new("mail-agent-nameless").into(),
                agent => Arg::name(agent),
            };
            phrase.name("address", &session.address).with("agent", agent)
        };
        self.tell(session.user, mail, phrase, None)
    }
}
