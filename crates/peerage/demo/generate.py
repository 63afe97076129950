#!/usr/bin/env python3
"""Writes demo.json: the small invented registry that `peerage serve --demo` begins with.

    python3 generate.py > demo.json

Names, numbers and hosts belong to nobody: hosts end in .example, AS numbers lie in 63500-63899, IPv6 addresses in
2f00::/15. Cities are real, so that distances are. Same script, same bytes. Only what differs from an empty value is
written; what a registry derives (counters, names of parents) is left out.
"""

import json
import random
import sys
from datetime import datetime, timedelta

CHANCE = random.Random(8300)

#        city, country, state, latitude, longitude, region
CITIES = {
    "zrh": ("Zürich", "CH", "ZH", 47.3769, 8.5417, "Europe", "8005"),
    "rkv": ("Reykjavík", "IS", "", 64.1466, -21.9426, "Europe", "101"),
    "waw": ("Warszawa", "PL", "", 52.2297, 21.0122, "Europe", "00-001"),
    "iev": ("Київ", "UA", "", 50.4501, 30.5234, "Europe", "01001"),
    "ath": ("Αθήνα", "GR", "", 37.9838, 23.7275, "Europe", "105 57"),
    "tyo": ("東京", "JP", "", 35.6764, 139.65, "Asia Pacific", "100-0004"),
    "sin": ("Singapore", "SG", "", 1.3521, 103.8198, "Asia Pacific", "048619"),
    "iad": ("Ashburn", "US", "VA", 39.0438, -77.4874, "North America", "20147"),
    "sjc": ("San José", "US", "CA", 37.3387, -121.8853, "North America", "95113"),
    "gru": ("São Paulo", "BR", "SP", -23.5505, -46.6333, "South America", "01310-100"),
    "nbo": ("Nairobi", "KE", "", -1.2921, 36.8219, "Africa", "00100"),
    "dxb": ("دبي", "AE", "", 25.2048, 55.2708, "Middle East", ""),
    "syd": ("Sydney", "AU", "NSW", -33.8688, 151.2093, "Australia", "2000"),
}

#       name, also known as, long name, host, city, notes
ORGS = [
    ("Glacier Exchange Association", "GLEX", "Verein Glacier Exchange", "glex", "zrh",
     "A **non-profit association** of its members.\n\n- open to every network with an AS number\n- one vote a member\n"),
    ("Nordhaf Fjarskipti hf.", "Nordhaf", "", "nordhaf", "rkv", ""),
    ("Orzeł Biały Telekomunikacja S.A.", "OBT", "", "obt", "waw", ""),
    ("Дніпро Мережа", "Dnipro Net", "ТОВ «Дніпро Мережа»", "dnipro-net", "iev", "Опорна мережа для операторів зв'язку."),
    ("Αιγαίο Δίκτυα Α.Ε.", "Aegean Networks", "", "aegean-networks", "ath", ""),
    ("株式会社すみれ通信", "Sumire Communications", "Sumire Communications K.K.", "sumire", "tyo", "ひらがなとカタカナの名前も検索できます。"),
    ("Merlion Data Centres Pte Ltd", "Merlion", "", "merlion-dc", "sin", ""),
    ("Potomac Colocation LLC", "", "", "potomac-colo", "iad", "Carrier neutral since 2009. See the [house rules](https://potomac-colo.example/rules)."),
    ("Paulista Conexões Ltda.", "Paulista", "", "paulista", "gru", ""),
    ("Savanna Internet Hub", "SIH", "", "savanna-hub", "nbo", ""),
    ("Coral Cloud", "", "Coral Cloud Inc.", "coral-cloud", "sjc", "Content and cloud on six continents."),
    ("شبكة الخليج", "Khaleej Net", "", "khaleej-net", "dxb", ""),
]

