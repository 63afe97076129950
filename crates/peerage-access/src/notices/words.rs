//! The content of a mail, as keys of a catalogue with typed values. It is turned into text where the catalogues are, in
//! the reader's language.

use peerage_registry::moment::{Moment, print_seconds};

use super::mail::MailKind;
use super::plain::{plain, plain_words};

/// The texts of one language.
pub trait TextCatalogue {
    /// The text with this key, with its placeholders filled.
    fn text(&self, key: &str, filled: &[(&'static str, FilledValue)]) -> String;

    /// The subject that belongs to the text with this key.
    fn subject(&self, key: &str) -> String;

    /// A message of the program in this language, or unchanged if the catalogue does not have it.
    fn message(&self, english: &str) -> String;
}

/// The value of a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilledValue {
    Text(String),
    /// Also determines the plural form.
    Number(u64),
}

/// A value of a phrase. Texts written by people have passed through [`plain`] or [`plain_words`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhraseArg {
    /// A text that mail programs cannot misinterpret.
    Text(String),
    /// A message of the program, or a text that somebody wrote instead. It passes through [`plain_words`] later.
    Message(String),
    Number(u64),
    Moment(Moment),
    /// The day of a time.
    Day(Moment),
    Phrase(Phrase),
    /// Several phrases, joined in the catalogue's way.
    All(Vec<Phrase>),
}

impl PhraseArg {
    /// A name that somebody chose.
    pub(super) fn name(text: &str) -> PhraseArg {
        PhraseArg::Text(plain(text))
    }

    /// A text that somebody wrote for the reader of the mail.
    pub(super) fn words(text: &str) -> PhraseArg {
        PhraseArg::Text(plain_words(text))
    }

    /// A text from the program: an id, the URL of a page, a checked mail address, or a name that is already plain.
    pub(super) fn ours(text: impl Into<String>) -> PhraseArg {
        PhraseArg::Text(text.into())
    }

    fn word(&self, texts: &dyn TextCatalogue) -> FilledValue {
        FilledValue::Text(match self {
            PhraseArg::Text(text) => text.clone(),
            PhraseArg::Message(english) => plain_words(&texts.message(english)),
            PhraseArg::Number(number) => return FilledValue::Number(*number),
            PhraseArg::Moment(moment) => print_seconds(*moment),
            PhraseArg::Day(moment) => print_seconds(*moment).chars().take(DAY_LETTERS).collect(),
            PhraseArg::Phrase(phrase) => phrase.word(texts),
            PhraseArg::All(phrases) => {
                let worded: Vec<String> = phrases.iter().map(|phrase| phrase.word(texts)).collect();
                worded.join(&format!(" {} ", texts.text("mail-and", &[])))
            }
        })
    }
}

/// Length of the day in a printed time, in characters.
const DAY_LETTERS: usize = "2027-01-15".len();

impl From<Phrase> for PhraseArg {
    fn from(phrase: Phrase) -> PhraseArg {
        PhraseArg::Phrase(phrase)
    }
}

/// A text of the catalogue with the values of its placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    pub key: &'static str,
    pub args: Vec<(&'static str, PhraseArg)>,
}

impl Phrase {
    pub(super) fn new(key: &'static str) -> Phrase {
        Phrase { key, args: Vec::new() }
    }

    pub(super) fn with(mut self, name: &'static str, arg: impl Into<PhraseArg>) -> Phrase {
        self.args.push((name, arg.into()));
        self
    }

    pub(super) fn name(self, name: &'static str, text: &str) -> Phrase {
        self.with(name, PhraseArg::name(text))
    }

    pub(super) fn words(self, name: &'static str, text: &str) -> Phrase {
        self.with(name, PhraseArg::words(text))
    }

    pub(super) fn ours(self, name: &'static str, text: impl Into<String>) -> Phrase {
        self.with(name, PhraseArg::ours(text))
    }

    pub(super) fn number(self, name: &'static str, number: impl Into<u64>) -> Phrase {
        self.with(name, PhraseArg::Number(number.into()))
    }

    pub(super) fn moment(self, name: &'static str, moment: Moment) -> Phrase {
        self.with(name, PhraseArg::Moment(moment))
    }

    fn word(&self, texts: &dyn TextCatalogue) -> String {
        let filled: Vec<_> = self.args.iter().map(|(name, arg)| (*name, arg.word(texts))).collect();
        texts.text(self.key, &filled)
    }
}

/// A paragraph of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailPart {
    Phrase(Phrase),
    /// The URL of a page, on a separate line.
    Link(String),
    /// One line for each phrase.
    Lines(Vec<Phrase>),
}

impl From<Phrase> for MailPart {
    fn from(phrase: Phrase) -> MailPart {
        MailPart::Phrase(phrase)
    }
}

impl MailPart {
    fn word(&self, texts: &dyn TextCatalogue) -> String {
        match self {
            MailPart::Phrase(phrase) => phrase.word(texts),
            MailPart::Link(page) => format!("  {page}"),
            MailPart::Lines(phrases) => {
                let lines: Vec<String> = phrases.iter().map(|phrase| format!("  {}", phrase.word(texts))).collect();
                lines.join("\n")
            }
        }
    }
}

/// A mail to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailNotice {
    pub to: String,
    /// The language tag that its reader chose; `None` if they chose none, or are not known.
    pub language: Option<String>,
    pub mail: MailKind,
    pub body: Vec<MailPart>,
    /// The same whenever the mail is created again, so that duplicates are recognized.
    pub reference: String,
}

/// A notice as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordedMail {
    pub to: String,
    pub subject: String,
    pub body: String,
    pub reference: String,
}

impl MailNotice {
    /// Turns it into text with a catalogue. The subject is a single line.
    pub fn word(&self, texts: &dyn TextCatalogue) -> WordedMail {
        let subject = texts.subject(self.mail.key());
        let paragraphs: Vec<String> = self.body.iter().map(|part| part.word(texts)).collect();
        WordedMail {
            to: self.to.clone(),
            subject: subject.split(char::is_control).collect::<Vec<_>>().join(" "),
            body: format!("{}\n", paragraphs.join("\n\n")),
            reference: self.reference.clone(),
        }
    }
}
