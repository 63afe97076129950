//! What people type, and the city that they mean.

use peerage_places::Gazetteer;

/// What is typed, the name and country of the first city that is found, and its division if that matters.
#[rustfmt::skip]
const PLACES: &[(&str, &str, &str, &str)] = &[
    // Languages.
    ("Köln", "Köln", "DE", ""), ("Cologne", "Köln", "DE", ""), ("Keulen", "Köln", "DE", ""), ("Koeln", "Köln", "DE", ""),
    ("KOLN", "Köln", "DE", ""), ("Colonia", "Köln", "DE", ""), ("München", "Munich", "DE", ""), ("Munich", "Munich", "DE", ""),
    ("Munchen", "Munich", "DE", ""), ("Muenchen", "Munich", "DE", ""), ("Monaco di Baviera", "Munich", "DE", ""),
    ("Zürich", "Zürich", "CH", ""), ("Zurich", "Zürich", "CH", ""), ("Zuerich", "Zürich", "CH", ""), ("Zurigo", "Zürich", "CH", ""),
    ("Genf", "Geneva", "CH", ""), ("Genève", "Geneva", "CH", ""), ("Basel", "Basel", "CH", ""), ("Bâle", "Basel", "CH", ""),
    ("Wien", "Vienna", "AT", ""), ("Vienna", "Vienna", "AT", ""), ("Bécs", "Vienna", "AT", ""), ("Praha", "Prague", "CZ", ""),
    ("Prag", "Prague", "CZ", ""), ("Łódź", "Łódź", "PL", ""), ("Lodz", "Łódź", "PL", ""), ("Warszawa", "Warsaw", "PL", ""),
    ("Warschau", "Warsaw", "PL", ""), ("Kraków", "Kraków", "PL", ""), ("Cracow", "Kraków", "PL", ""), ("Wrocław", "Wrocław", "PL", ""),
    ("Breslau", "Wrocław", "PL", ""), ("Gdansk", "Gdańsk", "PL", ""), ("København", "Copenhagen", "DK", ""),
    ("Kopenhagen", "Copenhagen", "DK", ""), ("Århus", "Århus", "DK", ""), ("Aarhus", "Århus", "DK", ""),
    ("Göteborg", "Gothenburg", "SE", ""), ("Gothenburg", "Gothenburg", "SE", ""), ("Goteborg", "Gothenburg", "SE", ""),
    ("Malmö", "Malmö", "SE", ""), ("Malmoe", "Malmö", "SE", ""), ("Helsingfors", "Helsinki", "FI", ""),
    ("Reykjavik", "Reykjavík", "IS", ""), ("Tromsø", "Tromsø", "NO", ""), ("Tromso", "Tromsø", "NO", ""),
    ("Bruxelles", "Brussels", "BE", ""), ("Brussel", "Brussels", "BE", ""), ("Antwerpen", "Antwerp", "BE", ""),
    ("Anvers", "Antwerp", "BE", ""), ("Antwerp", "Antwerp", "BE", ""), ("Den Haag", "The Hague", "NL", ""),
    ("The Hague", "The Hague", "NL", ""), ("'s-Gravenhage", "The Hague", "NL", ""), ("Lisboa", "Lisbon", "PT", ""),
    ("Sevilla", "Sevilla", "ES", ""), ("Seville", "Sevilla", "ES", ""), ("Roma", "Rome", "IT", ""), ("Milano", "Milan", "IT", ""),
    ("Mailand", "Milan", "IT", ""), ("Torino", "Turin", "IT", ""), ("Firenze", "Florence", "IT", ""), ("Napoli", "Naples", "IT", ""),
    ("Venezia", "Venice", "IT", ""), ("Marseilles", "Marseille", "FR", ""), ("Lyons", "Lyon", "FR", ""), ("Straßburg", "Strasbourg", "FR", ""),
    ("Nürnberg", "Nuremberg", "DE", ""), ("Nuremberg", "Nuremberg", "DE", ""), ("Düsseldorf", "Düsseldorf", "DE", ""),
    ("Duesseldorf", "Düsseldorf", "DE", ""), ("Hanover", "Hannover", "DE", ""), ("Bucuresti", "Bucharest", "RO", ""),
    ("București", "Bucharest", "RO", ""), ("Beograd", "Belgrade", "RS", ""), ("Istambul", "Istanbul", "TR", ""),
    ("İstanbul", "Istanbul", "TR", ""), ("Constantinople", "Istanbul", "TR", ""), ("Kiev", "Kyiv", "UA", ""), ("Lvov", "Lviv", "UA", ""),
    // Scripts.
    ("Москва", "Moscow", "RU", ""), ("МОСКВА", "Moscow", "RU", ""), ("Moskau", "Moscow", "RU", ""), ("Moskva", "Moscow", "RU", ""),
    ("Санкт-Петербург", "Saint Petersburg", "RU", ""), ("Київ", "Kyiv", "UA", ""), ("Новосибирск", "Novosibirsk", "RU", ""),
    ("София", "Sofia", "BG", ""), ("Београд", "Belgrade", "RS", ""), ("Αθήνα", "Athens", "GR", ""), ("ΑΘΗΝΑ", "Athens", "GR", ""),
    ("Θεσσαλονίκη", "Thessaloníki", "GR", ""), ("東京", "Tokyo", "JP", ""), ("东京", "Tokyo", "JP", ""), ("東京都", "Tokyo", "JP", ""),
    ("大阪", "Osaka", "JP", ""), ("大阪市", "Osaka", "JP", ""), ("北京", "Beijing", "CN", ""), ("上海", "Shanghai", "CN", ""),
    ("深圳", "Shenzhen", "CN", ""), ("香港", "Hong Kong", "HK", ""), ("台北", "Taipei", "TW", ""), ("서울", "Seoul", "KR", ""),
    ("부산", "Busan", "KR", ""), ("กรุงเทพ", "Bangkok", "TH", ""), ("القاهرة", "Cairo", "EG", ""), ("دبي", "Dubai", "AE", ""),
    ("الرياض", "Riyadh", "SA", ""), ("تهران", "Tehran", "IR", ""), ("تل أبيب", "Tel Aviv", "IL", ""), ("תל אביב", "Tel Aviv", "IL", ""),
    ("मुंबई", "Mumbai", "IN", ""), ("दिल्ली", "Delhi", "IN", ""), ("თბილისი", "Tbilisi", "GE", ""), ("Երևան", "Yerevan", "AM", ""),
    // Other names, abbreviations, punctuation.
    ("Sao Paulo", "São Paulo", "BR", ""), ("São Paulo", "São Paulo", "BR", ""), ("SÃO PAULO", "São Paulo", "BR", ""),
    ("St. Petersburg", "Saint Petersburg", "RU", ""), ("Saint Petersburg", "Saint Petersburg", "RU", ""),
    ("St Petersburg", "Saint Petersburg", "RU", ""), ("St Petersburg, FL", "St. Petersburg", "US", "Florida"),
    ("New York", "New York City", "US", "New York"), ("NYC", "New York City", "US", "New York"), ("new york city", "New York City", "US", ""),
    ("Frankfurt", "Frankfurt am Main", "DE", ""), ("Frankfurt/Main", "Frankfurt am Main", "DE", ""),
    ("Frankfurt am Main", "Frankfurt am Main", "DE", ""), ("Frankfurt a.M.", "Frankfurt am Main", "DE", ""),
    ("Frankfurt (Oder)", "Frankfurt (Oder)", "DE", ""), ("Bombay", "Mumbai", "IN", ""), ("Calcutta", "Kolkata", "IN", ""),
    ("Madras", "Chennai", "IN", ""), ("Bangalore", "Bengaluru", "IN", ""), ("Saigon", "Ho Chi Minh City", "VN", ""),
    ("Peking", "Beijing", "CN", ""), ("Canton", "Guangzhou", "CN", ""), ("Rangoon", "Yangon", "MM", ""),
    ("St. Louis", "St. Louis", "US", "Missouri"), ("Saint Louis", "St. Louis", "US", ""), ("Washington DC", "Washington", "US", ""),
    ("Washington, D.C.", "Washington", "US", ""), ("Montreal", "Montréal", "CA", ""), ("Montréal", "Montréal", "CA", ""),
    ("Québec", "Québec", "CA", ""), ("Bogota", "Bogotá", "CO", ""), ("Medellin", "Medellín", "CO", ""), ("Ciudad de México", "Mexico City", "MX", ""),
    ("Mexico City", "Mexico City", "MX", ""), ("Greater London", "London", "GB", ""), ("London", "London", "GB", ""),
    ("San Jose", "San Jose", "US", "California"), ("Ashburn", "Ashburn", "US", "Virginia"), ("Silicon Valley", "San Jose", "US", ""),
    ("Philly", "Philadelphia", "US", ""), ("Paris", "Paris", "FR", ""), ("Berlin", "Berlin", "DE", ""), ("Sydney", "Sydney", "AU", ""),
    ("Singapur", "Singapore", "SG", ""), ("Le Caire", "Cairo", "EG", ""), ("Kapstadt", "Cape Town", "ZA", ""), ("Kaapstad", "Cape Town", "ZA", ""),
    ("Alger", "Algiers", "DZ", ""), ("Tanger", "Tangier", "MA", ""), ("Tel Aviv", "Tel Aviv", "IL", ""), ("Petersburg", "Saint Petersburg", "RU", ""),
    // Names with countries and divisions.
    ("Frankfurt, Germany", "Frankfurt am Main", "DE", ""), ("Frankfurt, DE", "Frankfurt am Main", "DE", ""),
    ("Frankfurt Deutschland", "Frankfurt am Main", "DE", ""), ("Portland, Oregon", "Portland", "US", "Oregon"),
    ("Portland, Maine", "Portland", "US", "Maine"), ("Portland, ME, USA", "Portland", "US", "Maine"), ("Paris TX", "Paris", "US", "Texas"),
    ("Paris, Texas, United States", "Paris", "US", "Texas"), ("London, ON", "London", "CA", "Ontario"), ("London, Canada", "London", "CA", "Ontario"),
    ("Vancouver, WA", "Vancouver", "US", "Washington"), ("Vancouver BC", "Vancouver", "CA", ""), ("Birmingham, AL", "Birmingham", "US", "Alabama"),
    ("Birmingham, UK", "Birmingham", "GB", ""), ("Athens, Georgia", "Athens", "US", "Georgia"), ("Cambridge, MA", "Cambridge", "US", "Massachusetts"),
    ("Cambridge, England", "Cambridge", "GB", "England"), ("Newcastle, NSW", "Newcastle", "AU", ""), ("Valencia, España", "Valencia", "ES", ""),
    ("Córdoba, Argentina", "Córdoba", "AR", ""), ("Santiago, Chile", "Santiago", "CL", ""), ("Hyderabad, Pakistan", "Hyderabad", "PK", ""),
    ("Melbourne, FL", "Melbourne", "US", "Florida"), ("Dublin, OH", "Dublin", "US", "Ohio"), ("Santa Clara, CA", "Santa Clara", "US", "California"),
    ("München, Bayern", "Munich", "DE", ""), ("Moscow, Idaho", "Moscow", "US", "Idaho"), ("東京, 日本", "Tokyo", "JP", ""),
    ("Campinas, SP", "Campinas", "BR", ""), ("Slough, UK", "Slough", "GB", ""), ("Secaucus NJ", "Secaucus", "US", "New Jersey"),
    // Airports.
    ("fra", "Frankfurt am Main", "DE", ""), ("AMS", "Amsterdam", "NL", ""), ("lhr", "London", "GB", ""), ("lon", "London", "GB", ""),
    ("iad", "Ashburn", "US", ""), ("sin", "Singapore", "SG", ""), ("nrt", "Tokyo", "JP", ""), ("tyo", "Tokyo", "JP", ""),
    ("gru", "São Paulo", "BR", ""), ("ham", "Hamburg", "DE", ""), ("san", "San Diego", "US", ""), ("jnb", "Johannesburg", "ZA", ""),
];

