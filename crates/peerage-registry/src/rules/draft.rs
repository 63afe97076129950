//! The one pass that reads a body by the table: each field it names, in the order of the table, into a value in stored
//! form or a complaint (spec/write-api.md, 4.5, 4.6 and 5).

use peerage_schema::choices::{COUNTRIES, Choice};
use peerage_schema::{Empty, Field, Index, Kind, Resource, Storage, Write as Writable};
use serde_json::Value as Json;

use super::asked::Asked;
use super::cell::{self, Cell, NOT_BLANK, NOT_NULL, REQUIRED};
use super::complaint::{Complaints, Place};
use super::{address, social, unique, web};
use crate::row::{Row, Value};
use crate::stored;

/// What a body makes of a row.
#[derive(Debug)]
pub struct Draft {
    pub resource: Resource,
    /// By position; none where the body says nothing.
    cells: Vec<Option<Cell>>,
    pub complaints: Complaints,
    /// Values that other rows have.
    pub taken: Vec<Taken>,
}

/// A value that another row has.
#[derive(Debug, Clone)]
pub struct Taken {
    pub place: Place,
    pub field: &'static str,
    pub said: String,
    pub holder: u32,
    /// The holder is deleted: it may have to give way (spec/write-api.md, 6.3).
    pub is_free: bool,
}

impl Draft {
    pub fn get(&self, name: &str) -> Option<&Cell> {
        self.cells[self.resource.table().at(name)].as_ref()
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_int()
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Cell::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    pub fn set(&mut self, name: &str, cell: Cell) {
        let position = self.resource.table().at(name);
        self.cells[position] = Some(cell);
    }

    /// The text that the row would have: as the body says, else as it is stored.
    pub fn text_over<'a>(&'a self, before: Option<&'a Row>, name: &str) -> &'a str {
        match self.get(name) {
            Some(cell) => cell.as_text().unwrap_or_default(),
            None => before.map_or("", |row| row.text_or_empty(self.resource.table().at(name))),
        }
    }

    /// The number that the row would have.
    pub fn int_over(&self, before: Option<&Row>, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(cell) => cell.as_int(),
            None => before.and_then(|row| row.int(self.resource.table().at(name))),
        }
    }

    pub fn say(&mut self, name: &'static str, text: impl Into<String>) {
        let place = Place::of(self.resource.table().at(name));
        self.complaints.say(place, name, text);
    }

    /// Complains of everything that another row has, in front of what else is wrong with the field.
    pub fn complain_of_taken(&mut self) {
        for taken in std::mem::take(&mut self.taken) {
            self.complaints.say_first(taken.place, taken.field, taken.said);
        }
    }

    /// Whether nothing stands in the way but rows that are deleted.
    pub fn is_fine(&self) -> bool {
        self.complaints.is_empty() && self.taken.iter().all(|taken| taken.is_free)
    }

    /// What the body changes: position and value.
    pub fn changes(&self) -> Vec<(usize, Cell)> {
        let named = self.cells.iter().enumerate();
        named.filter_map(|(position, cell)| Some((position, cell.clone()?))).collect()
    }
}

/// Forms of these are flattened to one value a key before they are read, so that what HTML says of forms does not hold.
fn is_flattened(resource: Resource) -> bool {
    matches!(resource, Resource::Net | Resource::Fac | Resource::Netixlan)
}

/// Whether the field is read from a body at all.
fn is_read(field: &Field, creates: bool) -> bool {
    let is_writable = match field.write {
        Writable::Yes | Writable::Create => true,
        Writable::Update => !creates,
        Writable::No => false,
    };
    is_writable && field.is_stored()
}

