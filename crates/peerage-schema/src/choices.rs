//! Lists of permitted values, in the order in which the API lists them.
//!
//! A value is checked against its list only when it is written. Imported rows may have older values, which are shown
//! unchanged (spec/read-api.md, 1.0).

use crate::Status;

/// A permitted value and its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldChoice {
    /// The value as sent and stored.
    pub value: &'static str,
    /// The value as shown to people.
    pub label: &'static str,
}

const fn choice(value: &'static str) -> FieldChoice {
    FieldChoice { value, label: value }
}

const fn named(value: &'static str, label: &'static str) -> FieldChoice {
    FieldChoice { value, label }
}

/// The undisclosed value of most lists: an empty text.
const UNDISCLOSED: FieldChoice = named("", "Not Disclosed");

/// What a network does. A network can have several types.
pub static NET_TYPES: &[FieldChoice] = &[
    choice("NSP"),
    choice("Content"),
    choice("Cable/DSL/ISP"),
    choice("Enterprise"),
    choice("Educational/Research"),
    choice("Non-Profit"),
    choice("Route Server"),
    choice("Network Services"),
    choice("Route Collector"),
    choice("Government"),
];

/// Total traffic of a network, in and out.
pub static TRAFFIC: &[FieldChoice] = &[
    UNDISCLOSED,
    choice("0-20Mbps"),
    choice("20-100Mbps"),
    choice("100-1000Mbps"),
    choice("1-5Gbps"),
    choice("5-10Gbps"),
    choice("10-20Gbps"),
    choice("20-50Gbps"),
    choice("50-100Gbps"),
    choice("100-200Gbps"),
    choice("200-300Gbps"),
    choice("300-500Gbps"),
    choice("500-1000Gbps"),
    choice("1-5Tbps"),
    choice("5-10Tbps"),
    choice("10-20Tbps"),
    choice("20-50Tbps"),
    choice("50-100Tbps"),
    choice("100+Tbps"),
];

/// Ratio of a network's inbound to outbound traffic.
pub static RATIOS: &[FieldChoice] = &[
    UNDISCLOSED,
    choice("Not Disclosed"),
    choice("Heavy Outbound"),
    choice("Mostly Outbound"),
    choice("Balanced"),
    choice("Mostly Inbound"),
    choice("Heavy Inbound"),
];

/// Geographic scope of a network.
pub static SCOPES: &[FieldChoice] = &[
    UNDISCLOSED,
    choice("Not Disclosed"),
    choice("Regional"),
    choice("North America"),
    choice("Asia Pacific"),
    choice("Europe"),
    choice("South America"),
    choice("Africa"),
    choice("Australia"),
    choice("Middle East"),
    choice("Global"),
];

/// Continents, as the registry divides the world.
pub static REGIONS: &[FieldChoice] = &[
    choice("North America"),
    choice("Asia Pacific"),
    choice("Europe"),
    choice("South America"),
    choice("Africa"),
    choice("Australia"),
    choice("Middle East"),
];

/// General peering policy.
pub static POLICY_GENERAL: &[FieldChoice] = &[choice("Open"), choice("Selective"), choice("Restrictive"), choice("No")];

/// Whether a network requires peering in several locations.
pub static POLICY_LOCATIONS: &[FieldChoice] = &[
    choice("Not Required"),
    choice("Preferred"),
    choice("Required - US"),
    choice("Required - EU"),
    choice("Required - International"),
];

/// Whether a network requires a contract.
pub static POLICY_CONTRACTS: &[FieldChoice] = &[choice("Not Required"), choice("Private Only"), choice("Required")];

/// The purpose of a contact.
pub static POC_ROLES: &[FieldChoice] = &[
    choice("Abuse"),
    choice("Maintenance"),
    choice("Policy"),
    choice("Technical"),
    choice("NOC"),
    choice("Public Relations"),
    choice("Sales"),
];

/// Who can see a contact or the address of a member list.
pub static VISIBILITY: &[FieldChoice] = &[choice("Private"), choice("Users"), choice("Public")];

