//! The page on which staff undo what one person or key changed within a day.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::StaffPower;
use peerage_edge::errors::ApiError;
use peerage_engine::undo::{RowEvent, UndoRequest};
use peerage_pages::edit::StaffUndoPage;
use peerage_pages::parts::FormErrors;
use peerage_registry::moment::{self, DAY, HOUR, MINUTE, Moment};
use peerage_schema::Resource;
use peerage_store::{AUDIT_EVENTS_MAX, AuditQuery};

use super::{SHOWN, UndoFailure, UndoPreview, commit, previewed, staff_form};
use crate::staff::{needs_power, tabs};
use crate::visit::Visit;

/// The fields of the form that choose what is undone.
const CHOICE: [&str; 5] = ["person", "key", "day", "from", "to"];

/// What was chosen, as texts.
struct UndoChoice {
    texts: [String; CHOICE.len()],
}

/// A time of a day, such as `14:30`.
fn time_of_day(day: Moment, text: &str) -> Option<Moment> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (i32, i32) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then(|| day + HOUR * hour + MINUTE * minute)
}

impl UndoChoice {
    fn of(read: impl Fn(&str) -> String) -> UndoChoice {
        UndoChoice { texts: CHOICE.map(|name| read(name).trim().to_owned()) }
    }

    fn text(&self, name: &str) -> &str {
        CHOICE.iter().position(|known| *known == name).map_or("", |at| &self.texts[at])
    }

    fn is_empty(&self) -> bool {
        self.texts.iter().all(String::is_empty)
    }

    /// The events that were chosen.
    ///
    /// # Errors
    /// What is wrong with the choice.
    fn query(&self, visit: &Visit) -> Result<AuditQuery, FormErrors> {
        let (texts, people) = (visit.texts(), &visit.state.people);
        let mut errors = FormErrors::none();
        let mut query = AuditQuery::default();
        let (person, key) = (self.text("person"), self.text("key"));
        if person.is_empty() == key.is_empty() {
            errors = errors.whole(texts.get("undo-one-of-both"));
        }
        if !person.is_empty() {
            match people.user_to_give(person) {
                Some(user) => query.person = Some(user.id),
                None => errors = errors.on("person", texts.get("audit-person-unknown")),
            }
        }
        if !key.is_empty() {
            let mut named = people.keys().filter(|entry| entry.key.public == key || entry.key.name == key);
            match (named.next(), named.next()) {
                (Some(entry), None) => query.key = Some(entry.key.public.clone()),
                (Some(_), Some(_)) => errors = errors.on("key", texts.get("undo-several-keys")),
                (None, _) => errors = errors.on("key", texts.get("undo-no-key")),
            }
        }
        let day = moment::parse(&format!("{}T00:00:00Z", self.text("day")));
        let Some(day) = day else { return Err(errors.on("day", texts.get("day-expected"))) };
        let time = |name: &str, else_at: Moment| match self.text(name) {
            "" => Some(else_at),
            text => time_of_day(day, text),
        };
        match (time("from", day), time("to", day + DAY)) {
            (Some(from), Some(to)) if from < to => (query.from, query.to) = (Some(from), Some(to)),
            (Some(_), Some(_)) => errors = errors.on("to", texts.get("undo-time-order")),
            (None, _) => errors = errors.on("from", texts.get("undo-time-expected")),
            (_, None) => errors = errors.on("to", texts.get("undo-time-expected")),
        }
        if errors.is_empty() { Ok(query) } else { Err(errors) }
    }

