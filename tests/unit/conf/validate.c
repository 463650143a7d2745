/* SPDX-License-Identifier: Apache-2.0 */
/* Single keys and values: kinds, forms, bounds, suggestions, features of later builds. */
#include "load.h"

#define WHOLE LISTENER UPSTREAM ROUTE
/* One route, in line 3, with an upstream to go to. */
#define WITH_ROUTE(more) LISTENER UPSTREAM "routes: [{upstream: app, " more "}]\n"
#define WITH_LISTENER(more) "listeners: [{listen: 127.0.0.1:8080, " more "}]\n" UPSTREAM ROUTE
#define WITH_UPSTREAM(more) LISTENER ROUTE "upstreams: {app: {endpoints: [127.0.0.1:9001], " more "}}\n"

static void an_unknown_key_suggests_the_nearest(void **state)
{
    load_wrong(state, WHOLE "wrokers: 2\n", 4, "unknown key 'wrokers'; did you mean 'workers'?");
    load_wrong(state, WITH_ROUTE("timeout: {}"), 3,
               "routes[0]: unknown key 'timeout'; did you mean 'timeouts'?");
    load_wrong(state, WITH_UPSTREAM("pool: {idel: 3}"), 3,
               "upstreams.app.pool: unknown key 'idel'; did you mean 'idle'?");
}

static void a_key_in_the_wrong_map_is_shown_its_own(void **state)
{
    load_wrong(state, WITH_ROUTE("path: /x"), 3, "did you mean 'match: {path: ...}'?");
}

static void a_key_like_nothing_lists_what_there_is(void **state)
{
    load_wrong(state, WHOLE "log: {zebra: 1}\n", 4, "unknown key 'zebra'; there are level, format, path");
}

static void a_missing_space_is_told_without_the_secret(void **state)
{
    load_wrong(state, WHOLE "admin: {token:hunter2}\n", 4, "a space is missing behind 'token:'");
    assert_false(any_problem_says(state, "hunter2"));
    load_wrong(state, WHOLE "admin:\n  token:hunter2\n", 5, "admin: needs a map, not a single value");
    assert_false(any_problem_says(state, "hunter2"));
}

static void all_problems_are_told_at_once_with_their_columns(void **state)
{
    struct loading *loading = *state;
    assert_null(load(state, "workers: 0\nlog: {level: loud}\n" LISTENER UPSTREAM
                            "routes:\n  - {upstream: ap, timeouts: {idle: 5}}\n"));
    problem_at(state, 1, 10, "workers: needs a whole number from 1 to 1024, or auto, not '0'");
    problem_at(state, 2, 14, "log.level: needs one of debug, info, warn, error, not 'loud'");
    problem_at(state, 4, 13, "upstreams.app: nothing uses this upstream");
    problem_at(state, 6, 16, "routes[0].upstream: there is no upstream 'ap'; did you mean 'app'?");
    problem_at(state, 6, 37, "routes[0].timeouts.idle: needs a duration with its unit");
    assert_int_equal(loading->problems.count, 5);
    assert_int_equal(loading->problems.errors, 4);
}

static void a_value_of_another_kind_is_a_problem(void **state)
{
    load_wrong(state, WHOLE "log: [info]\n", 4, "log: needs a map, not a list");
    load_wrong(state, WHOLE "workers: {a: b}\n", 4, "workers: needs a single value, not a map");
    assert_null(load(state, LISTENER UPSTREAM "routes: {upstream: app}\n"));
    problem_at(state, 3, 9, "routes: needs a list, not a map");
    load_wrong(state, "- a\n", 1, "needs a map, not a list");
}

static void a_required_key_that_is_missing_is_named(void **state)
{
    load_wrong(state, "listeners: [{name: web}]\n" UPSTREAM ROUTE, 1, "listeners[0]: needs the key 'listen'");
    load_wrong(state, LISTENER "routes: [{redirect: {status: 301}}]\n", 2,
               "routes[0].redirect: needs the key 'to'");
}

static void a_route_goes_to_exactly_one_target(void **state)
{
    load_wrong(state, LISTENER "routes: [{match: {path: /}}]\n", 2,
               "exactly one of upstream, split, redirect, respond");
    load_wrong(state, WITH_ROUTE("respond: {status: 200}"), 3, "it has several");
}

static void a_match_has_at_most_one_path(void **state)
{
    load_wrong(state, WITH_ROUTE("match: {path: /a, path_exact: /b}"), 3,
               "only one of path, path_exact, path_regex");
}

