//! The page that renumbers the LAN of an exchange.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use ipnet::IpNet;
use peerage_engine::DecisionContext;
use peerage_engine::object::{self, ObjectRefusal, RefusedChanges};
use peerage_engine::renumber::{PORTS_MAX, RenumberRule, renumber_mark};
use peerage_pages::edit::{EditForm, PreviewPage, PreviewedRow, RenumberPage};
use peerage_pages::parts::FormErrors;
use peerage_registry::Row;
use peerage_schema::Resource;
use peerage_schema::tables::ixlan;

use crate::edit::{count_rows, edited_object, note, previewed_rows, refusal_text, summary, whole_scope};
use crate::visit::Visit;
use peerage_edge::caller;

/// Rows that are listed before a renumbering. Their number is always shown.
pub const LISTED_MAX: usize = 500;

/// Refusals that are repeated.
const REFUSALS_MAX: usize = 20;

/// The hidden field that says what was shown.
const SHOWN: &str = "shown";

/// Fields of the form.
const FIELDS: [&str; 4] = ["from", "to", "removes_old", "list"];

/// The live exchange and its LAN, if the person may change all of it.
fn exchange<'a>(visit: &Visit, row: Option<&'a Row>) -> Result<(&'a Row, u32), Box<Response<Body>>> {
    let snapshot = &visit.state.snapshot;
    let row = row.filter(|row| snapshot.is_live(Resource::Ix, row));
    let row = row.ok_or_else(|| Box::new(crate::public::not_found()))?;
    whole_scope(visit, Resource::Ix, row)?;
    let lan = snapshot.pointing(ixlan::IX_ID, row.id()).first().copied();
    lan.map(|lan| (row, lan)).ok_or_else(|| Box::new(crate::public::not_found()))
}

fn row_of<'a>(state: &'a peerage_engine::RegistryState, id: &str) -> Option<&'a Row> {
    state.snapshot.row(Resource::Ix, id.parse().ok()?)
}

pub async fn show(Path(id): Path<String>, visit: Visit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    match exchange(&visit, row_of(&state, &id)) {
        Ok((row, _)) => page(&visit, row, FormErrors::none(), StatusCode::OK),
        Err(answer) => *answer,
    }
}

/// The rule that a form states.
///
/// # Errors
/// The field and what is wrong with it.
fn rule(visit: &Visit) -> Result<RenumberRule, (&'static str, String)> {
    let prefix = |field: &'static str| {
        let parsed = visit.form.text(field).trim().parse::<IpNet>().ok().filter(|prefix| prefix.trunc() == *prefix);
        parsed.ok_or((field, "Enter a prefix, such as 192.0.2.0/24.".to_owned()))
    };
    let list = visit.form.text("list").trim();
    if list.is_empty() {
        let removes_old = visit.form.is_on("removes_old");
        return Ok(RenumberRule::Prefix { from: prefix("from")?, to: prefix("to")?, removes_old });
    }
    let mut pairs = Vec::new();
    for (line, text) in list.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let mut addresses = text.split([' ', '\t', ',', ';']).filter(|word| !word.is_empty());
        let mut next = || addresses.next().and_then(|word| word.parse::<IpAddr>().ok());
        match (next(), next(), addresses.next()) {
            (Some(old), Some(new), None) => pairs.push((old, new)),
            _ => return Err(("list", format!("Line {} is not an old and a new address.", line + 1))),
        }
        if pairs.len() > 2 * PORTS_MAX {
            return Err(("list", format!("At most {PORTS_MAX} ports can be renumbered at once.")));
        }
    }
    Ok(RenumberRule::List(pairs))
}

