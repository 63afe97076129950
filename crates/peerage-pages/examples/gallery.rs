//! Shows each part of the pages with made-up data, on the standard output:
//!
//!     cargo run -p peerage-pages --example gallery [language [theme]] > gallery.html
//!
//! `templates/gallery.html` is also the place to look up how a part is called.

use askama::Template;
use peerage_pages::parts::{FormErrors, MatrixCell, MatrixRow, PageTab, Paging, PermissionMatrix, SelectChoice};
use peerage_pages::{NoticeKind, PageFrame, PageNotice, PageTexts, PersonView, Theme};

struct GalleryRow {
    name: &'static str,
    id: &'static str,
    state: &'static str,
    kind: &'static str,
    used: &'static str,
}

#[derive(Template)]
#[template(path = "gallery.html")]
struct Gallery<'a> {
    frame: PageFrame<'a>,
    tabs: Vec<PageTab>,
    none: FormErrors,
    errors: FormErrors,
    choices: Vec<SelectChoice>,
    policies: Vec<SelectChoice>,
    columns: [&'static str; 5],
    rows: Vec<GalleryRow>,
    paging: Paging,
    pairs: Vec<(&'static str, &'static str)>,
    matrix: PermissionMatrix,
    secret: &'static str,
    codes: String,
    svg: &'static str,
}

fn matrix() -> PermissionMatrix {
    let row = |label: &str, note: &str, depth: usize, held: &str| MatrixRow {
        label: label.to_owned(),
        note: note.to_owned(),
        depth,
        cells: "crud"
            .chars()
            .map(|right| MatrixCell {
                name: format!("right.{label}"),
                value: right.to_string(),
                is_held: held.contains(right) || held.contains('^'),
                is_inherited: held.contains('^') && right == 'r',
            })
            .collect(),
    };
    PermissionMatrix {
        columns: ["Create", "Read", "Update", "Delete"].map(str::to_owned).into(),
        rows: vec![
            row("Example Networks", "organization 7", 0, "r"),
            row("Example Backbone", "AS64500", 1, "crud"),
            row("Contacts", "private too", 2, "^u"),
            row("Example Exchange", "ix 12", 1, ""),
        ],
        is_fixed: false,
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let texts = PageTexts::choose(arguments.next().as_deref(), None, None);
    let theme = Theme::named(&arguments.next().unwrap_or_default());
    let person = PersonView {
        id: "1".to_owned(),
        name: "Ann Example".to_owned(),
        is_staff: true,
        organizations: vec![(7, "Example Networks".to_owned()), (9, "Carrier of <long> Names and Sons".to_owned())],
    };
    let frame = PageFrame {
        theme,
        person: Some(person),
        csrf: "made-up",
        notice: Some(PageNotice {
            kind: NoticeKind::Done,
            key: String::new(),
            text: "The key “looking glass” was made.".to_owned(),
        }),
        ..PageFrame::new(texts, "/gallery").named("Parts")
    };
    let choices = vec![SelectChoice::new("en", "English", true), SelectChoice::new("de", "Deutsch", false)];
    let policies = vec![
        SelectChoice::new("any", "Each chooses", true).with_help("Who may write still needs one."),
        SelectChoice::new("passkey", "Passkeys and security keys only", false)
            .with_help("Codes from apps do not count."),
    ];
    let gallery = Gallery {
        frame,
        tabs: vec![
            PageTab::new("Members", "/gallery", true).with_count(2),
            PageTab::new("Keys", "/gallery?keys", false),
            PageTab::new("Roles", "/gallery?roles", false),
            PageTab::new("Policy", "/gallery?policy", false),
            PageTab::new("Trail", "/gallery?trail", false),
        ],
        none: FormErrors::none(),
        errors: FormErrors::none()
            .on("asn", "0 is not an AS number; expected 1 to 4294967294")
            .on("policy", "Choose one")
            .whole("The organization has been changed by somebody else since"),
        choices,
        policies,
        columns: ["Name", "Identifier", "State", "Last use", "Acts"],
        rows: vec![
            GalleryRow {
                name: "looking glass",
                id: "pk_4f7q2",
                state: "active",
                kind: "good",
                used: "2026-11-20 09:14 UTC",
            },
            GalleryRow {
                name: "configuration of routers",
                id: "pk_zz81m",
                state: "expires in 6 days",
                kind: "warning",
                used: "never",
            },
        ],
        paging: Paging { page: 2, pages: 9, newer: Some("?page=1".to_owned()), older: Some("?page=3".to_owned()) },
        pairs: vec![("User name", "ann"), ("Since", "2026-01-02"), ("Address", "ann@example.net")],
        matrix: matrix(),
        secret: "prg_org_4f7q2_J0zHkqv3mYp8vVbN6n1xRrQ2sT4uW6yA9cE_3x9Q1k",
        codes: ["7K7M-2Q9X-VT4H-8ZP0"; 10].join("\n"),
        svg: "<svg viewBox=\"0 0 4 4\" shape-rendering=\"crispEdges\"><path d=\"M0 0h1v1H0zM2 1h1v2H2zM1 3h1v1H1zM3 0h1v1H3z\"/></svg>",
    };
    println!("{}", gallery.render().expect("the gallery"));
}
