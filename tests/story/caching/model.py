# SPDX-License-Identifier: Apache-2.0
"""What a shared cache does by RFC 9111, RFC 5861 and RFC 9213: a list of stored answers, and for each request what may be done
with them. It knows no sockets."""
from dataclasses import dataclass, field

from .rules import (HEURISTIC, SAFE, UNDERSTOOD, Answer, Stored, date_of, forbids_stale, guessed_lifetime, said_by_client, said_to_caches,
                    tells_of_others, told_lifetime)


@dataclass
class Plan:
    """kind: bypass, forward (a miss that is nothing to store), serve, behind (serve, and renew), fetch, fail. word: why it is
    forwarded, as RFC 9211 has it."""
    kind: str
    stored: Stored = None
    words: tuple = ()


@dataclass
class Outcome:
    """What the client gets: what is stored, the backend's own answer, or an error of the proxy's."""
    stored: Stored = None
    passed: Answer = None
    kept: bool = False


@dataclass
class Model:
    ttl: int = 0
    stale_if_error: int = 0
    behind: bool = True
    stored: list = field(default_factory=list)  # newest first
    passing: set = field(default_factory=set)   # paths whose last fetch could not be stored: nobody renews those behind, nor takes their conditions away

    # Which answer
    def find(self, ask):
        return next((one for one in self.stored if one.path == ask.path and
                     all(ask.fields.get(name) == value for name, value in one.variant.items())), None)

    def may_stay_unasked(self, one, said, now):
        """Fresh enough for everybody, and for this client."""
        if "no-cache" in one.said or "no-cache" in said:
            return False
        late = one.age_at(now) - min(one.lifetime, said.get("max-age", one.lifetime)) + said.get("min-fresh", 0)
        if late < 0:
            return True
        patience = said.get("max-stale", 0) if "max-stale" in said else -1
        return not forbids_stale(one.said) and (patience is None or late <= patience)

    def may_be_renewed_behind(self, one, said, now):
        refused = forbids_stale(one.said) or {"no-cache"} & (one.said.keys() | said.keys()) or {"max-age", "min-fresh"} & said.keys()
        return self.behind and not refused and one.late_at(now) < one.said.get("stale-while-revalidate", 0) and one.path not in self.passing

    def may_be_stale_on_error(self, one, ask, now):
        said = said_by_client(ask.fields)
        if one is None or forbids_stale(one.said) or "no-cache" in one.said or "no-cache" in said:
            return False
        span = max(one.said.get("stale-if-error", self.stale_if_error), said.get("stale-if-error", 0))
        return one.late_at(now) < span or one.late_at(now) < 0

    def look(self, ask, now):
        said = said_by_client(ask.fields)
        if ask.method not in ("GET", "HEAD"):
            return Plan("bypass", words=("method",) if ask.method not in SAFE else ("method", "bypass"))
        if "no-store" in said or {"if-match", "if-unmodified-since"} & ask.fields.keys():
            return Plan("bypass", words=("bypass", "request"))
        one = self.find(ask)
        if one and self.may_stay_unasked(one, said, now):
            return Plan("serve", one)
        if one and self.may_be_renewed_behind(one, said, now):
            return Plan("behind", one)
        if "only-if-cached" in said:
            return Plan("fail", one)
        kind = "fetch" if ask.method == "GET" and ("range" not in ask.fields or one) else "forward"
        return Plan(kind, one, (self.why(one, ask, now),))

    def why(self, one, ask, now):
        if one:
            return "request" if self.may_stay_unasked(one, {}, now) else "stale"
        return "vary-miss" if any(other.path == ask.path for other in self.stored) else "uri-miss"

    def conditions(self, ask, plan):
        """If-None-Match, If-Modified-Since and Range as the backend gets them."""
        if plan.kind not in ("fetch", "behind") or (plan.stored is None and ask.path in self.passing):
            return [ask.fields.get(name) for name in ("if-none-match", "if-modified-since", "range")]
        fields = plan.stored.answer.fields if plan.stored else {}
        return [fields.get("etag"), fields.get("last-modified"), None]

    # What becomes of the backend's answer
    def may_store(self, ask, answer, said, lifetime, told):
        understands = "must-understand" in said
        if answer.status < 200 or answer.status in (206, 304) or "private" in said or (understands and answer.status not in UNDERSTOOD):
            return False
        if ("no-store" in said and not understands) or answer.fields.get("vary") == "*":
            return False
        if "authorization" in ask.fields and not {"s-maxage", "public", "must-revalidate"} & said.keys():
            return False
        if "set-cookie" in answer.fields and "public" not in said:
            return False
        reason = told is not None or "public" in said or answer.status in HEURISTIC
        lasts = lifetime > 0 or said.get("stale-while-revalidate", 0) > 0 or said.get("stale-if-error", self.stale_if_error) > 0
        return reason and ((lasts and "no-cache" not in said) or bool({"etag", "last-modified"} & answer.fields.keys()))

    def make(self, ask, answer, now):
        """A stored answer, or None when it must not be one."""
        said, targeted = said_to_caches(answer.fields)
        date = date_of(answer.fields.get("date")) or now
        told = told_lifetime(answer.fields, said, targeted, date)
        lifetime = told if told is not None else self.ttl or guessed_lifetime(answer, said, date)
        if not self.may_store(ask, answer, said, lifetime, told):
            return None
        names = [name.strip().lower() for name in answer.fields.get("vary", "").split(",") if name]
        return Stored(ask.path, answer, {name: ask.fields.get(name) for name in names}, said, lifetime, self.age_of(answer, now), now)

    @staticmethod
    def age_of(answer, now):
        """RFC 9111 section 4.2.3"""
        date = date_of(answer.fields.get("date")) or now
        told = answer.fields.get("age", "").partition(",")[0]
        return max(now - date, int(told) if told.isdigit() else 0, 0)

    def drop(self, *gone):
        self.stored = [one for one in self.stored if not any(one is other for other in gone)]

    def keep(self, one):
        self.drop(*[other for other in self.stored if (other.path, other.variant) == (one.path, one.variant)])
        self.stored.insert(0, one)
        self.passing.discard(one.path)

    def freshen(self, ask, one, news, now):
        """RFC 9111 section 4.3.4. The Date of an answer without one is when it came (RFC 9110 section 6.6.1). An ETag that there is
        stays: it is that of the stored bytes."""
        fields = {**one.answer.fields, "date": None, "age": None, **news.fields}
        fields |= {"etag": one.answer.fields["etag"]} if "etag" in one.answer.fields else {}
        merged = Answer(one.answer.status, {name: value for name, value in fields.items() if value is not None}, one.answer.body)
        fresh = self.make(ask, merged, now)
        if fresh or "authorization" not in ask.fields:
            self.drop(one)
        if fresh:
            self.keep(fresh)
        shown = one.answer if merged.fields.get("vary") == "*" else merged  # what fits nobody else is as good as no news
        return Outcome(stored=fresh or Stored(ask.path, shown, {}, {}, 0, self.age_of(shown, now), now), kept=fresh is not None)

    def hear(self, ask, plan, answer, now):
        """answer: None when the backend failed."""
        one = plan.stored
        if plan.kind == "bypass" and answer and ask.method not in SAFE and 200 <= answer.status < 400:
            self.drop(*[other for other in self.stored if other.path == ask.path])
        if plan.kind == "forward" and one and ask.method == "HEAD" and answer and answer.status == 200 and tells_of_others(ask, answer, one):
            self.drop(one)
        if (answer is None or answer.status >= 500) and self.may_be_stale_on_error(one, ask, now):
            return Outcome(stored=one)
        if answer is None or plan.kind in ("bypass", "forward"):
            return Outcome(passed=answer)
        if answer.status == 304 and one:
            return self.freshen(ask, one, answer, now)
        return self.take(ask, answer, one, now)

    def take(self, ask, answer, before, now):
        """One that is cut off leaves what there was."""
        made = self.make(ask, answer, now)
        if made is None:
            self.passing |= {ask.path} if answer.status < 500 else set()
            return Outcome(passed=answer)
        self.keep(made)
        if answer.cut:
            self.drop(made)
            self.keep(before) if before else None
        return Outcome(stored=made, kept=True)

    def purge(self, path, soft, now):
        """A soft one ends their lifetime."""
        gone = [one for one in self.stored if one.path == path]
        for one in gone:
            one.lifetime = min(one.lifetime, one.age_at(now))
        if not soft:
            self.drop(*gone)
        return len(gone)