pub async fn take(Path(id): Path<String>, visit: Visit) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    let (row, lan) = match exchange(&visit, row_of(&state, &id)) {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    let again = |errors: FormErrors, status| page(&visit, row, errors, status);
    if visit.form.text("step") == "edit" {
        return again(FormErrors::none(), StatusCode::OK);
    }
    let rule = match rule(&visit) {
        Ok(rule) => rule,
        Err((field, why)) => return again(FormErrors::none().on(field, why), StatusCode::BAD_REQUEST),
    };
    let ports = rule.changes(&state.snapshot, lan).map_or(1, |changes| changes.len());
    if let Some(answer) = count_rows(&visit, ports, visit.here()) {
        return answer;
    }
    let is_save = visit.form.text("step") == "save";
    let shown = is_save.then(|| visit.form.text(SHOWN).to_owned());
    let decide = move |context: &DecisionContext<'_>| {
        let changes = rule.changes(context.registry, lan).map_err(|error| RenumberRefusal::Rule(error.to_string()))?;
        let mark = renumber_mark(&changes);
        if shown.as_ref().is_some_and(|shown| *shown != mark) {
            return Err(RenumberRefusal::Changed);
        }
        let (_, steps) = object::decide_all(&changes, context).map_err(RenumberRefusal::Changes)?;
        Ok((mark, steps))
    };
    let caller = visit.caller().with_note(note(&visit));
    if is_save {
        return match visit.app.engine.commit(&caller, decide).await {
            Ok(_) => visit.go_telling(&format!("/ix/{}", row.id()), "told-renumbered"),
            Err(rejected) => refused(&visit, row, rejected),
        };
    }
    match visit.app.engine.rehearse_apart(&caller, decide).await {
        Ok(rehearsed) => {
            let rows = previewed_rows(&visit, &state.snapshot, Resource::Ix, &rehearsed.entries);
            preview(&visit, row, (rows, summary(&visit, &rehearsed.entries)), rehearsed.outcome)
        }
        Err(rejected) => refused(&visit, row, rejected),
    }
}

/// Why a renumbering is refused.
enum RenumberRefusal {
    Rule(String),
    /// It would change something else than was shown.
    Changed,
    Changes(RefusedChanges),
}

impl peerage_engine::MissingFact for RenumberRefusal {
    fn missing_fact(&self) -> Option<&peerage_registry::rules::FactLookup> {
        if let RenumberRefusal::Changes(refused) = self { refused.missing_fact() } else { None }
    }
}

fn refused(visit: &Visit, row: &Row, rejected: peerage_engine::Rejected<RenumberRefusal>) -> Response<Body> {
    match caller::refusal(rejected) {
        Ok(RenumberRefusal::Rule(why)) => page(visit, row, FormErrors::none().whole(why), StatusCode::BAD_REQUEST),
        Ok(RenumberRefusal::Changed) => {
            let text = visit.texts().get("renumber-changed").into_owned();
            page(visit, row, FormErrors::none().whole(text), StatusCode::CONFLICT)
        }
        Ok(RenumberRefusal::Changes(RefusedChanges(refused))) => {
            if refused.iter().any(|(_, refusal)| matches!(refusal, ObjectRefusal::NeedsFreshFactor)) {
                return visit.to_prove(visit.here());
            }
            let texts: std::collections::BTreeSet<String> =
                refused.into_iter().map(|(_, refusal)| refusal_text(refusal).0).collect();
            let errors = texts.into_iter().take(REFUSALS_MAX).fold(FormErrors::none(), FormErrors::whole);
            page(visit, row, errors, StatusCode::BAD_REQUEST)
        }
        Err(error) => visit.denied(error.into(), visit.here()),
    }
}

fn preview(visit: &Visit, row: &Row, (mut rows, summary): (Vec<PreviewedRow>, String), mark: String) -> Response<Body> {
    let mut kept: Vec<(String, String)> =
        FIELDS.iter().map(|field| ((*field).to_owned(), visit.form.text(field).to_owned())).collect();
    kept.push((SHOWN.to_owned(), mark));
    let left = rows.len().saturating_sub(LISTED_MAX);
    rows.truncate(LISTED_MAX);
    let about = visit.texts().with("renumber-more", &[("count", &left)]);
    let form = EditForm {
        object: edited_object(visit, Resource::Ix, row, "renumber"),
        action: format!("/ix/{}/renumber", row.id()),
        kept,
        note: visit.form.text("note").to_owned(),
        about: if left > 0 { about } else { String::new() },
        errors: FormErrors::none(),
        is_sent: visit.is_sent(),
    };
    let frame = visit.frame("renumber-title");
    let is_possible = !rows.is_empty();
    let page = PreviewPage {
        form,
        summary,
        outlook: String::new(),
        similar: Vec::new(),
        rows,
        is_danger: true,
        back: None,
        is_possible,
        frame,
    };
    visit.page("renumber", StatusCode::OK, page.language(), page.show())
}

fn page(visit: &Visit, row: &Row, errors: FormErrors, status: StatusCode) -> Response<Body> {
    let object = edited_object(visit, Resource::Ix, row, "renumber");
    let frame = visit.frame("renumber-title");
    let title = visit.texts().with("renumber-of", &[("name", &object.name)]);
    let text = |field: &str| visit.form.text(field).to_owned();
    let page = RenumberPage {
        action: format!("/ix/{}/renumber", row.id()),
        from: text("from"),
        to: text("to"),
        removes_old: visit.form.is_on("removes_old"),
        list: text("list"),
        object,
        errors,
        frame: frame.named(title),
    };
    visit.page("renumber", status, page.language(), page.show())
}
