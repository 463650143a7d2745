/* SPDX-License-Identifier: Apache-2.0 */
/* What a config says about requests and answers on their way: rewrite, headers, split, mirror, stickiness. */
#include "load.h"

#define WITH_ROUTE(keys) LISTENER UPSTREAM "routes: [{name: all, upstream: app, " keys "}]\n"

static const struct route_settings *route_of(const struct config *config)
{
    assert_int_equal(config->serve.route_count, 1);
    return &config->serve.routes[0];
}

static void assert_text(struct text text, const char *wanted)
{
    assert_int_equal(text.len, strlen(wanted));
    assert_true(text_equal(text, text_of(wanted)));
}

static void a_rewrite_is_normalised(void **state)
{
    const struct rewrite_settings *rewrite =
        &route_of(
             load_fine(state,
                       WITH_ROUTE("rewrite: {strip_prefix: /%76%31/, add_prefix: //a/./b, host: upstream}")))
             ->rewrite;
    assert_text(rewrite->strip_prefix, "/v1");
    assert_text(rewrite->add_prefix, "/a/b");
    assert_int_equal(rewrite->host, HOST_UPSTREAM);
    rewrite = &route_of(load_fine(state, WITH_ROUTE("rewrite: {strip_prefix: /, host: 'app.internal:81'}")))
                   ->rewrite;
    assert_text(rewrite->strip_prefix, "");
    assert_int_equal(rewrite->host, HOST_NAME);
    assert_text(rewrite->host_name, "app.internal:81");
    assert_int_equal(route_of(load_fine(state, LISTENER UPSTREAM ROUTE))->rewrite.host, HOST_PRESERVE);
}

static void a_rewrite_that_no_request_could_have_is_a_problem(void **state)
{
    load_wrong(state, WITH_ROUTE("rewrite: {strip_prefix: /a/../..}"), 3, "no path can have this prefix");
    load_wrong(state, WITH_ROUTE("rewrite: {add_prefix: a}"), 3, "needs a path that begins with '/'");
    load_wrong(state, WITH_ROUTE("rewrite: {host: 'a b'}"), 3, "needs preserve, upstream, or a host");
    load_wrong(state, WITH_ROUTE("rewrite: {host: team/app}"), 3, "needs preserve, upstream, or a host");
}

static void redirects_are_put_back_unless_told_otherwise(void **state)
{
    assert_true(route_of(load_fine(state, LISTENER UPSTREAM ROUTE))->redirects.rewrite);
    assert_false(route_of(load_fine(state, WITH_ROUTE("redirects: {rewrite: off}")))->redirects.rewrite);
    assert_int_equal(route_of(load_fine(state, WITH_ROUTE("redirects: {}")))->redirects.follow, 0);
}

static void rules_for_fields_know_what_they_are_for(void **state)
{
    const struct route_settings *route = route_of(load_fine(
        state,
        WITH_ROUTE(
            "headers: {request: {set: {X-A: '{host}{{'}, remove: [Via, X-B]}, response: {add: {X-C: c}}}")));
    assert_int_equal(route->request_fields->set_count, 1);
    assert_int_equal(route->request_fields->set[0].value.count, 2);
    assert_int_equal(route->request_fields->remove_count, 2);
    assert_int_equal(route->request_fields->remove[0].id, FIELD_VIA);
    assert_int_equal(route->response_fields->add_count, 1);
    route = route_of(load_fine(state, WITH_ROUTE("headers: {request: {set: {}, remove: []}}")));
    assert_null(route->request_fields);
    assert_null(route->response_fields);
}

static void fields_that_frame_or_belong_to_a_hop_cannot_be_changed(void **state)
{
    static const char *const names[] = {"Connection", "transfer-encoding", "Content-Length",
                                        "TE",         "Trailer",           "Upgrade",
                                        "Keep-Alive", "Proxy-Connection",  "Content_Length"};
    static const char *const places[] = {"request: {set: {%s: x}}",  "request: {add: {%s: x}}",
                                         "request: {remove: [%s]}",  "response: {set: {%s: x}}",
                                         "response: {add: {%s: x}}", "response: {remove: %s}"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t j = 0; j < sizeof places / sizeof *places; j++) {
            char rule[100], yaml[300];
            snprintf(rule, sizeof rule, places[j], names[i]);
            snprintf(yaml, sizeof yaml, LISTENER UPSTREAM "routes: [{upstream: app, headers: {%s}}]\n", rule);
            load_wrong(state, yaml, 3, "weir sets this one itself");
        }
    }
    load_wrong(state, WITH_ROUTE("headers: {request: {set: {host: a}}}"), 3, "rewrite.host");
    load_wrong(state, WITH_ROUTE("headers: {request: {remove: [HOST]}}"), 3, "rewrite.host");
}

