//! The frame of a page, as far as the request determines it.

use peerage_access::StaffPower;
use peerage_access::acts::recovery;
use peerage_access::records::User;
use peerage_pages::{NoticeKind, PageFrame, PageNotice, PageTexts, PersonView, Theme};
use peerage_registry::Snapshot;
use peerage_registry::ids::OrgId;
use peerage_schema::Resource;
use peerage_schema::tables::org;

use crate::visit::Visit;
use peerage_edge::cookies;
use peerage_edge::cookies::CookieName;

/// Returns the name of an organization.
pub fn organization_name(snapshot: &Snapshot, org: OrgId) -> String {
    snapshot
        .row(Resource::Org, org.get())
        .map_or_else(|| format!("{org}"), |row| row.text_or_empty(org::NAME).to_owned())
}

/// Returns the name of a person.
pub fn person_name(user: &User) -> String {
    let name = user.full_name();
    if name.is_empty() { user.username.clone() } else { name }
}

/// Returns the name with the user name, because two people can have the same name, and anybody can take another's.
pub fn person_and_username(user: &User) -> String {
    let name = user.full_name();
    if name.is_empty() { user.username.clone() } else { format!("{name} ({})", user.username) }
}

impl Visit {
    /// Returns the texts of the page: chosen by the reader, set in their account, or requested by the browser.
    pub fn texts(&self) -> PageTexts {
        let chosen = cookies::read(&self.parts.headers, CookieName::Language, self.is_secure);
        let locale = self.session().and_then(|(user, _)| user.locale.as_deref());
        let accepted = self.parts.headers.get(axum::http::header::ACCEPT_LANGUAGE);
        PageTexts::choose(chosen.as_deref(), locale, accepted.and_then(|value| value.to_str().ok()))
    }

    /// Returns the frame of a page with forms; `key` is that of its title.
    pub fn frame(&self, key: &str) -> PageFrame<'_> {
        let mut frame = self.frame_without_forms(key);
        frame.csrf = self.csrf();
        frame
    }

    /// Returns the frame of a page without forms, for which an anonymous browser gets no mark.
    pub fn frame_without_forms(&self, key: &str) -> PageFrame<'_> {
        let mut frame = PageFrame::new(self.texts(), self.here()).titled(key);
        let theme = cookies::read(&self.parts.headers, CookieName::Theme, self.is_secure);
        frame.registry = &self.app.settings.registry_name;
        frame.own_pages = &self.app.settings.own_pages;
        frame.theme = Theme::named(theme.as_deref().unwrap_or_default());
        if let Some((user, _)) = self.session() {
            frame.csrf = self.csrf();
            frame.person = Some(self.person_view(user));
            frame.is_recovering = self.person().is_some()
                && recovery::open_of(&self.state.people, user.id, self.app.environment.now()).next().is_some();
        }
        frame.notice = self.notice().map(|word| {
            let text = frame.texts.get(&word).into_owned();
            PageNotice { kind: NoticeKind::Done, key: word, text }
        });
        frame
    }

    fn person_view(&self, user: &User) -> PersonView {
        let places = self.state.people.memberships_of(user.id);
        let name = |org: OrgId| organization_name(&self.state.snapshot, org);
        PersonView {
            id: user.id.to_string(),
            name: person_name(user),
            is_staff: user.has_power(StaffPower::ReviewRequests),
            organizations: places.map(|member| (member.org.get(), name(member.org))).collect(),
        }
    }
}
