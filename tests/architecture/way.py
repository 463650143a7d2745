#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does the way of one GET in proxy/README.md name functions that exist, and is it counted right?

Reads `file.c:function` from the numbered lines under "## The way of one GET", looks each up as a definition in that file
of proxy/, and compares the sentence "N steps over M files" with what is listed. Usage: way.py REPOSITORY
"""
import re
import sys
from pathlib import Path


def read_way(readme):
    section = readme.partition("## The way of one GET")[2].split("\n## ", 1)[0]
    steps = re.findall(r"^(\d+)\. (.*)$", section, re.M)
    counted = re.search(r"^(\d+) steps over (\d+) files", section, re.M)
    return steps, counted


def check(root):
    proxy = Path(root) / "proxy"
    steps, counted = read_way((proxy / "README.md").read_text())
    problems, files = [], set()
    for number, line in steps:
        for path, function in re.findall(r"`([\w/]+/[\w]+\.c):(\w+)`", line):
            files.add(path)
            source = proxy / path
            text = source.read_text() if source.exists() else ""
            if not re.search(r"^[\w].*\b%s\(.*$" % function, text, re.M):
                problems.append(f"proxy/README.md: step {number} names {path}:{function}, which is not there")
    if [int(number) for number, _ in steps] != list(range(1, len(steps) + 1)):
        problems.append("proxy/README.md: the steps are not numbered 1, 2, 3, ...")
    if counted is None or (int(counted[1]), int(counted[2])) != (len(steps), len(files)):
        problems.append(f"proxy/README.md: there are {len(steps)} steps over {len(files)} files; say so")
    return len(steps), problems


def main(root):
    count, problems = check(root)
    print("\n".join(problems) or f"{count} steps, all there")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
