"""Writes the rows of each resource from the plan."""
import ipaddress
from array import array

from helpers import gcd, iso, Pick, slug, v4s
from tables import FIRST, IRR, LAST, NOW, RATIO, ROLES, SENT, SPEED, STREETS, TRAFFIC, TYPES, V4P, V6P, ts


class Rows:
    # ---- rows
    def address(self, city, share, r):
        name, state, lat, lon, cc = self.cities[city]
        c = self.country[cc]
        if r.random() >= share:
            return ["", "", "", c[0] if r.random() < .3 else "", "", "", "", "", None, None]
        la = lo = None
        return ["%d %s" % (r.randrange(1, 2400), r.choice(STREETS)),
                "" if r.random() < .75 else r.choice(["Building %d", "Floor %d", "P.O. Box %d"]) % r.randrange(1, 60),
                name, c[0], state, self.zipcode(c[3]), "" if r.random() < .97 else str(r.randrange(1, 30)),
                "" if r.random() < .96 else "Suite %d" % r.randrange(100, 1200), la, lo]

    ADDR = ["address1", "address2", "city", "country", "state", "zipcode", "floor", "suite", "latitude", "longitude"]

    def web(self, name, path=0.0, i=0):
        s = slug(name)[:40].strip("-") or "as%d" % i
        u = "https://www.%s.example" % s if self.r.random() < .7 else "http://%s.example/" % s
        if self.r.random() < path:
            u += "/locations/%s/data-centers/%s" % (slug(self.r.choice(self.cities)[0]), self.word().lower())
        return u

    def logo(self, kind, i, share):
        return "https://media.registry.example/logos/%s-%d-%08x.png" % (kind, i, self.r.getrandbits(32)) if self.r.random() < share else None

    def coords(self, city):
        r = self.r
        c = self.cities[city]
        return round(c[2] + r.gauss(0, .04), 6), round(c[3] + r.gauss(0, .05), 6)

    def orgs(self):
        r, N = self.r, len(self.o_id)
        st = self.o_st
        for i in range(N):
            b = self.born(i, N)
            name = self.o_name[i]
            web = self.web(name, .05, i) if r.random() < .62 else ""
            ad = self.address(self.o_city[i], .72, r)
            if ad[0] and r.random() < .45:
                ad[8], ad[9] = self.coords(self.o_city[i])
            row = {"id": self.o_id[i], "name": name, "aka": self.word().upper() if r.random() < .11 else "",
                   "name_long": name + " International" if r.random() < .06 else "", "website": web,
                   "social_media": self.social(web), "notes": self.notes(.05), "logo": self.logo("org", i, .05)}
            row.update(zip(self.ADDR, ad))
            row["created"], row["updated"], row["status"] = iso(b), iso(self.touched("org", b)), "deleted" if st[i] else "ok"
            yield row

    def campuses(self):
        r, N = self.r, len(self.campus)
        for k, ((o, c), v) in enumerate(self.campus):
            name, state, _, _, cc = self.cities[c]
            b = max(self.born(k, N), ts(2023, 2, 1) + k * 86400)
            b = min(b, NOW - 86400)
            nm = self.unique("campus", "%s - %s Campus" % (self.o_name[o].split(" ")[0], name), lambda q: "%s - %s Campus %d" % (self.o_name[o].split(" ")[0], name, q))
            web = self.web(self.o_name[o], 0, o)
            yield {"id": self.p_id[k], "org_id": self.o_id[o], "org_name": self.o_name[o], "status": "ok", "created": iso(b), "updated": iso(self.touched("campus", b)), "name": nm, "name_long": r.choice([None, "", ""]), "notes": self.notes(.08), "aka": r.choice([None, "", ""]), "website": web, "social_media": self.social(web), "country": self.country[cc][0], "city": name, "zipcode": self.zipcode(self.country[cc][3]), "state": state, "logo": None}

    def facs(self):
        r, N = self.r, len(self.f_id)
        for i in range(N):
            o, c = self.f_org[i], self.f_city[i]
            city = self.cities[c]
            cc = self.country[city[4]]
            b = self.born(i, N)
            web = self.web(self.o_name[o], .35, i) if r.random() < .95 else ""
            dom = slug(self.o_name[o])[:24].strip("-") or "org%d" % o
            camp = self.f_campus.get(i)
            us = cc[0] in ("US", "CA")
            row = {"id": self.f_id[i], "org_id": self.o_id[o], "org_name": self.o_name[o], "campus_id": None if camp is None or self.f_st[i] else self.p_id[camp],
                   "name": self.f_name[i], "aka": self.word().upper() if r.random() < .13 else "", "name_long": "", "website": web, "social_media": self.social(web, .005),
                   "clli": "".join(r.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=6)) if us and r.random() < .5 else "", "rencode": "",
                   "npanxx": "%03d-%03d" % (r.randrange(201, 990), r.randrange(200, 999)) if us and r.random() < .4 else "",
                   "notes": self.notes(.16), "net_count": self.fac_net[i], "ix_count": self.fac_ix[i], "carrier_count": self.fac_car[i],
                   "sales_email": "sales@%s.example" % dom if r.random() < .30 else "", "sales_phone": self.phone(cc[2]) if r.random() < .25 else "",
                   "tech_email": "noc@%s.example" % dom if r.random() < .28 else "", "tech_phone": self.phone(cc[2]) if r.random() < .23 else "",
                   "available_voltage_services": [] if r.random() < .94 else sorted(r.sample(["48 VDC", "400 VAC", "480 VAC"], r.choice([1, 1, 2])), key=["48 VDC", "400 VAC", "480 VAC"].index),
                   "diverse_serving_substations": None if r.random() < .93 else r.random() < .7, "property": r.choice([None, None, "", "", "Owner", None, "", "Lessee"]) if r.random() < .4 else None,
                   "region_continent": cc[1], "status_dashboard": None if r.random() < .6 else "" if r.random() < .97 else "https://status.%s.example" % dom,
                   "logo": self.logo("fac", i, .01), "created": iso(b), "updated": iso(self.touched("fac", b)), "status": "deleted" if self.f_st[i] else "ok"}
            ad = self.address(c, 1.0, r)
            if r.random() < .94:
                ad[8], ad[9] = self.coords(c)
            row.update(zip(self.ADDR, ad))
            yield row

    def nets(self):
        r, N = self.r, len(self.n_id)
        types, traffic, ratio, v4p, v6p = Pick(TYPES), Pick(TRAFFIC), Pick(RATIO), Pick(V4P), Pick(V6P)
        multi = [t for t, _ in TYPES if t and t not in ("Route Server", "Route Collector")]
        rir_bulk = iso(ts(2024, 6, 26, 4, 47, 55))
        for i in range(N):
            o, asn, name = self.n_org[i], self.n_asn[i], self.n_name[i]
            cc = self.country[self.o_cc[o]]
            b = self.born(i, N)
            t = types(r)
            it = [t] if t else []
            if t in multi and r.random() < .025:
                it = sorted({t, r.choice(multi)})
            big = self.n_w[i] > 25
            web = self.web(self.o_name[o], .04, i) if r.random() < .93 else ""
            dom = slug(name)[:24].strip("-") or "as%d" % asn
            irr = ""
            if r.random() < .62:
                nm = "AS-" + (slug(name)[:14].strip("-").upper() or "AS%d" % asn)
                x = r.random()
                irr = nm if x < .55 else "%s::%s" % (r.choice(IRR), nm) if x < .85 else "AS%d:%s" % (asn, nm) if x < .93 else "AS%d" % asn if x < .97 else "%s::%s, %s::%s-V6" % ("RIPE", nm, "RIPE", nm)
            scope = "Global" if big else r.choice([cc[1], cc[1], "Regional", "Regional", "Regional", "", "Not Disclosed"])
            dele = self.n_st[i]
            notes = self.notes(.28)
            if i % 9973 == 77:
                notes = self.notes(1.0) + "\n\n" + "\n\n".join(" ".join(r.choices(SENT, k=12)) for _ in range(18))
            yield {"id": self.n_id[i], "org_id": self.o_id[o], "name": name, "aka": ", ".join(self.word() for _ in range(r.choice([1, 1, 1, 2, 3]))) if r.random() < .38 else "",
                   "name_long": name + " - " + self.word() + " Division" if r.random() < .06 else "", "website": web, "social_media": self.social(web), "asn": asn,
                   "looking_glass": "https://lg.%s.example" % dom if r.random() < .14 else "", "route_server": "telnet://route-server.%s.example" % dom if r.random() < .02 else "",
                   "irr_as_set": irr, "info_type": it[0] if it else "", "info_types": it, "info_prefixes4": v4p(r), "info_prefixes6": v6p(r), "info_traffic": traffic(r), "info_ratio": ratio(r), "info_scope": scope,
                   "info_unicast": r.random() < .93, "info_multicast": r.random() < .03, "info_ipv6": r.random() < .78, "info_never_via_route_servers": r.random() < .03,
                   "ix_count": self.net_ix[i], "fac_count": self.net_fac[i], "notes": notes,
                   "netixlan_updated": iso(self.nx_upd[i]) if self.nx_upd[i] else None, "netfac_updated": iso(self.nf_upd[i]) if self.nf_upd[i] else None, "poc_updated": iso(self.poc_upd[i]) if self.poc_upd[i] else None,
                   "policy_url": "https://www.%s.example/peering" % dom if r.random() < .13 else "", "policy_general": r.choices(["Open", "Selective", "Restrictive", "No", ""], [74, 17, 4, 3, 2])[0],
                   "policy_locations": r.choices(["Not Required", "Preferred", "Required - International", "Required - US", "Required - EU", ""], [82, 13, 2, 1, .5, 1.5])[0],
                   "policy_ratio": r.random() < .04, "policy_contracts": r.choices(["Not Required", "Private Only", "Required", ""], [90, 4, 4, 2])[0],
                   "allow_ixp_update": r.random() < .12, "ixp_update_exclude": [] if r.random() < .98 else r.sample(["speed", "is_rs_peer", "operational"], 1), "status_dashboard": "" if r.random() < .985 else "https://status.%s.example" % dom,
                   "rir_status": "ok" if r.random() < .99 else None, "rir_status_updated": rir_bulk if b < ts(2024, 6, 26) and r.random() < .97 else iso(max(b, NOW - r.randrange(600 * 86400))),
                   "logo": self.logo("net", i, .03), "created": iso(b), "updated": iso(self.touched("net", b)), "status": "deleted" if dele else "ok"}

    def ixs(self):
        r, N = self.r, len(self.x_id)
        self.x_ixf = [False] * N
        for i in range(N):
            o, c = self.x_org[i], self.x_city[i]
            city = self.cities[c]
            cc = self.country[city[4]]
            b = self.born(i, N)
            dom = slug(self.x_name[i])[:30].strip("-") or "ix%d" % i
            web = "https://www.%s.example" % dom if r.random() < .99 else ""
            imp = self.x_ixf[i] = self.ix_net[i] > 3 and r.random() < .36
            last = NOW - r.randrange(3 * 86400) if imp else None
            req = r.random() < .15
            yield {"id": self.x_id[i], "org_id": self.o_id[o], "name": self.x_name[i], "aka": self.word().upper() if r.random() < .23 else "", "name_long": "%s Internet Exchange %s" % (self.o_name[o], city[0]) if r.random() < .92 else "",
                   "city": city[0], "country": cc[0], "region_continent": cc[1], "media": "Ethernet", "notes": self.notes(.27), "proto_unicast": True, "proto_multicast": False, "proto_ipv6": self.v6[i] is not None,
                   "website": web, "social_media": self.social(web, .05), "url_stats": "https://stats.%s.example/traffic" % dom if r.random() < .6 else "",
                   "tech_email": "noc@%s.example" % dom, "tech_phone": self.phone(cc[2]) if r.random() < .74 else "", "policy_email": "peering@%s.example" % dom if r.random() < .9 else "", "policy_phone": self.phone(cc[2]) if r.random() < .62 else "",
                   "sales_phone": self.phone(cc[2]) if r.random() < .07 else "", "sales_email": "sales@%s.example" % dom if r.random() < .19 else "",
                   "net_count": self.ix_net[i], "fac_count": self.ix_fac[i], "ixf_net_count": max(0, self.ix_net[i] - r.randrange(3)) if imp else 0, "ixf_last_import": iso(last) if last else None,
                   "ixf_import_request": iso(NOW - r.randrange(900 * 86400)) if req else None, "ixf_import_request_status": r.choice(["finished"] * 18 + ["error"]) if req else "queued",
                   "service_level": r.choices(["Not Disclosed", "24/7 Support", "Best Effort (no SLA)", "Normal Business Hours"], [73, 20, 4, 3])[0], "terms": r.choices(["Not Disclosed", "Recurring Fees", "No Commercial Terms", "Non-recurring Fees Only", "Bundled With Other Services"], [78, 17, 4, .6, .4])[0],
                   "status_dashboard": "" if r.random() < .93 else "https://status.%s.example" % dom, "logo": self.logo("ix", i, .07), "created": iso(b), "updated": iso(self.touched("ix", b)), "status": "deleted" if self.x_st[i] else "ok"}

    def ixlans(self):
        r, N = self.r, len(self.x_id)
        for i in range(N):
            b = self.born(i, N)
            dom = slug(self.x_name[i])[:30].strip("-") or "ix%d" % i
            imp = self.x_ixf[i]
            url = "https://ixf.%s.example/api/v4/member-export/ixf/1.0" % dom if imp else None
            vis = r.choices(["Public", "Users", "Private"], [30, 25, 45])[0] if url else r.choices(["Private", "Public", "Users"], [96, 2, 2])[0]
            row = {"id": self.x_id[i], "ix_id": self.x_id[i], "name": self.x_lan[i], "descr": "", "mtu": 1500 if r.random() < .9 else 9000, "dot1q_support": False,
                   "rs_asn": 0 if r.random() < .97 else r.choice(self.n_asn), "arp_sponge": None if r.random() < .997 else "02:%02x:%02x:%02x:%02x:%02x" % tuple((i >> s & 255) for s in (32, 24, 16, 8, 0)),
                   "ixf_ixp_member_list_url": url, "ixf_ixp_member_list_url_visible": vis, "ixf_ixp_import_enabled": imp, "created": iso(b), "updated": iso(self.touched("ixlan", b)), "status": "deleted" if self.x_st[i] else "ok"}
            if vis == "Private" and self.a.viewer != "all" or vis == "Users" and self.a.viewer == "anonymous":
                del row["ixf_ixp_member_list_url"]
            yield row

    def ixpfxs(self):
        r, N = self.r, len(self.pfx)
        ids = self.ids(N, .35)
        for k, (i, v, base, plen) in enumerate(self.pfx):
            b = self.born(k, N)
            net = "%s/%d" % (v4s(base) if v == 4 else ipaddress.IPv6Address(base), plen)
            yield {"id": ids[k], "ixlan_id": self.x_id[i], "protocol": "IPv%d" % v, "prefix": net, "in_dfz": r.random() < .985, "created": iso(b), "updated": iso(self.touched("ixpfx", b)), "status": "deleted" if k in self.pfx_del else "ok"}

    def links(self, kind, pairs, live, waste, make):
        """Rows of a join: live and deleted ones mixed, by id and birth."""
        r, N = self.r, len(pairs)
        order = list(range(N))
        r.shuffle(order)
        ids = self.ids(N, waste)
        for k in range(N):
            j = order[k]
            b = self.born(k, N)
            yield make(ids[k], pairs[j][0], pairs[j][1], iso(b), self.touched(kind, b), "ok" if j < live else "deleted")

    def ixfacs(self):
        def make(id_, x, f, b, u, s):
            c = self.cities[self.f_city[f]]
            return {"id": id_, "name": self.f_name[f], "city": c[0], "country": self.country[c[4]][0], "ix_id": self.x_id[x], "fac_id": self.f_id[f], "created": b, "updated": iso(u), "status": s}
        return self.links("ixfac", self.xf, self.xf_live, .35, make)

    def netfacs(self):
        self.nf_upd = array("q", [0]) * len(self.n_st)

        def make(id_, x, f, b, u, s):
            c = self.cities[self.f_city[f]]
            if u > self.nf_upd[x]:
                self.nf_upd[x] = u
            return {"id": id_, "name": self.f_name[f], "city": c[0], "country": self.country[c[4]][0], "net_id": self.n_id[x], "fac_id": self.f_id[f], "local_asn": self.n_asn[x], "created": b, "updated": iso(u), "status": s}
        return self.links("netfac", self.nf, self.nf_live, .45, make)

    def carrierfacs(self):
        def make(id_, c, f, b, u, s):
            return {"id": id_, "name": self.f_name[f], "carrier_id": self.c_id[c], "fac_id": self.f_id[f], "created": b, "updated": iso(u), "status": s}
        return self.links("carrierfac", self.cf, self.cf_live, .15, make)

    def carriers(self):
        r, N = self.r, len(self.c_id)
        for i in range(N):
            o = self.c_org[i]
            b = max(self.born(i, N), min(NOW - 600, ts(2023, 1, 25) + int((NOW - ts(2023, 1, 25)) * i / N)))
            nm = self.unique("carrier", self.o_name[o], lambda k: "%s Wavelength %d" % (self.o_name[o], k))
            web = self.web(nm, 0, i)
            notes = self.notes(.17)
            if i == 7:                                    # an inline picture, as seen in the wild
                notes = "# Our fabric\n\n![map](data:image/png;base64,%s =410x300)" % ("".join(r.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", k=139000)))
            yield {"id": self.c_id[i], "org_id": self.o_id[o], "org_name": self.o_name[o], "name": nm, "aka": self.word() if r.random() < .24 else "", "name_long": nm + " Group" if r.random() < .13 else "", "website": web, "social_media": self.social(web), "notes": notes,
                   "fac_count": self.car_fac[i], "logo": self.logo("carrier", i, .02), "created": iso(b), "updated": iso(self.touched("carrier", b)), "status": "deleted" if self.c_st[i] else "ok"}

    def netixlans(self):
        r = self.r
        self.nx_upd = array("q", [0]) * len(self.n_st)
        speed = Pick(SPEED)
        N = len(self.nx)
        order = list(range(N))
        r.shuffle(order)
        ids = self.ids(N, .35)
        host = [0] * len(self.x_st)                       # next IPv4 host per LAN
        cap = [(1 << (32 - self.v4[i][1])) - 2 for i in range(len(self.x_st))]
        step = []
        for c in cap:                                     # a stride coprime to the capacity scatters the addresses
            s = r.randrange(1, c + 1)
            while gcd(s, c) != 1:
                s = s % c + 1
            step.append(s)
        used6 = set()
        xf = {}
        for i, f in self.xf[:self.xf_live]:
            xf.setdefault(i, []).append(f)
        style = [r.randrange(3) for _ in self.x_st]
        for k in range(N):
            j = order[k]
            x, i = self.nx[j]
            live = j < self.nx_live
            b = self.born(k, N)
            u = self.touched("netixlan", b)
            if u > self.nx_upd[x]:
                self.nx_upd[x] = u
            asn = self.n_asn[x]
            host[i] += 1
            a4 = v4s(self.v4[i][0] + 1 + (host[i] * step[i]) % cap[i]) if r.random() < .99 or self.v6[i] is None else None
            a6 = None
            if self.v6[i] is not None and (a4 is None or r.random() < .86):
                if style[i] == 0:
                    low = host[i]
                elif style[i] == 1:
                    low = 0xA500 << 48 | int(str(asn).zfill(8)[:4], 16) << 32 | int(str(asn).zfill(8)[4:], 16) << 16 | 1
                else:
                    low = asn << 16 | 1
                while (i, low) in used6:
                    low += 1
                used6.add((i, low))
                a6 = str(ipaddress.IPv6Address(self.v6[i] | low))
            notes = ""
            if not live and r.random() < .6:
                a4 = a6 = None
                notes = "Ip address None was claimed by other netixlan"
            elif r.random() < .004:
                notes = r.choice(["64", "passive", "backup port", "Remote peering"])
            side = xf.get(i)
            lan = self.x_lan[i]
            yield {"id": ids[k], "net_id": self.n_id[x], "ix_id": self.x_id[i], "name": "%s: %s" % (self.x_name[i], lan) if lan else self.x_name[i], "ixlan_id": self.x_id[i], "notes": notes, "speed": speed(r), "asn": asn, "ipaddr4": a4, "ipaddr6": a6,
                   "is_rs_peer": r.random() < .52, "bfd_support": r.random() < .03, "operational": r.random() < .992, "net_side_id": self.f_id[r.choice(side)] if side and r.random() < .05 else None, "ix_side_id": self.f_id[r.choice(side)] if side and r.random() < .02 else None,
                   "created": iso(b), "updated": iso(u), "status": "ok" if live else "deleted"}

    def contacts(self):
        r, N = self.r, len(self.pocs)
        self.poc_upd = array("q", [0]) * len(self.n_st)
        order = list(range(N))
        r.shuffle(order)
        ids = self.ids(N, .40)
        for k in range(N):
            j = order[k]
            x = self.pocs[j]
            b = self.born(k, N)
            u = self.touched("poc", b)
            if u > self.poc_upd[x]:
                self.poc_upd[x] = u
            vis = "Public" if r.random() < .085 else "Users"
            role = r.choices(ROLES, [36, 20, 25, 8, 6, 3.5, 1.5])[0]
            dom = slug(self.n_name[x])[:24].strip("-") or "as%d" % self.n_asn[x]
            y = r.random()
            if y < .45:
                name, box = r.choice(["NOC", "%s NOC" % self.n_name[x][:60].strip(), "Peering Team", "Network Operations Center", "Peering Coordinator", "Abuse Desk"]), role.split(" ")[0].lower()
            else:
                f, l = r.choice(FIRST), r.choice(LAST)
                name, box = "%s %s" % (f, l), slug("%s %s" % (f, l)).replace("-", ".")
            row = {"id": ids[k], "net_id": self.n_id[x], "role": role, "visible": vis, "name": name if r.random() < .98 else "", "phone": self.phone(self.country[self.o_cc[self.n_org[x]]][2]) if r.random() < .6 else "",
                   "email": "%s@%s.example" % (box or "contact", dom) if r.random() < .97 else "", "url": "https://www.%s.example/contact" % dom if r.random() < .04 else "", "created": iso(b), "updated": iso(u), "status": "ok" if j < self.pocs_live else "deleted"}
            if self.a.viewer == "anonymous" and vis != "Public":
                continue
            yield row