/// Reads the body of a request. Cross-field rules come later.
pub fn read(asked: &Asked<'_>) -> Draft {
    let resource = asked.resource();
    let table = resource.table();
    let mut draft =
        Draft { resource, cells: vec![None; table.fields.len()], complaints: Complaints::default(), taken: Vec::new() };
    let is_html = asked.is_form && !is_flattened(resource);
    for (position, field) in table.fields.iter().enumerate() {
        if !is_read(field, asked.creates()) {
            continue;
        }
        let given = asked.body.get(field.name).map(|given| last_of(given, field, asked.is_form));
        let given = given.filter(|given| !is_html || !is_unsaid(given, field));
        let place = Place::of(position);
        match given {
            None => {
                draft.cells[position] = match missing(field, is_html) {
                    Ok(cell) => cell,
                    Err(text) => {
                        draft.complaints.say(place, field.name, text);
                        None
                    }
                }
            }
            Some(given) => match present(asked, field, given) {
                Ok(cell) => {
                    if let Some(taken) = taken(asked, position, field, &cell) {
                        draft.taken.push(taken);
                    }
                    if let Some(text) = doubts(field, &cell) {
                        draft.complaints.say(place, field.name, text);
                    }
                    draft.cells[position] = Some(cell);
                }
                Err(Fault::Texts(texts)) => {
                    for text in texts {
                        draft.complaints.say(place, field.name, text);
                    }
                }
                Err(Fault::Whole(said)) => draft.complaints.say_so(place, field.name, said),
            },
        }
    }
    draft
}

/// Of a key that came more than once in a form, the last value counts, but for lists.
fn last_of<'a>(given: &'a Json, field: &Field, is_form: bool) -> &'a Json {
    let takes_list = matches!(field.kind, Kind::Choices(_) | Kind::Words(_) | Kind::Social);
    match given {
        Json::Array(values) if is_form && !takes_list => values.last().unwrap_or(given),
        _ => given,
    }
}

/// An empty input of a form says nothing where an empty text is no value.
fn is_unsaid(given: &Json, field: &Field) -> bool {
    let is_list = matches!(field.kind, Kind::Social);
    let is_empty = given.as_str() == Some("") && !field.required && !field.named;
    is_list || (is_empty && field.kind.storage() != Storage::Text)
}

/// The value of a field that is not in the body; none leaves it as it is.
fn missing(field: &Field, is_html: bool) -> Result<Option<Cell>, &'static str> {
    match field.kind {
        _ if field.required || field.named => Err(REQUIRED),
        _ if field.reset => Ok(Some(preset(field))),
        // A box that is not ticked is not sent.
        Kind::Bool if is_html => Ok(Some(Cell::Bool(false))),
        _ => Ok(None),
    }
}

/// What a row has in a field that nothing was said about.
pub fn preset(field: &Field) -> Cell {
    match Cell::from_value(stored::empty(field)) {
        Cell::Null if field.reset && field.empty == Empty::Either => Cell::Text(String::new()),
        cell => cell,
    }
}

/// Why a value is none.
enum Fault {
    Texts(Vec<String>),
    /// No list of texts.
    Whole(Json),
}

impl<T: Into<String>> From<T> for Fault {
    fn from(text: T) -> Fault {
        Fault::Texts(vec![text.into()])
    }
}

fn present(asked: &Asked<'_>, field: &Field, given: &Json) -> Result<Cell, Fault> {
    let is_nullable = field.empty != Empty::Blank && !field.required && !field.named;
    if given.is_null() {
        return match field.kind {
            _ if is_nullable => Ok(Cell::Null),
            Kind::Choices(_) => Ok(Cell::Text(String::new())),
            _ => Err(NOT_NULL.into()),
        };
    }
    match field.kind {
        Kind::Int { min, max } => int(field, given, min, max),
        Kind::Asn => int(field, given, 0, i64::from(u32::MAX)),
        Kind::Bool => Ok(cell::flag(given, is_nullable)?.map_or(Cell::Null, Cell::Bool)),
        Kind::Degrees => Ok(Cell::Int((cell::float(given)? * 1e6).round() as i64)),
        Kind::Ref(of) => reference(asked, of, given, is_nullable),
        Kind::Choice(choices) => choice(field, choices, given),
        Kind::Country => choice(field, COUNTRIES, given),
        Kind::NumberChoice(numbers) => {
            let shown = cell::shown(given);
            let number = numbers.iter().find(|number| number.to_string() == shown);
            number.map(|number| Cell::Int(*number)).ok_or_else(|| no_choice(&shown))
        }
        Kind::Choices(choices) => list_of(choices, given),
        Kind::Words(choices) => words(choices, given),
        Kind::Social => match social::read(given) {
            Ok(entries) => Ok(Cell::Text(social::stored(&entries))),
            Err(said) => Err(Fault::Whole(said)),
        },
        Kind::Ip4 => addressed(given, |text| address::ipv4(text).map(|address| address.to_string())),
        Kind::Ip6 => addressed(given, |text| address::ipv6(text).map(|address| address.to_string())),
        Kind::Prefix => prefix(given),
        _ => text(field, given),
    }
}