#       organization, name, city, campus, also known as
FACS = [
    (1, "Glacier House", "zrh", None, "GH1"), (2, "Hafnarhús", "rkv", None, ""),
    (3, "Centrum Danych Wisła", "waw", None, "WAW1"), (4, "Хрещатик DC", "iev", None, "KH-1"),
    (5, "Πειραιάς Data Port", "ath", None, ""), (6, "Sumire 丸の内", "tyo", 2, "SM1"),
    (6, "Sumire 大手町", "tyo", 2, "SM2"), (7, "Merlion One", "sin", None, "M1"),
    (8, "Potomac North", "iad", 1, "IAD1"), (8, "Potomac South", "iad", 1, "IAD2"),
    (8, "Potomac West", "iad", 1, "IAD3"), (11, "Coral Bay", "sjc", None, ""),
    (9, "Paulista 1000", "gru", None, "PL1"), (10, "Savanna Hub Westlands", "nbo", None, ""),
    (12, "Khaleej Gate", "dxb", None, "KG1"), (7, "Merlion Zero", "sin", None, ""),
]

#      organization, name, long name, city, members, facilities, VLAN, MTU, member list visible to
IXES = [
    (1, "GLEX Zürich", "Glacier Exchange Zürich", "zrh", 17, [1], 9000, "Public"),
    (3, "Wisła-IX", "Wisła Internet Exchange", "waw", 11, [3, 4], 1500, "Users"),
    (6, "Sakura-IX 東京", "Sakura Internet Exchange", "tyo", 12, [6, 7], 9000, "Private"),
    (8, "Potomac IX", "", "iad", 15, [9, 10, 11], 1500, "Public"),
    (9, "IX Paulista", "Ponto de Troca Paulista", "gru", 9, [13], 1500, "Private"),
    (10, "Savanna-IX", "Savanna Internet Exchange", "nbo", 7, [14], 1500, "Public"),
    (7, "Merlion Peering", "", "sin", 10, [8], 9000, "Users"),
    (12, "Gulf-IX", "مقسم الخليج", "dxb", 0, [15], 1500, "Private"),
]

#      organization, AS number, name, types, traffic, scope, policy, IPv4 and IPv6 prefixes, share of exchanges
NETS = [
    (1, 63500, "GLEX Route Servers", ["Route Server"], "", "Europe", "Open", 0, 0, .1),
    (2, 63501, "Nordhaf", ["Cable/DSL/ISP", "NSP"], "50-100Gbps", "Europe", "Open", 80, 40, .4),
    (3, 63502, "OBT Backbone", ["NSP"], "500-1000Gbps", "Europe", "Selective", 1200, 300, .5),
    (3, 63503, "OBT Mobile", ["Cable/DSL/ISP"], "200-300Gbps", "Regional", "Restrictive", 300, 60, .2),
    (4, 63504, "Дніпро Магістраль", ["NSP", "Cable/DSL/ISP"], "100-200Gbps", "Europe", "Open", 400, 90, .4),
    (5, 63505, "Αιγαίο Δίκτυο", ["Cable/DSL/ISP"], "20-50Gbps", "Regional", "Open", 60, 20, .2),
    (6, 63506, "すみれネット", ["Cable/DSL/ISP", "Content"], "300-500Gbps", "Asia Pacific", "Selective", 500, 200, .4),
    (6, 63507, "Sumire Research", ["Educational/Research"], "5-10Gbps", "Asia Pacific", "Open", 20, 20, .3),
    (7, 63508, "Merlion Transit", ["NSP"], "200-300Gbps", "Asia Pacific", "Selective", 900, 250, .6),
    (8, 63509, "Potomac Looking Glass", ["Network Services"], "0-20Mbps", "North America", "Open", 2, 2, .3),
    (8, 63510, "Potomac Collector", ["Route Collector"], "", "Global", "Open", 1, 1, .9),
    (9, 63511, "Paulista Fibra", ["Cable/DSL/ISP"], "100-200Gbps", "South America", "Open", 250, 100, .3),
    (10, 63512, "Savanna Broadband", ["Cable/DSL/ISP"], "10-20Gbps", "Africa", "Open", 40, 10, .3),
    (10, 63513, "Savanna Schools", ["Educational/Research", "Non-Profit"], "1-5Gbps", "Africa", "Open", 8, 4, .2),
    (11, 63514, "Coral Cloud", ["Content"], "10-20Tbps", "Global", "Selective", 2000, 1000, 1.),
    (11, 63515, "Coral Cloud Edge", ["Content"], "1-5Tbps", "Global", "Open", 600, 400, .9),
    (11, 63516, "Coral Corporate", ["Enterprise"], "1-5Gbps", "Global", "No", 10, 5, .1),
    (12, 63517, "الخليج للاتصالات", ["NSP"], "100-200Gbps", "Middle East", "Restrictive", 350, 80, .3),
    (12, 63518, "Khaleej Media", ["Content"], "50-100Gbps", "Middle East", "Open", 30, 12, .2),
    (2, 63519, "Háskólanet", ["Educational/Research"], "5-10Gbps", "Regional", "Open", 12, 12, .2),
    (5, 63520, "Ministry of Islands", ["Government"], "100-1000Mbps", "Regional", "No", 4, 2, .1),
    (9, 63521, "Nuvem Paulista", ["Content", "Enterprise"], "20-50Gbps", "South America", "Selective", 50, 30, .3),
    (4, 63522, "Карпати Онлайн", ["Cable/DSL/ISP"], "10-20Gbps", "Regional", "Open", 30, 8, .2),
    (7, 63523, "Straits DNS", ["Network Services", "Non-Profit"], "20-100Mbps", "Global", "Open", 4, 4, .9),
    (1, 63524, "Alpine Anycast", ["Network Services"], "1-5Gbps", "Global", "Open", 3, 3, .7),
    (8, 63599, "Chesapeake Dialup", ["Cable/DSL/ISP"], "", "Regional", "", None, None, 0),
]

