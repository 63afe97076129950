//! The texts of the pages, in the reader's language.
//!
//! Each language has two catalogues in Project Fluent format: `texts/<tag>.ftl` for pages, `texts/mails.<tag>.ftl` for
//! mails. English is complete; texts that another language lacks appear in English. Data (names, addresses, remarks) is
//! never translated.
//!
//! A page calls `texts.get("key")`, or `texts.with("key", &[("name", &value)])` if the text has placeholders.

mod messages;

use std::borrow::Cow;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use peerage_schema::choices::country_name;

use messages::TranslatedMessages;

/// A language: its tag (BCP 47), its own name, the direction of its script, its catalogue.
struct LanguageSource {
    tag: &'static str,
    name: &'static str,
    direction: &'static str,
    catalogue: &'static str,
    /// Its catalogue for mails.
    mails: &'static str,
    /// Its catalogue of messages. Empty if they stay in English.
    messages: &'static str,
    /// Changes each text, so that tests can detect texts that do not come from a catalogue.
    disguise: Option<fn(&str) -> Cow<'_, str>>,
}

const ENGLISH: &str = include_str!("../texts/en.ftl");
const ENGLISH_MAILS: &str = include_str!("../texts/mails.en.ftl");

/// English is first: all others fall back to it.
static SOURCES: &[LanguageSource] = &[
    LanguageSource {
        tag: "en",
        name: "English",
        direction: "ltr",
        catalogue: ENGLISH,
        mails: ENGLISH_MAILS,
        messages: "",
        disguise: None,
    },
    LanguageSource {
        tag: "de",
        name: "Deutsch",
        direction: "ltr",
        catalogue: include_str!("../texts/de.ftl"),
        mails: include_str!("../texts/mails.de.ftl"),
        messages: include_str!("../texts/messages.de.txt"),
        disguise: None,
    },
    // Pseudo-languages for tests, made from English: longer and accented, and right-to-left. They are never offered,
    // only used when requested by name.
    LanguageSource {
        tag: "en-XA",
        name: "Accented",
        direction: "ltr",
        catalogue: ENGLISH,
        mails: ENGLISH_MAILS,
        messages: "",
        disguise: Some(accented),
    },
    LanguageSource {
        tag: "ar-XB",
        name: "Mirrored",
        direction: "rtl",
        catalogue: ENGLISH,
        mails: ENGLISH_MAILS,
        messages: "",
        disguise: Some(bracketed),
    },
];

struct LoadedLanguage {
    bundle: FluentBundle<FluentResource>,
    messages: TranslatedMessages,
}

/// All catalogues, read once.
fn languages() -> &'static [LoadedLanguage] {
    static LANGUAGES: OnceLock<Vec<LoadedLanguage>> = OnceLock::new();
    LANGUAGES.get_or_init(|| SOURCES.iter().map(LoadedLanguage::read).collect())
}

impl LoadedLanguage {
    fn read(source: &'static LanguageSource) -> LoadedLanguage {
        let tag = source.tag.parse().expect("the tag of a catalogue is well formed");
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Direction marks around values are needed only in right-to-left scripts. Elsewhere, they would be copied
        // together with keys and addresses.
        bundle.set_use_isolating(source.direction == "rtl");
        bundle.set_transform(source.disguise);
        // A broken entry affects only that entry; a test reads all catalogues strictly.
        for catalogue in [source.catalogue, source.mails] {
            let entries = FluentResource::try_new(catalogue.to_owned()).unwrap_or_else(|(entries, _)| entries);
            bundle.add_resource_overriding(entries);
        }
        LoadedLanguage { bundle, messages: TranslatedMessages::read(source.messages) }
    }

    fn attribute(&'static self, key: &str, name: &str) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.get_attribute(name)?.value();
        Some(self.bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned())
    }

    fn format_message(&'static self, key: &str, filled: Option<&FluentArgs<'_>>) -> Option<Cow<'static, str>> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut faults = Vec::new();
        Some(match filled {
            None => self.bundle.format_pattern(pattern, None, &mut faults),
            Some(_) => Cow::Owned(self.bundle.format_pattern(pattern, filled, &mut faults).into_owned()),
        })
    }
}

/// The texts of one language. Cheap to copy.
#[derive(Clone, Copy)]
pub struct PageTexts {
    /// Index in the table of languages.
    at: usize,
}

impl std::fmt::Debug for PageTexts {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "Texts({})", self.tag())
    }
}

/// A value for a placeholder: a string or an integer (which selects the plural form).
pub trait TextArgument {
    fn value(&self) -> FluentValue<'_>;
}

impl TextArgument for str {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self)
    }
}

impl TextArgument for String {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_str())
    }
}

impl TextArgument for Cow<'_, str> {
    fn value(&self) -> FluentValue<'_> {
        FluentValue::from(self.as_ref())
    }
}

