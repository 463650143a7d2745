#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does every folder with files in it have a README.md of at most 40 lines? proxy/README.md, the plan of the house, may be
longer; folders of test data need none. And nothing lies at the top that doesn't belong there. Usage: readmes.py REPOSITORY
"""
import os
import sys
from pathlib import Path

ROOMS = ("proxy", "tests", "plugins", "config", "deploy")
DATA = {"corpus", "data", "__pycache__"}
LINES_MAX = 40
TOP = {*ROOMS, "CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "build", "__pycache__"}


def check(repository):
    strays = sorted(path.name for path in Path(repository).iterdir() if path.name not in TOP and not path.name.startswith("."))
    count, problems = 0, [f"{name}: doesn't belong at the top" for name in strays]
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
