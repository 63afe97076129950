//! How well one document matches, and why.

use std::borrow::Cow;

use peerage_fold::fold;

use crate::document::{FieldTag, SearchDocument};
use crate::expand::TermSpellings;
use crate::parse::{QueryTerm, TermForm};
use crate::tokens::{each_word, squashed};

/// How a text matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchManner {
    /// The whole text is the query.
    Exact,
    /// The text starts with the query.
    Prefix,
    /// It has the word.
    Word,
    /// A word starts with it.
    WordPrefix,
    /// A word contains it.
    Substring,
    Synonym,
    /// A word is spelt similarly.
    Fuzzy,
    /// The AS number, or its beginning.
    Number,
    /// The kind is what the word means.
    Kind,
    /// It is in the place.
    Place,
    /// An address, or a part of one. Such hits come from the caller.
    Address,
}

/// Why a document was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchReason {
    /// The field; `None` for kinds, places and sizes.
    pub tag: Option<FieldTag>,
    /// The text of the field, as it is in the document.
    pub text: String,
    pub manner: MatchManner,
}

struct FieldWords<'a> {
    tag: FieldTag,
    text: Cow<'a, str>,
    squashed: String,
    words: Vec<String>,
}

/// A document as it is scored.
pub struct ScoredDocument<'a> {
    fields: Vec<FieldWords<'a>>,
    document: &'a SearchDocument<'a>,
}

/// The query as documents are compared with it as a whole.
pub struct WholeQuery {
    /// The squashed text, and without words for kinds.
    squashed: Vec<String>,
    letters: f32,
}

impl WholeQuery {
    pub fn new(terms: &[QueryTerm]) -> WholeQuery {
        let plain =
            |term: &&QueryTerm| term.field.is_none() && matches!(term.form, TermForm::Words(_) | TermForm::Phrase(_));
        let joined =
            |terms: &mut dyn Iterator<Item = &QueryTerm>| terms.map(|term| squashed(&term.text)).collect::<String>();
        let mut all = vec![joined(&mut terms.iter().filter(plain))];
        let without = joined(&mut terms.iter().filter(plain).filter(|term| term.kind.is_none()));
        if !all.contains(&without) {
            all.push(without);
        }
        all.retain(|text| !text.is_empty());
        let letters = all.first().map_or(0, String::len) as f32;
        WholeQuery { squashed: all, letters }
    }

    /// Letters and digits of the query.
    pub fn letters(&self) -> usize {
        self.letters as usize
    }
}

/// Points of a match of one term, at most 1.
fn points(manner: MatchManner, tag: FieldTag, edits: usize) -> f32 {
    let own = if tag.is_name() { 1.0 } else { 0.8 };
    own * match manner {
        MatchManner::Exact | MatchManner::Prefix | MatchManner::Word | MatchManner::Number => 1.0,
        MatchManner::WordPrefix => 0.75,
        MatchManner::Substring => 0.45,
        MatchManner::Synonym => 0.6,
        MatchManner::Fuzzy => 0.45 - 0.12 * edits as f32,
        MatchManner::Kind | MatchManner::Place | MatchManner::Address => 0.7,
    }
}

