"""Functions that know nothing of the registry."""
import math
import time
from array import array
from bisect import bisect


class Pick:
    """Weighted choice in O(log n)."""
    def __init__(self, pairs):
        self.v, self.c, t = [], array("d"), 0.0
        for v, w in pairs:
            t += w
            self.v.append(v)
            self.c.append(t)
        self.t = t

    def __call__(self, rnd):
        return self.v[bisect(self.c, rnd.random() * self.t)]


_DAYS = {}


def iso(t):
    d, s = divmod(int(t), 86400)
    day = _DAYS.get(d)
    if day is None:
        day = _DAYS[d] = time.strftime("%Y-%m-%d", time.gmtime(d * 86400))
    return "%sT%02d:%02d:%02dZ" % (day, s // 3600, s // 60 % 60, s % 60)


def slug(s):
    out = "".join(c if c.isascii() and c.isalnum() else "-" for c in s.lower())
    while "--" in out:
        out = out.replace("--", "-")
    return out.strip("-")


def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


def v4s(n):
    return "%d.%d.%d.%d" % (n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255)


def asns_sorted_shuffled(s, r):
    """Older networks (small ids) tend to hold smaller ASNs; the rest is noise."""
    v = sorted(s)
    top = float(len(v))
    return [x for _, x in sorted((i / top + r.gauss(0, .25), x) for i, x in enumerate(v))]


def degrees(n, total, curve, cap):
    """n degrees that sum to total and follow a curve by rank; each at least 1, at most cap."""
    n, w, k = max(1, min(n, total)), [], 1
    for i in range(n):
        x = i / n
        while k < len(curve) - 1 and x > curve[k][0]:
            k += 1
        (xa, ya), (xb, yb) = curve[k - 1], curve[k]
        w.append(math.exp(math.log(ya) + (math.log(yb) - math.log(ya)) * min(1.0, (x - xa) / (xb - xa))))
    f = total / sum(w)
    d = [max(1, min(cap, int(x * f))) for x in w]
    left, i = total - sum(d), 0
    while left > 0:                                    # spread what rounding left, from the top third
        k = i % max(1, n // 3)
        if d[k] < cap:
            d[k] += 1
            left -= 1
        i += 1
        if i > 99 * n + 99:
            cap, i = cap * 2, 0
    while left < 0:
        k = -left % n
        k = next(j for j in list(range(k, n)) + list(range(k)) if d[j] > 1)
        d[k] -= 1
        left += 1
    return d


def extra_pairs(pairs, used, k, na, nb, r):
    while k:
        p = (r.randrange(na), r.randrange(nb))
        if p not in used:
            used.add(p)
            pairs.append(p)
            k -= 1