CARRIERS = [(2, "Nordhaf Waves", [1, 2, 3, 9]), (7, "Merlion Subsea", [6, 7, 8, 13, 15]), (9, "Paulista Dark Fibre", [9, 10, 13])]

NOTES = {
    63502: "## Peering with us\n\n| where | port | policy |\n| --- | --- | --- |\n| Warszawa | 100 G | selective |\n"
           "| Zürich | 100 G | selective |\n\n1. announce at least a `/24`\n2. keep your contacts current\n3. RPKI **invalid** is dropped\n",
    63514: "We peer with anybody who exchanges more than 1 Gbps with us.\n\n"
           "> Ask first for private interconnection above 10 Gbps.\n\nContact: see below, *not* by phone.",
    63506: "ピアリングのご相談はお気軽にどうぞ。\r\nEnglish is fine, too.",
    63513: "Runs on donations. <b>Thank you!</b> & see https://schools.savanna-hub.example",
}

ROLES = ["Technical", "NOC", "Policy", "Abuse", "Maintenance", "Sales", "Public Relations"]
PEOPLE = ["Ásta Jónsdóttir", "Olena Kovalenko", "佐藤 花子", "João da Silva", "Wanjiru Kamau", "Piotr Nowak",
          "Ελένη Παπαδοπούλου", "Tan Wei Ling", "فاطمة الهاشمي", "Urs Zürcher"]


def times(year_min=2016):
    """created and updated of a row, with the microseconds that a listing cuts off."""
    begin = datetime(year_min, 1, 1)
    created = begin + timedelta(seconds=CHANCE.randrange(int((datetime(2025, 1, 1) - begin).total_seconds())),
                                microseconds=CHANCE.randrange(1_000_000))
    updated = created + timedelta(seconds=CHANCE.randrange(int((datetime(2026, 6, 1) - created).total_seconds())),
                                  microseconds=CHANCE.randrange(1_000_000))
    return created.isoformat() + "Z", updated.isoformat() + "Z"


def row(**values):
    """A row without its empty values."""
    status = values.pop("status", "ok")
    created, updated = times()
    filled = {name: value for name, value in values.items() if value not in (None, "", [])}
    return {**filled, "created": created, "updated": updated, "status": status}


def website(url):
    return [{"service": "website", "identifier": url}]


