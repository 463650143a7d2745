# SPDX-License-Identifier: Apache-2.0
"""Requests and states of a backend, drawn by hypothesis. Ages are 0, 100 or 200 s, lifetimes 0, 50, 150 or 250 s and what
is allowed beyond them 75 or 175 s, so that no second that passes meanwhile changes what is right."""
from dataclasses import dataclass
from email.utils import formatdate

from hypothesis import strategies as st
from .rules import Answer, Ask, date_of

VERSIONS = {1: ('"v1"', 1), 2: ('"v2"', None), 3: ('W/"v3"', 3), 4: (None, 4), 5: (None, None)}  # etag, day of modification
DAY = 86400
STATUSES = [200] * 16 + [404, 404, 301, 302, 307, 204, 410, 201, 500, 500, 503, 400]


def modified(version):
    return formatdate(1_600_000_000 + version * DAY, usegmt=True)


def rarely(times, *values):
    """None so many times as often as each of the values."""
    return st.sampled_from([None] * times + list(values))


@dataclass
class State:
    """What the backend says for as long as one request runs."""
    status: int
    version: int
    control: tuple
    targeted: str
    expires: int
    date: int
    age: int
    vary: str
    cookie: bool
    deaf: bool     # to conditions
    brief: bool    # its 304 has nothing but a validator
    failure: str   # "gone": no answer; "cut": half an answer

    def __repr__(self):
        return f"State({', '.join(f'{name}={value}' for name, value in vars(self).items() if value is not None)})"

    def fields(self, now):
        etag, day = VERSIONS[self.version]
        age = None if self.date is None else self.date
        told = {
            "date": age is not None and formatdate(now - age, usegmt=True),
            "expires": self.expires is not None and (formatdate(now + self.expires, usegmt=True) if self.expires else "0"),
            "age": self.age is not None and str(self.age), "etag": etag, "last-modified": day and modified(self.version),
            "cache-control": ", ".join(part for part in self.control if part), "cdn-cache-control": self.targeted, "vary": self.vary,
            "set-cookie": self.cookie and "id=1"}
        return {name: value for name, value in told.items() if value}

    def holds(self, asked):
        """Whether the client of the backend has this version: RFC 9110 section 13.2.2."""
        etag, day = VERSIONS[self.version]
        if self.deaf or self.status != 200:
            return False
        if "if-none-match" in asked:
            return etag is not None and etag in asked["if-none-match"]
        since = date_of(asked.get("if-modified-since"))
        return day is not None and since is not None and date_of(modified(self.version)) <= since

    def answer(self, ask, now, number):
        """To a request as the backend got it; None when there is none."""
        fields = {**self.fields(now), "x-number": str(number)}
        if self.failure == "gone":
            return None
        if ask.method in ("GET", "HEAD") and self.holds(ask.fields):
            kept = ("etag", "date", "x-number") if self.brief else fields.keys()
            return Answer(304, {name: value for name, value in fields.items() if name in kept})
        body = b"" if self.status == 204 or ask.method == "HEAD" else f"{ask.path} in version {self.version}, {self.status}".encode()
        return Answer(self.status, fields, body, cut=self.failure == "cut" and len(body) > 0)


controls = st.tuples(
    rarely(2, "max-age=0", "max-age=0", "max-age=50", "max-age=50", "max-age=150", "max-age=150", "max-age=250"), rarely(8, "s-maxage=0", "s-maxage=150"),
    rarely(5, "stale-while-revalidate=75", "stale-while-revalidate=175"), rarely(5, "stale-if-error=75", "stale-if-error=175"),
    rarely(10, "must-revalidate", "proxy-revalidate", "must-understand, no-store", "immutable"), rarely(12, "no-cache", "no-store", "private", "public", "public"))

state_parts = st.tuples(
    st.sampled_from(STATUSES), st.sampled_from([1, 1, 1, 1, 2, 3, 4, 5]), controls,
    rarely(24, "max-age=150", "max-age=0", "no-store", "private", "max-age=50, stale-while-revalidate=75", "!!"), rarely(8, 150, -100, 0),
    rarely(4, 0, 100, 200), rarely(4, 0, 100, 200), rarely(8, "Accept-Language", "Accept-Language, X-A", "X-A", "*"),
    rarely(14, True), rarely(6, True), rarely(3, True), rarely(16, "gone", "gone", "cut"))

ETAGS = ['"v1"', '"v1"', 'W/"v1"', '"v2"', 'W/"v3"', '"v9", "v1"', "*"]
DATES = [modified(1), modified(4), modified(9), "yesterday", formatdate(1_590_000_000, usegmt=True), formatdate(4_000_000_000, usegmt=True)]
asked_fields = st.fixed_dictionaries({
    "cache-control": rarely(9, "no-cache", "no-store", "max-age=0", "max-age=50", "max-age=150", "min-fresh=100", "max-stale", "max-stale=75", "only-if-cached",
                            "stale-if-error=175", "max-age=50, max-stale=75", "only-if-cached, max-stale"),
    "pragma": rarely(20, "no-cache"),
    "if-none-match": rarely(14, *ETAGS), "if-modified-since": rarely(14, *DATES), "if-match": rarely(40, '"v1"'),
    "if-unmodified-since": rarely(40, modified(9)),
    "range": rarely(24, "bytes=0-3", "bytes=-4", "bytes=5-", "bytes=3-100", "bytes=1000-", "bytes=4-1", "bytes=-0", "items=0-1"),
    "if-range": rarely(12, '"v1"', 'W/"v3"', '"v2"', modified(4)),
    "accept-language": rarely(1, "de", "fr"), "x-a": rarely(3, "1"), "authorization": rarely(20, "Basic YTpi")})
methods = st.sampled_from(["GET"] * 14 + ["HEAD", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
ask_parts = st.tuples(methods, st.sampled_from(["/a", "/a", "/a", "/b", "/a?b"]), asked_fields)
purge_parts = st.tuples(st.just("purge"), st.sampled_from(["/a", "/b"]), st.booleans())
step_parts = st.lists(st.one_of(*[st.tuples(ask_parts, state_parts)] * 12, purge_parts), min_size=2, max_size=14)


@st.composite
def scripts(draw):
    """A list of (Ask, State) and ("purge", path, soft)."""
    def step(parts):
        if parts[0] == "purge":
            return parts
        (method, path, fields), state = parts
        return Ask(method, path, {name: value for name, value in fields.items() if value}), State(*state)
    return [step(parts) for parts in draw(step_parts)]
