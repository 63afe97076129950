//! Statistics of the registry: charts, each with the table that it is drawn from.

use askama::Template;

use crate::PageFrame;
use crate::object::{ObjectCell, ObjectFigure};

/// A chart as SVG.
#[derive(Clone, Debug)]
pub struct ChartPicture {
    /// Empty if the section's title names it.
    pub title: String,
    /// Its latest value.
    pub aside: String,
    pub svg: String,
    /// The list of its parts as HTML; empty if the chart names them.
    pub legend: String,
}

/// A column of a chart's table.
#[derive(Clone, Debug)]
pub struct ChartColumn {
    /// Its name in files.
    pub key: &'static str,
    pub label: String,
    pub is_number: bool,
}

/// One or more pictures of the same table.
#[derive(Clone, Debug)]
pub struct StatisticsChart {
    /// Its name in addresses.
    pub key: &'static str,
    pub title: String,
    /// What one has to know to read it.
    pub about: String,
    pub pictures: Vec<ChartPicture>,
    pub columns: Vec<ChartColumn>,
    pub rows: Vec<Vec<ObjectCell>>,
    /// Rows that the page shows; files have all.
    pub shown_rows: usize,
    /// Whether it takes the whole width.
    pub is_large: bool,
}

impl StatisticsChart {
    pub fn shown(&self) -> &[Vec<ObjectCell>] {
        &self.rows[..self.shown_rows.min(self.rows.len())]
    }

    pub fn is_number(&self, at: &usize) -> bool {
        self.columns.get(*at).is_some_and(|column| column.is_number)
    }

    pub fn label(&self, at: &usize) -> &str {
        self.columns.get(*at).map_or("", |column| &column.label)
    }
}

#[derive(Template)]
#[template(path = "statistics.html")]
pub struct StatisticsPage<'a> {
    pub frame: PageFrame<'a>,
    pub counts: Vec<ObjectFigure>,
    pub charts: Vec<StatisticsChart>,
    /// When the figures were counted.
    pub taken: String,
    /// The position in the log that they were counted at.
    pub position: u64,
}

crate::shown! { StatisticsPage }
