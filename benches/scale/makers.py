"""Makes names, texts and times, and writes the files."""
import hashlib
import json
import os
from array import array

from helpers import Pick, slug
from tables import BULK, GEO, GROWTH, HEAD, MID, NOW, OWN_SCOPE, SENT, STYLES, TAIL


class Makers:
    def geo(self):
        self.country, self.cities, w = [], [], []
        for line in GEO.strip().split("\n"):
            head, *cities = line.split(";")
            f = head.split(" ")
            cc, share, region, dial, zipp, style = f[0], float(f[1]), f[2], f[3], f[4], f[5]
            idx = []
            for c in cities:
                p = c.split("|")
                idx.append((len(self.cities), float(p[4]) if len(p) > 4 else 1.0))
                self.cities.append((p[0], p[1], float(p[2]), float(p[3]), len(self.country)))
            reg = OWN_SCOPE.get(region, region)
            self.country.append((cc, reg, dial, zipp.replace("_", " "), style, Pick(idx)))
            w.append((len(self.country) - 1, share))
        self.pick_country = Pick(w)

    def word(self):
        r = self.r
        return (r.choice(HEAD) + r.choice(MID) + r.choice(TAIL)).capitalize()

    def unique(self, kind, name, alt):
        seen = self.names.setdefault(kind, set())
        k = name.casefold()
        i = 2
        while k in seen:
            name = alt(i)
            k = name.casefold()
            i += 1
        seen.add(k)
        return name

    def company(self, style):
        r = self.r
        words, legal = STYLES[style]
        base = self.word()
        x = r.random()
        if x < .25:
            base = base.upper() if r.random() < .5 else base + r.choice(["-", "", " "]) + self.word()
        elif x < .30:
            base = "%s %s" % (base, self.word())
        if style == "id" and r.random() < .6:
            return "PT %s %s%s" % (base, r.choice(words), r.choice(legal))
        y = r.random()
        if y < .18:
            return base
        if y < .80:
            return "%s %s%s" % (base, r.choice(words), r.choice(legal))
        return "%s %s%s" % (r.choice(words), base, r.choice(legal))

    def phone(self, dial):
        return "+%s5550%05d" % (dial, self.r.randrange(100000))

    def zipcode(self, pat):
        r, out = self.r, []
        for c in pat:
            out.append(str(r.randrange(10)) if c == "#" else chr(65 + r.randrange(26)) if c == "A" else c)
        return "".join(out)

    def notes(self, share, big=False):
        """Mostly empty; else log-normal length (median 150, long tail), partly markdown."""
        r = self.r
        if r.random() >= share:
            return ""
        want = min(int(r.lognormvariate(5.0, 1.15)) + 2, 20000)
        if want < 25:
            return r.choice(["No.", "see website", "Open peering", "n/a", "under construction", "接続可"])
        md = want > 250 and r.random() < .55
        out, size = [], 0
        while size < want:
            s = r.choice(SENT)
            if md:
                x = r.random()
                if x < .12:
                    s = "\n## %s\n" % r.choice(["Peering policy", "Locations", "Contacts", "Route servers", "Requirements", "Política"])
                elif x < .45:
                    s = "\n* " + s
                elif x < .50:
                    s = "\n| Site | Port | Status |\n|---|---|---|\n| %s | %dG | up |\n| %s | %dG | planned |\n" % (r.choice(self.cities)[0], r.choice([1, 10, 100, 400]), r.choice(self.cities)[0], r.choice([10, 100]))
                elif x < .55:
                    s = "[%s](https://www.%s.example/peering)" % (s, self.word().lower())
                elif x < .58:
                    s = "\r\n```\nrouter bgp %d\n neighbor 2001:db8::%x remote-as %d\n```\r\n" % (r.randrange(1, 64000), r.randrange(65535), r.randrange(1, 64000))
            out.append(s)
            size += len(s) + 1
        return " ".join(out).replace(" \n", "\n").strip()

    def social(self, web, extra=.015):
        r = self.r
        if not web:
            return []
        s = [{"service": "website", "identifier": web}]
        if r.random() < extra:
            h = slug(web.split("//")[1].split(".")[1])[:14].replace("-", "")
            for svc in r.sample(["x", "linkedin", "instagram", "facebook", "youtube"], r.choice([1, 1, 2])):
                s.append({"service": svc, "identifier": h})
        return s

    def ids(self, n, waste):
        """n ascending ids; `waste` is the share of numbers lost to history."""
        r, out, cur = self.r, array("q"), 0
        for _ in range(n):
            cur += 1
            while r.random() < waste:
                cur += 1
            out.append(cur)
        return out

    def born(self, i, n):
        """Creation time of the i-th of n rows by id: follows GROWTH."""
        x = (i + self.r.random()) / n
        for k in range(1, len(GROWTH)):
            if x <= GROWTH[k][0]:
                (a, ta), (b, tb) = GROWTH[k - 1], GROWTH[k]
                return int(ta + (tb - ta) * (x - a) / (b - a))
        return NOW - 601

    def touched(self, kind, born):
        r = self.r
        hour, share = BULK[kind]
        x = r.random()
        if born < hour and x < share:
            return hour + r.randrange(3600)
        if x > .93:                                   # freshly edited
            return max(born, NOW - int(r.expovariate(1 / (20 * 86400.0))) - 60)
        if x > .75:
            return born
        u = NOW - int(r.expovariate(1 / (900 * 86400.0)))
        return u if u > born else r.randrange(born, NOW)

    def deleted(self, n):
        """How many deleted rows accompany n live ones."""
        return round(n * self.a.deleted / (1 - self.a.deleted))

    def statuses(self, n):
        d = self.deleted(n)
        s = bytearray(n + d)
        for i in self.r.sample(range(n + d), d):
            s[i] = 1
        return s                                       # 0 = ok, 1 = deleted

    # ---- writing
    def write(self, kind, rows):
        path = os.path.join(self.a.out, kind + ".json")
        enc = json.JSONEncoder(ensure_ascii=self.a.ascii, separators=(",", ":")).encode
        h, ok, dele, size = hashlib.sha256(), 0, 0, 0
        buf = []
        with open(path, "wb") as f:
            def put(s):
                nonlocal size
                b = s.encode()
                h.update(b)
                size += len(b)
                f.write(b)
            put('{"data":[')
            first = True
            for row in rows:
                if row["status"] == "ok":
                    ok += 1
                else:
                    dele += 1
                    if self.a.no_deleted:
                        continue
                buf.append(enc(row) if first else "," + enc(row))
                first = False
                if len(buf) >= 512:
                    put("".join(buf))
                    buf.clear()
            put("".join(buf) + "]}\n")
        self.stats[kind] = {"ok": ok, "deleted": 0 if self.a.no_deleted else dele, "bytes": size, "sha256": h.hexdigest()}
