//! The page on which the contact of a key confirms the address, opened by a mailed link.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_access::acts::keys;
use peerage_pages::account::{ButtonPage, MessagePage};

use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

const HERE: &str = "/account/key-contact";

/// The public ID of a key and the code, as joined in the link.
fn parts(word: &str) -> (&str, &str) {
    word.split_once('.').unwrap_or((word, ""))
}

/// Whether the link itself is invalid.
fn is_wrong_link(denied: &ChangeDenied) -> bool {
    matches!(denied, ChangeDenied::Access(AccessError::Field { .. }))
}

/// The page for a link that is invalid or has expired.
fn refused(visit: &Visit) -> Response<Body> {
    let frame = visit.frame_without_forms("contact-title");
    let page =
        MessagePage { text: frame.text("contact-refused").into_owned(), frame, kind: "failed", links: Vec::new() };
    visit.page("key contact", StatusCode::BAD_REQUEST, page.language(), page.show())
}

pub async fn show(visit: Visit) -> Response<Body> {
    let word = visit.query("token").unwrap_or_default();
    let (public, code) = parts(&word);
    let context = visit.access_context();
    let Ok(key) = keys::key_of_contact(&context, &visit.app.server_key, public, code) else { return refused(&visit) };
    let frame = visit.frame("contact-title");
    let page = ButtonPage {
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
    let done = visit.act_of_reader(move |context| {
        let (public, code) = parts(&word);
        let key = keys::key_of_contact(context, &app.server_key, public, code)?;
        Ok(((), keys::confirm_address(context.people, key)))
    });
    match done.await {
        Ok(()) => {
            let frame = visit.frame_without_forms("contact-title");
            let page =
                MessagePage { text: frame.text("contact-done").into_owned(), frame, kind: "done", links: Vec::new() };
            visit.page("key contact", StatusCode::OK, page.language(), page.show())
        }
        Err(denied) if is_wrong_link(&denied) => refused(&visit),
        // The link is valid and can be opened again: there are too many changes, or the store does not answer.
        Err(denied) => visit.try_later(&denied.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use peerage_edge::errors::ApiError;

    #[test]
    fn i12_14_a_link_is_called_wrong_only_where_it_is_wrong() {
        let field = AccessError::Field { field: "code", text: "The code is wrong or has expired.".to_owned() };
        assert!(is_wrong_link(&ChangeDenied::Access(field)));
        for (denied, status) in [
            (ChangeDenied::Api(ApiError::Unavailable), 503),
            (ChangeDenied::Api(ApiError::Stopped("damage".to_owned())), 503),
            (ChangeDenied::Api(ApiError::Throttled { wait: Duration::from_secs(7) }), 429),
            (ChangeDenied::Api(ApiError::OutcomeUnknown), 504),
            (ChangeDenied::Access(AccessError::TryAgain), 503),
        ] {
            assert!(!is_wrong_link(&denied));
            assert_eq!(ApiError::from(denied).status().as_u16(), status);
        }
    }
}
