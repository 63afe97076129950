//! Words that mean the same in this trade.

/// Words and phrases that can stand for each other, folded.
static GROUPS: [&[&str]; 22] = [
    &[
        "dc",
        "datacenter",
        "datacentre",
        "data center",
        "data centre",
        "colo",
        "colocation",
        "facility",
        "rechenzentrum",
    ],
    &["ix", "ixp", "exchange", "internet exchange", "exchange point", "peering point", "nap"],
    &["network", "net", "isp", "networks", "netz"],
    &["university", "uni", "univ", "universitat", "universite", "universidad", "universita", "college"],
    &[
        "telecom",
        "tel",
        "telecommunications",
        "telecommunication",
        "telekom",
        "telco",
        "telecoms",
        "telecomunicacoes",
        "telecomunicaciones",
        "telekomunikasi",
        "telekommunikation",
        "comms",
    ],
    &["communications", "communication", "comm", "comunicaciones", "comunicacoes"],
    &["international", "intl", "int"],
    &["technology", "technologies", "tech", "tecnologia"],
    &["service", "services", "svc", "servicos", "servicios"],
    &["provider", "provedor", "proveedor"],
    &["solution", "solutions", "solucoes", "soluciones"],
    &["system", "systems", "sys"],
    &["broadband", "banda larga"],
    &["fiber", "fibre", "fibra", "optic", "optics"],
    &["government", "govt", "gov"],
    &["corporation", "corp"],
    &["company", "co"],
    &["saint", "st", "sankt"],
    &["wireless", "wifi", "wisp"],
    &["content delivery network", "cdn"],
    &["cooperative", "coop", "co-op"],
    &["hosting", "hoster", "host"],
];

/// The other words and phrases of a word's or phrase's groups.
pub fn of(phrase: &str) -> impl Iterator<Item = &'static str> + '_ {
    let groups = GROUPS.iter().filter(move |group| group.contains(&phrase));
    groups.flat_map(|group| group.iter().copied()).filter(move |other| *other != phrase)
}

/// Most words in a phrase.
pub const PHRASE_WORDS_MAX: usize = 3;

/// Whether a group has this phrase.
pub fn is_known(phrase: &str) -> bool {
    GROUPS.iter().any(|group| group.contains(&phrase))
}

/// Words that restrict nothing if there are others.
pub fn is_filler(word: &str) -> bool {
    matches!(word, "in" | "near" | "the" | "of" | "and" | "at" | "for" | "a" | "an" | "de" | "la" | "by" | "to")
}

#[cfg(test)]
mod tests {
    #[test]
    fn phrases_are_folded_and_short() {
        for phrase in super::GROUPS.iter().flat_map(|group| group.iter()) {
            assert_eq!(peerage_fold::fold(phrase), *phrase);
            assert!(phrase.split(' ').count() <= super::PHRASE_WORDS_MAX);
        }
    }
}