static void placeholders_are_known_ones(void **state)
{
    load_wrong(state, WITH_ROUTE("headers: {request: {set: {X-A: 'a {hots}'}}}"), 3, "{client_ip}, {host}");
    load_wrong(state, WITH_ROUTE("headers: {request: {set: {X-A: 'a {'}}}"), 3, "{{ for the brace itself");
    load_wrong(state, WITH_ROUTE("headers: {response: {add: {X-A: '{{{'}}}"), 3, "{{ for the brace itself");
    load_wrong(state, WITH_ROUTE("headers: {response: {add: {X-A: \"a\\nb\"}}}"), 3, "needs a field value");
    load_fine(state, LISTENER "routes: [{redirect: {to: 'https://{host}{path}?{{{client_ip}'}}]\n");
}

static void a_split_refers_to_upstreams_by_weight(void **state)
{
#define TWO "upstreams: {app: {endpoints: [127.0.0.1:9001]}, next: {endpoints: [127.0.0.1:9002]}}\n"
    const struct route_settings *route =
        route_of(load_fine(state, LISTENER TWO "routes: [{split: {next: 10, app: 0}}]\n"));
    assert_int_equal(route->target, TARGET_SPLIT);
    assert_int_equal(route->split.count, 2);
    assert_int_equal(route->split.sum, 10);
    assert_int_equal(route->split.shares[0].cluster, 1);
    assert_int_equal(route->split.shares[0].weight, 10);
    load_wrong(state, LISTENER TWO "routes: [{split: {next: 0, app: 0}}]\n", 3, "every share is 0");
    assert_null(load(state, LISTENER TWO "routes: [{split: {next: 1, app: -1}}]\n"));
    problem_at(state, 3, 33, "needs a whole number");
    assert_null(load(state, LISTENER TWO "routes: [{split: {next: 1, ap: 1}}]\n"));
    assert_true(any_problem_says(state, "there is no upstream 'ap'"));
}

static void an_upstream_says_what_is_hashed_and_which_cookie_sticks(void **state)
{
#define UPSTREAM_WITH(keys) LISTENER ROUTE "upstreams: {app: {endpoints: [127.0.0.1:9001], " keys "}}\n"
    const struct cluster_settings *cluster =
        &load_fine(state, UPSTREAM_WITH("balance: maglev, hash_on: 'header:X-User'"))->serve.clusters[0];
    assert_int_equal(cluster->hash_on.source, HASH_HEADER);
    assert_text(cluster->hash_on.name, "X-User");
    load(state, UPSTREAM_WITH("hash_on: path"));
    assert_true(any_problem_says(state, "only ring_hash and maglev look at it"));
    cluster = &load_fine(state, UPSTREAM_WITH("balance: ring_hash, hash_on: path"))->serve.clusters[0];
    assert_int_equal(cluster->hash_on.source, HASH_PATH);
    assert_int_equal(cluster->sticky.cookie.len, 0);
    cluster = &load_fine(state, UPSTREAM_WITH("balance: ring_hash, sticky: {cookie: id}"))->serve.clusters[0];
    assert_int_equal(cluster->hash_on.source, HASH_CLIENT_IP);
    assert_text(cluster->sticky.cookie, "id");
    assert_int_equal(cluster->sticky.ttl, 3600000);
}

static void a_mirror_is_for_routes_that_have_a_backend(void **state)
{
    const struct route_settings *route =
        route_of(load_fine(state, LISTENER TWO "routes: [{upstream: app, mirror: {upstream: next}}]\n"));
    assert_int_equal(route->mirror.cluster, 1);
    assert_int_equal(route->mirror.percent, 100);
    route = route_of(load_fine(state, LISTENER UPSTREAM ROUTE));
    assert_int_equal(route->mirror.percent, 0);
    load_wrong(state, LISTENER UPSTREAM "routes: [{respond: {}, mirror: {upstream: app}}]\n", 3,
               "mirror: needs a route with upstream or split");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(a_rewrite_is_normalised),
        loading_test(a_rewrite_that_no_request_could_have_is_a_problem),
        loading_test(redirects_are_put_back_unless_told_otherwise),
        loading_test(rules_for_fields_know_what_they_are_for),
        loading_test(fields_that_frame_or_belong_to_a_hop_cannot_be_changed),
        loading_test(placeholders_are_known_ones),
        loading_test(a_split_refers_to_upstreams_by_weight),
        loading_test(a_mirror_is_for_routes_that_have_a_backend),
        loading_test(an_upstream_says_what_is_hashed_and_which_cookie_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