def place(city, with_street=True):
    name, country, state, latitude, longitude, _, zipcode = CITIES[city]
    street = CHANCE.choice(["Harbour Road", "Station Square", "Market Lane", "Observatory Hill", "Ropewalk"])
    found = {"city": name, "country": country, "state": state, "zipcode": zipcode}
    if with_street:
        found["address1"] = "%d %s" % (CHANCE.randrange(1, 200), street)
        found["latitude"] = round(latitude + CHANCE.uniform(-.05, .05), 6)
        found["longitude"] = round(longitude + CHANCE.uniform(-.05, .05), 6)
    return found


def registry():
    data = {kind: [] for kind in
            "org campus fac net ix carrier carrierfac ixfac ixlan ixpfx netfac netixlan poc".split()}

    def add(kind, **values):
        data[kind].append(row(id=len(data[kind]) + 1, **values))
        return data[kind][-1]

    for name, aka, long, host, city, notes in ORGS:
        url = "https://%s.example" % host
        social = website(url) + ([{"service": "mastodon", "identifier": "@%s@social.example" % host}] if notes else [])
        add("org", name=name, aka=aka, name_long=long, website=url, social_media=social, notes=notes, **place(city))
    add("org", name="Chesapeake Dialup Inc.", city="Annapolis", country="US", state="MD", status="deleted")

    add("campus", org_id=8, name="Potomac Campus", aka="PC", website="https://campus.potomac-colo.example",
        social_media=website("https://campus.potomac-colo.example"), notes="Dark fibre between all halls is free.")
    add("campus", org_id=6, name="すみれキャンパス", name_long="Sumire Campus Tōkyō")
    add("campus", org_id=11, name="Coral Reef Campus", notes="One hall so far.", status="pending")

    for org, name, city, campus, aka in FACS:
        host = ORGS[org - 1][3]
        campus = 3 if name == "Coral Bay" else campus
        add("fac", org_id=org, campus_id=campus, name=name, aka=aka, region_continent=CITIES[city][5],
            clli="%sXX01" % city.upper() if CITIES[city][1] == "US" else "", sales_email="sales@%s.example" % host,
            sales_phone="+15555550%03d" % (100 + org), tech_email="noc@%s.example" % host,
            available_voltage_services=CHANCE.choice([[], ["48 VDC"], ["480 VAC", "48 VDC"], ["400 VAC"]]),
            diverse_serving_substations=CHANCE.choice([None, True, False]),
            property=CHANCE.choice([None, "Owner", "Lessee"]),
            status_dashboard="https://status.%s.example" % host if CHANCE.random() < .5 else None,
            notes="Entry with *two* documents." if CHANCE.random() < .3 else "",
            status="deleted" if name == "Merlion Zero" else "ok", **place(city))

    for org, asn, name, types, traffic, scope, policy, four, six, _ in NETS:
        host = ORGS[org - 1][3]
        gone = asn == 63599
        url = "https://as%d.%s.example" % (asn, host) if CHANCE.random() < .6 and not gone else ""
        add("net", org_id=13 if gone else org, asn=asn, name=name, website=url, social_media=website(url) if url else [],
            aka="AS%d" % asn if CHANCE.random() < .3 else "", info_type=types[0], info_types=types,
            irr_as_set="RIPE::AS-%d" % asn if CHANCE.random() < .7 and not gone else "",
            looking_glass="https://lg.%s.example" % host if CHANCE.random() < .5 else "",
            route_server="telnet://rs.%s.example" % host if "Route Server" in types else "",
            info_prefixes4=four, info_prefixes6=six, info_traffic=traffic, info_scope=scope,
            info_ratio=CHANCE.choice(["Balanced", "Mostly Inbound", "Mostly Outbound", "Heavy Outbound", "Not Disclosed"]),
            info_unicast=True, info_ipv6=bool(six), info_multicast="Educational/Research" in types,
            info_never_via_route_servers=policy == "Restrictive", notes=NOTES.get(asn, ""), policy_general=policy,
            policy_url="https://%s.example/peering" % host if policy in ("Selective", "Restrictive") else "",
            policy_locations="Preferred" if policy == "Selective" else "Not Required", policy_ratio=policy == "Restrictive",
            policy_contracts="Private Only" if policy == "Selective" else "Not Required",
            allow_ixp_update="Content" in types, ixp_update_exclude=["speed"] if asn == 63514 else [],
            rir_status=None if gone else "ok", rir_status_updated=None if gone else "2026-05-01T04:00:00Z",
            status="deleted" if gone else "ok")

    port = 0
    for number, (org, name, long, city, members, facilities, mtu, visible) in enumerate(IXES, 1):
        host = ORGS[org - 1][3]
        pending = "pending" if members == 0 else "ok"
        city_name, country, _, _, _, region, _ = CITIES[city]
        add("ix", org_id=org, name=name, name_long=long, city=city_name, country=country, region_continent=region,
            proto_unicast=True, proto_ipv6=True, website="https://ix.%s.example" % host if number % 2 else "",
            social_media=website("https://ix.%s.example" % host) if number % 2 else [],
            url_stats="https://stats.%s.example" % host, tech_email="noc@ix.%s.example" % host,
            tech_phone="+15555551%03d" % number, policy_email="peering@ix.%s.example" % host,
            service_level=CHANCE.choice(["24/7 Support", "Best Effort (no SLA)", "Not Disclosed"]),
            terms=CHANCE.choice(["No Commercial Terms", "Recurring Fees", "Not Disclosed"]),
            notes="Route servers at `.1` and `.2`." if members > 10 else "", status=pending)
        add("ixlan", ix_id=number, name="Peering LAN" if number in (1, 4) else "", mtu=mtu,
            rs_asn=63500 if number == 1 else None,
            descr="The one LAN of %s." % name if number == 1 else "", ixf_ixp_import_enabled=visible == "Public",
            ixf_ixp_member_list_url="https://ix.%s.example/members.json" % host, ixf_ixp_member_list_url_visible=visible,
            status=pending)
        add("ixpfx", ixlan_id=number, protocol="IPv4", prefix="11.250.%d.0/24" % (number * 4), status=pending)
        add("ixpfx", ixlan_id=number, protocol="IPv6", prefix="2f00:dec0:%x::/64" % number, status=pending)
        for facility in facilities:
            add("ixfac", ix_id=number, fac_id=facility, status=pending)
        # Networks that are everywhere first, then those that the dice choose.
        pool = [(net, entry) for net, entry in enumerate(NETS, 1) if entry[9] > 0]
        pool.sort(key=lambda item: -(item[1][9] + CHANCE.random() * .8))
        for place_in_list, (net, entry) in enumerate(pool[:members]):
            for second in range(2 if entry[1] == 63514 and number in (1, 4) else 1):
                port += 1
                host_part = 10 + place_in_list * 3 + second
                add("netixlan", net_id=net, ixlan_id=number, speed=CHANCE.choice([1000, 10000, 10000, 20000, 100000, 400000]),
                    ipaddr4="11.250.%d.%d" % (number * 4, host_part),
                    ipaddr6="2f00:dec0:%x::%x" % (number, entry[1] - 63500 + 256 * (1 + second)) if entry[8] else None,
                    is_rs_peer=entry[6] == "Open", bfd_support=CHANCE.random() < .3,
                    operational=CHANCE.random() < .95, notes="Second port" if second else "",
                    net_side_id=facilities[0] if CHANCE.random() < .2 else None)
    add("ixpfx", ixlan_id=2, protocol="IPv4", prefix="11.250.200.0/25", status="deleted")
    add("netixlan", net_id=26, ixlan_id=4, speed=100, status="deleted")
    add("netixlan", net_id=3, ixlan_id=5, speed=10000, ipaddr4="11.250.20.200", status="deleted")

    seen = set()
    for net, entry in enumerate(NETS, 1):
        count = 1 + int(entry[9] * 7)
        for facility in CHANCE.sample(range(1, 16), count if entry[9] else 0):
            seen.add((net, facility))
            add("netfac", net_id=net, fac_id=facility)
    add("netfac", net_id=26, fac_id=9, status="deleted")

    for org, name, facilities in CARRIERS:
        number = add("carrier", org_id=org, name=name, notes="Wavelengths of 100 G and 400 G." if org == 7 else "")["id"]
        for facility in facilities:
            add("carrierfac", carrier_id=number, fac_id=facility)
    add("carrierfac", carrier_id=1, fac_id=14, status="pending")

    for net, entry in enumerate(NETS, 1):
        host = ORGS[entry[0] - 1][3]
        gone = entry[1] == 63599
        for at, role in enumerate(CHANCE.sample(ROLES, 1 if gone else CHANCE.randrange(1, 4))):
            person = CHANCE.choice(PEOPLE + ["NOC", "Peering Team"])
            add("poc", net_id=net, role=role, visible=["Public", "Users", "Private"][(net + at) % 3], name=person,
                phone="+15555552%03d" % net if at == 0 else "", email="%s@%s.example" % (role.lower().replace(" ", "-"), host),
                url="https://%s.example/contact" % host if at == 1 else "", status="deleted" if gone else "ok")
    add("poc", net_id=15, role="Sales", visible="Public", status="deleted")
    # The contact without which no port of the network may change: docs/examples/wanted.json has some.
    add("poc", net_id=25, role="Technical", visible="Users", name="Peering Team", email="peering@glex.example")

    for kind, field in (("netixlan", "netixlan_updated"), ("netfac", "netfac_updated"), ("poc", "poc_updated")):
        for child in data[kind]:
            net = data["net"][child["net_id"] - 1]
            net[field] = max(net.get(field, ""), child["updated"])
    return data