/// Support hours of an exchange.
pub static SERVICE_LEVEL: &[FieldChoice] = &[
    UNDISCLOSED,
    choice("Not Disclosed"),
    choice("Best Effort (no SLA)"),
    choice("Normal Business Hours"),
    choice("24/7 Support"),
];

/// What an exchange charges.
pub static TERMS: &[FieldChoice] = &[
    UNDISCLOSED,
    choice("Not Disclosed"),
    choice("No Commercial Terms"),
    choice("Bundled With Other Services"),
    choice("Non-recurring Fees Only"),
    choice("Recurring Fees"),
];

/// Whether a facility owns or leases its building.
pub static PROPERTY: &[FieldChoice] = &[UNDISCLOSED, choice("Owner"), named("Lessee", "Leased or Rented")];

/// Power that a facility offers.
pub static VOLTAGE: &[FieldChoice] = &[choice("No Power"), choice("48 VDC"), choice("400 VAC"), choice("480 VAC")];

/// Address families of a prefix.
pub static PROTOCOLS: &[FieldChoice] = &[choice("IPv4"), choice("IPv6")];

/// Media of an exchange. Older rows store one of these; every exchange is shown as Ethernet.
pub static MEDIA: &[FieldChoice] = &[choice("Ethernet"), choice("ATM"), choice("Multiple")];

/// State of the last requested member-list import.
pub static IXF_STATUS: &[FieldChoice] = &[choice("queued"), choice("importing"), choice("finished"), choice("error")];

/// What the member list of an exchange must not change in a network's ports.
pub static IXP_EXCLUDE: &[FieldChoice] = &[choice("speed"), choice("is_rs_peer"), choice("operational")];

/// Status of a row.
pub static STATUS: &[FieldChoice] =
    &[choice(Status::Live.text()), choice(Status::Pending.text()), choice(Status::Deleted.text())];

/// States in which the RIRs have assigned an AS number, in the RIRs' own words. The API shows each of them as
/// [`RIR_OK`] (spec/read-api.md, 1.0).
pub static RIR_OK_STATES: [&str; 4] = [RIR_OK, "assigned", "allocated", RIR_PENDING];

/// `rir_status` of an AS number that is assigned.
pub const RIR_OK: &str = "ok";

/// `rir_status` of an AS number that has not been looked up yet.
pub const RIR_PENDING: &str = "pending";

/// Services of a social media entry.
pub static SOCIAL_SERVICES: &[FieldChoice] = &[
    named("website", "Website"),
    named("facebook", "Facebook"),
    named("x", "X"),
    named("instagram", "Instagram"),
    named("linkedin", "LinkedIn"),
    named("tiktok", "TikTok"),
    named("bluesky", "Bluesky"),
    named("threads", "Threads"),
    named("youtube", "YouTube"),
    named("mastodon", "Mastodon"),
    named("whatsapp", "WhatsApp"),
    named("wechat", "WeChat"),
    named("telegram", "Telegram"),
    named("snapchat", "Snapchat"),
    named("douyin", "Douyin"),
    named("kuaishou", "Kuaishou"),
    named("reddit", "Reddit"),
    named("weibo", "Weibo"),
    named("qq", "QQ"),
    named("pinterest", "Pinterest"),
];

