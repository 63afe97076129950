//! The pages to which mails link. Mails contain no other addresses, and a test of the server looks up each of these in
//! its routes.

use peerage_registry::ids::{InvitationId, OrgId};
use peerage_schema::Resource;

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageLink<'a> {
    /// The person's sessions, at the button that ends all others.
    NotMe,
    Factors,
    Profile,
    LogIn,
    ConfirmEmail(&'a str),
    Forgotten,
    NewPassword(&'a str),
    UserName(&'a str),
    RecoverAddress(&'a str),
    StopRecovery(&'a str),
    FinishRecovery(&'a str),
    Invitation(InvitationId, &'a str),
    /// A personal key, by its public id.
    OwnKey(&'a str),
    /// A key of an organization, by its public id.
    OrgKey(OrgId, &'a str),
    /// Confirms a key's contact address: the key's public id, and the code.
    ConfirmKey(&'a str, &'a str),
    OrgPeople(OrgId),
    OrgPolicy(OrgId),
    OrgRoles(OrgId),
    Staff,
    Recoveries,
    StaffRanks,
    Applications,
    Consents,
    /// A row of the registry.
    Row(Resource, u32),
    /// What member lists propose for the ports of a network.
    NetworkProposals(u32),
    /// What the member list of an exchange proposes.
    ExchangeProposals(u32),
    /// Imports of the member list of an exchange.
    MemberList(u32),
}

impl PageLink<'_> {
    /// One sample of each.
    pub const SAMPLES: [PageLink<'static>; 27] = [
        PageLink::NotMe,
        PageLink::Factors,
        PageLink::Profile,
        PageLink::LogIn,
        PageLink::ConfirmEmail("WORD"),
        PageLink::Forgotten,
        PageLink::NewPassword("WORD"),
        PageLink::UserName("WORD"),
        PageLink::RecoverAddress("WORD"),
        PageLink::StopRecovery("WORD"),
        PageLink::FinishRecovery("WORD"),
        PageLink::Invitation(InvitationId::new(5), "WORD"),
        PageLink::OwnKey("abcdefghijkl"),
        PageLink::OrgKey(OrgId::new(7), "abcdefghijkl"),
        PageLink::ConfirmKey("abcdefghijkl", "WORD"),
        PageLink::OrgPeople(OrgId::new(7)),
        PageLink::OrgPolicy(OrgId::new(7)),
        PageLink::OrgRoles(OrgId::new(7)),
        PageLink::Staff,
        PageLink::Recoveries,
        PageLink::StaffRanks,
        PageLink::Applications,
        PageLink::Consents,
        PageLink::Row(Resource::Net, 42),
        PageLink::NetworkProposals(42),
        PageLink::ExchangeProposals(42),
        PageLink::MemberList(42),
    ];

    /// Path, query and fragment.
    pub fn path(self) -> String {
        match self {
            PageLink::NotMe => "/account/sessions/#not-me".to_owned(),
            PageLink::Factors => "/account/two_factor/".to_owned(),
            PageLink::Profile => "/profile".to_owned(),
            PageLink::LogIn => "/login".to_owned(),
            PageLink::ConfirmEmail(word) => format!("/accounts/confirm-email/{word}/"),
            PageLink::Forgotten => "/reset-password".to_owned(),
            PageLink::NewPassword(word) => format!("/reset-password?token={word}"),
            PageLink::UserName(word) => format!("/username-retrieve/complete?secret={word}"),
            PageLink::RecoverAddress(word) => format!("/account/recover/address?token={word}"),
            PageLink::StopRecovery(word) => format!("/account/recover/stop?token={word}"),
            PageLink::FinishRecovery(word) => format!("/account/recover/finish?token={word}"),
            PageLink::Invitation(id, code) => format!("/invitation/{id}/{code}"),
            PageLink::OwnKey(public) => format!("/profile/key/{public}"),
            PageLink::OrgKey(org, public) => format!("/org/{org}/manage/key/{public}"),
            PageLink::ConfirmKey(public, code) => format!("/account/key-contact?token={public}.{code}"),
            PageLink::OrgPeople(org) => format!("/org/{org}/manage/people"),
            PageLink::OrgPolicy(org) => format!("/org/{org}/manage/policy"),
            PageLink::OrgRoles(org) => format!("/org/{org}/manage/roles"),
            PageLink::Staff => "/staff".to_owned(),
            PageLink::Recoveries => "/staff/recoveries".to_owned(),
            PageLink::StaffRanks => "/staff/ranks".to_owned(),
            PageLink::Applications => "/oauth2/applications/".to_owned(),
            PageLink::Consents => "/oauth2/authorized_tokens/".to_owned(),
            PageLink::Row(resource, id) => format!("/api/{}/{id}", resource.tag()),
            PageLink::NetworkProposals(net) => format!("/net/{net}/proposals"),
            PageLink::ExchangeProposals(ix) => format!("/ix/{ix}/proposals"),
            PageLink::MemberList(ix) => format!("/ix/{ix}/import"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PageLink;

    #[test]
    fn n18_mails_name_no_address_but_by_a_link() {
        // Each link has a sample.
        let kinds: std::collections::BTreeSet<String> = PageLink::SAMPLES
            .iter()
            .map(|link| format!("{link:?}").split('(').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(kinds.len(), PageLink::SAMPLES.len());
        let source = include_str!("links.rs");
        let begin = source.find("pub enum PageLink").expect("the enum");
        let body = &source[begin..begin + source[begin..].find("\n}").expect("its end")];
        let variants = body.lines().filter(|line| {
            let line = line.trim();
            line.ends_with(',') && line.starts_with(|letter: char| letter.is_ascii_uppercase())
        });
        assert_eq!(variants.count(), PageLink::SAMPLES.len(), "a link without a sample");
        for (name, text) in [
            ("notices.rs", include_str!("../notices.rs")),
            ("accounts.rs", include_str!("accounts.rs")),
            ("clients.rs", include_str!("clients.rs")),
            ("factors.rs", include_str!("factors.rs")),
            ("joining.rs", include_str!("joining.rs")),
            ("key_rules.rs", include_str!("key_rules.rs")),
            ("keys.rs", include_str!("keys.rs")),
            ("members.rs", include_str!("members.rs")),
            ("presence.rs", include_str!("presence.rs")),
            ("recovery.rs", include_str!("recovery.rs")),
            ("registry.rs", include_str!("registry.rs")),
            ("words.rs", include_str!("words.rs")),
        ] {
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                assert!(!line.contains("site}/") && !line.contains("{}/"), "{name}: {line}");
            }
        }
    }
}