static void a_pattern_must_be_well_formed(void **state)
{
    load_wrong(state, WITH_ROUTE("match: {path_regex: '^/a(b'}"), 3,
               "path_regex: missing closing parenthesis, at offset 5 of the pattern");
    load_wrong(state, WITH_ROUTE("match: {path_regex: '/[z-a]'}"), 3, "range out of order");
    load_wrong(state, WITH_ROUTE("match: {path_regex: '(*UTF)/'}"), 3, "at offset");
    load_wrong(state, WITH_ROUTE("match: {path_regex: ''}"), 3, "path_regex");
    load_wrong(state, WITH_ROUTE("match: {path_regex: [a, b]}"), 3, "needs a single value");
}

static void conditions_must_be_well_formed(void **state)
{
    load_wrong(state, WITH_ROUTE("match: {method: []}"), 3, "needs at least one item");
    load_wrong(state, WITH_ROUTE("match: {method: [A B]}"), 3, "match.method[0]: needs");
    load_wrong(state, WITH_ROUTE("match: {headers: {'A B': x}}"), 3, "the key 'A B' must be");
    load_wrong(state, WITH_ROUTE("match: {headers: {A: [x]}}"), 3, "needs a single value, not a list");
    load_wrong(state, WITH_ROUTE("match: {query: {'': x}}"), 3, "the key '' must be");
    load_wrong(state, WITH_ROUTE("match: {query: [v]}"), 3, "needs a map, not a list");
}

static void an_upstream_needs_endpoints(void **state)
{
    load_wrong(state, LISTENER ROUTE "upstreams: {app: {}}\n", 3, "at least one of endpoints, discover");
    load_wrong(state, LISTENER ROUTE "upstreams: {app: {endpoints: []}}\n", 3, "needs at least one item");
}

static void endpoints_are_addresses_not_names(void **state)
{
    load_wrong(state, LISTENER ROUTE "upstreams: {app: {endpoints: [app.internal:80]}}\n", 3,
               "names are resolved by discover: {dns: NAME:PORT}");
    load_wrong(state, LISTENER ROUTE "upstreams: {app: {endpoints: ['127.0.0.1']}}\n", 3,
               "needs an address and port");
    load_wrong(state, LISTENER ROUTE "upstreams: {app: {endpoints: ['127.0.0.1:0']}}\n", 3,
               "needs an address and port");
    load_wrong(state,
               LISTENER ROUTE "upstreams: {app: {endpoints: [{address: '127.0.0.1:1', weight: 65536}]}}\n", 3,
               "from 0 to 65535");
}

static void listen_addresses_must_be_well_formed(void **state)
{
    static const char *const wrong[] = {"8080",  ":8080",  "127.0.0.1", "127.0.0.1:65536",
                                        "[::1]", "web:80", "unix:a",    ""};
    char yaml[200];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(yaml, sizeof yaml, "listeners: [{listen: '%s'}]\n" UPSTREAM ROUTE, wrong[i]);
        load_wrong(state, yaml, 1, "listeners[0].listen: needs an address and port such as");
    }
}

static void a_misspelt_word_suggests_the_nearest(void **state)
{
    load_wrong(state, WITH_UPSTREAM("balance: least_request"), 3, "did you mean 'least_requests'?");
    load_wrong(state, WITH_UPSTREAM("balance: maglevv"), 3, "did you mean 'maglev'?");
}

static void forms_of_upstream_settings_are_checked(void **state)
{
    static const struct {
        const char *more, *said;
    } wrong[] = {
        {"hash_on: cookie", "needs client_ip, host, path, header:NAME or cookie:NAME"},
        {"hash_on: 'header:a b'", "needs client_ip, host, path, header:NAME or cookie:NAME"},
        {"health_check: {expect: [299-200]}", "needs a status or a range of them"},
        {"health_check: {expect: 99}", "needs a status or a range of them"},
        {"discover: {dns: 'a b'}", "needs a host name"},
        {"discover: {dns: 'app:99999'}", "needs a host name"},
        {"outlier: {max_ejected: 101%}", "needs a percentage"},
        {"sticky: {ttl: 1h}", "sticky: needs the key 'cookie'"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char yaml[400];
        snprintf(yaml, sizeof yaml, LISTENER ROUTE "upstreams: {app: {endpoints: [127.0.0.1:9001], %s}}\n",
                 wrong[i].more);
        assert_null(load(state, yaml));
        assert_true(any_problem_says(state, wrong[i].said));
    }
}

static void an_empty_split_is_a_problem(void **state)
{
    assert_null(load(state, LISTENER "routes: [{split: {}}]\n"));
    problem_at(state, 2, 18, "routes[0].split: needs at least one entry");
}

static void long_names_are_cut_in_messages(void **state)
{
    struct loading *loading = *state;
    char yaml[2000] = LISTENER UPSTREAM ROUTE "log: {", name[900];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml), "%s: 1}\n", name);
    load_wrong(state, yaml, 4, "log: unknown key 'nnnn");
    assert_true(loading->problems.list[0].message.len < 200);
}

