//! What the pages say, in the reader's language.
//!
//! Two catalogues a language, in the form of Project Fluent: `texts/<tag>.ftl` for pages, `texts/mails.<tag>.ftl` for mails. English is complete; what another language
//! lacks is said in English. Data (names, addresses, remarks) is never translated.
//!
//! A page asks `texts.get("key")`, or `texts.with("key", &[("name", &value)])` where the text has places to fill.

mod messages;

use std::borrow::Cow;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use messages::Messages;

/// A language as it is offered: its tag (BCP 47), its name in itself, the direction of its script, its catalogue.
struct Source {
    tag: &'static str,
    name: &'static str,
    direction: &'static str,
    catalogue: &'static str,
    /// Its catalogue of mails.
    mails: &'static str,
    /// Its catalogue of the program's messages; empty where they stay as they are.
    messages: &'static str,
    /// Changes each text, to show in tests what does not come from a catalogue.
    disguise: Option<fn(&str) -> Cow<'_, str>>,
}

const ENGLISH: &str = include_str!("../texts/en.ftl");
const ENGLISH_MAILS: &str = include_str!("../texts/mails.en.ftl");

/// English first: it is what all others fall back to.
static SOURCES: &[Source] = &[
    Source {
        tag: "en",
        name: "English",
        direction: "ltr",
        catalogue: ENGLISH,
        mails: ENGLISH_MAILS,
        messages: "",
        disguise: None,
    },
    Source {
        tag: "de",
        name: "Deutsch",
        direction: "ltr",
        catalogue: include_str!("../texts/de.ftl"),
        mails: include_str!("../texts/mails.de.ftl"),
        messages: include_str!("../texts/messages.de.txt"),
        disguise: None,
    },
    // Made of English, for tests: longer and accented, and from right to left. Never offered, only taken when named.
    Source {
        tag: "en-XA",
        name: "Accented",
        direction: "ltr",
        catalogue: ENGLISH,
        mails: ENGLISH_MAILS,
        messages: "",
        disguise: Some(accented),
    },
    Source {
        tag: "ar-XB",
        name: "Mirrored",
        direction: "rtl",
        catalogue: ENGLISH,
        mails: ENGLISH_MAILS,
        messages: "",
        disguise: Some(bracketed),
    },
];

struct Language {
    bundle: FluentBundle<FluentResource>,
    messages: Messages,
}

/// All catalogues, read once.
fn languages() -> &'static [Language] {
    static LANGUAGES: OnceLock<Vec<Language>> = OnceLock::new();
    LANGUAGES.get_or_init(|| SOURCES.iter().map(Language::read).collect())
}

impl Language {
    fn read(source: &'static Source) -> Language {
        let tag = source.tag.parse().expect("the tag of a catalogue is well formed");
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // What is filled in stands between marks of direction only where the script runs the other way: elsewhere they
        // would be copied along with keys and addresses.
        bundle.set_use_isolating(source.direction == "rtl");
        bundle.set_transform(source.disguise);
        // A broken entry of a catalogue costs that entry; a test reads all catalogues strictly.
        for catalogue in [source.catalogue, source.mails] {
            let entries = FluentResource::try_new(catalogue.to_owned()).unwrap_or_else(|(entries, _)| entries);
            bundle.add_resource_overriding(entries);
        }
        Language { bundle, messages: Messages::read(source.messages) }
    }

    fn attribute(&'static self, key: &str, name: &str) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.get_attribute(name)?.value();
        Some(self.bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned())
    }

    fn say(&'static self, key: &str, filled: Option<&FluentArgs<'_>>) -> Option<Cow<'static, str>> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut faults = Vec::new();
        Some(match filled {
            None => self.bundle.format_pattern(pattern, None, &mut faults),
            Some(_) => Cow::Owned(self.bundle.format_pattern(pattern, filled, &mut faults).into_owned()),
        })
    }
}

/// The texts of one language. A copy costs nothing.
#[derive(Clone, Copy)]
pub struct Texts {
    /// Where in the table of languages.
    at: usize,
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "Texts({})", self.tag())
    }
}

/// What may be filled into a text: strings and whole numbers (these choose plural forms).
pub trait Filling {
    fn value(&self) -> FluentValue<'_>;
}

impl Filling for str {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self)
    }
}

impl Filling for String {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_str())
    }
}

impl Filling for Cow<'_, str> {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_ref())
    }
}

impl<T: Filling + ?Sized> Filling for &T {
    fn value(&self) -> FluentValue<'_> {
        (**self).value()
    }
}

macro_rules! filling_numbers {
    ($($number:ty)*) => {$(
        impl Filling for $number {
            fn value(&self) -> FluentValue<'_> {
                FluentValue::from(*self)
            }
        }
    )*};
}
filling_numbers!(u8 u16 u32 u64 usize i32 i64);

impl Texts {
    pub fn english() -> Texts {
        Texts { at: 0 }
    }

