//! Ranked free search.
//!
//! Terms become sets of documents, and sets are combined as bits, so that a search for common words costs little more
//! than one for rare words. All matches are then ordered roughly, by what the index holds of them; only the best are read
//! and compared as a whole. If nothing matches, words may be spelt differently; then some of them may be missing.

use crate::document::{DocumentKey, DocumentSource, FieldTag};
use crate::expand::{TIERS, TermExpander, TermSpellings, TierSets};
use crate::index::SearchIndex;
use crate::parse::{KindWords, ParsedQuery, QueryTerm, SearchProblem, TermForm, TermGroup, parse};
use crate::place::{NoPlaces, PlaceCondition, PlaceLookup, degrees, kilometres};
pub use crate::score::{MatchManner, MatchReason};
use crate::score::{ScoredDocument, WholeQuery};
use crate::set::DocumentSet;

/// Documents that are read and compared, divided by the number of terms. The others keep their rough order.
const READ_MAX: usize = 200;

/// Documents that are read at most if some must be read to know whether they match.
const PHRASES_READ_MAX: usize = 600;

/// Fewer hits than this make it worth trying similar words.
const FEW: usize = 3;

/// Points for the largest documents.
const SIZE_POINTS: f32 = 20.0;

/// A search.
pub struct SearchRequest<'a> {
    pub text: &'a str,
    /// Words for kinds.
    pub kinds: &'a [KindWords],
    pub source: &'a dyn DocumentSource,
    pub places: &'a dyn PlaceLookup,
    /// Maximum number of hits.
    pub limit: usize,
}

/// A document that matches.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexHit {
    pub key: DocumentKey,
    /// Higher is better. Comparable within one answer.
    pub score: f32,
    /// The best reason first, at most one for each term.
    pub reasons: Vec<MatchReason>,
    /// Distance from the point that the query names.
    pub km: Option<f64>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchAnswer {
    /// How the query was understood.
    pub query: ParsedQuery,
    /// The best first.
    pub hits: Vec<IndexHit>,
    /// For each kind with hits, their number without limit.
    pub totals: Vec<(u8, usize)>,
    /// Whether words were compared by similarity, because no or few documents have them.
    pub is_fuzzy: bool,
    /// Whether words are missing in the hits, because no document has all.
    pub is_relaxed: bool,
    /// Whether there can be more hits, because the search would have taken too long.
    pub is_partial: bool,
    /// Words and occurrences that were looked at, for work budgets.
    pub steps: usize,
}

/// A group of the query with what matches its terms.
struct GroupSets<'a> {
    group: &'a TermGroup,
    sets: Vec<(TierSets, TermSpellings)>,
    whole: WholeQuery,
    matching: DocumentSet,
}

impl SearchIndex {
    /// Searches.
    ///
    /// # Errors
    /// The text is too long or has too many words.
    pub fn search(&self, request: &SearchRequest<'_>) -> Result<SearchAnswer, SearchProblem> {
        let mut query = parse(request.text, request.kinds, request.places)?;
        if let Some(PlaceCondition::NearObject { name, km }) = query.place.clone() {
            query.place = self.object_place(&name, km, request);
            if query.place.is_none() {
                query.unknown_place = Some(name);
                return Ok(SearchAnswer { query, ..SearchAnswer::default() });
            }
        }
        let mut expander = TermExpander::new(self, request.source, request.places);
        let mut answer = SearchAnswer { query, ..SearchAnswer::default() };
        if answer.query.groups.is_empty() && (answer.query.place.is_some() || answer.query.kind.is_some()) {
            answer.query.groups.push(TermGroup::default());
        }
        let place = self.place_set(&answer.query, &mut expander);
        let groups = answer.query.groups.clone();
        let mut found = matches(&groups, &answer.query, place.as_ref(), &mut expander, false);
        if self.count(&found, &expander) < FEW {
            let fuzzy = matches(&groups, &answer.query, place.as_ref(), &mut expander, true);
            if self.count(&fuzzy, &expander) > self.count(&found, &expander) {
                found = fuzzy;
                answer.is_fuzzy = true;
            }
        }
        if self.count(&found, &expander) == 0 {
            for group in &mut found {
                answer.is_relaxed |= relax(group, &answer.query, place.as_ref(), &expander);
            }
            answer.is_fuzzy &= answer.is_relaxed;
        }
        self.rank(&found, request, &expander, &mut answer);
        answer.is_partial = expander.is_partial();
        answer.steps = expander.steps;
        Ok(answer)
    }

    /// The position of the object that a name means.
    fn object_place(&self, name: &str, km: f64, request: &SearchRequest<'_>) -> Option<PlaceCondition> {
        let inner =
            SearchRequest { text: name, kinds: request.kinds, source: request.source, places: &NoPlaces, limit: 10 };
        let found = self.search(&inner).ok()?;
        found.hits.iter().find_map(|hit| {
            let position = self.card(hit.key)?.position?;
            let document = request.source.document(hit.key)?;
            let (latitude, longitude) = degrees(position);
            Some(PlaceCondition::Near { label: document.text(FieldTag::Name)?.to_owned(), latitude, longitude, km })
        })
    }

