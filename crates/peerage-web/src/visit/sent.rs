//! How requests and the forms in them are read, also forms that arrive after their session has expired.
//!
//! Nothing typed into the form of an object is lost: it is given back to the browser that sent it. Without a session, the
//! answer is a page that carries the form while its person logs in. With another session than the one in which it was made,
//! the form is shown again. Neither changes anything.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Response, StatusCode};
use peerage_access::records::SessionStage;
use peerage_edge::body::collect_up_to;
use peerage_edge::content::TEXT;
use peerage_edge::edge::{RequestSource, is_safe};
use peerage_edge::errors::ApiError;
use peerage_edge::guard;
use peerage_pages::edit::ExpiredPage;
use serde_json::json;

use super::{Visit, is_for_enrolment};
use crate::WebPages;
use crate::form::{self, WebForm};

/// The request of a form whose handler shows a stale form again instead of acting on it, see [`Visit::is_stale`].
pub struct DraftVisit(pub Visit);

impl<S> FromRequest<S> for DraftVisit
where
    S: Send + Sync,
    Arc<WebPages>: FromRef<S>,
{
    type Rejection = Response<Body>;

    async fn from_request(request: Request, state: &S) -> Result<DraftVisit, Response<Body>> {
        let mut visit = Visit::read(request, &Arc::<WebPages>::from_ref(state), true).await?;
        if visit.is_stale {
            visit.form.set("step", "edit");
        }
        Ok(DraftVisit(visit))
    }
}

impl Visit {
    /// Reads a request. `keeps_drafts`: a form that comes too late for its session is given back to its sender.
    pub(super) async fn read(
        request: Request,
        app: &Arc<WebPages>,
        keeps_drafts: bool,
    ) -> Result<Visit, Response<Body>> {
        let (parts, body) = request.into_parts();
        let source = parts.extensions.get::<RequestSource>().copied();
        let Some(source) = source else { return Err(ApiError::Internal.into_response()) };
        let mut visit = Visit::of(app, parts, source);
        visit.bounded()?;
        visit.identify_script(app).await?;
        if !is_safe(&visit.parts.method)
            && let Err(refusal) = visit.take(body).await
        {
            if !(keeps_drafts && visit.is_own_form()) {
                return Err(refusal);
            }
            visit.is_stale = true;
        }
        let path = visit.parts.uri.path();
        let is_bound = visit.session.as_ref().is_some_and(|(_, session)| session.stage == SessionStage::Enrol);
        if is_bound && !is_for_enrolment(path) {
            // The form waits while its person sets up a second factor.
            let is_kept = keeps_drafts && visit.is_own_form();
            return Err(if is_kept { visit.given_back() } else { visit.led_to_set_up() });
        }
        if let Err(refusal) = visit.admit() {
            let is_kept = keeps_drafts && visit.is_logged_out() && visit.is_own_form();
            return Err(if is_kept { visit.given_back() } else { refusal });
        }
        if is_safe(&visit.parts.method) {
            visit.renew().await;
        }
        Ok(visit)
    }

    /// Reads a form if it was sent by one of our pages.
    async fn take(&mut self, body: Body) -> Result<(), Response<Body>> {
        let bytes = collect_up_to(form::BYTES_MAX, body).await.map_err(ApiError::into_response)?;
        let form = WebForm::read(&self.app, &self.parts, &bytes).await.map_err(ApiError::into_response)?;
        self.form =
            form.ok_or_else(|| ApiError::BadRequest("The form could not be read.".to_owned()).into_response())?;
        let header = self.parts.headers.get(guard::HEADER).and_then(|token| token.to_str().ok());
        let shown = header.unwrap_or_else(|| {
            guard::FIELDS
                .into_iter()
                .map(|name| self.form.text(name))
                .find(|token| !token.is_empty())
                .unwrap_or_default()
        });
        let is_from_here = guard::comes_from_here(&self.parts.headers, self.app.settings.public_url.as_deref());
        // Display choices need no protection: anonymous users set them without a mark.
        if is_from_here && self.parts.uri.path() == "/look" {
            return Ok(());
        }
        if is_from_here && !self.is_mark_forged() && guard::is_token(&self.app.server_key, &self.cookie, shown) {
            return Ok(());
        }
        Err(self.refuse_form())
    }

    /// Without a session, the token is derived from the browser's mark, which must have been sent with the request.
    fn is_mark_forged(&self) -> bool {
        self.session.is_none() && self.is_mark_new
    }

    fn refuse_form(&self) -> Response<Body> {
        let texts = json!({"non_field_errors": [guard::REFUSAL]});
        if self.wants_json() {
            return self.json(StatusCode::FORBIDDEN, &texts);
        }
        let mut answer = Response::new(Body::from(self.texts().message(guard::REFUSAL)));
        *answer.status_mut() = StatusCode::FORBIDDEN;
        answer.headers_mut().insert(CONTENT_TYPE, TEXT);
        self.guarded(answer)
    }

    /// Whether the form was made in another session than the one that sends it. Only the step `edit` is left of it.
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Whether the request brings a form, so that a page that shows it again has what was entered.
    pub fn is_sent(&self) -> bool {
        !is_safe(&self.parts.method)
    }

    /// Whether this is a form that the browser says one of our pages sent.
    fn is_own_form(&self) -> bool {
        let is_form = !is_safe(&self.parts.method) && !self.wants_json() && self.form.fields().next().is_some();
        is_form && guard::is_known_to_come_from_here(&self.parts.headers, self.app.settings.public_url.as_deref())
    }

    fn is_logged_out(&self) -> bool {
        self.session.as_ref().is_none_or(|(_, session)| session.stage == SessionStage::Factor)
    }

    /// The page that keeps a form until its person has logged in.
    fn given_back(&self) -> Response<Body> {
        let own = self.form.fields().filter(|(name, _)| !guard::FIELDS.contains(name) && *name != "step");
        let page = ExpiredPage {
            frame: self.frame("expired-title"),
            action: self.here().to_owned(),
            fields: own.map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
        };
        self.page("expired", StatusCode::FORBIDDEN, page.language(), page.show())
    }
}
