#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does every .c and .h file open with its licence? Usage: spdx.py REPOSITORY"""
import sys
from pathlib import Path

ROOMS = ("proxy", "plugins", "tests")
LINE = "/* SPDX-License-Identifier: Apache-2.0 */"


def check(repository):
    count, problems = 0, []
    for room in ROOMS:
        for path in sorted((Path(repository) / room).rglob("*.[ch]")):
            count += 1
            with path.open(errors="replace") as file:
                if file.readline().rstrip("\n") != LINE:
                    problems.append(f"{path.relative_to(repository)}:1: the first line must be {LINE}")
    return count, problems


if __name__ == "__main__":
    count, found = check(sys.argv[1])
    for problem in found:
        print(problem)
    print(f"{count} files, {len(found)} problems")
    sys.exit(1 if found else 0)
