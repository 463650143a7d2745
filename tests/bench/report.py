# SPDX-License-Identifier: Apache-2.0
"""Figures to tables. The ratio compares within a round: a proxy's figure to the best peer's of the same round, or to that
of the peer that the case names."""
from statistics import median

from cases import CASES

GROWTH = (("hosts-10000", "hosts-10"), ("paths-10000", "paths-10"))
QUIET = 0.05  # CPUs that others may use before a round is called disturbed


def rival(figures, case):
    """The best peer's figure in this round (weir is not its own peer), or the named one's; None if there is none."""
    named = CASES[case].rival
    return min((figure.value for (at, peer), figure in figures.items()
                if at == case and peer != "weir" and named in ("", peer)), default=None)


def ratios(rounds, case, name):
    """One per round: this proxy's over its rival's. Less is better."""
    return [figures[case, name].value / rival(figures, case) for figures in rounds
            if (case, name) in figures and rival(figures, case)]


def mid(rounds, case, name, take):
    return median(take(figures[case, name]) for figures in rounds if (case, name) in figures)


def value(rounds, case, name):
    """The median, with its unit."""
    number = mid(rounds, case, name, lambda figure: figure.value)
    if CASES[case].unit == "us":
        return f"{number:.1f} us"
    return f"{number:.0f} B ({mid(rounds, case, name, lambda figure: figure.more['with base']):.0f} with base)"


def rate(rounds, case, name):
    number = mid(rounds, case, name, lambda figure: figure.rate)
    return f"{number:,.0f}/s" if number else ""


def ratio(rounds, case, name):
    found = ratios(rounds, case, name)
    return f"{median(found):.2f} of {CASES[case].rival or 'best'}" if found else ""


def growth(rounds, many, few, name):
    found = [figures[many, name].value / figures[few, name].value for figures in rounds
             if (many, name) in figures and (few, name) in figures]
    return f"{median(found):.2f}" if found else ""


def measured(case, names):
    return [name for name in names if name in CASES[case].names]


def cell(rounds, case, name):
    if name not in CASES[case].names:
        return ""
    return " ".join(filter(None, (value(rounds, case, name), rate(rounds, case, name))))


def plain(rounds, cases, names):
    lines = [f"{'case':<12} {'proxy':<8} {'requests':>11} {'own CPU, or memory':>28} {'ratio':>14} {'elsewhere':>10}"]
    for case in cases:
        for name in measured(case, names):
            away = mid(rounds, case, name, lambda figure: figure.elsewhere)
            lines.append(f"{case:<12} {name:<8} {rate(rounds, case, name):>11} {value(rounds, case, name):>28} "
                         f"{ratio(rounds, case, name):>14} {away:>9.0%}{' disturbed' if away > QUIET else ''}")
    for many, few in GROWTH:
        if many in cases and few in cases:
            lines.append(f"{many} over {few}: "
                         + ", ".join(f"{name} {growth(rounds, many, few, name)}" for name in names))
    return "\n".join(lines)


def markdown(rounds, cases, names):
    lines = ["| case | " + " | ".join(names) + " | weir's ratio | aim |", "|---" * (len(names) + 3) + "|"]
    for case in cases:
        cells = [cell(rounds, case, name) for name in names]
        lines.append(f"| {CASES[case].what} | " + " | ".join(cells) + f" | {ratio(rounds, case, 'weir')} | "
                     f"{CASES[case].aim} |")
    for many, few in GROWTH:
        if many in cases and few in cases:
            cells = " | ".join(growth(rounds, many, few, name) for name in names)
            lines.append(f"| {many} over {few} | {cells} | | 1 |")
    return "\n".join(lines)


def calls(per_request):
    """{proxy: {system call: count per request}} as a table, the frequent ones first."""
    names = list(per_request)
    kinds = sorted({kind for counts in per_request.values() for kind in counts},
                   key=lambda kind: -max(counts.get(kind, 0) for counts in per_request.values()))
    shown = [kind for kind in kinds if any(counts.get(kind, 0) >= 0.005 for counts in per_request.values())]
    lines = ["| system calls per request | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for kind in shown:
        lines.append(f"| {kind} | " + " | ".join(f"{counts.get(kind, 0):.2f}" for counts in per_request.values()) + " |")
    lines.append("| all | " + " | ".join(f"{sum(counts.values()):.2f}" for counts in per_request.values()) + " |")
    return "\n".join(lines)