impl<T: TextArgument + ?Sized> TextArgument for &T {
    fn value(&self) -> FluentValue<'_> {
        (**self).value()
    }
}

macro_rules! filling_numbers {
    ($($number:ty)*) => {$(
        impl TextArgument for $number {
            fn value(&self) -> FluentValue<'_> {
                FluentValue::from(*self)
            }
        }
    )*};
}
filling_numbers!(u8 u16 u32 u64 usize i32 i64);

impl PageTexts {
    pub fn english() -> PageTexts {
        PageTexts { at: 0 }
    }

    /// Returns the reader's language: chosen here (a cookie), set in the account, requested by the browser, or else
    /// English. Unknown tags are ignored.
    pub fn choose(cookie: Option<&str>, locale: Option<&str>, accept_language: Option<&str>) -> PageTexts {
        let chosen = cookie.and_then(|tag| PageTexts::named(tag, true));
        let known = || locale.and_then(|tag| PageTexts::named(tag, false));
        let requested = || wanted(accept_language?).into_iter().find_map(|tag| PageTexts::named(tag, false));
        chosen.or_else(known).or_else(requested).unwrap_or_else(PageTexts::english)
    }

    /// Returns the language of this tag or of its first part (`de-AT`, `de_AT`: `de`).
    fn named(tag: &str, with_disguised: bool) -> Option<PageTexts> {
        let find = |wanted: &str| {
            SOURCES.iter().position(|source| {
                (with_disguised || source.disguise.is_none()) && source.tag.eq_ignore_ascii_case(wanted)
            })
        };
        let tag = tag.trim().replace('_', "-");
        find(&tag).or_else(|| find(tag.split('-').next()?)).map(|at| PageTexts { at })
    }

    /// The available languages: tag and own name.
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

    /// Returns the text with this key. If no catalogue has it, the key itself is returned: that is visible and breaks
    /// nothing.
    pub fn get(self, key: &str) -> Cow<'static, str> {
        self.format_message(key, None)
    }

    /// As [`PageTexts::get`], with the placeholders filled.
    pub fn with(self, key: &str, filled: &[(&'static str, &dyn TextArgument)]) -> String {
        let mut filling = FluentArgs::with_capacity(filled.len());
        for (name, value) in filled {
            filling.set(*name, value.value());
        }
        self.format_message(key, Some(&filling)).into_owned()
    }

    /// Returns the subject of the mail with this key.
    pub fn subject(self, key: &str) -> String {
        let subject = self.catalogues().into_iter().find_map(|language| language.attribute(key, "subject"));
        subject.unwrap_or_else(|| key.to_owned())
    }

    /// Formats an integer with the thousands separators of the language.
    pub fn number(self, number: usize) -> String {
        let between = self.get("number-group");
        let digits = number.to_string();
        let mut out = String::with_capacity(digits.len() + digits.len() / 3 * between.len());
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push_str(&between);
            }
            out.push(digit);
        }
        out
    }

    /// Translates a message, or returns it unchanged if the catalogue does not have it.
    pub fn message(self, english: &str) -> String {
        languages()[self.at].messages.word(english).unwrap_or_else(|| english.to_owned())
    }

    /// The name of a country by its code, or the code itself if there is no such country.
    pub fn country(self, code: &str) -> String {
        country_name(code).map_or_else(|| code.to_owned(), |name| self.message(name))
    }

    /// Returns the text with a key from outside, or `None` if no catalogue has it.
    pub fn find(self, key: &str) -> Option<Cow<'static, str>> {
        self.seek(key, None)
    }

    fn format_message(self, key: &str, filled: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        self.seek(key, filled).unwrap_or_else(|| Cow::Owned(key.to_owned()))
    }

    fn seek(self, key: &str, filled: Option<&FluentArgs<'_>>) -> Option<Cow<'static, str>> {
        self.catalogues().into_iter().find_map(|language| language.format_message(key, filled))
    }

    /// Returns this language, then the language of its first part if that is another catalogue, then English.
    fn catalogues(self) -> [&'static LoadedLanguage; 3] {
        let all = languages();
        let general = PageTexts::named(self.tag(), false).map_or(0, |texts| texts.at);
        [&all[self.at], &all[general], &all[0]]
    }
}

/// Parses the tags of an `Accept-Language` header, by preference (RFC 9110, 12.5.4). At most sixteen are used.
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
    let mut out = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        match letter {
            'a' => out.push_str("áa"),
            'e' => out.push_str("ée"),
            'o' => out.push_str("öo"),
            'u' => out.push('û'),
            'i' => out.push('ï'),
            'n' => out.push('ñ'),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

fn bracketed(text: &str) -> Cow<'_, str> {
    Cow::Owned(format!("⟦{text}⟧"))
}

#[cfg(test)]
mod tests;
