#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does every folder with files in it have a README.md of at most 40 lines? proxy/README.md, the plan of the house, may be
longer; folders of test data need none. Usage: readmes.py REPOSITORY
"""
import os
import sys
from pathlib import Path

ROOMS = ("proxy", "tests", "plugins", "config", "deploy")
DATA = {"corpus", "data", "__pycache__"}
LINES_MAX = 40


def check(repository):
    count, problems = 0, []
    for room in ROOMS:
        for folder, folders, files in os.walk(Path(repository) / room):
            folders[:] = sorted(name for name in folders if name not in DATA and not name.startswith("."))
            if not files:
                continue
            count += 1
            readme = Path(folder) / "README.md"
            shown = readme.relative_to(repository)
            if not readme.exists():
                problems.append(f"{shown}: is missing; say what {shown.parent}/ is for and what it may depend on")
                continue
            lines = len(readme.read_text().splitlines())
            if lines > LINES_MAX and str(shown) != "proxy/README.md":
                problems.append(f"{shown}: has {lines} lines; shorten it to {LINES_MAX}")
    return count, problems


if __name__ == "__main__":
    count, found = check(sys.argv[1])
    for problem in found:
        print(problem)
    print(f"{count} folders, {len(found)} problems")
    sys.exit(1 if found else 0)
