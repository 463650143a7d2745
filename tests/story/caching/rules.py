# SPDX-License-Identifier: Apache-2.0
"""The rules of RFC 9111 one by one, written a second time and as plainly as possible: what messages say, for how long an answer
is good, what a client gets of a stored one. Fields are dicts with names in lower case; times are seconds since the epoch."""
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

HEURISTIC = (200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501)
UNDERSTOOD = (*HEURISTIC, 302, 303, 307)
SAFE = ("GET", "HEAD", "OPTIONS")
NUMBERS = ("max-age", "s-maxage", "stale-while-revalidate", "stale-if-error", "min-fresh", "max-stale")
A_DAY, FOREVER = 86400, 1 << 31


@dataclass
class Ask:
    method: str
    path: str
    fields: dict


@dataclass
class Answer:
    status: int
    fields: dict
    body: bytes = b""
    cut: bool = False  # its end never comes


@dataclass
class Stored:
    path: str
    answer: Answer
    variant: dict
    said: dict
    lifetime: float
    age: float  # at `since`
    since: float

    def age_at(self, now):
        return self.age + now - self.since

    def late_at(self, now):
        return self.age_at(now) - self.lifetime


def date_of(text):
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        return None


def number_of(name, text):
    """What is no number is 0, so that it limits; the others have none."""
    if name not in NUMBERS or (name == "max-stale" and not text):
        return None
    return min(int(text), FOREVER) if text.isdigit() else 0


def directives(value):
    parts = (part.strip().lower().partition("=") for part in (value or "").split(","))
    return {name: number_of(name, text.strip('"')) for name, _, text in parts if name}


def said_to_caches(fields):
    """(directives, whether they are for caches like this one only)"""
    targeted = fields.get("cdn-cache-control", "")
    if targeted and all(part.strip()[:1].islower() for part in targeted.split(",")):
        return directives(targeted), True
    return directives(fields.get("cache-control")), False


def said_by_client(fields):
    if "cache-control" in fields:
        return directives(fields["cache-control"])
    return {"no-cache": None} if fields.get("pragma") == "no-cache" else {}


def told_lifetime(fields, said, targeted, date):
    for name in ("s-maxage", "max-age"):
        if name in said:
            return said[name]
    if targeted or "expires" not in fields:
        return None
    expires = date_of(fields["expires"])
    return 0 if expires is None else max(0, expires - date)


def guessed_lifetime(answer, said, date):
    modified = date_of(answer.fields.get("last-modified"))
    if (answer.status not in HEURISTIC and "public" not in said) or modified is None or modified >= date:
        return 0
    return min((date - modified) / 10, A_DAY)


def forbids_stale(said):
    allowed = "stale-while-revalidate" in said or "stale-if-error" in said
    return "must-revalidate" in said or "proxy-revalidate" in said or ("s-maxage" in said and not allowed)


def same_etag(a, b, strong=False):
    if strong:
        return a == b and not a.startswith("W/")
    return a.removeprefix("W/") == b.removeprefix("W/")


def client_has_it(ask, stored):
    """RFC 9111 section 4.3.2"""
    fields = stored.answer.fields
    if stored.answer.status != 200:
        return False
    if "if-none-match" in ask.fields:
        tags = [tag.strip() for tag in ask.fields["if-none-match"].split(",")]
        return "*" in tags or ("etag" in fields and any(same_etag(tag, fields["etag"]) for tag in tags))
    since = date_of(ask.fields.get("if-modified-since"))
    modified = date_of(fields.get("last-modified") or fields.get("date"))
    return since is not None and (stored.since if modified is None else modified) <= since


def tells_of_others(ask, answer, stored):
    """RFC 9111 section 4.3.5, of the answer to a HEAD"""
    then = {"content-length": str(len(stored.answer.body)), **stored.answer.fields}
    return "authorization" not in ask.fields and any(
        name in answer.fields and name in then and answer.fields[name] != then[name] for name in ("etag", "last-modified", "content-length"))


def range_of(ask, stored):
    """(first, behind the last) of a satisfiable range; "wrong" when it isn't; None when the field doesn't count."""
    fields, length = stored.answer.fields, len(stored.answer.body)
    wanted, condition = ask.fields.get("range", ""), ask.fields.get("if-range")
    first, dash, last = wanted.removeprefix("bytes=").partition("-")
    if ask.method != "GET" or stored.answer.status != 200 or not wanted.startswith("bytes=") or not dash or "," in wanted:
        return None
    if condition and not (same_etag(condition, fields.get("etag", ""), strong=True) if '"' in condition else
                          condition == fields.get("last-modified") and date_of(condition) < (date_of(fields.get("date")) or stored.since)):
        return None
    if not first:
        count = min(int(last), length)
        return (length - count, length) if count else "wrong"
    if last and int(last) < int(first):
        return None
    return (int(first), min(int(last or length) + 1, length)) if int(first) < length else "wrong"


def as_client_sees(ask, stored):
    """(status, body, Content-Range) of an answer made from a stored one."""
    answer = stored.answer
    if client_has_it(ask, stored):
        return 304, b"", None
    part = range_of(ask, stored)
    if part == "wrong":
        return 416, None, f"bytes */{len(answer.body)}"
    if part:
        return 206, answer.body[part[0]:part[1]], f"bytes {part[0]}-{part[1] - 1}/{len(answer.body)}"
    return answer.status, b"" if ask.method == "HEAD" else answer.body, None
