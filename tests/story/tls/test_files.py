# SPDX-License-Identifier: Apache-2.0
"""Certificates that change on disk while requests run."""
import ssl
import threading

import pytest
from support import Weir, proxy_config, run_weir, wait_until
from support.config import as_yaml, proxy_tree
from support.ports import free_address
from .conftest import ask, open_tls, s_client


def serial_of(weir, context, name="story.test"):
    with open_tls(weir, context, name) as client:
        return client.getpeercert()["serialNumber"]


def test_a_swap_under_load_loses_nothing_and_takes_effect(secure, authority, context):
    weir, _ = secure()
    before = serial_of(weir, context())
    failures, done = [], threading.Event()

    def load():
        while not done.is_set():
            try:
                with open_tls(weir, context()) as client:
                    if not ask(client).startswith(b"HTTP/1.1 200"):
                        failures.append("another answer")
            except (ssl.SSLError, OSError) as error:
                failures.append(repr(error))
    workers = [threading.Thread(target=load) for _ in range(4)]
    for worker in workers:
        worker.start()
    kept = open_tls(weir, context())
    authority.issue("site")
    wait_until(lambda: serial_of(weir, context()) != before, "the new certificate is shown", 15)
    assert ask(kept).startswith(b"HTTP/1.1 200")
    done.set()
    for worker in workers:
        worker.join()
    assert failures == []
    assert "reloaded" not in weir.stderr()


def test_a_broken_pair_keeps_the_old_one_and_says_so(secure, authority, context):
    weir, _ = secure()
    before = serial_of(weir, context())
    (authority.folder / "site.key").write_text("not a key")
    wait_until(lambda: "the certificate loaded before stays in force" in weir.stderr(), "it is told", 15)
    assert "listener web: " in weir.stderr() and "site.key: there is no private key" in weir.stderr()
    assert serial_of(weir, context()) == before
    authority.issue("site")
    wait_until(lambda: serial_of(weir, context()) != before, "the next pair is shown", 15)


def test_a_broken_pair_stops_no_other_one(secure, authority, context):
    blog, wild = authority.issue("blog", "DNS:blog.test"), authority.issue("wild", "DNS:*.wild.test")
    weir, _ = secure({"certificates": [blog, wild]})
    before = [serial_of(weir, context(), name) for name in ("blog.test", "a.wild.test")]
    (authority.folder / "blog.pem").write_text("junk")
    authority.issue("wild", "DNS:*.wild.test")
    wait_until(lambda: serial_of(weir, context(), "a.wild.test") != before[1], "the good one is renewed", 15)
    assert serial_of(weir, context(), "blog.test") == before[0]
    said = weir.stderr()
    assert "blog.pem: there is no certificate in PEM form" in said and "wild.pem: a new certificate is in force" in said
    assert weir.metrics().total("weir_tls_certificate_loads_total", result="failed") >= 1


def test_broken_authorities_of_clients_stay_and_the_certificate_is_renewed(secure, authority, context):
    trusted = authority.folder / "trusted.pem"
    trusted.write_text(authority.ca.read_text())
    weir, _ = secure({"client_ca": str(trusted)})
    known = context(cert=authority.issue("someone"))
    before = serial_of(weir, known)
    trusted.write_text("junk")
    authority.issue("site")
    wait_until(lambda: serial_of(weir, known) != before, "the new certificate is shown", 15)
    with open_tls(weir, known) as client:
        assert ask(client).startswith(b"HTTP/1.1 200")
    with pytest.raises((ssl.SSLError, ConnectionError)), open_tls(weir, context()) as client:
        assert not ask(client)
    assert "trusted.pem: there is no certificate in PEM form in it" in weir.stderr()


def test_each_listener_tells_of_its_own_files(start, authority):
    tree = proxy_tree(["127.0.0.1:1"], listener={"tls": {"certificates": [authority.issue("site")]}})
    del tree["routes"][0]["listener"]
    tree["listeners"].append({**tree["listeners"][0], "name": "other", "listen": free_address()})
    weir = start(Weir(as_yaml(tree)))
    (authority.folder / "site.pem").unlink()
    for name in ("web", "other"):
        line = f"listener {name}: {authority.folder}/site.pem: the file can't be read: No such file or directory; "
        wait_until(lambda: weir.stderr().count(line) == 1, f"{name} tells", 15)


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b"junk"), lambda file: file.unlink()], ids=["junk", "gone"])
def test_a_staple_stays_when_its_file_becomes_useless(secure, authority, tmp_path, spoil):
    pair, staple = authority.issue("stapled"), tmp_path / "stapled.der"
    authority.staple("stapled", staple)
    weir, _ = secure({"certificates": [{**pair, "ocsp": str(staple)}]})
    spoil(staple)
    wait_until(lambda: "stapled.der: not stapled: " in weir.stderr(), "it is told", 15)
    assert "; the response loaded before stays in force" in weir.stderr()
    assert "OCSP Response Status: successful" in s_client(weir, "-status")
    authority.issue("stapled")
    wait_until(lambda: "OCSP response: no response sent" in s_client(weir, "-status"), "another certificate is without it", 15)


def test_check_warns_of_staples_at_their_place(authority, tmp_path):
    foreign, staple = authority.issue("foreign"), tmp_path / "foreign.der"
    authority.staple("foreign", staple)
    pair = authority.issue("site")
    path = tmp_path / "weir.yaml"
    for file, said in [(staple, "it is for another certificate"), (tmp_path / "none.der", "No such file or directory"),
                       (pair["cert"], "it is not an OCSP response in DER form")]:
        path.write_text(proxy_config("127.0.0.1:1", listener={"tls": {"certificates": [{**pair, "ocsp": str(file)}]}}))
        done = run_weir("check", "-c", path)
        line = next(number for number, line in enumerate(path.read_text().splitlines(), 1) if "ocsp" in line)
        assert done.returncode == 0
        assert f"{path}:{line}:" in done.stdout and f"warning: ocsp '{file}' is not stapled: {said}" in done.stdout
        assert done.stderr == ""


def test_when_certificates_expire_is_a_metric(secure, authority, context):
    pairs = [authority.issue("first", days=20), authority.issue("other", "DNS:other.test", days=30)]
    weir, _ = secure({"certificates": [pairs[0], pairs[1], pairs[0]]})

    def expiry(pair):
        return weir.metrics().total("weir_tls_certificate_expiry_timestamp_seconds", listener="web", certificate=pair["cert"])
    with open_tls(weir, context()) as client:
        ends = ssl.cert_time_to_seconds(client.getpeercert()["notAfter"])
    assert expiry(pairs[0]) == ends < expiry(pairs[1])
    authority.issue("first", days=40)
    wait_until(lambda: expiry(pairs[0]) > ends, "the new end is shown", 15)


def test_weir_says_what_has_expired_as_it_starts(secure, authority):
    weir, _ = secure({"certificates": [authority.issue("old", days=-1)]})
    assert "old.pem: the certificate has expired, at 20" in weir.stderr()
