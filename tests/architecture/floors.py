#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Do the #include lines of proxy/ go down only?

The floors stand once, in the table under "## Floors" of proxy/README.md: the first column is the floor's number, the
second names its folders in `backticks`. A folder that the table doesn't name belongs to the nearest one above it that
it does name. A folder may include itself, lower floors, and others of its own floor as long as no circle comes of it.
proxy/main.c stands above all. Usage: floors.py REPOSITORY
"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def read_floors(readme):
    """folder -> floor, and the problems of the table itself."""
    text = readme.read_text() if readme.exists() else ""
    section = re.split(r"^## Floors\s*$", text, maxsplit=1, flags=re.M)
    rows = re.split(r"^## ", section[1], maxsplit=1, flags=re.M)[0].splitlines() if len(section) == 2 else []
    floors, problems = {}, []
    for row in rows:
        cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
        if not row.strip().startswith("|") or not cells[0].isdigit() or len(cells) < 2:
            continue
        for folder in re.findall(r"`([^`]+)`", cells[1]):
            folder = folder.strip("/")
            if folder in floors:
                problems.append(f"proxy/README.md: `{folder}` stands on two floors; leave it on one")
            floors[folder] = int(cells[0])
    if not floors:
        problems.append("proxy/README.md: no table of floors found under '## Floors'; "
                        "write rows like: | 7 | `process` | ... |")
    return floors, problems


def folder_of(path, floors):
    """The folder of the table that a file of proxy/ belongs to, or None."""
    for parent in path.parents:
        if str(parent) in floors:
            return str(parent)
    return None


def resolve(proxy, source, name):
    """The included file relative to proxy/, or None when it isn't one of ours."""
    for candidate in (source.parent / name, Path(name)):
        if (proxy / candidate).is_file():
            return (proxy / candidate).resolve().relative_to(proxy.resolve())
    return None


def find_circle(edges, start):
    """A way from start back to start along edges, or None."""
    ways = [[start]]
    seen = set()
    while ways:
        way = ways.pop()
        for after in sorted(edges.get(way[-1], ())):
            if after == start:
                return way + [after]
            if after not in seen:
                seen.add(after)
                ways.append(way + [after])
    return None


def check(repository):
    proxy = Path(repository) / "proxy"
    floors, problems = read_floors(proxy / "README.md")
    edges, places = {}, {}
    sources = sorted(path.relative_to(proxy) for ending in ("c", "h") for path in proxy.rglob(f"*.{ending}"))
    for source in sources:
        if source.parent == Path("."):
            continue
        below = folder_of(source, floors)
        if below is None:
            problems.append(f"proxy/{source}: its folder is on no floor; add `{source.parent}` to the table in "
                            "proxy/README.md")
            continue
        text = (proxy / source).read_text(errors="replace")
        for match in INCLUDE.finditer(text):
            target = resolve(proxy, source, match.group(1))
            folder = folder_of(target, floors) if target else None
            if folder is None or folder == below:
                continue
            place = f"proxy/{source}:{text.count(chr(10), 0, match.start(1)) + 1}"
            if floors[folder] > floors[below]:
                problems.append(f"{place}: {below} (floor {floors[below]}) includes \"{match.group(1)}\" from "
                                f"{folder} (floor {floors[folder]}); turn the call around or move the code")
            elif floors[folder] == floors[below]:
                edges.setdefault(below, set()).add(folder)
                places.setdefault((below, folder), place)
    problems += circles(edges, places)
    return len(sources), problems


def circles(edges, places):
    problems, told = [], set()
    for start in sorted(edges):
        circle = find_circle(edges, start)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            where = ", ".join(places[step] for step in zip(circle, circle[1:]))
            problems.append(f"folders of one floor include each other in a circle: {' -> '.join(circle)} ({where})")
    return problems


if __name__ == "__main__":
    count, found = check(sys.argv[1])
    for problem in found:
        print(problem)
    print(f"{count} files, {len(found)} problems")
    sys.exit(1 if found else 0)
