# SPDX-License-Identifier: Apache-2.0
"""Requests that two readers could read in two ways. Each is refused and closed with nothing at the backend, or reaches
it in exactly one reading, which the backend's strict reader then finds."""
import itertools

import pytest

from support import Backend, RawClient, Weir, proxy_config, wait_until
from support.message import Ended, Malformed

H = b"Host: story.test\r\n"
CL5 = b"Content-Length: 5\r\n"
TE = b"Transfer-Encoding: chunked\r\n"
INNER = b"GET /smuggled HTTP/1.1\r\nHost: story.test\r\n\r\n"
marks = itertools.count()


def post(fields, body=b"hello", line=b"POST /case HTTP/1.1\r\n"):
    return line + H + fields + b"\r\n" + body


def get(fields=b"", line=b"GET /case HTTP/1.1\r\n", host=H):
    return line + host + fields + b"\r\n"


def chunked(body, fields=b""):
    return post(TE + fields, body)


@pytest.fixture(scope="module")
def wall():
    with Backend() as backend, Weir(proxy_config(backend, listener={"timeouts": {"header": "2s", "body": "2s"}})) as weir:
        yield weir, backend


class Verdict:
    def __init__(self, weir, backend, payload):
        before, bad, cut = len(backend.requests), len(backend.malformed), len(backend.cut_short) + len(backend.incomplete)
        self.payload, self.answers, self.closed, self.kept = payload, [], False, False
        with RawClient(weir.address) as client:
            client.send_if_open(payload)
            self._read(client)
        self._mark(weir, backend)
        self.requests = [one for one in backend.requests[before:] if not one.target.startswith("/mark-")]
        self.malformed = backend.malformed[bad:]
        self.cut = len(backend.cut_short) + len(backend.incomplete) - cut
        self.dangling = [bytes(one.source.buffer) for one in backend.open_connections() if one.source.buffer]

    def _read(self, client):
        method = self.payload.lstrip().split(b" ")[0].decode("latin-1")
        try:
            self.answers.append(client.read_response(method))
            if "close" not in self.answers[0].get("connection", "").lower():
                self.kept = True
                client.half_close()
            while True:
                self.answers.append(client.read_response())
        except Ended as ended:
            self.closed = ended.rest == b""
            self.rest = ended.rest
        except Malformed as problem:
            pytest.fail(f"weir answered {self.payload!r} with something malformed: {problem}")

    def _mark(self, weir, backend):
        """A request of its own behind the case: when it is there, everything before it is, too."""
        target = f"/mark-{next(marks)}"
        with RawClient(weir.address) as client:
            assert client.get(target).status == 200
        wait_until(lambda: any(one.target == target for one in backend.requests), f"{target} at the backend")

    def __str__(self):
        return (f"sent {self.payload[:600]!r}; answers {[(one.status, one.body[:80]) for one in self.answers]}; closed {self.closed}; "
                f"backend saw {[(one.method, one.target, one.fields, one.body) for one in self.requests]}; malformed {self.malformed}; "
                f"cut {self.cut}; dangling {self.dangling}")

    def is_refused(self, statuses=(400,)):
        return len(self.answers) == 1 and self.answers[0].status in statuses and self.closed and not self.kept

    def is_answered_without_backend(self):
        """The framing was clear and the request was not wanted: the connection may go on."""
        return len(self.answers) == 1 and self.answers[0].status in (400, 405, 414, 501, 505) and self.closed and self.reached_nothing()

    def reached_nothing(self):
        return not (self.requests or self.malformed or self.cut or self.dangling)

    def as_read(self):
        return [(one.method, one.target, one.body) for one in self.requests]