#[test]
fn the_city_that_people_mean_comes_first() {
    let places = Gazetteer::built_in();
    assert!(PLACES.len() >= 150);
    let mut wrong = Vec::new();
    for (typed, name, country, admin) in PLACES {
        let found = places.find(typed);
        let is_right = found.first().is_some_and(|city| {
            city.name == *name && city.country == *country && (admin.is_empty() || city.admin == Some(admin))
        });
        if !is_right {
            let first: Vec<_> = found.iter().take(3).map(|city| (city.name, city.country, city.admin)).collect();
            wrong.push(format!("{typed}: {first:?}, not {name}, {country}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), PLACES.len(), wrong.join("\n"));
}

#[test]
fn a_place_can_be_given_apart_from_the_name() {
    let places = Gazetteer::built_in();
    let check = |name: &str, place: &str, expected: Option<(&str, &str)>| {
        let found = places.find_in(name, place);
        assert_eq!(found.first().map(|city| (city.name, city.country)), expected, "{name} in {place}");
    };
    check("Frankfurt", "DE", Some(("Frankfurt am Main", "DE")));
    check("Frankfurt", "Germany", Some(("Frankfurt am Main", "DE")));
    check("Frankfort", "Kentucky, USA", Some(("Frankfort", "US")));
    check("Cordoba", "Spain", Some(("Córdoba", "ES")));
    check("Muenchen", "Bayern", Some(("Munich", "DE")));
    check("Frankfurt", "Atlantis", None);
    check("Frankfurt", "JP", None);
    check("", "DE", None);
    assert!(!places.find_in("Tbilisi", "Georgia").is_empty() && !places.find_in("Atlanta", "Georgia").is_empty());
}

#[test]
fn names_are_completed() {
    let places = Gazetteer::built_in();
    let names = |typed: &str| places.prefix(typed, 5).iter().map(|city| city.name).collect::<Vec<_>>();
    assert_eq!(names("frankf")[0], "Frankfurt am Main");
    assert_eq!(names("Lond")[0], "London");
    assert_eq!(names("zür")[0], "Zürich");
    assert_eq!(names("моск")[0], "Moscow");
    assert!(names("am").contains(&"Amsterdam") || names("amst").contains(&"Amsterdam"));
    assert_eq!(names("Sao P")[0], "São Paulo");
    assert_eq!(names("Essen")[0], "Essen");
    assert_eq!(names("san ").len(), 5);
    assert!(names("san ").iter().all(|name| !name.starts_with("Santiago")));
    assert!(names("").is_empty() && names("xqzzq").is_empty());
    assert!(places.prefix("a", 0).is_empty());
    assert_eq!(places.prefix("a", usize::MAX).len(), peerage_places::CITIES_MAX);
}

#[test]
fn typing_errors_are_forgiven() {
    let places = Gazetteer::built_in();
    for (typed, name) in [
        ("Amsterdm", "Amsterdam"),
        ("Amstredam", "Amsterdam"),
        ("Amsterdaam", "Amsterdam"),
        ("Franfkurt", "Frankfurt am Main"),
        ("Frankfrut", "Frankfurt am Main"),
        ("Londno", "London"),
        ("Stokholm", "Stockholm"),
        ("Johanesburg", "Johannesburg"),
        ("Copenhaguen", "Copenhagen"),
        ("Singapoure", "Singapore"),
        ("Москваа", "Moscow"),
        ("Ashbrun", "Ashburn"),
        ("Dusseldrof", "Düsseldorf"),
        ("Pittsburg, PA", "Pittsburgh"),
    ] {
        let found = places.fuzzy(typed);
        let is_first = found.first().is_some_and(|city| city.name.starts_with(name));
        assert!(is_first, "{typed}: {:?}", found.iter().map(|city| city.name).collect::<Vec<_>>());
        assert!(found.len() <= 10);
    }
    assert!(places.fuzzy("Roo").is_empty(), "three letters are close to everything");
    assert!(places.fuzzy("qqqqqqqqqq").is_empty());
}
