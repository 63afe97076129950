//! From the terms of a query to sets of documents, by how well they match.

use crate::document::{DocumentSource, FieldTag, TagSet, parts};
use crate::index::SearchIndex;
use crate::parse::{QueryTerm, TermForm};
use crate::place::{self, PlaceLookup};
use crate::set::{DocumentSet, SetLayout};
use crate::synonyms;
use crate::tokens::converted;

/// Steps that every search can spend: words and occurrences that are looked at.
const STEPS_MIN: usize = 400_000;

/// Words with the same beginning that are collected.
const PREFIXED_MAX: usize = 2_000;

/// Similar words that are collected.
const SIMILAR_MAX: usize = 12;

/// Documents with a number in a range.
const NUMBERED_MAX: usize = 20_000;

/// How well a document matches a term: a whole word of a name; a whole word elsewhere, or the beginning of a word of a
/// name; a part of a name, a synonym, or the beginning of a word elsewhere; anything else.
pub const TIERS: usize = 4;

/// The documents that match a term.
#[derive(Debug, Default)]
pub struct TierSets {
    tiers: [Option<DocumentSet>; TIERS],
}

impl TierSets {
    pub fn tier_of(&self, bit: usize) -> Option<usize> {
        self.tiers.iter().position(|set| set.as_ref().is_some_and(|set| set.has(bit)))
    }

    fn tier(&mut self, tier: usize, layout: &SetLayout) -> &mut DocumentSet {
        self.tiers[tier].get_or_insert_with(|| layout.empty())
    }

    /// All that match in the first `tiers`.
    fn any(&self, layout: &SetLayout, tiers: usize) -> DocumentSet {
        let mut all = layout.empty();
        self.tiers[..tiers].iter().flatten().for_each(|set| all.add(set));
        all
    }

    pub fn all(&self, layout: &SetLayout) -> DocumentSet {
        self.any(layout, TIERS)
    }

    /// Adds what matches all of these, in the tier of the worst.
    fn add_common(&mut self, of: &[TierSets], tier_min: usize, layout: &SetLayout) {
        for tier in 0..TIERS {
            let mut common: Option<DocumentSet> = None;
            for sets in of {
                let set = sets.any(layout, tier + 1);
                match &mut common {
                    None => common = Some(set),
                    Some(common) => common.keep(&set),
                }
            }
            if let Some(common) = common.filter(|common| !common.is_empty()) {
                self.tier(tier.max(tier_min), layout).add(&common);
            }
        }
    }
}

/// The spellings by which a term was found, for the explanation.
#[derive(Debug, Default, Clone)]
pub struct TermSpellings {
    /// For each word of the term, its equivalent spellings.
    pub words: Vec<Vec<String>>,
    /// The words of the term as one.
    pub joined: Option<String>,
    pub synonyms: Vec<Vec<String>>,
    /// Similar words, with the number of edits.
    pub similar: Vec<(String, usize)>,
}

/// What the terms of one query are expanded with.
pub struct TermExpander<'a> {
    pub index: &'a SearchIndex,
    pub source: &'a dyn DocumentSource,
    pub places: &'a dyn PlaceLookup,
    pub layout: SetLayout,
    pub steps: usize,
    steps_max: usize,
}

/// Equivalent spellings of a word: as it is, in ASCII, and with ae, oe and ue for umlauts that folding has made a, o
/// and u.
fn spellings(word: &str) -> Vec<String> {
    let mut found = vec![word.to_owned()];
    found.extend(converted(word).map(|plain| plain.chars().filter(|letter| *letter != ' ').collect()));
    let reduced = word.replace("ae", "a").replace("oe", "o").replace("ue", "u");
    if reduced != word {
        found.push(reduced);
    }
    // The singular of an English plural.
    found.extend(word.strip_suffix('s').filter(|singular| singular.len() > 3).map(str::to_owned));
    found
}

/// `level3` as `level` and `3`.
fn letters_and_digits(word: &str) -> Option<(&str, &str)> {
    let first_is_digit = word.chars().next()?.is_ascii_digit();
    let at = word.find(|letter: char| letter.is_ascii_digit() != first_is_digit)?;
    let (first, second) = word.split_at(at);
    let is_plain = second.chars().all(|letter| letter.is_ascii_digit() != first_is_digit);
    is_plain.then_some((first, second))
}

