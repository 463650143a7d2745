# SPDX-License-Identifier: Apache-2.0
"""Requests and states of a backend, drawn by hypothesis. Ages are 0, 100 or 200 s, lifetimes 0, 50, 150 or 250 s and what
is allowed beyond them 75 or 175 s, so that no second that passes meanwhile changes what is right."""
import re
from dataclasses import dataclass
from email.utils import formatdate

from hypothesis import strategies as st
from .rules import Answer, Ask, date_of

VERSIONS = {1: ('"v1"', 1), 2: ('"v2"', None), 3: ('W/"v3"', 3), 4: (None, 4), 5: (None, None)}  # etag, day of modification
DAY, WRONG, PART = 86400, 99, "bytes=0-3"
STATUSES = [200] * 36 + [404, 404, 301, 302, 307, 204, 410, 201, 500, 500, 503, 400]


def modified(version):
    return formatdate(1_600_000_000 + version * DAY, usegmt=True)


def maybe(percent, *values):
    """One of the values in so many of a hundred cases, else None."""
    return st.sampled_from([None] * round(len(values) * (100 - percent) / percent) + list(values))


@dataclass
class State:
    """What the backend says for as long as one request runs."""
    status: int
    version: int
    control: tuple
    targeted: str
    expires: int
    date: int      # so many seconds ago; WRONG: it can't be read
    age: str
    vary: str
    cookie: bool
    deaf: bool     # to conditions
    style: str     # of what Cache-Control says: upper case, numbers in quotes
    brief: bool    # its 304 has nothing but a validator
    failure: str   # "gone": no answer; "cut": half an answer

    def __repr__(self):
        return f"State({', '.join(f'{name}={value}' for name, value in vars(self).items() if value is not None)})"

    def fields(self, now):
        etag, day = VERSIONS[self.version]
        told = {
            "date": self.date is not None and ("yesterday" if self.date == WRONG else formatdate(now - self.date, usegmt=True)),
            "expires": self.expires is not None and (formatdate(now + self.expires, usegmt=True) if self.expires else "0"),
            "age": self.age, "etag": etag, "last-modified": day and modified(self.version),
            "cache-control": self.styled(", ".join(part for part in self.control if part)), "cdn-cache-control": self.targeted, "vary": self.vary,
            "set-cookie": self.cookie and "id=1"}
        return {name: value for name, value in told.items() if value}

    def styled(self, text):
        return {"upper": text.upper(), "quoted": re.sub(r"=(\d+)", r'="\1"', text)}.get(self.style, text)

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
        if ask.fields.get("range") == PART and self.status == 200 and ask.method == "GET":
            return Answer(206, {**fields, "content-range": "bytes 0-3/99"}, b"part")
        body = b"" if self.status == 204 or ask.method == "HEAD" else f"{ask.path} in version {self.version}, {self.status}".encode()
        return Answer(self.status, fields, body, cut=self.failure == "cut" and len(body) > 0)


controls = st.tuples(
    maybe(75, *["max-age=0", "max-age=0", "max-age=50", "max-age=150", "max-age=150"] * 3, "max-age=250", "max-age=-1", "max-age=99999999999"),
    maybe(12, "s-maxage=0", "s-maxage=0", "s-maxage=150", "s-maxage=150", "s-maxage=abc"),
    maybe(45, "stale-while-revalidate=75", "stale-while-revalidate=175"), maybe(30, "stale-if-error=75", "stale-if-error=175"),
    maybe(16, "must-revalidate", "proxy-revalidate", "must-understand, no-store", "immutable"),
    maybe(20, "no-cache", "no-store", "private", "public", "public", 'no-cache="x-a"', 'private="x-a"'))

state_parts = st.tuples(
    st.sampled_from(STATUSES), st.sampled_from([1, 1, 1, 1, 1, 1, 2, 3, 4, 5]), controls,
    maybe(12, "max-age=150", "max-age=0", "no-store", "private", "max-age=50, stale-while-revalidate=75", "!!"), maybe(12, 150, -100, 0),
    maybe(40, 0, 0, 0, 0, 100, 100, 200, 200, WRONG, -100), maybe(30, "0", *["100", "200"] * 3, "abc", "-1", "100, 7"),
    maybe(30, "Accept-Language", "Accept-Language, X-A", "X-A", "*"), maybe(6, True), maybe(10, True), maybe(10, "upper", "quoted"), maybe(20, True),
    maybe(10, "gone", "gone", "cut"))

ETAGS = ['"v1"', '"v1"', 'W/"v1"', '"v2"', 'W/"v3"', '"v9", "v1"', "*"]
DATES = [modified(1), modified(4), modified(9), "yesterday", formatdate(1_590_000_000, usegmt=True), formatdate(4_000_000_000, usegmt=True)]
asked_fields = st.fixed_dictionaries({
    "cache-control": maybe(20, "no-cache", "no-store", "max-age=0", "max-age=50", "max-age=150", "min-fresh=100", "max-stale", "max-stale=75", "only-if-cached",
                           "stale-if-error=175", "max-age=50, max-stale=75", "only-if-cached, max-stale"),
    "pragma": maybe(2, "no-cache"), "authorization": maybe(5, "Basic YTpi"), "if-match": maybe(2, '"v1"'), "if-unmodified-since": maybe(2, modified(9)),
    "if-none-match": maybe(15, *ETAGS), "if-modified-since": maybe(12, *DATES),
    "range": maybe(10, PART, "bytes=0-1,10-12", "bytes=-4", "bytes=5-", "bytes=3-100", "bytes=1000-", "bytes=4-1", "bytes=-0", "items=0-1"),
    "if-range": maybe(10, '"v1"', 'W/"v3"', '"v2"', modified(4)), "accept-language": maybe(30, "de", "fr"), "x-a": maybe(20, "1")})
methods = st.sampled_from(["GET"] * 30 + ["HEAD", "HEAD", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
ask_parts = st.tuples(methods, st.sampled_from(["/a"] * 7 + ["/b", "/a?b"]), asked_fields)
purge_parts = st.tuples(st.just("purge"), st.sampled_from(["/a", "/b"]), st.booleans())
step_parts = st.lists(st.one_of(*[st.tuples(ask_parts, state_parts)] * 16, purge_parts), min_size=8, max_size=40)


@st.composite
def scripts(draw):
    """A list of (Ask, State) and ("purge", path, soft)."""
    def step(parts):
        if parts[0] == "purge":
            return parts
        (method, path, fields), state = parts
        return Ask(method, path, {name: value for name, value in fields.items() if value}), State(*state)
    return [step(parts) for parts in draw(step_parts)]
