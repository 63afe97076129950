//! The home page: search, what the registry holds, what changed, and what waits for the reader.

use askama::Template;

use crate::PageFrame;

/// A kind of object, and how many there are.
#[derive(Clone, Debug)]
pub struct KindCount {
    pub tag: &'static str,
    pub title: String,
    pub count: String,
    /// How the count has changed in a year; empty if it is not known.
    pub change: String,
    /// The counts of a year as SVG.
    pub sparkline: String,
}

/// An object that changed.
#[derive(Clone, Debug)]
pub struct RecentObject {
    pub name: String,
    pub link: String,
    /// The AS number of a network.
    pub mark: String,
    pub place: String,
    /// When it changed, as the API has it, and how long ago in words.
    pub time: String,
    pub ago: String,
}

/// Objects of a kind, the last changed first.
#[derive(Clone, Debug)]
pub struct RecentKind {
    pub tag: &'static str,
    pub title: String,
    pub objects: Vec<RecentObject>,
}

/// Something that the reader should look at: what it is, in one line, and where.
#[derive(Clone, Debug)]
pub struct OpenTask {
    pub text: String,
    pub link: String,
}

/// An organization of the reader.
#[derive(Clone, Debug)]
pub struct OwnOrganization {
    pub name: String,
    pub link: String,
    /// The pages on which it is managed, for those who may.
    pub manage: Option<String>,
}

/// What concerns the reader, if they are logged in.
#[derive(Clone, Debug, Default)]
pub struct OwnView {
    pub organizations: Vec<OwnOrganization>,
    /// Keys that expire soon.
    pub keys: Vec<OpenTask>,
    /// Requests that wait for a decision of theirs.
    pub requests: Vec<OpenTask>,
}

/// What the home page says, in the reader's language.
#[derive(Clone, Debug)]
pub struct HomeView {
    pub counts: Vec<KindCount>,
    pub recent: Vec<RecentKind>,
    /// A small map of all facilities; empty if none has a place.
    pub map: String,
    pub own: Option<OwnView>,
    pub version: &'static str,
    pub dump_path: String,
}

#[derive(Template)]
#[template(path = "home.html")]
pub struct HomePage<'a> {
    pub frame: PageFrame<'a>,
    pub home: HomeView,
}

crate::shown! { HomePage }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PageTexts;

    #[test]
    fn names_are_escaped() {
        let count = KindCount {
            tag: "net",
            title: "Networks".to_owned(),
            count: "3".to_owned(),
            change: String::new(),
            sparkline: String::new(),
        };
        let recent = RecentObject {
            name: "<b>".to_owned(),
            link: "/net/1".to_owned(),
            mark: "AS63500".to_owned(),
            place: String::new(),
            time: "2026-11-01T00:00:00Z".to_owned(),
            ago: "now".to_owned(),
        };
        let recent = RecentKind { tag: "net", title: "Networks".to_owned(), objects: vec![recent] };
        let home = HomeView {
            counts: vec![count],
            recent: vec![recent],
            map: String::new(),
            own: None,
            version: "1",
            dump_path: "/dumps".to_owned(),
        };
        let page = HomePage { frame: PageFrame::new(PageTexts::english(), "/"), home }.show();
        assert!(page.contains("&#60;b&#62;") && page.contains("/dumps/net-0.json") && page.ends_with("</html>"));
    }
}