impl<'a> TermExpander<'a> {
    pub fn new(
        index: &'a SearchIndex,
        source: &'a dyn DocumentSource,
        places: &'a dyn PlaceLookup,
    ) -> TermExpander<'a> {
        let layout = index.layout();
        let steps_max = STEPS_MIN.max(2 * index.vocabulary());
        TermExpander { index, source, places, layout, steps: 0, steps_max }
    }

    /// Whether something was left out because it would have taken too long.
    pub fn is_partial(&self) -> bool {
        self.steps > self.steps_max
    }

    /// Documents that match a term. `fuzzy` includes those with similar words.
    pub fn term(&mut self, term: &QueryTerm, fuzzy: bool) -> (TierSets, TermSpellings) {
        let mut sets = TierSets::default();
        let mut spelt = TermSpellings::default();
        let tags = term.field.map_or(TagSet::ALL, |field| TagSet::of(&[field]));
        match &term.form {
            TermForm::Words(words) => self.words(words, term, tags, fuzzy, &mut sets, &mut spelt),
            TermForm::Phrase(words) => {
                let all: Vec<TierSets> = words.iter().map(|word| self.whole_word(word, tags)).collect();
                sets.add_common(&all, 0, &self.layout);
                spelt.words = words.iter().map(|word| vec![word.clone()]).collect();
            }
            TermForm::Number { number, is_marked } => self.number(*number, *is_marked, &mut sets, &mut spelt),
            TermForm::Range { from, to } => self.numbered(*from, *to, 0, &mut sets),
            TermForm::Size { from, to } => self.sized(*from, *to, &mut sets),
            TermForm::Kind => {}
        }
        if let Some(kind) = term.kind {
            let whole = self.layout.whole_kind(kind);
            sets.tier(1, &self.layout).add(&whole);
        }
        (sets, spelt)
    }

    fn words(
        &mut self,
        words: &[String],
        term: &QueryTerm,
        tags: TagSet,
        fuzzy: bool,
        sets: &mut TierSets,
        spelt: &mut TermSpellings,
    ) {
        spelt.words = words.iter().map(|word| spellings(word)).collect();
        if let [word] = words {
            self.word(word, tags, fuzzy, sets, spelt);
            if let Some((first, second)) = letters_and_digits(word) {
                let both = [self.whole_word(first, tags), self.whole_word(second, tags)];
                sets.add_common(&both, 1, &self.layout);
                spelt.synonyms.push(vec![first.to_owned(), second.to_owned()]);
            }
        } else {
            let mut each = Vec::new();
            for word in words {
                let mut own = TierSets::default();
                self.word(word, tags, fuzzy, &mut own, spelt);
                each.push(own);
            }
            sets.add_common(&each, 0, &self.layout);
            let joined: String = words.concat();
            self.word(&joined, tags, fuzzy, sets, spelt);
            spelt.joined = Some(joined);
        }
        if term.field.is_none() {
            for other in synonyms::of(&words.join(" ")) {
                let others: Vec<&str> = other.split(' ').collect();
                let each: Vec<TierSets> = others.iter().map(|word| self.word_and_plural(word, tags)).collect();
                sets.add_common(&each, 2, &self.layout);
                spelt.synonyms.push(others.into_iter().map(str::to_owned).collect());
            }
            self.place(term, sets);
        }
    }

    /// Documents in a place of the term's name, which the documents may spell in another language.
    fn place(&mut self, term: &QueryTerm, sets: &mut TierSets) {
        let TermForm::Words(words) = &term.form else { return };
        if term.kind.is_some() || words.iter().map(String::len).sum::<usize>() < 3 {
            return;
        }
        let cities: Vec<TierSets> =
            words.iter().map(|word| self.whole_word(word, TagSet::of(&[FieldTag::City, FieldTag::Country]))).collect();
        let mut here = TierSets::default();
        here.add_common(&cities, 0, &self.layout);
        let is_city = !here.all(&self.layout).is_empty();
        if !is_city && !sets.any(&self.layout, 2).is_empty() {
            return;
        }
        let found = if let Some(city) = place::city(&term.text, self.places) {
            self.index.in_city(&self.layout, &city)
        } else if let Some(code) = self.places.country(&term.text) {
            self.index.in_country(&self.layout, code)
        } else {
            return;
        };
        self.steps += found.1;
        sets.tier(2, &self.layout).add(&found.0);
    }

    fn add(&mut self, word: u32, tags: TagSet, (name, elsewhere): (usize, usize), sets: &mut TierSets) {
        if self.is_partial() {
            return;
        }
        let occurrences = self.index.words.occurrences(word);
        self.steps += occurrences.len() + 1;
        let (mut in_names, mut others) = (sets.tiers[name].take(), None);
        if name != elsewhere {
            others = sets.tiers[elsewhere].take();
        }
        for (kind, id, tag) in occurrences.iter().map(parts).filter(|(.., tag)| tags.has_bit(*tag)) {
            let bit = self.layout.bit(kind, id);
            let set = if name == elsewhere || TagSet::NAMES.has_bit(tag) { &mut in_names } else { &mut others };
            set.get_or_insert_with(|| self.layout.empty()).insert(bit);
        }
        if name != elsewhere {
            sets.tiers[elsewhere] = others;
        }
        sets.tiers[name] = in_names;
    }

    fn whole_word(&mut self, word: &str, tags: TagSet) -> TierSets {
        let mut sets = TierSets::default();
        if let Some(id) = self.index.words.id(word) {
            self.add(id, tags, (0, 1), &mut sets);
        }
        sets
    }

    /// The same with the word's English plural.
    fn word_and_plural(&mut self, word: &str, tags: TagSet) -> TierSets {
        let mut sets = self.whole_word(word, tags);
        if let Some(id) = self.index.words.id(&format!("{word}s")) {
            self.add(id, tags, (0, 1), &mut sets);
        }
        sets
    }

    /// One word: whole, in other spellings, as the beginning or a part of a word, and similar ones.
    fn word(&mut self, word: &str, tags: TagSet, fuzzy: bool, sets: &mut TierSets, spelt: &mut TermSpellings) {
        let index = self.index;
        for spelling in spellings(word) {
            if let Some(id) = index.words.id(&spelling) {
                self.add(id, tags, (0, 1), sets);
            }
            if spelling.len() >= 2 {
                for id in index.words.starting_with(&spelling).take(PREFIXED_MAX) {
                    self.add(id, tags, (1, 2), sets);
                }
            }
            if spelling.len() >= 3 && !self.is_partial() {
                let (found, looked) = index.words.containing(&spelling);
                self.steps += looked;
                for id in found {
                    self.add(id, tags, (2, 3), sets);
                }
            }
        }
        let letters = word.chars().count();
        if fuzzy && letters >= 3 && !word.bytes().all(|byte| byte.is_ascii_digit()) && !self.is_partial() {
            let edits = if letters >= 7 { 2 } else { 1 };
            for spelling in spellings(word).into_iter().take(2) {
                let (found, looked) = index.words.similar(&spelling, edits);
                self.steps += looked;
                for (id, distance) in found.into_iter().take(SIMILAR_MAX) {
                    self.add(id, tags, (3, 3), sets);
                    spelt.similar.push((index.words.text(id).to_owned(), distance));
                }
            }
        }
    }

    /// A number: exactly, then as the beginning of numbers, then as a word.
    fn number(&mut self, number: i64, is_marked: bool, sets: &mut TierSets, spelt: &mut TermSpellings) {
        self.numbered(number, number, 0, sets);
        let (mut from, mut to) = (number, number);
        while number > 0 && to < i64::from(u32::MAX) {
            (from, to) = (from * 10, to * 10 + 9);
            self.numbered(from, to, 0, sets);
        }
        let mut word = number.to_string();
        if is_marked {
            word.insert_str(0, "as");
        }
        spelt.words = vec![vec![word.clone()]];
        self.word(&word, TagSet::ALL, false, sets, spelt);
    }

    fn numbered(&mut self, from: i64, to: i64, tier: usize, sets: &mut TierSets) {
        let found = self.source.numbered(from, to, NUMBERED_MAX);
        self.steps += found.len() + 1;
        let layout = self.layout;
        for key in found.into_iter().filter(|key| self.index.card(*key).is_some()) {
            sets.tier(tier, &layout).insert(layout.bit(key.kind, key.id));
        }
    }

    fn sized(&mut self, from: u32, to: u32, sets: &mut TierSets) {
        let layout = self.layout;
        let mut looked = 0;
        for kind in 0..crate::document::KINDS_MAX as u8 {
            for id in 0..self.index.end(kind) {
                let key = crate::document::DocumentKey { kind, id };
                looked += 1;
                if self.index.card(key).is_some_and(|card| card.is_live && (from..=to).contains(&card.size)) {
                    sets.tier(1, &layout).insert(layout.bit(kind, id));
                }
            }
        }
        self.steps += looked / 8;
    }
}
