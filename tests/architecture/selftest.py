#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Can the rules fail? Each is shown a small sound house, then the same house with one fault in it."""
import tempfile
import unittest
from pathlib import Path

import floors
import readmes
import spdx
import way

SPDX = spdx.LINE + "\n"
HOUSE = {
    "proxy/README.md": "# House\n\n## Floors\n\n| floor | folders | what |\n|---|---|---|\n"
                       "| 3 | `upstream/` `state/` | peers |\n| 2 | `http`, `http/h1` | HTTP |\n"
                       "| 0 | `base` | `text` |\n\n## The way of one GET\n\n"
                       "1. `http/h1/read.c:read_it`: reads\n\n1 steps over 1 files\n\n## Words\n\n| 9 | `nothing` | not a floor |\n",
    "proxy/main.c": SPDX + '#include "upstream/pool.h"\n',
    "proxy/base/README.md": "base\n",
    "proxy/base/text.h": SPDX,
    "proxy/http/README.md": "http\n",
    "proxy/http/stream.h": SPDX + '#include "base/text.h"\n',
    "proxy/http/h1/README.md": "h1\n",
    "proxy/http/h1/read.c": SPDX + '#include "http/stream.h"\n#include <stdio.h>\nvoid read_it(void)\n{\n}\n',
    "proxy/state/README.md": "state\n",
    "proxy/state/store.h": SPDX + '#include "http/stream.h"\n',
    "proxy/upstream/README.md": "upstream\n",
    "proxy/upstream/pool.h": SPDX + '#include "state/store.h"\n#include "upstream/balance/turn.h"\n',
    "proxy/upstream/balance/README.md": "balance\n",
    "proxy/upstream/balance/turn.h": SPDX + '#include "upstream/pool.h"\n#include "pool.h"\n',
    "tests/fuzz/corpus/uri/1": "/",
}


class Rules(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.house = Path(folder.name)
        for name, text in HOUSE.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.house / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def only_problem(self, rule):
        problems = rule.check(self.house)[1]
        self.assertEqual(len(problems), 1, problems)
        return problems[0]

    def test_sound_house_has_no_problem(self):
        for rule in (floors, readmes, spdx, way):
            self.assertEqual(rule.check(self.house)[1], [])

    def test_including_from_a_higher_floor_is_a_problem(self):
        self.write("proxy/base/text.h", SPDX + '\n#include "http/stream.h"\n')
        self.assertIn("proxy/base/text.h:3: base (floor 0) includes", self.only_problem(floors))

    def test_circle_between_folders_of_a_floor_is_a_problem(self):
        self.write("proxy/state/store.h", SPDX + '#include "upstream/pool.h"\n')
        self.assertIn("state -> upstream -> state", self.only_problem(floors))

    def test_parent_that_includes_a_folder_above_it_is_a_circle(self):
        self.write("proxy/http/h1/read.h", SPDX)
        self.write("proxy/http/stream.h", SPDX + '#include "http/h1/read.h"\n')
        self.assertIn("http -> http/h1 -> http", self.only_problem(floors))

    def test_folder_without_a_floor_is_a_problem(self):
        self.write("proxy/cache/key.h", SPDX)
        self.assertIn("proxy/cache/key.h", self.only_problem(floors))

    def test_missing_table_is_a_problem(self):
        self.write("proxy/README.md", "# House\n")
        self.assertIn("no table of floors", floors.check(self.house)[1][0])

    def test_folder_on_two_floors_is_a_problem(self):
        self.write("proxy/README.md", HOUSE["proxy/README.md"].replace("| 0 | `base`", "| 0 | `base` `state`"))
        self.assertIn("`state` stands on two floors", "".join(floors.check(self.house)[1]))

    def test_missing_readme_is_a_problem(self):
        (self.house / "proxy/http/h1/README.md").unlink()
        self.assertIn("proxy/http/h1/README.md: is missing", self.only_problem(readmes))

    def test_long_readme_is_a_problem(self):
        self.write("proxy/http/README.md", "line\n" * 41)
        self.assertIn("proxy/http/README.md: has 41 lines", self.only_problem(readmes))

    def test_stray_file_at_the_top_is_a_problem(self):
        self.write("w.log", "x\n")
        self.assertIn("w.log: doesn't belong at the top", self.only_problem(readmes))

    def test_file_without_licence_is_a_problem(self):
        self.write("proxy/base/text.h", "#pragma once\n")
        self.assertIn("proxy/base/text.h:1:", self.only_problem(spdx))

    def test_step_whose_function_is_gone_is_a_problem(self):
        self.write("proxy/http/h1/read.c", SPDX + "void other(void)\n{\n    read_it();\n}\n")
        self.assertIn("step 1 names http/h1/read.c:read_it", self.only_problem(way))

    def test_steps_counted_wrong_are_a_problem(self):
        self.write("proxy/README.md", HOUSE["proxy/README.md"].replace("1 steps over", "2 steps over"))
        self.assertIn("there are 1 steps over 1 files", self.only_problem(way))


if __name__ == "__main__":
    unittest.main()
