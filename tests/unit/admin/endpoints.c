/* SPDX-License-Identifier: Apache-2.0 */
/* Orders about endpoints: what the path and the body say, as the process gets it. */
#include "stage.h"

#define HOME "127.0.0.1:9900"
#define ENDPOINTS "/api/v1/upstreams/app/endpoints/"

struct told {
    unsigned sets, removes;
    enum order_result result;
    struct endpoint_order order;
    char name[128], address[ADDRESS_TEXT_MAX + 1];
};

static void keep(struct told *told, const struct endpoint_order *order)
{
    char room[ADDRESS_TEXT_MAX];
    told->order = *order;
    snprintf(told->name, sizeof told->name, "%.*s", TEXT_ARGS(order->name));
    snprintf(told->address, sizeof told->address, "%.*s", TEXT_ARGS(address_write(&order->address, room)));
}

static enum order_result hand_set(void *owner, struct endpoint_order *order)
{
    struct told *told = owner;
    told->sets++;
    keep(told, order);
    if (!order->sets_weight)
        order->weight = 1;
    order->problem = told->result == ORDER_REFUSED ? "no" : NULL;
    return told->result;
}

static enum order_result hand_remove(void *owner, struct endpoint_order *order)
{
    struct told *told = owner;
    told->removes++;
    keep(told, order);
    return told->result;
}

static void start(struct stage *stage, struct told *told)
{
    *told = (struct told){0};
    stage_start(stage, HOME, "");
    stage->state.hands =
        (struct admin_hands){.owner = told, .set_endpoint = hand_set, .remove_endpoint = hand_remove};
}

static void weight_and_state_reach_the_process(void **state)
{
    (void)state;
    struct stage stage;
    struct told told;
    start(&stage, &told);
    struct text answer =
        stage_send(&stage, "PUT " ENDPOINTS "127.0.0.1:9", "{\"weight\":5,\"state\":\"drain\"}");
    assert_int_equal(status_of(answer), 200);
    assert_true(says(answer, "\r\n\r\n{\"address\":\"127.0.0.1:9\",\"weight\":5,\"state\":\"drain\"}\n"));
    assert_true(told.order.sets_weight);
    assert_int_equal(told.order.weight, 5);
    assert_int_equal(told.order.state, ORDER_DRAIN);
    assert_string_equal(told.address, "127.0.0.1:9");
    answer = stage_send(&stage, "PUT " ENDPOINTS "127.0.0.1:9", "{\"state\":\"down\"}");
    assert_true(says(answer, "\"weight\":1,\"state\":\"down\"}"));
    assert_false(told.order.sets_weight);
    answer = stage_send(&stage, "PUT " ENDPOINTS "127.0.0.1:9", "{\"weight\":0}");
    assert_true(says(answer, "\"weight\":0,\"state\":\"up\"}"));
    assert_int_equal(told.order.state, ORDER_KEEP);
    stage_end(&stage);
}

static void null_takes_a_weight_back(void **state)
{
    (void)state;
    struct stage stage;
    struct told told;
    start(&stage, &told);
    assert_int_equal(status_of(stage_send(&stage, "PUT " ENDPOINTS "127.0.0.1:9", "{\"weight\":null}")), 200);
    assert_true(told.order.forgets_weight);
    assert_false(told.order.sets_weight);
    stage_end(&stage);
}

static void results_have_their_status(void **state)
{
    (void)state;
    struct stage stage;
    struct told told;
    start(&stage, &told);
    told.result = ORDER_ADDED;
    assert_int_equal(status_of(stage_send(&stage, "PUT " ENDPOINTS "127.0.0.1:10", "{}")), 201);
    told.result = ORDER_REFUSED;
    struct text answer = stage_send(&stage, "PUT " ENDPOINTS "127.0.0.1:10", "{}");
    assert_int_equal(status_of(answer), 409);
    assert_true(says(answer, "{\"error\":\"no\"}"));
    told.result = ORDER_NO_ENDPOINT;
    assert_int_equal(status_of(stage_get(&stage, "DELETE " ENDPOINTS "127.0.0.1:10")), 404);
    told.result = ORDER_DONE;
    answer = stage_get(&stage, "DELETE " ENDPOINTS "127.0.0.1:9");
    assert_int_equal(status_of(answer), 200);
    assert_true(says(answer, "{\"removed\":\"127.0.0.1:9\"}"));
    assert_int_equal(told.removes, 2);
    stage_end(&stage);
}