static void hosts_paths_and_targets_must_be_well_formed(void **state)
{
    load_wrong(state, WITH_ROUTE("match: {host: 'http://a.example'}"), 3, "a host name");
    load_wrong(state, WITH_ROUTE("match: {host: 'a.*.example'}"), 3, "a host name");
    load_wrong(state, WITH_ROUTE("match: {host: '[::1]:80'}"), 3, "a host name");
    load_wrong(state, WITH_ROUTE("match: {host: [a.example, '']}"), 3, "match.host[1]: needs a host name");
    load_wrong(state, WITH_ROUTE("match: {path: v1}"), 3, "begins with '/'");
    load_wrong(state, WITH_ROUTE("match: {path: '/a?b'}"), 3, "begins with '/'");
    load_wrong(state, WITH_ROUTE("match: {path: '/%zz'}"), 3, "malformed %-escape");
    load_wrong(state, WITH_ROUTE("match: {path: /../x}"), 3, "leaves the root");
    load_wrong(state, LISTENER "routes: [{redirect: {to: 'https://{hst}'}}]\n", 2, "{host}");
    load_wrong(state, LISTENER "routes: [{redirect: {to: \"/a\\r\\nSet-Cookie: b\"}}]\n", 2,
               "a URL without spaces");
    load_wrong(state, LISTENER "routes: [{redirect: {to: /, status: 200}}]\n", 2,
               "needs one of 301, 302, 303, 307, 308");
}

static void respond_cannot_split_or_frame_an_answer(void **state)
{
    load_wrong(state, LISTENER "routes: [{respond: {headers: {A: \"b\\nc: d\"}}}]\n", 2,
               "a field value: one line");
    load_wrong(state, LISTENER "routes: [{respond: {headers: {'a b': c}}}]\n", 2,
               "the name of a header field");
    load_wrong(state, LISTENER "routes: [{respond: {headers: {Content-Length: 5}}}]\n", 2,
               "weir sets this one itself");
    load_wrong(state, LISTENER "routes: [{respond: {status: 199}}]\n", 2, "from 200 to 599");
}

static void error_bodies_are_for_statuses_of_errors(void **state)
{
    load_wrong(state, WITH_ROUTE("errors: {200: {body: x}}"), 3, "a status from 400 to 599");
    load_wrong(state, WITH_ROUTE("errors: {502: {}}"), 3, "exactly one of body, body_file");
    load_wrong(state, WITH_ROUTE("errors: {502: {body_file: /nowhere/at/all}}"), 3,
               "can't be read: No such file");
    load_wrong(state, WITH_ROUTE("errors: {502: {body_file: /dev/zero}}"), 3, "not a regular file");
}

static void bounds_of_durations_and_sizes_are_told_in_their_units(void **state)
{
    load_wrong(state, WITH_LISTENER("limits: {header_size: 100}"), 1,
               "needs a size from 512 to 16m, not '100'");
    load_wrong(state, WITH_LISTENER("keepalive: {interval: 0}"), 1,
               "needs a duration from 1ms to 32767s, not '0'");
    load_wrong(state, WITH_LISTENER("limits: {headers: many}"), 1,
               "needs a whole number from 1 to 10000, not 'many'");
}

static void features_of_later_builds_are_problems_with_their_place(void **state)
{
    static const char *const routes[] = {
        WITH_ROUTE("rate_limit: {rate: 1/s}"),
        WITH_ROUTE("plugins: [{cors: {}}]"),
    };
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        load_wrong(state, routes[i], 3, ": not in this build yet");
    load_wrong(state, WHOLE "state: {redis: {url: 'redis://h:1'}}\n", 4,
               "state.redis: not in this build yet");
    load_wrong(state, WITH_LISTENER("http3: on"), 1, "listeners[0].http3: not in this build yet");
    load_wrong(state, WITH_UPSTREAM("send_proxy: v1"), 3, "upstreams.app.send_proxy: not in this build yet");
}

static void later_features_are_checked_for_their_form_too(void **state)
{
    assert_null(load(state, WITH_ROUTE("rate_limit: {rate: 100, scope: globe}")));
    problem_at(state, 3, 45, "rate_limit.rate: needs a rate");
    problem_at(state, 3, 57, "rate_limit.scope: needs one of shared, local");
    problem_at(state, 3, 26, "rate_limit: not in this build yet");
}