    /// Reads what was chosen.
    async fn request(&self, visit: &Visit) -> Result<UndoRequest, ChoiceFailure> {
        let query = self.query(visit).map_err(ChoiceFailure::Errors)?;
        let read = visit.app.log_reads.begin(visit.principal(), visit.source.address);
        let _read = read.map_err(ChoiceFailure::Busy)?;
        let found = visit.app.store.audit_log(&query).await;
        let found = found.map_err(|_| ChoiceFailure::Busy(ApiError::Unavailable))?;
        if found.len() >= AUDIT_EVENTS_MAX {
            let text = visit.texts().with("undo-too-many-events", &[("most", &AUDIT_EVENTS_MAX)]);
            return Err(ChoiceFailure::Errors(FormErrors::none().whole(text)));
        }
        let events = found.iter().filter_map(RowEvent::of).collect();
        Ok(UndoRequest { events, leaves_out: true, shown: None })
    }
}

/// Why the events cannot be read.
enum ChoiceFailure {
    Errors(FormErrors),
    Busy(ApiError),
}

/// Lists name ports by their network.
const PAGE_OF: Resource = Resource::Ix;

fn admitted(visit: &Visit) -> Result<(), Box<Response<Body>>> {
    needs_power(visit, StaffPower::UndoChanges)?;
    visit.led_to_prove().map_or(Ok(()), |answer| Err(Box::new(answer)))
}

fn page(
    visit: &Visit,
    choice: UndoChoice,
    preview: Option<UndoPreview>,
    errors: FormErrors,
    status: StatusCode,
) -> Response<Body> {
    let frame = visit.frame("undo-staff-title");
    let is_shown = preview.is_some();
    let preview = preview.unwrap_or_default();
    let mut form = staff_form(visit, &preview);
    form.kept.extend(CHOICE.iter().zip(&choice.texts).map(|(name, text)| ((*name).to_owned(), text.clone())));
    let is_fine = errors.is_empty();
    form.errors = if is_fine { preview.errors } else { errors };
    let [person, key, day, from, to] = choice.texts;
    let is_possible = !form.kept.iter().any(|(name, mark)| name == SHOWN && mark.is_empty());
    let status = if is_shown && !is_possible && is_fine { StatusCode::CONFLICT } else { status };
    let page = StaffUndoPage {
        tabs: tabs(visit, &frame, "undo"),
        person,
        key,
        day,
        from,
        to,
        form,
        summary: preview.summary,
        rows: preview.rows,
        left: preview.left,
        is_possible,
        frame,
    };
    visit.page("staff undo", status, page.language(), page.show())
}

async fn chosen(visit: &Visit, choice: UndoChoice, errors: FormErrors) -> Response<Body> {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    let request = match choice.request(visit).await {
        Ok(request) => request,
        Err(ChoiceFailure::Errors(errors)) => return page(visit, choice, None, errors, StatusCode::BAD_REQUEST),
        Err(ChoiceFailure::Busy(error)) => return visit.try_later(&error),
    };
    match previewed(visit, PAGE_OF, request).await {
        Ok(preview) => page(visit, choice, Some(preview), errors, status),
        Err(answer) => *answer,
    }
}

pub async fn show(visit: Visit) -> Response<Body> {
    if let Err(answer) = admitted(&visit) {
        return *answer;
    }
    let choice = UndoChoice::of(|name| visit.query(name).unwrap_or_default());
    if choice.is_empty() {
        return page(&visit, choice, None, FormErrors::none(), StatusCode::OK);
    }
    chosen(&visit, choice, FormErrors::none()).await
}

pub async fn take(visit: Visit) -> Response<Body> {
    if let Err(answer) = admitted(&visit) {
        return *answer;
    }
    let choice = UndoChoice::of(|name| visit.form.text(name).to_owned());
    let request = match choice.request(&visit).await {
        Ok(request) => request,
        Err(ChoiceFailure::Errors(errors)) => return page(&visit, choice, None, errors, StatusCode::BAD_REQUEST),
        Err(ChoiceFailure::Busy(error)) => return visit.try_later(&error),
    };
    match commit(&visit, PAGE_OF, request).await {
        Ok(()) => visit.go_telling("/staff/undo", "told-undone"),
        Err(UndoFailure::Answer(answer)) => *answer,
        Err(UndoFailure::Refused(errors)) => chosen(&visit, choice, errors).await,
    }
}