/// ISO 3166-1 alpha-2 codes, and Kosovo, sorted by English name.
pub static COUNTRIES: &[FieldChoice] = &[
    named("AF", "Afghanistan"),
    named("AX", "Åland Islands"),
    named("AL", "Albania"),
    named("DZ", "Algeria"),
    named("AS", "American Samoa"),
    named("AD", "Andorra"),
    named("AO", "Angola"),
    named("AI", "Anguilla"),
    named("AQ", "Antarctica"),
    named("AG", "Antigua and Barbuda"),
    named("AR", "Argentina"),
    named("AM", "Armenia"),
    named("AW", "Aruba"),
    named("AU", "Australia"),
    named("AT", "Austria"),
    named("AZ", "Azerbaijan"),
    named("BS", "Bahamas (The)"),
    named("BH", "Bahrain"),
    named("BD", "Bangladesh"),
    named("BB", "Barbados"),
    named("BY", "Belarus"),
    named("BE", "Belgium"),
    named("BZ", "Belize"),
    named("BJ", "Benin"),
    named("BM", "Bermuda"),
    named("BT", "Bhutan"),
    named("BO", "Bolivia"),
    named("BQ", "Bonaire, Sint Eustatius and Saba"),
    named("BA", "Bosnia and Herzegovina"),
    named("BW", "Botswana"),
    named("BV", "Bouvet Island"),
    named("BR", "Brazil"),
    named("IO", "British Indian Ocean Territory"),
    named("BN", "Brunei"),
    named("BG", "Bulgaria"),
    named("BF", "Burkina Faso"),
    named("BI", "Burundi"),
    named("CV", "Cabo Verde"),
    named("KH", "Cambodia"),
    named("CM", "Cameroon"),
    named("CA", "Canada"),
    named("KY", "Cayman Islands"),
    named("CF", "Central African Republic"),
    named("TD", "Chad"),
    named("CL", "Chile"),
    named("CN", "China"),
    named("CX", "Christmas Island"),
    named("CC", "Cocos (Keeling) Islands"),
    named("CO", "Colombia"),
    named("KM", "Comoros"),
    named("CG", "Congo"),
    named("CK", "Cook Islands"),
    named("CR", "Costa Rica"),
    named("CI", "Côte d'Ivoire"),
    named("HR", "Croatia"),
    named("CU", "Cuba"),
    named("CW", "Curaçao"),
    named("CY", "Cyprus"),
    named("CZ", "Czechia"),
    named("CD", "Democratic Republic of the Congo"),
    named("DK", "Denmark"),
    named("DJ", "Djibouti"),
    named("DM", "Dominica"),
    named("DO", "Dominican Republic"),
    named("EC", "Ecuador"),
    named("EG", "Egypt"),
    named("SV", "El Salvador"),
    named("GQ", "Equatorial Guinea"),
    named("ER", "Eritrea"),
    named("EE", "Estonia"),
    named("SZ", "Eswatini"),
    named("ET", "Ethiopia"),
    named("FK", "Falkland Islands (Malvinas)"),
    named("FO", "Faroe Islands"),
    named("FJ", "Fiji"),
    named("FI", "Finland"),
    named("FR", "France"),
    named("GF", "French Guiana"),
    named("PF", "French Polynesia"),
    named("TF", "French Southern Territories"),
    named("GA", "Gabon"),
    named("GM", "Gambia"),
    named("GE", "Georgia"),
    named("DE", "Germany"),
    named("GH", "Ghana"),
    named("GI", "Gibraltar"),
    named("GR", "Greece"),
    named("GL", "Greenland"),
    named("GD", "Grenada"),
    named("GP", "Guadeloupe"),
    named("GU", "Guam"),
    named("GT", "Guatemala"),
    named("GG", "Guernsey"),
    named("GN", "Guinea"),
    named("GW", "Guinea-Bissau"),
    named("GY", "Guyana"),
    named("HT", "Haiti"),
    named("HM", "Heard Island and McDonald Islands"),
    named("HN", "Honduras"),
    named("HK", "Hong Kong"),
    named("HU", "Hungary"),
    named("IS", "Iceland"),
    named("IN", "India"),
    named("ID", "Indonesia"),
    named("IR", "Iran"),
    named("IQ", "Iraq"),
    named("IE", "Ireland"),
    named("IM", "Isle of Man"),
    named("IL", "Israel"),
    named("IT", "Italy"),
    named("JM", "Jamaica"),
    named("JP", "Japan"),
    named("JE", "Jersey"),
    named("JO", "Jordan"),
    named("KZ", "Kazakhstan"),
    named("KE", "Kenya"),
    named("KI", "Kiribati"),
    named("XK", "Kosovo"),
    named("KW", "Kuwait"),
    named("KG", "Kyrgyzstan"),
    named("LA", "Laos"),
    named("LV", "Latvia"),
    named("LB", "Lebanon"),
    named("LS", "Lesotho"),
    named("LR", "Liberia"),
    named("LY", "Libya"),
    named("LI", "Liechtenstein"),
    named("LT", "Lithuania"),
    named("LU", "Luxembourg"),
    named("MO", "Macao"),
    named("MG", "Madagascar"),
    named("MW", "Malawi"),
    named("MY", "Malaysia"),
    named("MV", "Maldives"),
    named("ML", "Mali"),
    named("MT", "Malta"),
    named("MH", "Marshall Islands"),
    named("MQ", "Martinique"),
    named("MR", "Mauritania"),
    named("MU", "Mauritius"),
    named("YT", "Mayotte"),
    named("MX", "Mexico"),
    named("FM", "Micronesia"),
    named("MD", "Moldova"),
    named("MC", "Monaco"),
    named("MN", "Mongolia"),
    named("ME", "Montenegro"),
    named("MS", "Montserrat"),
    named("MA", "Morocco"),
    named("MZ", "Mozambique"),
    named("MM", "Myanmar"),
    named("NA", "Namibia"),
    named("NR", "Nauru"),
    named("NP", "Nepal"),
    named("NL", "Netherlands"),
    named("NC", "New Caledonia"),
    named("NZ", "New Zealand"),
    named("NI", "Nicaragua"),
    named("NE", "Niger"),
    named("NG", "Nigeria"),
    named("NU", "Niue"),
    named("NF", "Norfolk Island"),
    named("KP", "North Korea"),
    named("MK", "North Macedonia"),
    named("MP", "Northern Mariana Islands"),
    named("NO", "Norway"),
    named("OM", "Oman"),
    named("PK", "Pakistan"),
    named("PW", "Palau"),
    named("PS", "Palestine"),
    named("PA", "Panama"),
    named("PG", "Papua New Guinea"),
    named("PY", "Paraguay"),
    named("PE", "Peru"),
    named("PH", "Philippines"),
    named("PN", "Pitcairn"),
    named("PL", "Poland"),
    named("PT", "Portugal"),
    named("PR", "Puerto Rico"),
    named("QA", "Qatar"),
    named("RE", "Réunion"),
    named("RO", "Romania"),
    named("RU", "Russia"),
    named("RW", "Rwanda"),
    named("BL", "Saint Barthélemy"),
    named("SH", "Saint Helena"),
    named("KN", "Saint Kitts and Nevis"),
    named("LC", "Saint Lucia"),
    named("MF", "Saint Martin (French part)"),
    named("PM", "Saint Pierre and Miquelon"),
    named("VC", "Saint Vincent and the Grenadines"),
    named("WS", "Samoa"),
    named("SM", "San Marino"),
    named("ST", "Sao Tome and Principe"),
    named("SA", "Saudi Arabia"),
    named("SN", "Senegal"),
    named("RS", "Serbia"),
    named("SC", "Seychelles"),
    named("SL", "Sierra Leone"),
    named("SG", "Singapore"),
    named("SX", "Sint Maarten (Dutch part)"),
    named("SK", "Slovakia"),
    named("SI", "Slovenia"),
    named("SB", "Solomon Islands"),
    named("SO", "Somalia"),
    named("ZA", "South Africa"),
    named("GS", "South Georgia"),
    named("KR", "South Korea"),
    named("SS", "South Sudan"),
    named("ES", "Spain"),
    named("LK", "Sri Lanka"),
    named("SD", "Sudan"),
    named("SR", "Suriname"),
    named("SJ", "Svalbard and Jan Mayen"),
    named("SE", "Sweden"),
    named("CH", "Switzerland"),
    named("SY", "Syria"),
    named("TW", "Taiwan"),
    named("TJ", "Tajikistan"),
    named("TZ", "Tanzania"),
    named("TH", "Thailand"),
    named("TL", "Timor-Leste"),
    named("TG", "Togo"),
    named("TK", "Tokelau"),
    named("TO", "Tonga"),
    named("TT", "Trinidad and Tobago"),
    named("TN", "Tunisia"),
    named("TR", "Türkiye"),
    named("TM", "Turkmenistan"),
    named("TC", "Turks and Caicos Islands"),
    named("TV", "Tuvalu"),
    named("UG", "Uganda"),
    named("UA", "Ukraine"),
    named("AE", "United Arab Emirates"),
    named("GB", "United Kingdom"),
    named("UM", "United States Minor Outlying Islands"),
    named("US", "United States of America"),
    named("UY", "Uruguay"),
    named("UZ", "Uzbekistan"),
    named("VU", "Vanuatu"),
    named("VA", "Vatican City"),
    named("VE", "Venezuela"),
    named("VN", "Vietnam"),
    named("VG", "Virgin Islands (British)"),
    named("VI", "Virgin Islands (U.S.)"),
    named("WF", "Wallis and Futuna"),
    named("EH", "Western Sahara"),
    named("YE", "Yemen"),
    named("ZM", "Zambia"),
    named("ZW", "Zimbabwe"),
];