static void what_a_later_feature_has_switched_off_is_accepted(void **state)
{
    load_fine(state, WITH_LISTENER("http3: off, proxy_protocol: off, timeouts: {tls_handshake: 5s}"));
    load_fine(state, WITH_UPSTREAM("slow_start: 0s, send_proxy: 'off', max_requests: 0"));
    load_fine(state, WITH_ROUTE("redirects: {rewrite: no, follow: 0}, retries: {per_try: 0}, plugins: []"));
    load_fine(state, WITH_ROUTE("headers: {request: {set: {}, add: {}, remove: []}, response: {}}"));
    load_fine(state, WHOLE "state: {}\ncaches: {}\nplugins:\n");
    load_fine(state, LISTENER ROUTE "upstreams: {app: {endpoints: [{address: 127.0.0.1:1, backup: off}]}}\n");
}

static void secrets_are_never_shown(void **state)
{
    load_wrong(state, WHOLE "admin: {token: \"hunter2\\n\"}\n", 4, "admin.token: needs a field value");
    assert_false(any_problem_says(state, "hunter2"));
    assert_null(load(state, WHOLE "state: {redis: {url: 'http://:hunter2@h'}}\n"));
    problem_at(state, 4, 22, "state.redis.url: needs a URL of redis://");
    assert_false(any_problem_says(state, "hunter2"));
}

static void messages_say_what_to_write_instead(void **state)
{
    load_wrong(state, LISTENER UPSTREAM ROUTE "access_log: off\n", 4,
               "access_log: needs a map: to switch it off, write {path: off}");
    load_wrong(state, LISTENER UPSTREAM ROUTE "admin: no\n", 4,
               "admin: needs a map: to switch it off, write {listen: off}");
    load_wrong(state, LISTENER UPSTREAM ROUTE "log: off\n", 4, "log: needs a map, not a single value");
    load_wrong(state, LISTENER UPSTREAM "routes: [{upstream: app, timeouts: {idle: 9999999h}}]\n", 3,
               "routes[0].timeouts.idle: needs a duration of no more than 87600h");
    load_wrong(state, LISTENER UPSTREAM "routes:\n\t- {upstream: app}\n", 4,
               "a tab stands here; indent with spaces");
    load_wrong(state, LISTENER UPSTREAM "routes: @\n", 3, "this is not YAML: ");
}

static void what_only_building_finds_names_its_key_too(void **state)
{
    load_wrong(state, LISTENER UPSTREAM "routes: [{upstream: app, match: {path_regex: '('}}]\n", 3,
               "routes[0].match.path_regex: missing");
    load_wrong(state, LISTENER UPSTREAM "routes: [{split: {app: 0}}]\n", 3,
               "routes[0].split: every share is 0");
    load_wrong(state, LISTENER UPSTREAM "routes: [{respond: {}, mirror: {upstream: app}}]\n", 3,
               "routes[0].mirror: needs a route with upstream or split");
    load_wrong(state, LISTENER ROUTE "upstreams: {app: {discover: {dns: a.test}}}\n", 3,
               "upstreams.app.discover.dns: needs a port");
    load_wrong(state, LISTENER UPSTREAM "routes: [{upstream: app, errors: {502: {body_file: /nodir/x}}}]\n",
               3, "routes[0].errors.502.body_file: '/nodir/x' can't be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(an_unknown_key_suggests_the_nearest),
        loading_test(a_key_in_the_wrong_map_is_shown_its_own),
        loading_test(a_key_like_nothing_lists_what_there_is),
        loading_test(a_missing_space_is_told_without_the_secret),
        loading_test(all_problems_are_told_at_once_with_their_columns),
        loading_test(a_value_of_another_kind_is_a_problem),
        loading_test(a_required_key_that_is_missing_is_named),
        loading_test(a_route_goes_to_exactly_one_target),
        loading_test(a_match_has_at_most_one_path),
        loading_test(a_pattern_must_be_well_formed),
        loading_test(conditions_must_be_well_formed),
        loading_test(an_upstream_needs_endpoints),
        loading_test(endpoints_are_addresses_not_names),
        loading_test(listen_addresses_must_be_well_formed),
        loading_test(a_misspelt_word_suggests_the_nearest),
        loading_test(forms_of_upstream_settings_are_checked),
        loading_test(an_empty_split_is_a_problem),
        loading_test(long_names_are_cut_in_messages),
        loading_test(hosts_paths_and_targets_must_be_well_formed),
        loading_test(respond_cannot_split_or_frame_an_answer),
        loading_test(error_bodies_are_for_statuses_of_errors),
        loading_test(bounds_of_durations_and_sizes_are_told_in_their_units),
        loading_test(features_of_later_builds_are_problems_with_their_place),
        loading_test(later_features_are_checked_for_their_form_too),
        loading_test(what_a_later_feature_has_switched_off_is_accepted),
        loading_test(secrets_are_never_shown),
        loading_test(messages_say_what_to_write_instead),
        loading_test(what_only_building_finds_names_its_key_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
