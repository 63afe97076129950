//! What a mail says, as keys of a catalogue with typed values: it is put into words where the catalogues are, in the
//! language of its reader.

use peerage_registry::moment::{Micros, print_seconds};

use super::mail::Mail;
use super::plain::{plain, plain_words};

/// The texts of one language.
pub trait Catalogue {
    /// The text under a key, with its places filled.
    fn text(&self, key: &str, filled: &[(&'static str, Filled)]) -> String;

    /// The subject that belongs to the text under a key.
    fn subject(&self, key: &str) -> String;

    /// A message of the program in this language, if the catalogue has it; else as it is.
    fn message(&self, english: &str) -> String;
}

/// What is filled into a place of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filled {
    Text(String),
    /// Chooses the plural form, too.
    Number(u64),
}

/// A value of a phrase. What people wrote has gone through [`plain`] or [`plain_words`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// A text that no mail program takes for more than it is.
    Text(String),
    /// A message of the program, or what somebody wrote in its place: [`plain_words`] follows when it is worded.
    Message(String),
    Number(u64),
    Moment(Micros),
    /// The day of a moment.
    Day(Micros),
    Phrase(Phrase),
    /// Several, joined as the catalogue joins them.
    All(Vec<Phrase>),
}

impl Arg {
    /// A name that somebody chose.
    pub(super) fn name(text: &str) -> Arg {
        Arg::Text(plain(text))
    }

    /// Words that somebody wrote for whoever gets the mail.
    pub(super) fn words(text: &str) -> Arg {
        Arg::Text(plain_words(text))
    }

    /// A text that the program made: an id, an address of a page, a mail address that was checked, a name that is plain
    /// already.
    pub(super) fn ours(text: impl Into<String>) -> Arg {
        Arg::Text(text.into())
    }

    fn word(&self, texts: &dyn Catalogue) -> Filled {
        Filled::Text(match self {
            Arg::Text(text) => text.clone(),
            Arg::Message(english) => plain_words(&texts.message(english)),
            Arg::Number(number) => return Filled::Number(*number),
            Arg::Moment(moment) => print_seconds(*moment),
            Arg::Day(moment) => print_seconds(*moment).chars().take(DAY_LETTERS).collect(),
            Arg::Phrase(phrase) => phrase.word(texts),
            Arg::All(phrases) => {
                let worded: Vec<String> = phrases.iter().map(|phrase| phrase.word(texts)).collect();
                worded.join(&format!(" {} ", texts.text("mail-and", &[])))
            }
        })
    }
}

/// Letters of a moment that name its day.
const DAY_LETTERS: usize = "2027-01-15".len();

impl From<Phrase> for Arg {
    fn from(phrase: Phrase) -> Arg {
        Arg::Phrase(phrase)
    }
}

/// A text of the catalogue with the values of its places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    pub key: &'static str,
    pub args: Vec<(&'static str, Arg)>,
}

impl Phrase {
    pub(super) fn new(key: &'static str) -> Phrase {
        Phrase { key, args: Vec::new() }
    }

    pub(super) fn with(mut self, name: &'static str, arg: impl Into<Arg>) -> Phrase {
        self.args.push((name, arg.into()));
        self
    }

    pub(super) fn name(self, name: &'static str, text: &str) -> Phrase {
        self.with(name, Arg::name(text))
    }

    pub(super) fn words(self, name: &'static str, text: &str) -> Phrase {
        self.with(name, Arg::words(text))
    }

    pub(super) fn ours(self, name: &'static str, text: impl Into<String>) -> Phrase {
        self.with(name, Arg::ours(text))
    }

    pub(super) fn number(self, name: &'static str, number: impl Into<u64>) -> Phrase {
        self.with(name, Arg::Number(number.into()))
    }

    pub(super) fn moment(self, name: &'static str, moment: Micros) -> Phrase {
        self.with(name, Arg::Moment(moment))
    }

    fn word(&self, texts: &dyn Catalogue) -> String {
        let filled: Vec<_> = self.args.iter().map(|(name, arg)| (*name, arg.word(texts))).collect();
        texts.text(self.key, &filled)
    }
}

/// A paragraph of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Phrase(Phrase),
    /// The address of a page, on a line of its own.
    Link(String),
    /// One line for each.
    Lines(Vec<Phrase>),
}

impl From<Phrase> for Part {
    fn from(phrase: Phrase) -> Part {
        Part::Phrase(phrase)
    }
}

impl Part {
    fn word(&self, texts: &dyn Catalogue) -> String {
        match self {
            Part::Phrase(phrase) => phrase.word(texts),
            Part::Link(page) => format!("  {page}"),
            Part::Lines(phrases) => {
                let lines: Vec<String> = phrases.iter().map(|phrase| format!("  {}", phrase.word(texts))).collect();
                lines.join("\n")
            }
        }
    }
}

/// A mail to be sent, to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub to: String,
    /// The tag of the language that its reader chose; none if they chose none or are not known.
    pub language: Option<String>,
    pub mail: Mail,
    pub body: Vec<Part>,
    /// The same whenever the mail is made again, so that one that comes twice is known.
    pub reference: String,
}

/// A notice in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub body: String,
    pub reference: String,
}

impl Notice {
    /// Puts it into the words of a catalogue. The subject is one line.
    pub fn word(&self, texts: &dyn Catalogue) -> Letter {
        let subject = texts.subject(self.mail.key());
        let paragraphs: Vec<String> = self.body.iter().map(|part| part.word(texts)).collect();
        Letter {
            to: self.to.clone(),
            subject: subject.split(char::is_control).collect::<Vec<_>>().join(" "),
            body: format!("{}\n", paragraphs.join("\n\n")),
            reference: self.reference.clone(),
        }
    }
}