# What makes exchanges as large as real ones, on every continent. It comes after the rest and has its own dice, so that
# the first ids and rows stay as they are.
MORE = random.Random(8301)

MORE_CITIES = {
    "fra": ("Frankfurt am Main", "DE", "HE", 50.1109, 8.6821, "Europe", "60314"),
    "ams": ("Amsterdam", "NL", "", 52.3676, 4.9041, "Europe", "1098 XH"),
    "lon": ("London", "GB", "", 51.5074, -0.1278, "Europe", "E14 2AA"),
    "sto": ("Stockholm", "SE", "", 59.3293, 18.0686, "Europe", "111 22"),
    "dfw": ("Dallas", "US", "TX", 32.7767, -96.797, "North America", "75207"),
    "yyz": ("Toronto", "CA", "ON", 43.6532, -79.3832, "North America", "M5J 1A7"),
    "scl": ("Santiago", "CL", "", -33.4489, -70.6693, "South America", "8320000"),
    "bog": ("Bogotá", "CO", "", 4.711, -74.0721, "South America", "111711"),
    "jnb": ("Johannesburg", "ZA", "GP", -26.2041, 28.0473, "Africa", "2001"),
    "los": ("Lagos", "NG", "", 6.5244, 3.3792, "Africa", "101241"),
    "bom": ("Mumbai", "IN", "MH", 19.076, 72.8777, "Asia Pacific", "400070"),
    "cgk": ("Jakarta", "ID", "", -6.2088, 106.8456, "Asia Pacific", "12710"),
    "akl": ("Auckland", "NZ", "", -36.8485, 174.7633, "Australia", "1010"),
    "sydn": CITIES["syd"],
}

