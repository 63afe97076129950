//! `/statistics`: what the registry holds, in charts with their tables, as CSV and as JSON.

mod charts;
pub mod figures;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_pages::object::ObjectFigure;
use peerage_pages::statistics::{StatisticsChart, StatisticsPage};
use peerage_registry::Snapshot;
use peerage_registry::moment::{MINUTE, Moment, print_seconds};
use peerage_schema::Resource;
use serde_json::{Map, Value as Json, json};
use tokio::sync::Mutex;

use crate::objects::missing;
use crate::page_form::{PageForm, PooledAnswer, complete, csv_answer, in_form, in_pool_while, pooled_page};
use crate::visit::Visit;
use charts::ChartMaker;
pub use charts::{change, port_charts, year_of};
use figures::RegistryFigures;
use peerage_edge::content::{JSON, TEXT};

/// Rows of a table that has one for each exchange, country or the like.
pub const ROWS_MAX: usize = 50;

/// The figures of the latest snapshot that was counted.
///
/// Bound: one set of figures, counted at most once a minute, so that frequent changes cost no more than rare ones.
#[derive(Default)]
pub struct FiguresCache {
    kept: Mutex<Option<Arc<RegistryFigures>>>,
}

impl FiguresCache {
    /// Returns the figures at the head of the log, or those of the last minute. Requests that arrive during a count
    /// wait for it.
    pub async fn latest(&self, snapshot: &Arc<Snapshot>, now: Moment) -> Arc<RegistryFigures> {
        let sequence = snapshot.head().sequence;
        let mut kept = self.kept.lock().await;
        let is_usable = |figures: &&Arc<RegistryFigures>| {
            let age = now - figures.taken;
            let is_same_month = figures.months.last().is_some_and(|month| figures::is_in_month(*month, now));
            (figures.sequence == sequence && is_same_month) || (now >= figures.taken && age < MINUTE)
        };
        if let Some(figures) = kept.as_ref().filter(is_usable) {
            return Arc::clone(figures);
        }
        let snapshot = Arc::clone(snapshot);
        let counted = tokio::task::spawn_blocking(move || RegistryFigures::count(&snapshot, now)).await;
        let figures = Arc::new(counted.unwrap_or_default());
        *kept = Some(Arc::clone(&figures));
        figures
    }
}

/// The figures for a page.
pub async fn figures_of(visit: &Visit) -> Arc<RegistryFigures> {
    visit.app.figures.latest(&visit.state.snapshot, visit.app.environment.now()).await
}

pub async fn show(visit: Visit) -> Response<Body> {
    let figures = figures_of(&visit).await;
    let stamp = figures.taken.as_microseconds().to_string();
    in_pool_while(visit, "statistics", stamp, move |visit| answer(visit, &figures)).await
}

fn answer(visit: &Visit, figures: &RegistryFigures) -> PooledAnswer {
    let texts = visit.texts();
    let maker = ChartMaker { texts, figures, snapshot: &visit.state.snapshot };
    let charts = maker.charts();
    match PageForm::of(visit) {
        PageForm::Csv => complete(as_csv(visit, &charts)),
        PageForm::Json => {
            complete(in_form(visit, "statistics", StatusCode::OK, JSON, as_json(figures, &charts).to_string()))
        }
        PageForm::Text => complete(in_form(visit, "statistics", StatusCode::OK, TEXT, plain(&charts))),
        _ => {
            let frame = visit.frame_without_forms("statistics-title");
            let page = StatisticsPage {
                frame,
                counts: counts(&maker),
                charts,
                taken: print_seconds(figures.taken),
                position: figures.sequence,
            };
            pooled_page(visit, "statistics", page.show())
        }
    }
}

/// The number of live objects of each kind, and how it has changed in a year.
fn counts(maker: &ChartMaker<'_>) -> Vec<ObjectFigure> {
    let figure = |kind: Resource| {
        let growth = maker.figures.growth_of(kind);
        let (count, before) = year_of(growth);
        ObjectFigure {
            label: maker.texts.get(&format!("resources-{}", kind.tag())).into_owned(),
            value: maker.texts.number(count),
            aside: change(maker.texts, count, before),
        }
    };
    figures::KINDS.into_iter().map(figure).collect()
}

fn as_csv(visit: &Visit, charts: &[StatisticsChart]) -> Response<Body> {
    let wanted = visit.query("table");
    let found = match &wanted {
        Some(key) => charts.iter().find(|chart| chart.key == key),
        None => charts.first(),
    };
    let Some(chart) = found else { return missing(visit) };
    let head: Vec<&str> = chart.columns.iter().map(|column| column.key).collect();
    let rows = chart.rows.iter().map(|row| row.iter().map(|cell| cell.plain().to_owned()).collect::<Vec<_>>());
    csv_answer(visit, "statistics", &format!("statistics-{}", chart.key), &head, rows)
}

fn as_json(figures: &RegistryFigures, charts: &[StatisticsChart]) -> Json {
    let row = |chart: &StatisticsChart, cells: &[peerage_pages::object::ObjectCell]| {
        let each = chart.columns.iter().zip(cells).map(|(column, cell)| {
            let number = cell.plain().parse::<i64>().ok().filter(|_| column.is_number);
            (column.key.to_owned(), number.map_or_else(|| json!(cell.plain()), Json::from))
        });
        Json::Object(each.collect::<Map<_, _>>())
    };
    let tables = charts.iter().map(|chart| {
        let rows = chart.rows.iter().map(|cells| row(chart, cells)).collect::<Vec<_>>();
        (chart.key.to_owned(), Json::from(rows))
    });
    let meta = json!({"taken": print_seconds(figures.taken), "sequence": figures.sequence});
    json!({"data": tables.collect::<Map<_, _>>(), "meta": meta})
}

fn plain(charts: &[StatisticsChart]) -> String {
    let mut out = String::new();
    for chart in charts {
        out.push_str(&format!("{}\n", chart.title));
        for row in chart.rows.iter().take(ROWS_MAX) {
            let cells: Vec<String> = row.iter().map(|cell| format!("{:<14}", cell.shown_text())).collect();
            out.push_str(&format!("  {}\n", cells.join("  ").trim_end()));
        }
        out.push('\n');
    }
    out
}