impl<'a> ScoredDocument<'a> {
    pub fn new(document: &'a SearchDocument<'a>) -> ScoredDocument<'a> {
        let fields = document.texts.iter().map(|(tag, text)| {
            let mut words = Vec::new();
            each_word(text, &mut |word| words.push(word.to_owned()));
            FieldWords { tag: *tag, text: Cow::Borrowed(*text), squashed: squashed(text), words }
        });
        let mut fields: Vec<FieldWords<'_>> = fields.collect();
        fields.extend(document.number.map(|number| {
            let text = number.to_string();
            FieldWords { tag: FieldTag::Number, squashed: text.clone(), words: Vec::new(), text: Cow::Owned(text) }
        }));
        ScoredDocument { fields, document }
    }

    /// Points for the query as a whole, with the reason.
    pub fn whole(&self, query: &WholeQuery) -> (f32, Option<MatchReason>) {
        let mut best = (0.0, None);
        for field in self.fields.iter().filter(|field| field.tag.is_name()) {
            for text in &query.squashed {
                // Of names that are equally similar, the one of the same length is meant.
                let lengths = [text.len() as f32, field.squashed.len() as f32];
                best.0 = f32::max(best.0, 6.0 * lengths[0].min(lengths[1]) / lengths[0].max(lengths[1]));
                let coverage = (text.len() as f32 / field.squashed.len().max(1) as f32).min(1.0) * 10.0;
                let own = if field.tag == FieldTag::Name { 2.0 } else { 0.0 };
                let (points, manner) = if field.squashed == *text {
                    (50.0, MatchManner::Exact)
                } else if field.squashed.starts_with(text.as_str()) {
                    (10.0, MatchManner::Prefix)
                } else if field.squashed.contains(text.as_str()) {
                    (5.0, MatchManner::Substring)
                } else {
                    continue;
                };
                let points = points + coverage + own;
                if points > best.0 {
                    best = (points, Some(field.reason(manner)));
                }
            }
        }
        // Parts of a name say little about the query as a whole.
        best.1 = best.1.filter(|reason| reason.manner != MatchManner::Substring);
        best
    }

    /// Points of one term, at most 1, with the reason.
    pub fn term(&self, term: &QueryTerm, spelt: &TermSpellings) -> (f32, Option<MatchReason>) {
        let mut best: (f32, Option<MatchReason>) = (0.0, None);
        if let TermForm::Number { number, .. } = term.form
            && let Some(field) = self.fields.iter().find(|field| field.tag == FieldTag::Number)
        {
            let digits = number.to_string();
            if field.squashed == digits {
                return (2.0, Some(field.reason(MatchManner::Number)));
            }
            if field.squashed.starts_with(&digits) {
                // Names with the number come after numbers that start with it.
                return (1.5, Some(field.reason(MatchManner::Number)));
            }
        }
        if matches!(term.form, TermForm::Range { .. }) {
            let field = self.fields.iter().find(|field| field.tag == FieldTag::Number);
            return (1.0, field.map(|field| field.reason(MatchManner::Number)));
        }
        let usable = |field: &&FieldWords<'_>| match term.field {
            Some(tag) => field.tag == tag,
            None => field.tag != FieldTag::Number,
        };
        for field in self.fields.iter().filter(usable) {
            let Some((manner, edits)) = field.manner(spelt) else { continue };
            let points = points(manner, field.tag, edits);
            if points > best.0 {
                best = (points, Some(field.reason(manner)));
            }
        }
        if best.0 < 0.7 && term.kind == Some(self.document.key.kind) {
            best = (0.7, None);
        }
        best
    }

    /// Whether some field has the words one after the other.
    pub fn has_phrase(&self, words: &[String], tag: Option<FieldTag>) -> bool {
        let fields = self.fields.iter().filter(|field| tag.is_none_or(|tag| field.tag == tag));
        fields.into_iter().any(|field| {
            let folded = fold(&field.text);
            let own: Vec<&str> = crate::tokens::spans(&folded).map(|span| span.word).collect();
            own.windows(words.len().max(1)).any(|window| window.iter().zip(words).all(|(a, b)| a == b))
        })
    }
}

impl FieldWords<'_> {
    fn reason(&self, manner: MatchManner) -> MatchReason {
        MatchReason { tag: Some(self.tag), text: self.text.clone().into_owned(), manner }
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }

    /// How all words of a term match this field, and by how many edits.
    fn manner(&self, spelt: &TermSpellings) -> Option<(MatchManner, usize)> {
        let one = |forms: &[String]| {
            let any = |test: &dyn Fn(&str, &str) -> bool| {
                self.words.iter().any(|own| forms.iter().any(|form| test(own, form)))
            };
            if any(&|own, form| own == form) {
                Some(MatchManner::Word)
            } else if any(&|own, form| form.len() > 1 && own.starts_with(form)) {
                Some(MatchManner::WordPrefix)
            } else if any(&|own, form| form.len() > 2 && own.contains(form)) {
                Some(MatchManner::Substring)
            } else {
                None
            }
        };
        let all: Option<Vec<MatchManner>> = spelt.words.iter().map(|forms| one(forms)).collect();
        let mut best = all.and_then(|all| all.into_iter().max());
        if let Some(joined) = &spelt.joined {
            let joined = one(std::slice::from_ref(joined));
            best = [best, joined].into_iter().flatten().min();
        }
        if best.is_some_and(|best| best <= MatchManner::WordPrefix) {
            return best.map(|best| (best, 0));
        }
        let has_or_plural = |word: &String| {
            self.words.iter().any(|own| own == word || own.strip_suffix('s').is_some_and(|singular| singular == word))
        };
        if spelt.synonyms.iter().any(|words| words.iter().all(has_or_plural)) {
            return Some((MatchManner::Synonym, 0));
        }
        let similar = spelt.similar.iter().filter(|(word, _)| self.has(word)).map(|(_, edits)| *edits).min();
        best.map(|best| (best, 0)).or(similar.map(|edits| (MatchManner::Fuzzy, edits)))
    }
}
