//! The user interface: templates, style sheet, script and texts. Plain HTML that works without scripts.
//!
//! A page is a template struct with a field `frame: PageFrame<'_>`, whose template extends `layout.html` and fills the
//! block `main`. Its components are macros: `{% import "parts/form.html" as form %}` and `{% import "parts/show.html"
//! as show %}`; `examples/gallery.rs` shows each of them. Its texts are in `texts/`, and templates get them with
//! `frame.text("key")`.

pub mod account;
pub mod edit;
pub mod find;
pub mod frame;
pub mod guides;
pub mod home;
pub mod manage;
pub mod map;
pub mod markdown;
pub mod member_list;
pub mod oauth;
pub mod object;
pub mod parts;
pub mod proposal;
mod registry;
pub mod requests;
pub mod search;
pub mod security;
pub mod sitemap;
pub mod statistics;
pub mod texts;

use askama::Template;

pub use frame::{CSRF_FIELD, KEYS_SCRIPT, NoticeKind, PageFrame, PageNotice, PersonView, SCRIPT, STYLE, Theme};
pub use registry::{ApiFacts, ComposedRequest, api_docs, not_found};
pub use texts::{PageTexts, TextArgument};

/// Gives page templates their HTML and their language.
macro_rules! shown {
    ($($page:ident)*) => {$(
        impl $page<'_> {
            pub fn show(&self) -> String {
                crate::render(self)
            }

            /// The language that the page is in.
            pub fn language(&self) -> &'static str {
                self.frame.texts.tag()
            }
        }
    )*};
}
use shown;

/// The templates write to a `String` and call nothing that can fail.
fn render(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}