fn int(field: &Field, given: &Json, min: i64, max: i64) -> Result<Cell, Fault> {
    if field.limit.is_some() && given.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Ok(Cell::Null);
    }
    let number = cell::integer(given)?;
    match field.limit {
        Some(_) if number < min => Err("Negative value not allowed".into()),
        Some(limit) if number > limit => Err(format!("Maximum value allowed {limit}").into()),
        None if number < min => Err(format!("Ensure this value is greater than or equal to {min}.").into()),
        None if number > max => Err(format!("Ensure this value is less than or equal to {max}.").into()),
        _ => Ok(Cell::Int(number)),
    }
}

fn reference(asked: &Asked<'_>, of: Resource, given: &Json, is_nullable: bool) -> Result<Cell, Fault> {
    if given.as_str() == Some("") {
        return if is_nullable { Ok(Cell::Null) } else { Err(NOT_NULL.into()) };
    }
    let id = cell::reference(given)?;
    let exists = u32::try_from(id).is_ok_and(|id| asked.state.row(of, id).is_some());
    if exists { Ok(Cell::Int(id)) } else { Err(no_such_row(given).into()) }
}

/// What is said of a foreign key that leads nowhere.
pub fn no_such_row(given: &Json) -> String {
    format!("Invalid pk \"{}\" - object does not exist.", cell::shown(given))
}

fn no_choice(shown: &str) -> Fault {
    format!("\"{shown}\" is not a valid choice.").into()
}

fn choice(field: &Field, choices: &[Choice], given: &Json) -> Result<Cell, Fault> {
    let shown = cell::shown(given);
    let has_default = !matches!(field.default, peerage_schema::Default::None);
    let is_blank = shown.is_empty() && !field.required && !has_default;
    if is_blank || choices.iter().any(|choice| choice.value == shown) {
        return Ok(Cell::Text(shown));
    }
    Err(no_choice(&shown))
}

fn no_list(given: &Json) -> Fault {
    format!("Expected a list of items but got type \"{}\".", cell::type_name(given)).into()
}

/// Stored in the order given, each once.
fn list_of(choices: &[Choice], given: &Json) -> Result<Cell, Fault> {
    let Json::Array(items) = given else { return Err(no_list(given)) };
    let mut list: Vec<String> = Vec::with_capacity(items.len());
    for item in items {
        let shown = cell::shown(item);
        if !choices.iter().any(|choice| choice.value == shown) {
            return Err(no_choice(&shown));
        }
        if !list.contains(&shown) {
            list.push(shown);
        }
    }
    Ok(Cell::Text(list.join(",")))
}

/// A list of words, stored in the order given, each once.
fn words(choices: &[Choice], given: &Json) -> Result<Cell, Fault> {
    let Json::Array(items) = given else { return Err("Must be a list.".into()) };
    let mut list: Vec<String> = items.iter().map(cell::shown).collect();
    let is_known = |word: &String| choices.iter().any(|choice| choice.value == *word);
    let mut unknown: Vec<&str> = list.iter().filter(|word| !is_known(word)).map(String::as_str).collect();
    if !unknown.is_empty() {
        unknown.sort_unstable();
        unknown.dedup();
        let mut known: Vec<&str> = choices.iter().map(|choice| choice.value).collect();
        known.sort_unstable();
        return Err(format!("Invalid field(s): {}. Valid values: {}", unknown.join(", "), known.join(", ")).into());
    }
    let mut seen = Vec::new();
    list.retain(|word| {
        !seen.contains(word) && {
            seen.push(word.clone());
            true
        }
    });
    Ok(Cell::Text(Json::from(list).to_string()))
}

/// An IP address in its shortest form; the empty text means none.
fn addressed(given: &Json, read: impl Fn(&str) -> Result<String, String>) -> Result<Cell, Fault> {
    let given = cell::text(given)?;
    if given.is_empty() { Ok(Cell::Null) } else { Ok(Cell::Text(read(&given)?)) }
}

