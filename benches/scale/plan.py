"""Decides what there is and what belongs to what, before rows are written."""
from array import array

from helpers import asns_sorted_shuffled, degrees, extra_pairs, Pick, slug
from tables import CURVE, LANNAMES


class Plan:
    # ---- the plan: who belongs to whom (arrays only), then rows are streamed out
    def plan(self):
        r, n = self.r, self.n
        # organizations
        st = self.o_st = self.statuses(n["org"])
        N = len(st)
        self.o_id = self.ids(N, .18)
        self.o_cc = [self.pick_country(r) for _ in range(N)]
        self.o_city = [self.country[c][5](r) for c in self.o_cc]
        self.o_name = []
        for i in range(N):
            style = self.country[self.o_cc[i]][4]
            nm = self.company(style)
            self.o_name.append(self.unique("org", nm, lambda k: "%s %s" % (nm, self.word())))
        ok = [i for i in range(N) if not st[i]]
        gone = [i for i in range(N) if st[i]]
        r.shuffle(ok)

        def owners(count, statuses, share, zipf):
            """Owner per row. A first part of the orgs gets one each; the rest goes by Zipf."""
            heads = ok[:max(1, min(int(len(ok) * share), int(count * .8)))]
            pick = Pick((o, 1.0 / (k + 3) ** zipf) for k, o in enumerate(heads))
            out, one = [], iter(heads)
            for i in range(count):
                if statuses[i]:
                    out.append(r.choice(gone) if gone and r.random() < .5 else pick(r))
                else:
                    o = next(one, None)
                    out.append(pick(r) if o is None else o)
            return out
        # networks
        st = self.n_st = self.statuses(n["net"])
        N = len(st)
        self.n_id = self.ids(N, .12)
        self.n_org = owners(N, st, .82, .78)
        r.shuffle(self.n_org) if not gone else self._shuffle_same(self.n_org, st)
        low = min(int(N * .45), 40000)
        asns = set()
        while len(asns) < low:
            x = r.randrange(1, 64496)
            if x != 23456:
                asns.add(x)
        top = max(405000, 131072 + 5 * (N - low))
        while len(asns) < N:
            asns.add(r.randrange(131072, top))
        self.n_asn = array("q", asns_sorted_shuffled(asns, r))
        self.n_w = array("d", [0.0]) * N               # how widely a network is present
        tail = degrees(max(1, N // 2), self.n["netixlan"], CURVE["net_ix"], max(4, self.n["ix"] // 3))
        for i, d in zip(r.sample(range(N), N), tail + [1] * N):
            self.n_w[i] = d
        self.n_name = []
        for i in range(N):
            o = self.n_org[i]
            base = self.o_name[o]
            if r.random() < .45:
                base = self.word() + r.choice(["", " Networks", " Telecom", " Internet", "-AS", " Cloud"])
            self.n_name.append(self.unique("net", base, lambda k, b=base, i=i: "%s AS%d" % (b, self.n_asn[i])))
        # facilities: a busy city has many
        st = self.f_st = self.statuses(n["fac"])
        N = len(st)
        self.f_id = self.ids(N, .55)
        self.f_org = owners(N, st, .085, 1.05)
        self.f_city, self.f_name = [], []
        for i in range(N):
            o = self.f_org[i]
            x = r.random()
            c = self.o_city[o] if x < .45 else self.country[self.o_cc[o]][5](r) if x < .80 else self.country[self.pick_country(r)][5](r)
            self.f_city.append(c)
            city = self.cities[c]
            brand = self.o_name[o].split(" ")[0]
            code = slug(city[0])[:3].upper() + str(1 + int(r.expovariate(.3)))
            nm = r.choice(["%s %s" % (brand, code), "%s %s - %s" % (brand, code, city[0]), "%s %s" % (brand, city[0]), "%s DC%d" % (self.word(), r.randrange(1, 40)), "%s Data Center %s" % (self.word(), city[0])])
            self.f_name.append(self.unique("fac", nm, lambda k, nm=nm: "%s (%s)" % (nm, self.word() if k < 5 else k)))
        # exchanges
        st = self.x_st = self.statuses(n["ix"])
        N = len(st)
        self.x_id = self.ids(N, .70)
        self.x_org = owners(N, st, .022, 1.0)
        self.x_city, self.x_name = [], []
        for i in range(N):
            o = self.x_org[i]
            c = self.o_city[o] if r.random() < .55 else self.country[self.pick_country(r)][5](r)
            self.x_city.append(c)
            city = self.cities[c]
            brand = self.o_name[o].split(" ")[0][:24]
            nm = r.choice(["%s-IX" % brand, "%s-IX %s" % (brand, city[0]), "IX %s" % city[0], "%s Internet Exchange" % city[0], "%s %s" % (brand, city[0]), "%s-IX" % slug(city[0])[:4].upper()])[:60]
            self.x_name.append(self.unique("ix", nm, lambda k, nm=nm: "%s %s" % (nm[:48], self.word()) if k < 6 else "%s %d" % (nm[:50], k)))
        self.x_lan = [Pick(LANNAMES)(r) for _ in range(N)] if N < 50 else [v for v in map(Pick(LANNAMES), [r] * N)]
        # carriers
        st = self.c_st = self.statuses(n["carrier"])
        self.c_id = self.ids(len(st), .65)
        self.c_org = owners(len(st), st, .008, .2)
        # indexes by place
        ncity, ncc = len(self.cities), len(self.country)
        self.f_by_city = [[] for _ in range(ncity)]
        self.f_by_cc = [[] for _ in range(ncc)]
        for i, c in enumerate(self.f_city):
            if not self.f_st[i]:
                self.f_by_city[c].append(i)
                self.f_by_cc[self.cities[c][4]].append(i)
        self.f_ok = [i for i, s in enumerate(self.f_st) if not s]
        n_ok = [i for i, s in enumerate(self.n_st) if not s]
        half = [i for i in n_ok if self.n_w[i] > 1 or r.random() < .48]   # networks at exchanges at all
        by_cc = [[] for _ in range(ncc)]
        for i in half:
            by_cc[self.o_cc[self.n_org[i]]].append(i)
        glob = Pick((i, self.n_w[i] ** 1.45) for i in half)
        loc = [Pick((i, self.n_w[i] ** .45) for i in b) if b else None for b in by_cc]
        # netixlan: an exchange takes local networks and those that are everywhere
        want, x_ok = n["netixlan"], [i for i, s in enumerate(self.x_st) if not s]
        rank = sorted(x_ok, key=lambda i: (-sum(1 for _ in by_cc[self.cities[self.x_city[i]][4]]) ** .35 * r.random(), i))
        deg = degrees(len(rank), want, CURVE["ix"], min(12000, max(4, len(half) // 3)))
        self.nx = []                                      # (net, ix)
        for i, d in zip(rank, deg):
            cc = self.cities[self.x_city[i]][4]
            local = loc[cc]
            share = .58 if local and len(by_cc[cc]) > d else .35 if local and len(by_cc[cc]) * 2 > d else .12
            seen, tries, got = {}, 0, 0
            while got < d:
                x = local(r) if local and r.random() < share else glob(r)
                k = seen.get(x, 0)
                tries += 1
                if k == 0 or (k == 1 and r.random() < .10) or (k < 4 and r.random() < .004) or tries > 30 * d:
                    if tries > 30 * d and k >= 8:
                        x = half[r.randrange(len(half))]
                    seen[x] = seen.get(x, 0) + 1
                    self.nx.append((x, i))
                    got += 1
        self.nx_live = len(self.nx)
        for _ in range(self.deleted(want)):
            self.nx.append((r.randrange(len(self.n_st)), r.randrange(len(self.x_st))))
        # netfac: the same idea
        deg = degrees(int(len(self.f_ok) * .78), n["netfac"], CURVE["fac"], max(4, min(len(n_ok) // 3, 2500)))
        rank = sorted(self.f_ok, key=lambda i: (-(len(self.f_by_city[self.f_city[i]]) ** .5) * r.random(), i))
        nb = [[] for _ in range(ncc)]
        fw = degrees(max(1, int(len(n_ok) * .46)), n["netfac"], CURVE["net_fac"], max(4, len(self.f_ok) // 3))
        seq = sorted(n_ok, key=lambda i: (-self.n_w[i] * r.random(), i))[:len(fw)]
        self.n_fw = dict(zip(seq, fw))
        fhalf = seq
        for i in fhalf:
            nb[self.o_cc[self.n_org[i]]].append(i)
        gl = Pick((i, self.n_fw[i] ** 1.3) for i in fhalf)
        lc = [Pick((i, self.n_fw[i] ** .5) for i in b) if b else None for b in nb]
        self.nf, used = [], set()
        left = 0
        for i, d in zip(rank, deg):
            cc = self.cities[self.f_city[i]][4]
            got = tries = 0
            while got < d and tries < 25 * d:
                tries += 1
                x = lc[cc](r) if lc[cc] and r.random() < .5 else gl(r)
                if (x, i) not in used:
                    used.add((x, i))
                    self.nf.append((x, i))
                    got += 1
            left += d - got
        while left:
            x, i = r.choice(fhalf), r.choice(self.f_ok)
            if (x, i) not in used:
                used.add((x, i))
                self.nf.append((x, i))
                left -= 1
        self.nf_live = len(self.nf)
        extra_pairs(self.nf, used, self.deleted(n["netfac"]), len(self.n_st), len(self.f_st), r)
        # ixfac: same city first, then the country
        self.xf, used = [], set()
        deg = degrees(int(len(x_ok) * .78), n["ixfac"], CURVE["ix_fac"], 160)
        rank = sorted(x_ok, key=lambda i: (-len(self.f_by_city[self.x_city[i]]) * r.random(), i))
        spill = 0
        for i, d in zip(rank, deg):
            c = self.x_city[i]
            pool = list(self.f_by_city[c])
            r.shuffle(pool)
            if len(pool) < d:
                more = [f for f in self.f_by_cc[self.cities[c][4]] if self.f_city[f] != c]
                r.shuffle(more)
                pool += more
            for f in pool[:d]:
                used.add((i, f))
                self.xf.append((i, f))
            spill += max(0, d - len(pool))
        while spill:
            p = (r.choice(x_ok), r.choice(self.f_ok))
            if p not in used:
                used.add(p)
                self.xf.append(p)
                spill -= 1
        self.xf_live = len(self.xf)
        extra_pairs(self.xf, used, self.deleted(n["ixfac"]), len(self.x_st), len(self.f_st), r)
        # carrierfac
        c_ok = [i for i, s in enumerate(self.c_st) if not s]
        self.cf, used = [], set()
        for i, d in zip(c_ok, degrees(len(c_ok), n["carrierfac"], CURVE["carrier"], max(1, len(self.f_ok) // 3))):
            for f in r.sample(self.f_ok, d):
                used.add((i, f))
                self.cf.append((i, f))
        self.cf_live = len(self.cf)
        extra_pairs(self.cf, used, self.deleted(n["carrierfac"]), len(self.c_st), len(self.f_st), r)
        # campuses: at least two live facilities of one org in one city
        groups = {}
        for i in self.f_ok:
            groups.setdefault((self.f_org[i], self.f_city[i]), []).append(i)
        groups = [(k, v) for k, v in groups.items() if len(v) >= 2]
        groups.sort(key=lambda kv: (-len(kv[1]), kv[0]))
        self.campus = groups[:n["campus"]]
        self.p_id = self.ids(len(self.campus), .60)
        self.f_campus = {f: k for k, (_, v) in enumerate(self.campus) for f in v[:2 + r.randrange(4)]}
        # contacts: none for a third of the networks, then mostly one to three
        self.pocs = []
        cnt = bytearray(len(self.n_st))
        for i in n_ok:
            if r.random() < .66:
                cnt[i] = 1 + min(6, int(r.expovariate(.85)))
        total = sum(cnt)
        while total != n["poc"]:
            i = r.choice(n_ok)
            if total < n["poc"] and cnt[i] < 7:
                cnt[i] += 1
                total += 1
            elif total > n["poc"] and cnt[i] > 0:
                cnt[i] -= 1
                total -= 1
        for i in n_ok:
            self.pocs += [i] * cnt[i]
        self.pocs_live = len(self.pocs)
        self.pocs += [r.randrange(len(self.n_st)) for _ in range(self.deleted(n["poc"]))]
        # derived counts
        self.net_ix, self.net_fac = [0] * len(self.n_st), [0] * len(self.n_st)
        self.ix_net, self.ix_fac = [0] * len(self.x_st), [0] * len(self.x_st)
        self.fac_net, self.fac_ix, self.fac_car = ([0] * len(self.f_st) for _ in range(3))
        self.car_fac = [0] * len(self.c_st)
        seen = set()
        for k in range(self.nx_live):
            p = self.nx[k]
            if p not in seen:
                seen.add(p)
                self.net_ix[p[0]] += 1
                self.ix_net[p[1]] += 1
        del seen
        for a, b in self.nf[:self.nf_live]:
            self.net_fac[a] += 1
            self.fac_net[b] += 1
        for a, b in self.xf[:self.xf_live]:
            self.ix_fac[a] += 1
            self.fac_ix[b] += 1
        for a, b in self.cf[:self.cf_live]:
            self.car_fac[a] += 1
            self.fac_car[b] += 1
        self.lans()

    def _shuffle_same(self, seq, st):
        """Shuffle the owners of live rows among themselves (deleted rows keep theirs)."""
        live = [i for i, s in enumerate(st) if not s]
        vals = [seq[i] for i in live]
        self.r.shuffle(vals)
        for i, v in zip(live, vals):
            seq[i] = v

    def lans(self):
        """Prefixes and addresses. IPv4 from 11/8, 21/8, 22/8, 26/8, 28-30/8; IPv6 from 2f00::/16."""
        r, N = self.r, len(self.x_st)
        load = [0] * N
        for _, i in self.nx:
            load[i] += 1
        blocks = [b << 24 for b in (11, 21, 22, 26, 28, 29, 30)]
        cur, end, bi = blocks[0], blocks[0] + (1 << 24), 0

        def take(plen):
            nonlocal cur, end, bi
            size = 1 << (32 - plen)
            cur = (cur + size - 1) // size * size
            if cur + size > end:
                bi += 1
                cur, end = blocks[bi], blocks[bi] + (1 << 24)
            cur += size
            return cur - size
        self.pfx = []                                     # (ix, version, base, plen)
        self.v4, self.v6 = [None] * N, [None] * N
        order = list(range(N))
        for i in order:
            plen = 28
            while (1 << (32 - plen)) < load[i] * 1.35 + 8 or (plen > 24 and r.random() < .85):
                plen -= 1
            plen = max(18, plen)
            self.v4[i] = (take(plen), plen)
            self.pfx.append((i, 4, self.v4[i][0], plen))
            if r.random() < .95:
                base = (0x2F00 << 112) | (i << 80) | (r.randrange(0, 256) << 64)
                self.v6[i] = base
                self.pfx.append((i, 6, base, 64))
        total = self.n["ixpfx"] + self.deleted(self.n["ixpfx"])
        spare = 0
        while len(self.pfx) < total:                      # second prefixes
            i = r.randrange(N)
            if r.random() < .75:
                self.pfx.append((i, 4, take(r.choice([24, 24, 25, 26, 23, 27])), 0))
                i2, v, b, _ = self.pfx[-1]
                # recompute the length from alignment that take() just used
                self.pfx[-1] = (i2, v, b, self._plen_of(b, cur))
            else:
                spare += 1
                self.pfx.append((i, 6, (0x2F01 << 112) | (spare << 64), 64))
        self.pfx.sort(key=lambda p: (p[0], r.random()))
        # primary prefixes stay live while their exchange does; deletions come from the extras
        need = self.deleted(self.n["ixpfx"])
        self.pfx_del = set()
        for k, p in enumerate(self.pfx):
            if self.x_st[p[0]]:
                self.pfx_del.add(k)
        for k in r.sample(range(len(self.pfx)), len(self.pfx)):
            if len(self.pfx_del) >= need:
                break
            i, v, b, _ = self.pfx[k]
            if (v == 4 and b != self.v4[i][0]) or (v == 6 and b != self.v6[i]):
                self.pfx_del.add(k)

    @staticmethod
    def _plen_of(base, nxt):
        return 32 - ((nxt - base).bit_length() - 1)
