//! Where the contact of a key confirms the address, by the link in a mail.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::keys;
use peerage_pages::account::{Press, Told};

use crate::web::visit::Visit;

const HERE: &str = "/account/key-contact";

/// The public id of a key and the code, as the link joins them.
fn parts(word: &str) -> (&str, &str) {
    word.split_once('.').unwrap_or((word, ""))
}

/// The page for a link that works no longer, or never did.
fn refused(visit: &Visit) -> Response<Body> {
    let frame = visit.frame_without_forms("contact-title");
    let page = Told { text: frame.text("contact-refused").into_owned(), frame, kind: "failed", links: Vec::new() };
    visit.page("key contact", StatusCode::BAD_REQUEST, page.language(), page.show())
}

pub async fn show(visit: Visit) -> Response<Body> {
    let word = visit.query("token").unwrap_or_default();
    let (public, code) = parts(&word);
    let desk = visit.desk();
    let Ok(key) = keys::key_of_contact(&desk, &visit.app.server_key, public, code) else { return refused(&visit) };
    let frame = visit.frame("contact-title");
    let page = Press {
        text: frame.text_with("contact-about", &[("address", &key.email), ("key", &key.name)]),
        label: frame.text("contact-do").into_owned(),
        frame,
        action: HERE,
        word: word.clone(),
        is_danger: false,
    };
    visit.page("key contact", StatusCode::OK, page.language(), page.show())
}

pub async fn confirm(visit: Visit) -> Response<Body> {
    let (word, app) = (visit.form.text("token").to_owned(), Arc::clone(&visit.app));
    let done = visit.act_of_reader(move |desk| {
        let (public, code) = parts(&word);
        let key = keys::key_of_contact(desk, &app.server_key, public, code)?;
        Ok(((), keys::confirm_address(desk.people, key)))
    });
    match done.await {
        Ok(()) => {
            let frame = visit.frame_without_forms("contact-title");
            let page = Told { text: frame.text("contact-done").into_owned(), frame, kind: "done", links: Vec::new() };
            visit.page("key contact", StatusCode::OK, page.language(), page.show())
        }
        Err(_) => refused(&visit),
    }
}