fn prefix(given: &Json) -> Result<Cell, Fault> {
    let given = cell::text(given)?;
    if given.is_empty() {
        return Err(NOT_BLANK.into());
    }
    match address::network(&given) {
        Ok(network) => Ok(Cell::Text(network.to_string())),
        Err(wrong) => Err(Fault::Texts(vec![format!("Invalid prefix: {given}"), wrong])),
    }
}

fn text(field: &Field, given: &Json) -> Result<Cell, Fault> {
    let text = cell::text(given)?;
    if text.is_empty() {
        return match field.kind {
            _ if field.required => Err(NOT_BLANK.into()),
            Kind::Mac => Ok(Cell::Null),
            _ => Ok(Cell::Text(text)),
        };
    }
    let mut wrong = Vec::new();
    let most = longest(field);
    if most > 0 && text.chars().count() > most as usize {
        wrong.push(format!("Ensure this field has no more than {most} characters."));
    }
    if text.contains('\0') {
        wrong.push("Null characters are not allowed.".to_owned());
    }
    match field.kind {
        Kind::Url { any_scheme, .. } => {
            let schemes = if any_scheme { &web::GLASS_SCHEMES } else { &web::PAGE_SCHEMES };
            if !web::is_url(&text, schemes) {
                wrong.push("Enter a valid URL.".to_owned());
            }
        }
        Kind::Email if !web::is_email(&text) => wrong.push("Enter a valid email address.".to_owned()),
        Kind::Mac if !is_mac(&text) => wrong.push("Enter a valid value.".to_owned()),
        _ => {}
    }
    if wrong.is_empty() { Ok(Cell::Text(text)) } else { Err(Fault::Texts(wrong)) }
}

/// Longest text that the field takes, in characters; 0 without a bound.
fn longest(field: &Field) -> u32 {
    const EMAIL_MAX: u32 = 254;
    match field.kind {
        Kind::Text { max } | Kind::Url { max, .. } | Kind::Phone { max } => max,
        Kind::Email => EMAIL_MAX,
        _ => 0,
    }
}

/// Six pairs of hexadecimal digits with colons or hyphens between them.
fn is_mac(text: &str) -> bool {
    let pairs: Vec<&str> = text.split([':', '-']).collect();
    pairs.len() == 6 && pairs.iter().all(|pair| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What is wrong with a value that is one of its kind.
fn doubts(field: &Field, cell: &Cell) -> Option<String> {
    let text = cell.as_text()?;
    if !field.retired.is_empty() && !text.is_empty() {
        return Some(field.retired.to_owned());
    }
    if matches!(field.kind, Kind::Prefix) {
        return address::check_space(text.parse().ok()?).err();
    }
    let mut letters = text.chars().zip(text.chars().skip(1));
    let has_gap = field.name == "name" && letters.any(|(one, next)| one.is_whitespace() && next.is_whitespace());
    has_gap.then(|| "Name cannot contain consecutive whitespace characters.".to_owned())
}

fn taken(asked: &Asked<'_>, position: usize, field: &'static Field, cell: &Cell) -> Option<Taken> {
    if field.index != Index::Unique || matches!(cell.as_value(), Value::Null) {
        return None;
    }
    let holder = unique::holder(asked.state, asked.resource(), position, cell, asked.id())?;
    let is_free = asked.state.status(asked.resource(), holder) == "deleted";
    Some(Taken {
        place: Place::of(position),
        field: field.name,
        said: field.taken.to_owned(),
        holder: holder.id(),
        is_free,
    })
}

#[cfg(test)]
mod tests {
    use super::is_mac;

    #[test]
    fn hardware_addresses() {
        for good in ["00:11:22:33:44:55", "aa-bb-cc-dd-ee-ff", "AA:BB:CC:DD:EE:FF"] {
            assert!(is_mac(good), "{good}");
        }
        for bad in ["bad", "00:11:22:33:44", "00:11:22:33:44:5g", "001122334455", "00:11:22:33:44:055"] {
            assert!(!is_mac(bad), "{bad}");
        }
    }
}