/// Permitted frame sizes (MTU) of an exchange LAN, in bytes.
pub static MTUS: &[i64] = &[1500, 9000];

/// Countries by region. A facility in a country that is not listed keeps its region.
pub static REGION_OF_COUNTRY: &[(&str, &[&str])] = &[
    (
        "Europe",
        &[
            "AD", "AL", "AT", "BA", "BE", "BG", "BY", "CH", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR",
            "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO",
            "RS", "RU", "SE", "SI", "SK", "SM", "UA", "VA", "XK",
        ],
    ),
    (
        "Asia Pacific",
        &[
            "AF", "AM", "AZ", "BD", "BN", "BT", "CN", "FJ", "FM", "GE", "HK", "ID", "IN", "JP", "KG", "KH", "KI", "KP",
            "KR", "KZ", "LA", "LK", "MH", "MM", "MN", "MV", "MY", "NP", "NR", "NZ", "PG", "PH", "PK", "PW", "SB", "SG",
            "TH", "TJ", "TL", "TM", "TO", "TV", "TW", "UZ", "VN", "VU", "WS",
        ],
    ),
    (
        "North America",
        &[
            "AG", "BB", "BS", "BZ", "CA", "CR", "CU", "DM", "DO", "GD", "GT", "HN", "HT", "JM", "KN", "LC", "MX", "NI",
            "PA", "PR", "SV", "TT", "US", "VC",
        ],
    ),
    ("South America", &["AR", "BO", "BR", "CL", "CO", "EC", "GY", "PE", "PY", "SR", "UY", "VE"]),
    (
        "Africa",
        &[
            "AO", "BF", "BI", "BJ", "BW", "CD", "CF", "CG", "CI", "CM", "CV", "DJ", "DZ", "ER", "ET", "GA", "GH", "GM",
            "GN", "GQ", "GW", "KE", "KM", "LR", "LS", "LY", "MA", "MG", "ML", "MR", "MU", "MW", "MZ", "NA", "NE", "NG",
            "RW", "SC", "SD", "SL", "SN", "SO", "ST", "SZ", "TD", "TG", "TN", "TZ", "UG", "ZA", "ZM", "ZW",
        ],
    ),
    ("Middle East", &["AE", "BH", "CY", "EG", "IL", "IQ", "IR", "JO", "KW", "LB", "OM", "QA", "SA", "SY", "TR", "YE"]),
    ("Australia", &["AU"]),
];

/// Returns the region that the registry assigns to a country, or `None` if it assigns none.
///
/// ```
/// assert_eq!(peerage_schema::choices::region_of("BR"), Some("South America"));
/// ```
pub fn region_of(country: &str) -> Option<&'static str> {
    REGION_OF_COUNTRY.iter().find(|(_, codes)| codes.contains(&country)).map(|(region, _)| *region)
}

/// Returns the English name of a country, given its code.
///
/// ```
/// assert_eq!(peerage_schema::choices::country_name("NL"), Some("Netherlands"));
/// assert_eq!(peerage_schema::choices::country_name("XX"), None);
/// ```
pub fn country_name(code: &str) -> Option<&'static str> {
    COUNTRIES.iter().find(|country| country.value == code).map(|country| country.label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_one_code_and_regions_name_known_countries() {
        assert_eq!(COUNTRIES.len(), 250);
        for (region, codes) in REGION_OF_COUNTRY {
            assert!(REGIONS.iter().any(|known| known.value == *region));
            for code in *codes {
                assert!(country_name(code).is_some(), "{code} of {region} is no country");
                assert_eq!(region_of(code), Some(*region), "{code} stands in two regions");
            }
        }
    }
}
