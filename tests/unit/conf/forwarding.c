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

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(a_rewrite_is_normalised),
        loading_test(a_rewrite_that_no_request_could_have_is_a_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