static void addresses_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *line, *name, *address;
    } rows[] = {
        {"PUT " ENDPOINTS "unix:%2Frun%2fapp.sock", "unix:/run/app.sock", "unix:/run/app.sock"},
        {"PUT " ENDPOINTS "%5B::1%5D:80", "[::1]:80", "[::1]:80"},
        {"PUT " ENDPOINTS "[::1]:80", "[::1]:80", "[::1]:80"},
        {"PUT " ENDPOINTS "127.0.0.1%3A9", "127.0.0.1:9", "127.0.0.1:9"},
        {"PUT " ENDPOINTS "localhost:9", "localhost:9", "127.0.0.1:9"},
        {"PUT " ENDPOINTS "unix:%2Frun%2Fa%2520b", "unix:/run/a%20b", "unix:/run/a%20b"},
        {"PUT /api/v1/upstreams/%61pp/endpoints/127.0.0.1:9", "127.0.0.1:9", "127.0.0.1:9"},
    };
    struct stage stage;
    struct told told;
    start(&stage, &told);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text answer = stage_send(&stage, rows[i].line, "{}");
        if (status_of(answer) != 200)
            fail_msg("%s: %.*s", rows[i].line, TEXT_ARGS(answer));
        assert_string_equal(told.name, rows[i].name);
        assert_string_equal(told.address, rows[i].address);
    }
    stage_end(&stage);
}

static void addresses_that_are_none_are_400(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536",   "app:80",    "unix:",      "unix:app.sock", "::1:80",
        "[::1]",     "%20",         "127.0.0.1:9%0d%0a", "localhost", "localhost:x"};
    struct stage stage;
    struct told told;
    start(&stage, &told);
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        char line[128];
        snprintf(line, sizeof line, "PUT " ENDPOINTS "%s", addresses[i]);
        if (status_of(stage_send(&stage, line, "{}")) != 400)
            fail_msg("%s was taken", addresses[i]);
    }
    char line[4096] = "PUT " ENDPOINTS "unix:%2F";
    memset(line + strlen(line), 'a', 3000);
    assert_int_equal(status_of(stage_send(&stage, line, "{}")), 400);
    assert_int_equal(told.sets, 0);
    stage_end(&stage);
}

static void bodies_that_are_not_meant_are_400(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         "[]",
                                         "{\"weight\":65536}",
                                         "{\"weight\":-1}",
                                         "{\"weight\":1.5}",
                                         "{\"weight\":\"5\"}",
                                         "{\"weight\":false}",
                                         "{\"state\":null}",
                                         "{\"state\":\"sideways\"}",
                                         "{\"state\":1}",
                                         "{\"wieght\":5}",
                                         "{\"weight\":5,\"weight\":6}"};
    struct stage stage;
    struct told told;
    start(&stage, &told);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        if (status_of(stage_send(&stage, "PUT " ENDPOINTS "127.0.0.1:9", bodies[i])) != 400)
            fail_msg("%s was taken", bodies[i]);
    assert_int_equal(told.sets, 0);
    stage_end(&stage);
}

static void an_unknown_upstream_is_404(void **state)
{
    (void)state;
    struct stage stage;
    struct told told;
    start(&stage, &told);
    assert_int_equal(status_of(stage_send(&stage, "PUT /api/v1/upstreams/x/endpoints/127.0.0.1:9", "{}")),
                     404);
    assert_int_equal(status_of(stage_get(&stage, "DELETE /api/v1/upstreams/x/endpoints/127.0.0.1:9")), 404);
    assert_int_equal(status_of(stage_send(&stage, "PUT /api/v1/upstreams/app/endpoints/", "{}")), 404);
    assert_int_equal(told.sets + told.removes, 0);
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weight_and_state_reach_the_process),
        cmocka_unit_test(null_takes_a_weight_back),
        cmocka_unit_test(results_have_their_status),
        cmocka_unit_test(addresses_are_decoded),
        cmocka_unit_test(addresses_that_are_none_are_400),
        cmocka_unit_test(bodies_that_are_not_meant_are_400),
        cmocka_unit_test(an_unknown_upstream_is_404),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