#       organization, host, city, facility, exchange (with how many of the other networks), networks
MORE_ORGS = [
    ("Mainufer Rechenzentren GmbH", "mainufer", "fra", "Mainufer Ost", "Mainufer-IX", 46, ["Mainufer Hosting", "Taunus Kabel"]),
    ("Grachtengordel Datahuis B.V.", "datahuis", "ams", "Datahuis Zuidoost", "Tulpen-IX", 40, ["Polder Glasvezel", "Waddennet"]),
    ("Thameside Data Ltd", "thameside", "lon", "Thameside Docks", "", 0, ["Thameside Broadband", "Heath Streaming"]),
    ("Mälaren Nät AB", "malaren", "sto", "Mälaren Berghall", "", 0, ["Mälaren Fiber", "Norrsken Content"]),
    ("Lone Prairie Data Centers Inc.", "lone-prairie", "dfw", "Lone Prairie One", "Prairie-IX", 30, ["Lone Prairie Wireless", "Bluebonnet Cloud"]),
    ("Maple Lake Hosting Inc.", "maple-lake", "yyz", "Maple Lake Front Street", "", 0, ["Maple Lake Internet", "Escarpment Networks"]),
    ("Cordillera Datos SpA", "cordillera", "scl", "Cordillera Centro", "Andes-IX", 22, ["Cordillera Fibra", "Valle Conectado"]),
    ("Páramo Redes S.A.S.", "paramo", "bog", "Páramo Norte", "", 0, ["Páramo Hogar", "Altiplano Nube"]),
    ("Highveld Colocation (Pty) Ltd", "highveld", "jnb", "Highveld One", "Highveld-IX", 32, ["Highveld Fibre", "Jacaranda Mobile"]),
    ("Lagoon Interconnect Ltd", "lagoon", "los", "Lagoon Island", "", 0, ["Lagoon Broadband", "Harmattan Media"]),
    ("Konkan Data Private Limited", "konkan", "bom", "Konkan Kurla", "Konkan-IX", 36, ["Konkan Broadband", "Monsoon Video"]),
    ("PT Khatulistiwa Jaringan", "khatulistiwa", "cgk", "Khatulistiwa Kuningan", "", 0, ["Khatulistiwa Net", "Nusantara Awan"]),
    ("Long Cloud Networks Limited", "long-cloud", "akl", "Long Cloud Wharf", "", 0, ["Long Cloud Fibre", "Pohutukawa Rural"]),
    ("Harbour Bridge Exchange Pty Ltd", "harbour-bridge", "sydn", "Harbour Bridge South", "Harbour-IX", 28, ["Harbour Bridge NBN", "Wattle Games"]),
]

