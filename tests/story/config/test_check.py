# SPDX-License-Identifier: Apache-2.0
"""`weir check` and its like: every problem at once, each with its place."""
import json
import re

import jsonschema
import pytest
import yaml

from support import free_address, run_weir
from support.weir import ROOT

PLACE = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<message>.+)$")
BASE = """\
listeners:
  - name: web
    listen: 127.0.0.1:{port}
routes:
  - name: all
    listener: web
    match: {{path: /}}
    upstream: pool
upstreams:
  pool:
    endpoints: [127.0.0.1:9001]
"""


def base():
    return BASE.format(port=18080)


def check(tmp_path, text, env=None):
    path = tmp_path / "weir.yaml"
    path.write_text(text)
    done = run_weir("check", "-c", path, env=env)
    problems = []
    for line in (done.stdout + done.stderr).splitlines():
        match = PLACE.match(line)
        if match:
            assert match["file"].endswith("weir.yaml"), line
            problems.append((int(match["line"]), int(match["column"]), match["message"]))
    assert (done.returncode == 0) == (problems == []), (done.returncode, done.stdout, done.stderr)
    assert done.returncode in (0, 1)
    return problems


def place_of(text, needle):
    """Line and column of the `@` before `needle`; the text is written without it."""
    at = text.index("@")
    before = text[:at]
    return text.replace("@", ""), before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def test_a_good_file_is_fine(tmp_path):
    assert check(tmp_path, base()) == []


def test_the_shipped_examples_are_valid_or_say_what_is_not_built(tmp_path):
    schema = json.loads((ROOT / "config/weir.schema.json").read_text())
    examples = [one for one in sorted((ROOT / "config").rglob("*.yaml"))]
    assert examples, "config/ has an example"
    for example in examples:
        text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", example.read_text())
        jsonschema.validate(json.loads(json.dumps(yaml.safe_load(text))), schema)