    fn place_set(&self, query: &ParsedQuery, expander: &mut TermExpander<'_>) -> Option<DocumentSet> {
        let layout = &expander.layout;
        let (set, looked) = match query.place.as_ref()? {
            PlaceCondition::InCountry { code } => self.in_country(layout, code),
            PlaceCondition::InCity(place) => self.in_city(layout, place),
            PlaceCondition::Near { latitude, longitude, km, .. } => self.near(layout, (*latitude, *longitude), *km),
            PlaceCondition::NearObject { .. } => return None,
        };
        expander.steps += looked;
        Some(set)
    }

    /// Number of live documents in the groups, counted up to [`FEW`].
    fn count(&self, groups: &[GroupSets<'_>], expander: &TermExpander<'_>) -> usize {
        let bits = groups.iter().flat_map(|group| group.matching.iter());
        bits.filter(|bit| self.is_live(expander.layout.key(*bit))).take(FEW).count()
    }

    /// A hit whose document was not read, so without reasons.
    fn unread(&self, key: DocumentKey, score: f32, centre: Option<(f64, f64)>) -> IndexHit {
        let position = self.card(key).and_then(|card| card.position);
        let km = centre.zip(position).map(|(centre, position)| kilometres(centre, degrees(position)));
        IndexHit { key, score, reasons: Vec::new(), km }
    }

    fn is_live(&self, key: DocumentKey) -> bool {
        self.card(key).is_some_and(|card| card.is_live)
    }

    /// Orders what matches, and reads the best.
    fn rank(
        &self,
        groups: &[GroupSets<'_>],
        request: &SearchRequest<'_>,
        expander: &TermExpander<'_>,
        answer: &mut SearchAnswer,
    ) {
        let terms = groups.iter().map(|group| group.sets.len()).max().unwrap_or(1).max(1);
        let is_phrase = |term: &QueryTerm| matches!(term.form, TermForm::Phrase(_));
        let has_phrase = groups.iter().any(|group| group.group.terms.iter().any(is_phrase));
        let read_max = if has_phrase { PHRASES_READ_MAX } else { (READ_MAX / terms).max(100) };
        let centre = match answer.query.place {
            Some(PlaceCondition::Near { latitude, longitude, .. }) => Some((latitude, longitude)),
            _ => None,
        };
        let mut rough: Vec<(f32, usize, usize)> = Vec::new();
        let mut totals = [0usize; crate::document::KINDS_MAX];
        let mut seen = expander.layout.empty();
        for (at, group) in groups.iter().enumerate() {
            for bit in group.matching.iter() {
                let key = expander.layout.key(bit);
                let Some(card) = self.card(key).filter(|card| card.is_live && !seen.has(bit)) else { continue };
                seen.insert(bit);
                totals[usize::from(key.kind)] += 1;
                let mut score = size_points(card.size);
                for (sets, _) in &group.sets {
                    let tier = sets.tier_of(bit).unwrap_or(TIERS);
                    score += [60.0, 45.0, 30.0, 15.0, 0.0][tier] / group.sets.len() as f32;
                }
                let letters = group.whole.letters().min(255) as u8;
                if letters > 0 && card.letters.contains(&letters) {
                    score += 50.0;
                }
                if let (Some(centre), Some(position)) = (centre, card.position) {
                    score = -kilometres(centre, degrees(position)) as f32;
                }
                rough.push((score, at, bit));
            }
        }
        let by_score = |a: &(f32, usize, usize), b: &(f32, usize, usize)| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2));
        let mut others = Vec::new();
        if rough.len() > read_max {
            rough.select_nth_unstable_by(read_max, by_score);
            others = rough.split_off(read_max);
        }
        let hits = rough.iter().filter_map(|(_, at, bit)| {
            let key = expander.layout.key(*bit);
            let hit = read(key, &groups[*at], request.source, centre);
            // A phrase is known to match only when the document has been read.
            if hit.is_none() {
                totals[usize::from(key.kind)] -= 1;
            }
            hit
        });
        let mut hits: Vec<IndexHit> = hits.collect();
        hits.sort_by(|a, b| {
            let near = |hit: &IndexHit| hit.km.unwrap_or(f64::INFINITY);
            let by_distance = if centre.is_some() { near(a).total_cmp(&near(b)) } else { std::cmp::Ordering::Equal };
            by_distance.then(b.score.total_cmp(&a.score)).then(a.key.cmp(&b.key))
        });
        if has_phrase {
            others.clear();
        }
        let wanted = request.limit.saturating_sub(hits.len());
        if others.len() > wanted && wanted > 0 {
            others.select_nth_unstable_by(wanted, by_score);
        }
        others.truncate(wanted);
        others.sort_unstable_by(by_score);
        hits.extend(others.into_iter().map(|(score, _, bit)| self.unread(expander.layout.key(bit), score, centre)));
        hits.truncate(request.limit);
        answer.hits = hits;
        answer.totals =
            (0..).zip(totals).filter(|(_, total)| *total > 0).map(|(kind, total): (u8, usize)| (kind, total)).collect();
    }
}

