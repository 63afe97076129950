//! Words mails from the catalogues, in the language of their readers.

use peerage_access::notices::{FilledValue, MailNotice, TextCatalogue, WordedMail};
use peerage_pages::{PageTexts, TextArgument};

/// The texts of one language for mails, and the address that their readers can contact.
struct MailTexts {
    texts: PageTexts,
    support: String,
}

impl MailTexts {
    /// Makes the texts. `support` is the address of the operators, if they have set one.
    fn of(texts: PageTexts, support: Option<&str>) -> MailTexts {
        let support = support.map_or_else(|| texts.get("mail-operators").into_owned(), str::to_owned);
        MailTexts { texts, support }
    }
}

impl TextCatalogue for MailTexts {
    fn text(&self, key: &str, filled: &[(&'static str, FilledValue)]) -> String {
        let filled: Vec<(&'static str, &dyn TextArgument)> = filled
            .iter()
            .map(|(name, filled)| match filled {
                FilledValue::Text(text) => (*name, text as &dyn TextArgument),
                FilledValue::Number(number) => (*name, number as &dyn TextArgument),
            })
            .chain([("support", &self.support as &dyn TextArgument)])
            .collect();
        self.texts.with(key, &filled)
    }

    fn subject(&self, key: &str) -> String {
        self.texts.subject(key)
    }

    fn message(&self, english: &str) -> String {
        self.texts.message(english)
    }
}

/// Words a mail in the language that its reader chose. Without a choice, or if the reader is unknown, the mail is in
/// the registry's language, which is English.
pub fn word(notice: &MailNotice, support: Option<&str>) -> WordedMail {
    notice.word(&MailTexts::of(PageTexts::choose(None, notice.language.as_deref(), None), support))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use peerage_access::notices::{self, MailKind};
    use peerage_registry::Cause;

    use super::*;
    use crate::endpoints::tests::compare;

    fn notice(language: Option<&str>) -> MailNotice {
        MailNotice {
            to: "ann@people.example".to_owned(),
            language: language.map(str::to_owned),
            mail: MailKind::UserName,
            body: Vec::new(),
            reference: "event-1".to_owned(),
        }
    }

    #[test]
    fn a_mail_is_in_the_language_that_its_reader_chose() {
        for (language, subject) in [
            (None, "Your user name was changed"),
            (Some("en"), "Your user name was changed"),
            (Some("de"), "Ihr Benutzername wurde geändert"),
            (Some("de-AT"), "Ihr Benutzername wurde geändert"),
            (Some("tlh"), "Your user name was changed"),
        ] {
            assert_eq!(word(&notice(language), None).subject, subject, "{language:?}");
        }
    }

    #[test]
    fn a_mail_names_the_address_of_the_operators_if_they_have_set_one() {
        let texts = |support| MailTexts::of(PageTexts::english(), support).text("mail-mistake", &[]);
        assert_eq!(texts(Some("noc@registry.example")), "If this is a mistake, contact noc@registry.example.");
        assert_eq!(texts(None), "If this is a mistake, contact the operators of the registry.");
    }

    #[test]
    fn every_mail_follows_from_a_cause_and_every_wording_of_a_cause_is_german_too() {
        let causes = Cause::samples();
        for mail in MailKind::ALL {
            let has = |cause: &Cause| notices::mails(cause).contains(mail);
            assert!(
                causes.iter().any(has),
                "nothing leads to {mail:?}: name it in notices/causes.rs of peerage-access"
            );
        }
        let german = PageTexts::choose(Some("de"), None, None);
        for cause in causes {
            // Catalogues do not accept empty values.
            let cause = match cause {
                Cause::KeyUsedFrom { .. } => Cause::KeyUsedFrom { networks: vec!["192.0.2.0/24".to_owned()] },
                Cause::Agreed { .. } => Cause::Agreed { client: "Portal".to_owned() },
                Cause::SignedIn { .. } => Cause::SignedIn { client: "Portal".to_owned() },
                Cause::CodeExchanged { .. } => Cause::CodeExchanged { client: "Portal".to_owned() },
                Cause::TokenRenewed { .. } => Cause::TokenRenewed { client: "Portal".to_owned() },
                other => other,
            };
            if let Some(english) = cause.wording() {
                assert_ne!(
                    german.message(&english),
                    english,
                    "{cause:?}: add its wording and the German one to texts/messages.de.txt of peerage-pages"
                );
            }
        }
    }

    /// Returns the name of a cause as the log has it.
    fn name(cause: &Cause) -> String {
        match serde_json::to_value(cause).expect("JSON") {
            serde_json::Value::String(name) => name,
            other => other.as_object().and_then(|object| object.keys().next().cloned()).expect("a name"),
        }
    }

    fn document() -> String {
        let texts = PageTexts::english();
        let mut rows = String::new();
        let mut silent = Vec::new();
        for cause in Cause::samples() {
            let mails = notices::mails(&cause);
            if mails.is_empty() {
                silent.push(format!("`{}`", name(&cause)));
            }
            for mail in mails {
                let subject = texts.subject(mail.key());
                writeln!(rows, "| `{}` | {subject} | {} |", name(&cause), mail.readers())
                    .expect("writing to a string cannot fail");
            }
        }
        format!(
            "# Mails\n\nA test writes this page from the program's own table; do not edit it. What each mail says is in \
             `crates/peerage-pages/texts/mails.<language>.ftl`.\n\nEvery event in the audit log names its cause. The \
             cause decides which mails can follow. Which of them are sent also depends on the record and on what changed: \
             `created` leads to one mail for a new key and to another for a new member. Each mail goes to one address, in \
             the language that its reader chose on their profile page; if they chose none, or the address belongs to no \
             account, in English.\n\n## Causes that lead to mails\n\n| cause | mail | to |\n| --- | --- | --- |\n{rows}\n\
             ## Causes that lead to none\n\n{}.\n",
            silent.join(", ")
        )
    }

    #[test]
    fn the_document_of_mails_is_the_table() {
        compare("mails.md", &document());
    }
}