def test_schema_is_the_one_that_is_shipped():
    printed = run_weir("schema")
    assert printed.returncode == 0
    schema = json.loads(printed.stdout)
    assert schema == json.loads((ROOT / "config/weir.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_schema_and_the_parser_agree(tmp_path):
    schema = json.loads(run_weir("schema").stdout)
    validator = jsonschema.Draft202012Validator(schema)
    for good in (base(), base() + "workers: 4\n", base() + "admin: {listen: off}\n", base() + "access_log: {path: off}\n"):
        assert not list(validator.iter_errors(yaml.load(good, yaml.BaseLoader))) or not list(validator.iter_errors(yaml.safe_load(good))), good
        assert check(tmp_path, good) == []
    for bad in (base() + "colour: red\n", base().replace("endpoints", "endpoint"), base().replace("listen:", "lisen:")):
        assert list(validator.iter_errors(yaml.safe_load(bad))), bad
        assert check(tmp_path, bad)


# The `@` marks where the problem must be shown; then a word that the message must have.
WRONG = {
    "unknown_top_key": (base() + "@listners: []\n", "listeners"),
    "unknown_listener_key": (base().replace("    listen: ", "    @lissten: "), "listen"),
    "unknown_route_key": (base().replace("    upstream: pool", "    @upsteam: pool"), "upstream"),
    "unknown_match_key": (base().replace("{path: /}", "{@pth: /}"), "path"),
    "unknown_upstream_key": (base() + "    @balanse: round_robin\n", "balance"),
    "unknown_pool_key": (base() + "    pool: {@idel: 1}\n", "idle"),
    "unknown_log_key": (base() + "log: {@levle: info}\n", "level"),
    "unknown_limits_key": (base().replace("    listen: ", "    limits: {@header_sise: 4k}\n    listen: "), "header_size"),
    "key_twice_at_top": (base() + "workers: 1\n@workers: 2\n", "workers"),
    "key_twice_in_listener": (base().replace("  - name: web\n", "  - name: web\n    @name: web\n"), "name"),
    "unknown_upstream": (base().replace("upstream: pool", "upstream: @poool"), "pool"),
    "unknown_listener": (base().replace("listener: web", "listener: @wep"), "web"),
    "bad_balance": (base() + "    balance: @round_robbin\n", "round_robin"),
    "bad_log_level": (base() + "log: {level: @inof}\n", "info"),
    "bad_access_format": (base() + "access_log: {format: @jsn}\n", "json"),
    "duration_without_unit": (base().replace("    listen: ", "    timeouts: {header: @10}\n    listen: "), "unit"),
    "duration_nonsense": (base().replace("    listen: ", "    timeouts: {header: @soon}\n    listen: "), "soon"),
    "duration_negative": (base().replace("    listen: ", "    timeouts: {header: @-5s}\n    listen: "), "-5s"),
    "duration_overflow": (base().replace("    listen: ", "    timeouts: {header: @99999999999999999999h}\n    listen: "), ""),
    "size_nonsense": (base().replace("    listen: ", "    limits: {header_size: @big}\n    listen: "), "big"),
    "size_overflow": (base().replace("    listen: ", "    limits: {header_size: @99999999999999999g}\n    listen: "), ""),
    "size_negative": (base().replace("    listen: ", "    limits: {header_size: @-1}\n    listen: "), ""),
    "number_nonsense": (base().replace("    listen: ", "    limits: {headers: @many}\n    listen: "), "many"),
    "workers_zero": (base() + "workers: @0\n", ""),
    "workers_negative": (base() + "workers: @-1\n", ""),
    "workers_nonsense": (base() + "workers: @several\n", "several"),
    "address_without_port": (base().replace("127.0.0.1:18080", "@127.0.0.1"), "port"),
    "address_port_too_big": (base().replace("127.0.0.1:18080", "@127.0.0.1:70000"), "70000"),
    "address_nonsense": (base().replace("127.0.0.1:18080", "@not an address"), ""),
    "endpoint_without_port": (base().replace("[127.0.0.1:9001]", "[@127.0.0.1]"), ""),
    "endpoint_weight_negative": (base().replace("[127.0.0.1:9001]", "[{address: 127.0.0.1:9001, weight: @-1}]"), ""),
    "endpoint_of_wrong_type": (base().replace("[127.0.0.1:9001]", "[@[1, 2]]"), ""),
    "listeners_of_wrong_type": (base().replace("listeners:\n  - name: web\n    listen: 127.0.0.1:18080\n", "listeners: @web\n"), ""),
    "routes_of_wrong_type": (base() + "log: @[1]\n", ""),
    "redirect_status": (base().replace("    upstream: pool", "    redirect: {to: /x, status: @200}"), "200"),
    "respond_status": (base().replace("    upstream: pool", "    respond: {status: @1000}"), "1000"),
    "missing_error_file": (base().replace("    upstream: pool", "    upstream: pool\n    errors: {502: {body_file: @/no/such/file.html}}"), "/no/such/file.html"),
    "path_without_slash": (base().replace("{path: /}", "{path: @abc}"), ""),
    "bad_wildcard": (base().replace("{path: /}", "{host: @a.*.test}"), ""),
    "bad_regex": (base().replace("{path: /}", "{path_regex: @'^/a(b'}"), "at offset 5"),
    "bad_method": (base().replace("{path: /}", "{path: /, method: [GET, @'P T']}"), "method"),
    "unknown_condition": (base().replace("{path: /}", "{path: /, @header: {A: b}}"), "headers"),
    "undefined_variable": (base() + "user: @${NOBODY_DEFINES_THIS}\n", "NOBODY_DEFINES_THIS"),
    "listener_name_twice": (base().replace("routes:", "  - name: @web\n    listen: 127.0.0.1:18081\nroutes:"), "web"),
    "yaml_syntax": ("listeners:\n  - name: web\n    listen: [1, 2\nroutes: @]:\n", ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_told_with_its_place(tmp_path, name):
    marked, word = WRONG[name]
    text, line, column = place_of(marked, word)
    problems = check(tmp_path, text)
    assert problems, "no problem was found"
    if name == "yaml_syntax":
        return
    here = [one for one in problems if one[0] == line]
    assert here, f"nothing about line {line}: {problems}"
    assert any(one[1] == column for one in here), f"column {column} expected: {here}"
    assert any(word in one[2] for one in here), f"{word!r} expected in {here}"


def test_all_problems_are_told_at_once(tmp_path):
    text = base().replace("upstream: pool", "upstream: poool").replace("listener: web", "listener: wep") + \
        "colour: red\nworkers: many\nlog: {level: loud, shape: round}\nworkers: 2\n"
    problems = check(tmp_path, text)
    lines = {line for line, _, _ in problems}
    rows = text.splitlines()
    for needle in ("poool", "wep", "colour", "workers: many", "level: loud"):
        assert next(n for n, row in enumerate(rows, 1) if needle in row) in lines, (needle, problems)
    assert sum("shape" in message for _, _, message in problems) == 1
    assert [line for line, _, _ in problems] == sorted(line for line, _, _ in problems), "problems come in the file's order"


def test_a_listener_that_nothing_routes_to_is_a_problem(tmp_path):
    text = base().replace("routes:", "  - name: lonely\n    listen: 127.0.0.1:18081\nroutes:")
    assert any("lonely" in message for _, _, message in check(tmp_path, text))


def test_an_address_bound_twice_is_a_problem(tmp_path):
    text = base().replace("routes:", "  - name: second\n    listen: 127.0.0.1:18080\nroutes:") + \
        "  \n"
    text = text.replace("upstreams:", "  - {name: b, listener: second, match: {path: /}, upstream: pool}\nupstreams:")
    assert any("18080" in message for _, _, message in check(tmp_path, text))


def test_an_admin_address_that_a_listener_has_is_a_problem(tmp_path):
    assert any("18080" in message for _, _, message in check(tmp_path, base() + "admin: {listen: 127.0.0.1:18080}\n"))


def test_admin_on_an_outside_address_needs_a_token(tmp_path):
    assert any("token" in message for _, _, message in check(tmp_path, base() + "admin: {listen: 0.0.0.0:19900}\n"))
    assert check(tmp_path, base() + "admin: {listen: 0.0.0.0:19900, token: a-long-secret-token}\n") == []


def test_a_route_that_does_nothing_is_a_problem(tmp_path):
    assert check(tmp_path, base().replace("    upstream: pool\n", ""))


def test_a_route_that_does_two_things_is_a_problem(tmp_path):
    assert check(tmp_path, base().replace("    upstream: pool\n", "    upstream: pool\n    respond: {status: 200}\n"))


def test_variables_come_from_the_environment(tmp_path):
    text = base().replace("127.0.0.1:9001", "${STORY_BACKEND}").replace("127.0.0.1:18080", "${STORY_LISTEN:-127.0.0.1:18080}")
    assert check(tmp_path, text, env={"STORY_BACKEND": "127.0.0.1:9001"}) == []
    assert check(tmp_path, text)


def test_anchors_and_merge_keys_work(tmp_path):
    text = """\
listeners:
  - &base {name: web, listen: 127.0.0.1:18080, timeouts: {header: 5s}}
  - {<<: *base, name: second, listen: 127.0.0.1:18081}
routes:
  - {name: a, listener: web, match: {path: /}, upstream: pool}
  - {name: b, listener: second, match: {path: /}, upstream: pool}
upstreams: {pool: {endpoints: [127.0.0.1:9001]}}
"""
    assert check(tmp_path, text) == []


def test_a_billion_laughs_is_a_bounded_problem(tmp_path):
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for one, two in zip("abcdefghi", "bcdefghij"):
        text += f"{two}: &{two} [" + ", ".join([f"*{one}"] * 10) + "]\n"
    assert check(tmp_path, text + base())


def test_deep_nesting_is_a_problem_and_no_crash(tmp_path):
    assert check(tmp_path, "log: " + "[" * 20000 + "]" * 20000 + "\n" + base())


def test_an_alias_of_itself_is_a_problem_and_no_hang(tmp_path):
    assert check(tmp_path, base() + "log: &a {level: info, more: *a}\n")


def test_scalars_are_read_by_the_type_of_their_key(tmp_path):
    text = base().replace("  pool:", "  no:").replace("upstream: pool", "upstream: no")
    assert check(tmp_path, text) == []


def test_include_merges_files_and_names_the_right_one(tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/a.yaml").write_text("upstreams:\n  other:\n    endpoints: [127.0.0.1:9002]\n")
    path = tmp_path / "weir.yaml"
    path.write_text(base() + "include: conf.d/*.yaml\n")
    assert run_weir("check", "-c", path).returncode == 0
    (tmp_path / "conf.d/b.yaml").write_text("upstreams:\n  third:\n    endpoins: [127.0.0.1:9003]\n")
    done = run_weir("check", "-c", path)
    assert done.returncode == 1
    assert re.search(r"conf\.d/b\.yaml:3:5: .*endpoints", done.stdout + done.stderr), done.stdout + done.stderr


NOT_YET = {
    "http3": base().replace("    listen: ", "    @http3: on\n    listen: "),
    "state": base() + '@state: {redis: {url: "redis://127.0.0.1:6379/0"}}\n',
    "caches": base() + "caches: {main: {@shared: on}}\n",
    "plugins": base() + "@plugins: {jwt: ./plugins/jwt.so}\n",
    "rate_limit": base().replace("    upstream: pool", "    @rate_limit: {key: client_ip, rate: 100/s}\n    upstream: pool"),
    "tcp": base().replace("routes:", "  - {name: pg, listen: '127.0.0.1:18081', protocol: @tcp, upstream: pool}\nroutes:"),
    "udp": base().replace("routes:", "  - {name: dns, listen: '127.0.0.1:18081', protocol: @udp, upstream: pool}\nroutes:"),
}


@pytest.mark.parametrize("name", NOT_YET)
def test_a_key_whose_feature_comes_later_says_so(tmp_path, name):
    text, line, _ = place_of(NOT_YET[name], "")
    problems = check(tmp_path, text)
    assert any(one[0] == line and "not in this build yet" in one[2] for one in problems), problems


EVERYTHING = """\
workers: auto
log: {level: info, format: text, path: stderr}
access_log: {path: stdout, format: combined}
admin: {listen: 127.0.0.1:19900}
listeners:
  - name: web
    listen: [127.0.0.1:18080, "[::1]:18080", "unix:/tmp/weir-story.sock"]
    protocol: http
    limits: {header_size: 64k, headers: 100, body: 10m, connections: 1000, requests_per_connection: 100}
    timeouts: {header: 10s, body: 30s, idle: 75s}
    keepalive: {idle: 60s, interval: 10s, count: 6}
routes:
  - name: api
    listener: web
    match: {host: [api.example.com, "*.example.com"], path: /v1, method: [GET, POST], headers: {X-Beta: "1"}, query: {v: "2"}}
    upstream: api
    timeouts: {connect: 2s, first_byte: 30s, idle: 60s, request: 0}
  - {name: old, listener: web, match: {path_exact: /old}, redirect: {to: "https://example.com{path}{query}", status: 308}}
  - {name: scripts, listener: web, match: {path_regex: "\\\\.php$"}, respond: {status: 404}}
  - {name: ok, listener: web, match: {path: /ok}, respond: {status: 200, body: "ok", headers: {Content-Type: text/plain}}}
upstreams:
  api:
    endpoints: [127.0.0.1:9001, {address: 127.0.0.1:9002, weight: 2}, "unix:/run/app.sock"]
    protocol: http1
    balance: least_requests
    pool: {connections: 10, idle: 64, idle_timeout: 60s, requests_per_connection: 1000, pending: 1024, pending_timeout: 5s}
"""


def test_everything_that_this_build_has_is_accepted(tmp_path):
    assert check(tmp_path, EVERYTHING) == []


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "[]\n", "word\n", "- a\n- b\n", "{}\n", "a: b: c\n", "\t\n", "---\n---\n",
                                  "\x00", "listeners: *nothing\n", "%YAML 9.9\n---\na: 1\n", "!!binary x: y\n", "\ufeff"])
def test_files_that_are_no_config_are_told_and_never_crash(tmp_path, text):
    assert check(tmp_path, text)


def test_bytes_that_are_no_text_are_told(tmp_path):
    path = tmp_path / "weir.yaml"
    path.write_bytes(bytes(range(128, 256)))
    done = run_weir("check", "-c", path)
    assert done.returncode == 1 and done.stdout + done.stderr


def test_a_missing_file_is_told(tmp_path):
    done = run_weir("check", "-c", tmp_path / "nothing.yaml")
    assert done.returncode == 1 and "nothing.yaml" in done.stdout + done.stderr


def test_a_folder_instead_of_a_file_is_told(tmp_path):
    assert run_weir("check", "-c", tmp_path).returncode == 1


def test_check_looks_in_the_current_folder_by_default(tmp_path):
    (tmp_path / "weir.yaml").write_text(base())
    assert run_weir("check", cwd=tmp_path).returncode == 0


def test_run_with_a_bad_config_exits_1_and_tells_the_problems(tmp_path):
    path = tmp_path / "weir.yaml"
    path.write_text(base() + "colour: red\nworkers: many\n")
    done = run_weir("run", "-c", path)
    assert done.returncode == 1
    assert re.search(r"weir\.yaml:12:1: .*colour", done.stderr) and re.search(r"weir\.yaml:13:10: ", done.stderr), done.stderr


def test_run_on_a_taken_address_exits_1_and_says_which(tmp_path):
    import socket
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        path = tmp_path / "weir.yaml"
        path.write_text(BASE.format(port=port) + f"admin: {{listen: {free_address()}}}\n")
        done = run_weir("run", "-c", path)
    assert done.returncode == 1 and str(port) in done.stderr


def test_version_is_told():
    done = run_weir("version")
    assert done.returncode == 0 and re.search(r"weir \d+\.\d+", done.stdout), done.stdout


@pytest.mark.parametrize("command", [[], ["run"], ["check"], ["explain"], ["schema"], ["reload"], ["demo"], ["top"], ["doctor"], ["version"]])
def test_help_is_given_for_each_command(command):
    done = run_weir(*command, "--help")
    assert done.returncode == 0 and "weir" in done.stdout.lower() and "usage" in done.stdout.lower()


def test_the_main_help_names_every_command():
    text = run_weir("--help").stdout
    for command in ("run", "check", "explain", "schema", "reload", "demo", "top", "doctor", "version"):
        assert command in text, command


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["run", "--frob"], ["check", "-c"], ["check", "a", "b"], ["version", "extra"], ["-x"]])
def test_wrong_usage_exits_2(arguments):
    done = run_weir(*arguments)
    assert done.returncode == 2 and done.stderr


def test_a_wrong_command_is_answered_with_the_nearest():
    assert "check" in run_weir("chekc").stderr
