"""Which names of places are kept, and what is decided about countries."""
import unicodedata

# The numbers of crates/peerage-places/src/region.rs.
NORTH_AMERICA, ASIA_PACIFIC, EUROPE, SOUTH_AMERICA, AFRICA, AUSTRALIA, MIDDLE_EAST = range(7)
CONTINENTS = {
    "NA": NORTH_AMERICA, "AS": ASIA_PACIFIC, "EU": EUROPE, "SA": SOUTH_AMERICA, "AF": AFRICA, "OC": ASIA_PACIFIC,
    "AN": AUSTRALIA,
}
MIDDLE_EAST_CODES = set("AE BH IL IQ IR JO KW LB OM PS QA SA SY TR YE".split())
OTHER_REGIONS = {"AU": AUSTRALIA, "NZ": AUSTRALIA, "NF": AUSTRALIA, "CX": AUSTRALIA, "CC": AUSTRALIA, "CY": EUROPE}
# Names that people use, where GeoNames has a longer one.
ENGLISH = {"NL": "Netherlands", "CZ": "Czechia", "TR": "Türkiye", "VA": "Vatican City", "PS": "Palestine"}

# Scripts whose names of small places are kept too, by country.
LOCAL_SCRIPTS = {
    "CYRILLIC": set("RU UA BY BG RS MK ME KZ KG TJ MN UZ".split()),
    "GREEK": {"GR", "CY"},
    "ARABIC": set("AE BH DZ EG IQ IR JO KW LB LY MA MR OM PK PS QA SA SD SY TN YE AF".split()),
    "HEBREW": {"IL"},
    "CJK": set("CN TW HK MO JP SG".split()),
    "KATAKANA": {"JP"}, "HANGUL": {"KR", "KP"}, "THAI": {"TH"}, "GEORGIAN": {"GE"},
    "ARMENIAN": {"AM"}, "DEVANAGARI": {"IN", "NP"}, "BENGALI": {"BD", "IN"},
}
# Countries whose own names are not in Latin letters.
OTHER_SCRIPTS = set.union(*LOCAL_SCRIPTS.values())
# Countries whose small places have names in several languages.
BILINGUAL = set("BE CH ES FI IE LU".split())
COMMON_SCRIPTS = set("LATIN CYRILLIC GREEK ARABIC CJK KATAKANA HANGUL HEBREW".split())
LARGE, MEDIUM, TOWN, SMALL = 300_000, 100_000, 50_000, 15_000
# How much an alternate name counts against the name itself: Petersburg is a town in Virginia unless a city that is eight
# times as large is called so as well.
MAIN_WEIGHT, OTHER_WEIGHT = 8, 1


# Languages of the names of countries that are left out: few who use a registry write in them.
LEFT_OUT = set("br dv ha ku ky ml mr ps sd so sw ta tg tk tt ug".split())


def language_order(member):
    """English first: of two countries with one name, the one that is called so in English is meant."""
    return (not member.endswith("/en.json"), member)


def region(code, continent):
    if code in MIDDLE_EAST_CODES:
        return MIDDLE_EAST
    return OTHER_REGIONS.get(code, CONTINENTS[continent])


def admin_code(city, admins):
    code = f"{city['countrycode']}.{city['admin1code']}"
    return code if code in admins else f"{city['countrycode']}.00"


def script(name):
    """The script of the letters, and whether all have the same. The scripts of Japanese are one."""
    found = {unicodedata.name(letter, "?").split()[0] for letter in name if letter.isalpha()}
    if found and found <= {"CJK", "KATAKANA", "HIRAGANA", "KATAKANA-HIRAGANA"}:
        return "CJK" if "CJK" in found else "KATAKANA", True
    return (next(iter(found)), True) if len(found) == 1 else ("", False)


def plain(name):
    return "".join(letter for letter in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(letter))


def is_near(one, other):
    """Whether a search for one finds the other in spite of its typing errors (crates/peerage-places/src/fuzzy.rs)."""
    allowed = 0 if len(one) < 4 else 1 if len(one) < 8 else 2
    if abs(len(one) - len(other)) > allowed:
        return False
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row = row, [number]
        for at, wanted in enumerate(other, 1):
            row.append(min(before[at - 1] + (letter != wanted), before[at] + 1, row[-1] + 1))
    return row[-1] <= allowed


def is_kept(name, city):
    """Whether an alternate name is kept. Those without capitals are transcriptions that nobody types."""
    if not 2 <= len(name) <= 40:
        return False
    written, is_pure = script(name)
    if not is_pure:
        return False
    people, country = city["population"], city["countrycode"]
    if written == "LATIN":
        if not name[0].isupper() or name.startswith("Lungsod") or (people < SMALL and country not in BILINGUAL):
            return False
        # Other transcriptions of the same name: Wade-Giles, or with signs for letters that Latin does not have.
        is_transcribed = any(sign in name for sign in "'`’‘ʻʼ") or (country == "CN" and "-" in name)
        if people < TOWN and country in OTHER_SCRIPTS:
            return False
        if people < MEDIUM and is_near(plain(name), plain(city["name"])):
            return False
        return people >= LARGE or not (is_transcribed and country in OTHER_SCRIPTS)
    if people >= LARGE:
        return True
    return (people >= MEDIUM and written in COMMON_SCRIPTS) or country in LOCAL_SCRIPTS.get(written, ())


def of_city(city, own):
    """The names under which a city is found, each with its weight."""
    found = {name: OTHER_WEIGHT for name in city["alternatenames"] if is_kept(name, city)}
    found.update({name: MAIN_WEIGHT for name in own.of_city(city)})
    found[city["name"]] = MAIN_WEIGHT
    return sorted(found.items())


class OwnNames:
    """The names in data/own-names.tsv."""

    def __init__(self):
        self.countries, self.admins, self.cities, self.seen = {}, {}, {}, set()

    def of_city(self, city):
        key = (city["name"], city["countrycode"])
        if key not in self.cities or key in self.seen:
            return []
        # Cities come by population: a smaller one of the same name and country is not meant.
        self.seen.add(key)
        return self.cities[key]

    def unused(self):
        return sorted(set(self.cities) - self.seen)


def read_own(path):
    own = OwnNames()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line:
            continue
        kind, *rest = line.split("\t")
        called = rest[-1].split("|")
        if kind == "city":
            own.cities[(rest[0], rest[1])] = called
        else:
            {"country": own.countries, "admin": own.admins}[kind][rest[0]] = called
    return own