/// Up to [`SIZE_POINTS`], by order of magnitude.
fn size_points(size: u32) -> f32 {
    ((size as f32 + 1.0).log10() / 3.0).min(1.0) * SIZE_POINTS
}

/// What matches all terms of each group.
fn matches<'a>(
    groups: &'a [TermGroup],
    query: &ParsedQuery,
    place: Option<&DocumentSet>,
    expander: &mut TermExpander<'_>,
    fuzzy: bool,
) -> Vec<GroupSets<'a>> {
    let one = |group: &'a TermGroup| {
        let sets: Vec<(TierSets, TermSpellings)> = group.terms.iter().map(|term| expander.term(term, fuzzy)).collect();
        let layout = expander.layout;
        let mut matching = all_documents(query, place, expander);
        for (of_term, _) in &sets {
            matching.keep(&of_term.all(&layout));
        }
        for term in &group.excluded {
            matching.take(&excluded(term, expander));
        }
        let whole = WholeQuery::new(&group.terms);
        GroupSets { group, sets, whole, matching }
    };
    groups.iter().map(one).collect()
}

/// Documents that satisfy what applies to the whole query.
fn all_documents(query: &ParsedQuery, place: Option<&DocumentSet>, expander: &TermExpander<'_>) -> DocumentSet {
    let layout = &expander.layout;
    let mut all = layout.empty();
    for kind in 0..crate::document::KINDS_MAX as u8 {
        if query.kind.is_none_or(|only| only == kind) {
            all.add(&layout.whole_kind(kind));
        }
    }
    if let Some(place) = place {
        all.keep(place);
    }
    all
}

/// What a term with a minus takes away: documents with the words, not those with similar ones.
fn excluded(term: &QueryTerm, expander: &mut TermExpander<'_>) -> DocumentSet {
    let form = match &term.form {
        TermForm::Words(words) => TermForm::Phrase(words.clone()),
        other => other.clone(),
    };
    let layout = expander.layout;
    expander.term(&QueryTerm { form, ..term.clone() }, false).0.all(&layout)
}

/// Leaves the documents that match the most terms, at least half of them. Returns whether there are any.
fn relax(
    group: &mut GroupSets<'_>,
    query: &ParsedQuery,
    place: Option<&DocumentSet>,
    expander: &TermExpander<'_>,
) -> bool {
    if group.sets.len() < 2 {
        return false;
    }
    let layout = &expander.layout;
    let all = all_documents(query, place, expander);
    let each: Vec<DocumentSet> = group.sets.iter().map(|(sets, _)| sets.all(layout)).collect();
    // at_least[n]: documents that match more than n terms.
    let mut at_least: Vec<DocumentSet> = vec![layout.empty(); each.len()];
    for set in &each {
        for count in (0..at_least.len()).rev() {
            let mut more = if count == 0 { all.clone() } else { at_least[count - 1].clone() };
            more.keep(set);
            at_least[count].add(&more);
        }
    }
    let enough = each.len().div_ceil(2).max(1);
    let is_live = |bit: usize| expander.index.card(layout.key(bit)).is_some_and(|card| card.is_live);
    for count in (enough..each.len()).rev() {
        let set = &at_least[count - 1];
        if set.iter().any(is_live) {
            group.matching = set.clone();
            return true;
        }
    }
    false
}

/// Reads a document, and compares it with the query.
fn read(
    key: DocumentKey,
    group: &GroupSets<'_>,
    source: &dyn DocumentSource,
    centre: Option<(f64, f64)>,
) -> Option<IndexHit> {
    let document = source.document(key)?;
    let scored = ScoredDocument::new(&document);
    let (mut score, whole) = scored.whole(&group.whole);
    score += size_points(document.size);
    let mut reasons: Vec<MatchReason> = whole.into_iter().collect();
    let share = 60.0 / group.sets.len().max(1) as f32;
    for (term, (_, spelt)) in group.group.terms.iter().zip(&group.sets) {
        if let TermForm::Phrase(words) = &term.form
            && !scored.has_phrase(words, term.field)
        {
            return None;
        }
        let (points, reason) = scored.term(term, spelt);
        score += share * points;
        if let Some(reason) = reason
            && !reasons.iter().any(|known| known.tag == reason.tag && known.text == reason.text)
        {
            reasons.push(reason);
        }
    }
    let km = centre.zip(document.position).map(|(centre, position)| kilometres(centre, degrees(position)));
    Some(IndexHit { key, score, reasons, km })
}