REFUSED = {
    # Two framings
    "length_and_chunked": post(CL5 + TE, b"0\r\n\r\n" + INNER),
    "chunked_and_length": post(TE + CL5, b"0\r\n\r\n" + INNER),
    "length_zero_and_chunked": post(b"Content-Length: 0\r\n" + TE, b"5\r\nhello\r\n0\r\n\r\n"),
    "length_and_te_identity": post(CL5 + b"Transfer-Encoding: identity\r\n"),
    "get_with_length_and_chunked": get(CL5 + TE) + b"0\r\n\r\n",
    # Content-Length
    "two_lengths": post(CL5 + b"Content-Length: 6\r\n", b"hello!"),
    "two_lengths_zero_first": post(b"Content-Length: 0\r\n" + CL5),
    "three_lengths": post(CL5 + CL5 + b"Content-Length: 0\r\n"),
    "length_list_differing": post(b"Content-Length: 5, 6\r\n", b"hello!"),
    "length_plus": post(b"Content-Length: +5\r\n"),
    "length_minus": post(b"Content-Length: -5\r\n"),
    "length_minus_zero": post(b"Content-Length: -0\r\n"),
    "length_with_space": post(b"Content-Length: 5 5\r\n"),
    "length_1_1": post(b"Content-Length: 1 1\r\n", b"hello world"),
    "length_hex": post(b"Content-Length: 0x5\r\n"),
    "length_float": post(b"Content-Length: 5.0\r\n"),
    "length_exponent": post(b"Content-Length: 5e0\r\n"),
    "length_letter_behind": post(b"Content-Length: 5a\r\n"),
    "length_underscore": post(b"Content-Length: 1_0\r\n"),
    "length_empty": post(b"Content-Length: \r\n"),
    "length_empty_and_valid": post(b"Content-Length:\r\n" + CL5),
    "length_comma_only": post(b"Content-Length: ,\r\n"),
    "length_trailing_comma": post(b"Content-Length: 5,\r\n"),
    "length_quoted": post(b'Content-Length: "5"\r\n'),
    "length_semicolon": post(b"Content-Length: 5;x\r\n"),
    "length_nul": post(b"Content-Length: 5\x00\r\n"),
    "length_vertical_tab": post(b"Content-Length: \x0b5\r\n"),
    "length_form_feed_behind": post(b"Content-Length: 5\x0c\r\n"),
    "length_non_ascii_digit": post("Content-Length: ５\r\n".encode()),
    "length_high_byte": post(b"Content-Length: 5\xa0\r\n"),
    "length_overflow_64": post(b"Content-Length: 18446744073709551621\r\n"),
    "length_overflow_63": post(b"Content-Length: 9223372036854775808\r\n"),
    "length_overflow_far": post(b"Content-Length: " + b"9" * 60 + b"\r\n"),
    # Transfer-Encoding
    "te_xchunked": post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    "te_chunkedx": post(b"Transfer-Encoding: chunkedx\r\n", b"0\r\n\r\n"),
    "te_chunked_identity": post(b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n"),
    "te_identity_chunked": post(b"Transfer-Encoding: identity, chunked\r\n", b"0\r\n\r\n"),
    "te_chunked_chunked": post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"),
    "te_gzip_chunked": post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
    "te_chunked_gzip": post(b"Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n"),
    "te_gzip": post(b"Transfer-Encoding: gzip\r\n", b"0\r\n\r\n"),
    "te_identity": post(b"Transfer-Encoding: identity\r\n"),
    "te_vertical_tab_behind": post(b"Transfer-Encoding: chunked\x0b\r\n", b"0\r\n\r\n"),
    "te_vertical_tab_before": post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"),
    "te_form_feed_behind": post(b"Transfer-Encoding: chunked\x0c\r\n", b"0\r\n\r\n"),
    "te_nul_behind": post(b"Transfer-Encoding: chunked\x00\r\n", b"0\r\n\r\n"),
    "te_high_byte_behind": post(b"Transfer-Encoding: chunked\xa0\r\n", b"0\r\n\r\n"),
    "te_cr_before": post(b"Transfer-Encoding: \rchunked\r\n", b"0\r\n\r\n"),
    "te_quoted": post(b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n"),
    "te_parameter": post(b"Transfer-Encoding: chunked;q=1\r\n", b"0\r\n\r\n"),
    "te_semicolon": post(b"Transfer-Encoding: chunked;\r\n", b"0\r\n\r\n"),
    "te_space_inside": post(b"Transfer-Encoding: chun ked\r\n", b"0\r\n\r\n"),
    "te_empty": post(b"Transfer-Encoding: \r\n", b"0\r\n\r\n"),
    "te_empty_and_length": post(b"Transfer-Encoding:\r\n" + CL5),
    "te_leading_comma_x": post(b"Transfer-Encoding: ,x,chunked\r\n", b"0\r\n\r\n"),
    "te_twice": post(TE + TE, b"0\r\n\r\n"),
    "te_twice_second_identity": post(TE + b"Transfer-Encoding: identity\r\n", b"0\r\n\r\n"),
    "te_twice_first_unknown": post(b"Transfer-Encoding: cow\r\n" + TE, b"0\r\n\r\n"),
    "te_twice_second_unknown": post(TE + b"Transfer-Encoding: cow\r\n", b"0\r\n\r\n"),
    "te_in_http_1_0": post(TE, b"5\r\nhello\r\n0\r\n\r\n", line=b"POST /case HTTP/1.0\r\n"),
    "te_and_length_in_http_1_0": post(TE + CL5, b"0\r\n\r\n", line=b"POST /case HTTP/1.0\r\n"),
    # Fields
    "space_before_colon": post(b"Content-Length : 5\r\n"),
    "tab_before_colon": post(b"Content-Length\t: 5\r\n"),
    "space_before_colon_te": post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
    "space_before_colon_other": get(b"X-Any : 1\r\n"),
    "space_in_name": get(b"X Any: 1\r\n"),
    "leading_space_first_field": get(host=b" Host: story.test\r\n"),
    "leading_space_line_before_te": b"POST /case HTTP/1.1\r\n \r\n" + H + TE + b"\r\n0\r\n\r\n",
    "leading_space_field_behind_request_line": b"GET /case HTTP/1.1\r\n X: 1\r\n" + H + b"\r\n",
    "obs_fold": get(b"X-Any: a\r\n b\r\n"),
    "obs_fold_tab": get(b"X-Any: a\r\n\tb\r\n"),
    "obs_fold_te": post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"),
    "obs_fold_length": post(b"Content-Length:\r\n 5\r\n"),
    "obs_fold_hides_te": post(b"X-Any: x\r\n Transfer-Encoding: chunked\r\n" + CL5),
    "obs_fold_empty_line": get(b"X-Any: a\r\n \r\n"),
    "bare_lf_field": get(b"X-Any: a\nX-Other: b\r\n"),
    "bare_lf_hides_te": post(b"X-Any: a\nTransfer-Encoding: chunked\r\n" + CL5),
    "bare_lf_ends_request_line": b"GET /case HTTP/1.1\n" + H + b"\r\n",
    "bare_lf_ends_head": b"GET /case HTTP/1.1\r\nHost: story.test\r\n\n",
    "bare_lf_everywhere": b"GET /case HTTP/1.1\nHost: story.test\n\n",
    "bare_cr_in_value": get(b"X-Any: a\rb\r\n"),
    "bare_cr_hides_te": post(b"X-Any: a\rTransfer-Encoding: chunked\r\n" + CL5),
    "bare_cr_ends_lines": b"GET /case HTTP/1.1\rHost: story.test\r\r",
    "bare_cr_before_crlf": get(b"X-Any: a\r\r\n"),
    "cr_at_name_start": get(b"\rX-Any: a\r\n"),
    "bare_cr_in_request_line": b"GET /case\r HTTP/1.1\r\n" + H + b"\r\n",
    "nul_in_value": get(b"X-Any: a\x00b\r\n"),
    "nul_in_name": get(b"X-A\x00ny: a\r\n"),
    "nul_ends_name": get(b"X-Any\x00: a\r\n"),
    "nul_in_target": b"GET /ca\x00se HTTP/1.1\r\n" + H + b"\r\n",
    "nul_in_method": b"GE\x00T /case HTTP/1.1\r\n" + H + b"\r\n",
    "nul_in_host": get(host=b"Host: story\x00.test\r\n"),
    "control_in_value": get(b"X-Any: a\x01b\r\n"),
    "del_in_value": get(b"X-Any: a\x7fb\r\n"),
    "escape_in_value": get(b"X-Any: a\x1b[0m\r\n"),
    "control_in_name": get(b"X-\x01Any: a\r\n"),
    "no_colon": get(b"X-Any\r\n"),
    "empty_name": get(b": value\r\n"),
    "high_byte_in_name": get(b"X-\xe9: a\r\n"),
    "name_with_slash": get(b"X/Any: a\r\n"),
    "name_with_brackets": get(b"X(Any): a\r\n"),
    "name_with_quote": get(b'X"Any": a\r\n'),
    "name_with_comma": get(b"X,Any: a\r\n"),
    # Hosts
    "host_missing": b"GET /case HTTP/1.1\r\nX: 1\r\n\r\n",
    "host_twice": get(b"Host: other.test\r\n"),
    "host_with_fold": get(host=b"Host: story.test\r\n .evil\r\n"),
    "host_space_before_colon": get(host=b"Host : story.test\r\n"),
    "host_list": get(host=b"Host: a.test, b.test\r\n"),
    "host_userinfo": get(host=b"Host: user@story.test\r\n"),
    "host_with_path": get(host=b"Host: story.test/path\r\n"),
    "absolute_form_with_two_hosts": b"GET http://story.test/case HTTP/1.1\r\n" + H + b"Host: other.test\r\n\r\n",
    "absolute_form_userinfo": b"GET http://user:pass@story.test/case HTTP/1.1\r\n" + H + b"\r\n",
    "absolute_form_without_host": b"GET http://story.test/case HTTP/1.1\r\n\r\n",
    "absolute_form_empty_host": b"GET http:///case HTTP/1.1\r\n" + H + b"\r\n",
    # Request line
    "tab_between_method_and_target": b"GET\t/case HTTP/1.1\r\n" + H + b"\r\n",
    "tab_before_version": b"GET /case\tHTTP/1.1\r\n" + H + b"\r\n",
    "vertical_tab_in_line": b"GET /case\x0bHTTP/1.1\r\n" + H + b"\r\n",
    "space_behind_version": b"GET /case HTTP/1.1 \r\n" + H + b"\r\n",
    "space_before_method": b" GET /case HTTP/1.1\r\n" + H + b"\r\n",
    "space_in_target": b"GET /ca se HTTP/1.1\r\n" + H + b"\r\n",
    "two_targets": b"GET /case /other HTTP/1.1\r\n" + H + b"\r\n",
    "smuggled_version": b"GET /case HTTP/1.1 HTTP/1.1\r\n" + H + b"\r\n",
    "no_target": b"GET HTTP/1.1\r\n" + H + b"\r\n",
    "no_version": b"GET /case\r\n" + H + b"\r\n",
    "no_version_alone": b"GET /case\r\n\r\n",
    "target_without_slash": b"GET case HTTP/1.1\r\n" + H + b"\r\n",
    "target_asterisk_with_get": b"GET * HTTP/1.1\r\n" + H + b"\r\n",
    "target_backslash_start": b"GET \\case HTTP/1.1\r\n" + H + b"\r\n",
    "target_control": b"GET /ca\x01se HTTP/1.1\r\n" + H + b"\r\n",
    "target_del": b"GET /ca\x7fse HTTP/1.1\r\n" + H + b"\r\n",
    "target_fragment": b"GET /case#part HTTP/1.1\r\n" + H + b"\r\n",
    "method_with_colon": b"GET: /case HTTP/1.1\r\n" + H + b"\r\n",
    "method_with_parens": b"G(E)T /case HTTP/1.1\r\n" + H + b"\r\n",
    "method_empty": b" /case HTTP/1.1\r\n" + H + b"\r\n",
    "version_lower_case": b"GET /case http/1.1\r\n" + H + b"\r\n",
    "version_of_one_number": b"GET /case HTTP/1\r\n" + H + b"\r\n",
    "version_two_digits": b"GET /case HTTP/1.10\r\n" + H + b"\r\n",
    "version_zeros": b"GET /case HTTP/01.1\r\n" + H + b"\r\n",
    "version_comma": b"GET /case HTTP/1,1\r\n" + H + b"\r\n",
    "version_other_protocol": b"GET /case ICY/1.1\r\n" + H + b"\r\n",
    "version_plus": b"GET /case HTTP/+1.1\r\n" + H + b"\r\n",
    "tls_hello": bytes.fromhex("16030100a5010000a10303") + b"x" * 100 + b"\r\n\r\n",
    "garbage": b"\xff\xfe\xfd\r\n\r\n",
    "half_h2_preface": b"PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
}

# Other statuses that fit as well as 400.
FITTING = {"version_of_one_number": (400, 505), "version_two_digits": (400, 505), "version_zeros": (400, 505), "half_h2_preface": (400, 405, 501, 505),
           "no_version": (400, 505), "no_version_alone": (400, 505),
           "length_overflow_64": (400, 413), "length_overflow_63": (400, 413), "length_overflow_far": (400, 413)}
FITTING.update({name: (400, 501) for name in REFUSED if name.startswith("te_")})


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_and_nothing_reaches_the_backend(wall, name):
    verdict = Verdict(*wall, REFUSED[name])
    assert verdict.is_refused(FITTING.get(name, (400,))), str(verdict)
    assert verdict.reached_nothing(), str(verdict)


TAIL = b"0\r\n\r\n" + INNER
CUT = {
    "size_overflow_64": chunked(b"10000000000000005\r\nhello\r\n" + TAIL),
    "size_overflow_far": chunked(b"f" * 40 + b"\r\nhello\r\n" + TAIL),
    "size_max": chunked(b"ffffffffffffffff\r\nhello\r\n" + TAIL),
    "size_negative": chunked(b"-5\r\nhello\r\n" + TAIL),
    "size_plus": chunked(b"+5\r\nhello\r\n" + TAIL),
    "size_0x": chunked(b"0x5\r\nhello\r\n" + TAIL),
    "size_0x_zero": chunked(b"0x0\r\n\r\n" + INNER),
    "size_empty": chunked(b"\r\nhello\r\n" + TAIL),
    "size_not_hex": chunked(b"g\r\nhello\r\n" + TAIL),
    "size_trailing_garbage": chunked(b"5xyz\r\nhello\r\n" + TAIL),
    "size_space_before": chunked(b" 5\r\nhello\r\n" + TAIL),
    "size_tab_before": chunked(b"\t5\r\nhello\r\n" + TAIL),
    "size_space_inside": chunked(b"5 5\r\nhello\r\n" + TAIL),
    "size_underscore": chunked(b"0_5\r\nhello\r\n" + TAIL),
    "size_nul": chunked(b"5\x00\r\nhello\r\n" + TAIL),
    "size_comma": chunked(b"5,5\r\nhello\r\n" + TAIL),
    "size_bare_lf": chunked(b"5\nhello\r\n" + TAIL),
    "size_bare_cr": chunked(b"5\rhello\r\n" + TAIL),
    "size_cr_cr_lf": chunked(b"5\r\r\nhello\r\n" + TAIL),
    "extension_bare_lf": chunked(b"5;x\nhello\r\n" + TAIL),
    "extension_bare_lf_hides_chunk": chunked(b"5;\n\r\nhello\r\n" + TAIL),
    "extension_bare_cr": chunked(b"5;a\rb\r\nhello\r\n" + TAIL),
    "extension_nul": chunked(b"5;a\x00b\r\nhello\r\n" + TAIL),
    "extension_cr_lf_cut": chunked(b"5;a\r\rhello\r\n" + TAIL),
    "chunk_end_missing": chunked(b"5\r\nhello" + TAIL),
    "chunk_end_bare_lf": chunked(b"5\r\nhello\n" + TAIL),
    "chunk_end_bare_cr": chunked(b"5\r\nhello\r" + TAIL),
    "chunk_end_other_bytes": chunked(b"5\r\nhelloXX" + TAIL),
    "chunk_too_long": chunked(b"5\r\nhello world\r\n" + TAIL),
    "chunk_too_short": chunked(b"8\r\nhello\r\n" + TAIL),
    "last_chunk_bare_lf": chunked(b"5\r\nhello\r\n0\n\r\n" + INNER),
    "last_chunk_end_bare_lf": chunked(b"5\r\nhello\r\n0\r\n\n" + INNER),
    "trailer_bare_lf": chunked(b"5\r\nhello\r\n0\r\nX: 1\n\r\n" + INNER),
    "trailer_nul": chunked(b"5\r\nhello\r\n0\r\nX: \x00\r\n\r\n" + INNER),
    "trailer_space_before_colon": chunked(b"5\r\nhello\r\n0\r\nX : 1\r\n\r\n" + INNER),
    "trailer_fold": chunked(b"5\r\nhello\r\n0\r\nX: 1\r\n 2\r\n\r\n" + INNER),
    "trailer_no_colon": chunked(b"5\r\nhello\r\n0\r\nX\r\n\r\n" + INNER),
    "trailer_request_line": chunked(b"5\r\nhello\r\n0\r\n" + INNER),
}


@pytest.mark.parametrize("name", CUT)
def test_broken_chunks_never_make_a_complete_request(wall, name):
    verdict = Verdict(*wall, CUT[name])
    # A size of 2^64-1 can be read, and then the chunk never becomes complete.
    assert verdict.is_refused((400, 408, 413) if name == "size_max" else (400,)), str(verdict)
    assert not (verdict.requests or verdict.malformed or verdict.dangling), str(verdict)


ONE = [("POST", "/case", b"hello")]
READ_ONCE = {
    "same_length_twice": (post(CL5 + CL5), ONE),
    "same_length_in_a_list": (post(b"Content-Length: 5, 5\r\n"), ONE),
    "length_1_comma_1": (post(b"Content-Length: 1,1\r\n", b"h"), [("POST", "/case", b"h")]),
    "length_with_zeros": (post(b"Content-Length: 0005\r\n"), ONE),
    "length_space_around": (post(b"Content-Length: \t 5 \t\r\n"), ONE),
    "te_space_around": (post(b"Transfer-Encoding: \t chunked \t\r\n", b"5\r\nhello\r\n0\r\n\r\n"), ONE),
    "te_case": (post(b"tRANSFER-eNCODING: cHUNKED\r\n", b"5\r\nhello\r\n0\r\n\r\n"), ONE),
    "te_leading_comma": (post(b"Transfer-Encoding: ,chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n"), ONE),
    "size_with_zeros": (chunked(b"0000005\r\nhello\r\n000\r\n\r\n"), ONE),
    "size_with_many_zeros": (chunked(b"0" * 30 + b"5\r\nhello\r\n0\r\n\r\n"), ONE),
    "size_space_behind": (chunked(b"5 \r\nhello\r\n0\r\n\r\n"), ONE),
    "size_upper_case": (chunked(b"A\r\nhellohello\r\n0\r\n\r\n"), [("POST", "/case", b"hellohello")]),
    "extension_long": (chunked(b"5;" + b"x" * 2000 + b"\r\nhello\r\n0\r\n\r\n"), ONE),
    "trailer_content_length": (chunked(b"5\r\nhello\r\n0\r\nContent-Length: 100\r\n\r\n"), ONE),
    "trailer_te": (chunked(b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"), ONE),
    "get_with_body": (get(CL5) + b"hello", [("GET", "/case", b"hello")]),
    "get_with_body_that_looks_like_a_request": (get(b"Content-Length: %d\r\n" % len(INNER)) + INNER, [("GET", "/case", INNER)]),
    "head_with_body": (get(CL5, line=b"HEAD /case HTTP/1.1\r\n") + b"hello", [("HEAD", "/case", b"hello")]),
    "length_in_http_1_0": (post(CL5, line=b"POST /case HTTP/1.0\r\n"), ONE),
    "empty_lines_before": (b"\r\n\r\n" + get(), [("GET", "/case", b"")]),
    "method_lower_case": (get(line=b"get /case HTTP/1.1\r\n"), [("get", "/case", b"")]),
    "method_mixed_case": (get(line=b"Get /case HTTP/1.1\r\n"), [("Get", "/case", b"")]),
    "method_unknown": (get(line=b"FROB /case HTTP/1.1\r\n"), [("FROB", "/case", b"")]),
    "method_token_characters": (get(line=b"M-SEARCH!x /case HTTP/1.1\r\n"), [("M-SEARCH!x", "/case", b"")]),
    "two_spaces_before_version": (get(line=b"GET /case  HTTP/1.1\r\n"), [("GET", "/case", b"")]),
    "two_spaces_before_target": (get(line=b"GET  /case HTTP/1.1\r\n"), [("GET", "/case", b"")]),
    "version_1_2": (get(line=b"GET /case HTTP/1.2\r\n"), [("GET", "/case", b"")]),
    "version_1_9": (get(line=b"GET /case HTTP/1.9\r\n"), [("GET", "/case", b"")]),
    "version_2_0": (get(line=b"GET /case HTTP/2.0\r\n"), []),
    "version_3_0": (get(line=b"GET /case HTTP/3.0\r\n"), []),
    "version_0_9": (get(line=b"GET /case HTTP/0.9\r\n"), []),
    "target_double_slash": (get(line=b"GET //case HTTP/1.1\r\n"), [("GET", "//case", b"")]),
    "target_backslash": (get(line=b"GET /a\\..\\case HTTP/1.1\r\n"), [("GET", "/a\\..\\case", b"")]),
    "target_high_bytes": (get(line=b"GET /\xc3\xa9 HTTP/1.1\r\n"), [("GET", "/\xc3\xa9", b"")]),
    "target_pct_crlf": (get(line=b"GET /%0d%0aX:%20y HTTP/1.1\r\n"), [("GET", "/%0d%0aX:%20y", b"")]),
    "target_pct_nul": (get(line=b"GET /%00 HTTP/1.1\r\n"), [("GET", "/%00", b"")]),
    "target_pct_broken": (get(line=b"GET /%zz HTTP/1.1\r\n"), [("GET", "/%zz", b"")]),
    "target_above_root": (get(line=b"GET /../../etc HTTP/1.1\r\n"), [("GET", "/../../etc", b"")]),
    "target_other_scheme": (get(line=b"GET ftp://story.test/case HTTP/1.1\r\n"), [("GET", "/case", b"")]),
    "target_https_scheme": (get(line=b"GET https://story.test/case HTTP/1.1\r\n"), [("GET", "/case", b"")]),
    "target_slash_authority": (get(line=b"GET //other.test/case HTTP/1.1\r\n"), [("GET", "//other.test/case", b"")]),
    "trace": (get(line=b"TRACE /case HTTP/1.1\r\n"), [("TRACE", "/case", b"")]),
    "host_empty": (get(host=b"Host:\r\n"), [("GET", "/case", b"")]),
    "many_small_fields": (get(b"".join(b"X-%d: 1\r\n" % n for n in range(60))), [("GET", "/case", b"")]),
}


@pytest.mark.parametrize("name", READ_ONCE)
def test_is_refused_or_read_in_exactly_one_way(wall, name):
    payload, reading = READ_ONCE[name]
    verdict = Verdict(*wall, payload)
    if not verdict.is_answered_without_backend():
        assert not (verdict.malformed or verdict.dangling or verdict.cut), str(verdict)
        assert verdict.as_read() == reading and verdict.requests, str(verdict)
        assert len(verdict.answers) == len(reading), str(verdict)


WHAT_CONNECTION_NAMES = {
    "content_length": (post(b"Connection: Content-Length\r\n" + CL5), b"hello"),
    "content_length_and_close": (post(b"Connection: close, Content-Length\r\n" + CL5), b"hello"),
    "transfer_encoding": (post(b"Connection: Transfer-Encoding\r\n" + TE, b"5\r\nhello\r\n0\r\n\r\n"), b"hello"),
    "host": (get(b"Connection: Host\r\n"), b""),
    "x_forwarded_for": (get(b"Connection: X-Forwarded-For\r\nX-Forwarded-For: 6.6.6.6\r\n"), b""),
    "x_forwarded_proto": (get(b"Connection: close, X-Forwarded-Proto, X-Forwarded-Host, Forwarded, Via, X-Request-Id\r\n"), b""),
    "connection": (get(b"Connection: Connection\r\n"), b""),
    "te": (get(b"Connection: TE\r\nTE: trailers\r\n"), b""),
    "empty_list": (get(b"Connection: ,,\r\n"), b""),
    "many": (get(b"Connection: " + b",".join(b"x%d" % n for n in range(500)) + b"\r\nx499: 1\r\n"), b""),
}


@pytest.mark.parametrize("name", WHAT_CONNECTION_NAMES)
def test_what_connection_names_never_takes_framing_or_weirs_own_fields_away(wall, name):
    payload, body = WHAT_CONNECTION_NAMES[name]
    verdict = Verdict(*wall, payload)
    if verdict.is_refused():
        assert verdict.reached_nothing(), str(verdict)
        return
    assert [one.body for one in verdict.requests] == [body] and not verdict.malformed, str(verdict)
    request = verdict.requests[0]
    assert request.one("host") == "story.test"
    for own in ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "via", "x-request-id"):
        assert request.has(own), f"{own} is missing; {verdict}"
    assert "6.6.6.6" not in request.get("x-forwarded-for", "") or name == "x_forwarded_for"
    assert not request.has("x499")


@pytest.mark.parametrize("twin", [
    b"Content_Length: 50\r\n", b"content_length: 0\r\n", b"Transfer_Encoding: chunked\r\n", b"Host_: x\r\n", b"X_Forwarded_For: 6.6.6.6\r\n",
    b"X_Forwarded-Proto: https\r\n", b"X-Forwarded_Host: evil.test\r\n", b"X_Request_Id: evil\r\n"])
def test_twin_names_with_an_underscore_never_stand_beside_the_real_ones(wall, twin):
    verdict = Verdict(*wall, post(CL5 + twin))
    if verdict.is_refused():
        assert verdict.reached_nothing(), str(verdict)
        return
    assert verdict.as_read() == ONE, str(verdict)
    folded = [name.lower().replace("_", "-") for name, _ in verdict.requests[0].fields]
    twin_name = twin.partition(b":")[0].decode().lower().replace("_", "-")
    assert folded.count(twin_name) <= 1, str(verdict)


def test_h2c_upgrade_never_reaches_the_backend(wall):
    verdict = Verdict(*wall, get(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"))
    if not verdict.is_refused():
        assert verdict.as_read() == [("GET", "/case", b"")], str(verdict)
        request = verdict.requests[0]
        assert not request.has("upgrade") and not request.has("http2-settings"), str(verdict)
        assert "upgrade" not in request.get("connection", "").lower(), str(verdict)


@pytest.mark.parametrize("upgrade", [b"h2c", b"H2C", b"websocket, h2c", b"h2c, websocket", b"HTTP/2.0", b"TLS/1.0"])
def test_h2c_never_goes_through_in_any_spelling(wall, upgrade):
    verdict = Verdict(*wall, get(b"Connection: upgrade\r\nUpgrade: " + upgrade + b"\r\n"))
    for request in verdict.requests:
        assert "h2c" not in request.get("upgrade", "").lower(), str(verdict)


def test_upgrade_that_connection_does_not_name_is_not_forwarded(wall):
    verdict = Verdict(*wall, get(b"Upgrade: websocket\r\n"))
    assert verdict.as_read() == [("GET", "/case", b"")] and not verdict.requests[0].has("upgrade"), str(verdict)


def test_a_request_behind_a_refused_one_is_never_read(wall):
    verdict = Verdict(*wall, get() + post(CL5 + TE, b"0\r\n\r\n") + INNER)
    assert ("GET", "/smuggled", b"") not in verdict.as_read(), str(verdict)
    assert [one.status for one in verdict.answers] in ([200, 400], [400]), str(verdict)


def test_a_body_is_never_read_as_a_request_after_an_early_answer(wall):
    """The answer comes before the body does; what follows is still the body of the first request."""
    weir, backend = wall
    with RawClient(weir.address) as client:
        client.send(post(b"Content-Length: %d\r\n" % len(INNER), b"", line=b"POST /nowhere HTTP/1.1\r\n"))
        client.send_if_open(INNER)
        client.read_response()
        client.half_close()
        client.read_until_close()
    assert "/smuggled" not in [one.target for one in backend.requests]


@pytest.mark.parametrize("split", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("name", ["length_and_chunked", "obs_fold_te", "bare_lf_hides_te", "two_lengths", "te_chunked_identity", "nul_in_value"])
def test_is_refused_however_the_bytes_are_cut(wall, name, split):
    weir, backend = wall
    before = len(backend.requests)
    payload = REFUSED[name]
    with RawClient(weir.address) as client:
        for at in range(0, len(payload), split):
            if not client.send_if_open(payload[at:at + split]):
                break
        try:
            assert client.read_response().status in (400, 501)
            assert client.read_until_close() == b""
        except Ended as ended:
            assert ended.rest == b""
    assert [one.target for one in backend.requests[before:]] == []