    /// The reader's language: what they chose here (a cookie), what their account says, what their browser asks for,
    /// else English. Names that we do not know are passed over.
    pub fn choose(cookie: Option<&str>, locale: Option<&str>, accept_language: Option<&str>) -> Texts {
        let chosen = cookie.and_then(|tag| Texts::named(tag, true));
        let known = || locale.and_then(|tag| Texts::named(tag, false));
        let asked = || wanted(accept_language?).into_iter().find_map(|tag| Texts::named(tag, false));
        chosen.or_else(known).or_else(asked).unwrap_or_else(Texts::english)
    }

    /// The language of this tag, or of its first part (`de-AT`, `de_AT`: `de`).
    fn named(tag: &str, with_disguised: bool) -> Option<Texts> {
        let find = |wanted: &str| {
            SOURCES.iter().position(|source| {
                (with_disguised || source.disguise.is_none()) && source.tag.eq_ignore_ascii_case(wanted)
            })
        };
        let tag = tag.trim().replace('_', "-");
        find(&tag).or_else(|| find(tag.split('-').next()?)).map(|at| Texts { at })
    }

    /// The languages to choose from: tag and name in itself.
    pub fn offered() -> impl Iterator<Item = (&'static str, &'static str)> {
        SOURCES.iter().filter(|source| source.disguise.is_none()).map(|source| (source.tag, source.name))
    }

    /// The tag of the language, for `lang` and `Content-Language`.
    pub fn tag(self) -> &'static str {
        SOURCES[self.at].tag
    }

    /// `ltr` or `rtl`.
    pub fn direction(self) -> &'static str {
        SOURCES[self.at].direction
    }

    /// What stands under a key. A key that no catalogue has is said itself: it is seen, and breaks nothing.
    pub fn get(self, key: &str) -> Cow<'static, str> {
        self.say(key, None)
    }

    /// As [`Texts::get`], with the text's places filled.
    pub fn with(self, key: &str, filled: &[(&'static str, &dyn Filling)]) -> String {
        let mut filling = FluentArgs::with_capacity(filled.len());
        for (name, value) in filled {
            filling.set(*name, value.value());
        }
        self.say(key, Some(&filling)).into_owned()
    }

    /// The subject of the mail under a key.
    pub fn subject(self, key: &str) -> String {
        let subject = self.catalogues().into_iter().find_map(|language| language.attribute(key, "subject"));
        subject.unwrap_or_else(|| key.to_owned())
    }

    /// A whole number with its thousands apart, as the language writes it.
    pub fn number(self, number: usize) -> String {
        let between = self.get("number-group");
        let digits = number.to_string();
        let mut said = String::with_capacity(digits.len() + digits.len() / 3 * between.len());
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                said.push_str(&between);
            }
            said.push(digit);
        }
        said
    }

    /// A message of the program in this language, or as it is where the catalogue does not have it.
    pub fn message(self, english: &str) -> String {
        languages()[self.at].messages.word(english).unwrap_or_else(|| english.to_owned())
    }

    /// What stands under a key that comes from outside; none if no catalogue has it.
    pub fn find(self, key: &str) -> Option<Cow<'static, str>> {
        self.seek(key, None)
    }

    fn say(self, key: &str, filled: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        self.seek(key, filled).unwrap_or_else(|| Cow::Owned(key.to_owned()))
    }

    fn seek(self, key: &str, filled: Option<&FluentArgs<'_>>) -> Option<Cow<'static, str>> {
        self.catalogues().into_iter().find_map(|language| language.say(key, filled))
    }

    /// The language itself, then its first part where that is another catalogue, then English.
    fn catalogues(self) -> [&'static Language; 3] {
        let all = languages();
        let general = Texts::named(self.tag(), false).map_or(0, |texts| texts.at);
        [&all[self.at], &all[general], &all[0]]
    }
}

/// The tags of an `Accept-Language` header, the most wanted first (RFC 9110, 12.5.4). At most sixteen are looked at.
fn wanted(header: &str) -> Vec<&str> {
    let mut tags: Vec<(&str, f32)> = header
        .split(',')
        .take(16)
        .filter_map(|part| {
            let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
            let weight =
                rest.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.trim().parse::<f32>().ok())?;
            (weight > 0.0).then_some((tag.trim(), weight))
        })
        .collect();
    tags.sort_by(|one, other| other.1.total_cmp(&one.1));
    tags.into_iter().map(|(tag, _)| tag).collect()
}

fn accented(text: &str) -> Cow<'_, str> {
    let mut said = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        match letter {
            'a' => said.push_str("áa"),
            'e' => said.push_str("ée"),
            'o' => said.push_str("öo"),
            'u' => said.push('û'),
            'i' => said.push('ï'),
            'n' => said.push('ñ'),
            other => said.push(other),
        }
    }
    Cow::Owned(said)
}

fn bracketed(text: &str) -> Cow<'_, str> {
    Cow::Owned(format!("⟦{text}⟧"))
}

#[cfg(test)]
mod tests;