# Exchanges of the first part, with how many more networks they have.
MORE_MEMBERS = {1: 24, 3: 14, 4: 26, 5: 10, 6: 8, 7: 16}


def more(data):
    """Adds the organizations above, and ports of their networks at most exchanges."""
    CITIES.update(MORE_CITIES)

    def add(kind, **values):
        status = values.pop("status", "ok")
        begin = datetime(2012, 1, 1)
        # More in later years, as registries grow.
        created = begin + timedelta(days=5420 * MORE.random() ** .4, seconds=MORE.randrange(86400))
        updated = created + (datetime(2026, 11, 28) - created) * (MORE.random() ** .12)
        filled = {name: value for name, value in values.items() if value not in (None, "", [])}
        data[kind].append({"id": len(data[kind]) + 1, **filled, "created": created.isoformat(timespec="seconds") + "Z",
                           "updated": updated.isoformat(timespec="seconds") + "Z", "status": status})
        return data[kind][-1]

    def located(city):
        name, country, state, latitude, longitude, _, zipcode = CITIES[city]
        return {"city": name, "country": country, "state": state, "zipcode": zipcode,
                "address1": "%d %s" % (MORE.randrange(1, 200), MORE.choice(["Exchange Street", "Cable Street", "Canal Road"])),
                "latitude": round(latitude + MORE.uniform(-.04, .04), 6),
                "longitude": round(longitude + MORE.uniform(-.04, .04), 6)}

    asn, exchanges = 63600, [(number, CITIES[IXES[number - 1][3]][5], count) for number, count in MORE_MEMBERS.items()]
    networks, facilities = [], []
    for name, host, city, facility, exchange, members, names in MORE_ORGS:
        region = CITIES[city][5]
        url = "https://%s.example" % host
        org = add("org", name=name, website=url, social_media=website(url), **located(city))["id"]
        fac = add("fac", org_id=org, name=facility, region_continent=region, sales_email="sales@%s.example" % host,
                  tech_email="noc@%s.example" % host, **located(city))["id"]
        facilities.append((fac, region))
        if exchange:
            ix = add("ix", org_id=org, name=exchange, city=CITIES[city][0], country=CITIES[city][1], region_continent=region,
                     proto_unicast=True, proto_ipv6=True, website="https://ix.%s.example" % host,
                     social_media=website("https://ix.%s.example" % host), tech_email="noc@ix.%s.example" % host,
                     policy_email="peering@ix.%s.example" % host)["id"]
            add("ixlan", ix_id=ix, mtu=1500)
            add("ixpfx", ixlan_id=ix, protocol="IPv4", prefix="11.250.%d.0/24" % (ix * 4))
            add("ixpfx", ixlan_id=ix, protocol="IPv6", prefix="2f00:dec0:%x::/64" % ix)
            add("ixfac", ix_id=ix, fac_id=fac)
            exchanges.append((ix, region, members))
        for at, one in enumerate(names):
            content = any(word in one for word in ("Content", "Cloud", "Nube", "Awan", "Media", "Video", "Streaming", "Games", "Hosting"))
            policy = MORE.choice(["Open", "Open", "Open", "Selective", "Selective", "Restrictive"])
            net = add("net", org_id=org, asn=asn, name=one, info_type="Content" if content else "Cable/DSL/ISP",
                      info_types=["Content" if content else "Cable/DSL/ISP"], info_traffic=MORE.choice(
                          ["5-10Gbps", "20-50Gbps", "50-100Gbps", "100-200Gbps", "300-500Gbps", "1-5Tbps"]),
                      info_ratio="Mostly Outbound" if content else "Mostly Inbound", info_scope=region if at else "Global",
                      info_prefixes4=MORE.randrange(4, 900), info_prefixes6=MORE.randrange(2, 200), info_unicast=True,
                      info_ipv6=True, irr_as_set="RIPE::AS-%d" % asn, policy_general=policy,
                      policy_locations="Preferred" if policy == "Selective" else "Not Required",
                      policy_contracts="Not Required", allow_ixp_update=content, rir_status="ok",
                      rir_status_updated="2026-05-01T04:00:00Z")
            networks.append((net["id"], asn, region, at == 0))
            add("poc", net_id=net["id"], role="NOC", visible=MORE.choice(["Public", "Users"]), name="NOC",
                email="noc@%s.example" % host, phone="+15555553%03d" % (asn - 63600))
            asn += 1
    for fac, region in facilities:
        for net, _, home, is_global in networks:
            if MORE.random() < (.8 if home == region else .12 if is_global else .03):
                add("netfac", net_id=net, fac_id=fac)
    # Networks of the first part are at the new exchanges, too.
    old = [(number, entry[1], "", True) for number, entry in enumerate(NETS, 1) if entry[9] >= .3]
    for ix, region, members in exchanges:
        near = [one for one in networks if one[2] == region]
        far = [one for one in networks if one[2] != region] + (old if ix > len(IXES) else [])
        MORE.shuffle(far)
        far.sort(key=lambda one: not one[3])
        for place_in_list, (net, number, _, _) in enumerate((near + far)[:members]):
            add("netixlan", net_id=net, ixlan_id=ix, ipaddr4="11.250.%d.%d" % (ix * 4, 100 + place_in_list),
                speed=MORE.choice([1000, 10000, 10000, 10000, 20000, 100000, 100000, 200000, 400000]),
                ipaddr6="2f00:dec0:%x::%x" % (ix, 0x1000 + number - 63500) if MORE.random() < .85 else None,
                is_rs_peer=MORE.random() < .7, bfd_support=MORE.random() < .2, operational=MORE.random() < .98)
    for carrier, count in ((1, 5), (2, 6), (3, 4)):
        for fac, _ in MORE.sample(facilities, count):
            add("carrierfac", carrier_id=carrier, fac_id=fac)
    for kind, field in (("netixlan", "netixlan_updated"), ("netfac", "netfac_updated"), ("poc", "poc_updated")):
        for child in data[kind]:
            net = data["net"][child["net_id"] - 1]
            if net["id"] > len(NETS):
                net[field] = max(net.get(field, ""), child["updated"])
    return data


def main():
    out = sys.stdout
    out.write("{\n")
    kinds = more(registry())
    for at, (kind, rows) in enumerate(kinds.items()):
        out.write('"%s": {"data": [\n' % kind)
        out.write(",\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
        out.write("\n]}%s\n" % ("," if at + 1 < len(kinds) else ""))
    out.write("}\n")


if __name__ == "__main__":
    main()
