/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver, and discovery with it, against a real name server on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "knot.h"
#include "net/pulse.h"
#include "upstream/discovery.h"

enum { LIMIT = 20 /* s, for anything */ };

struct scene {
    uv_loop_t uv;
    struct loop loop;
    struct pulse pulse;
    uv_timer_t limit;
    bool late;
    struct knot knot;
    struct resolver *resolver;
    unsigned answers;
    struct resolved answer; /* a copy of the last one */
    unsigned changes;
};

static struct scene *scene;

static const char records[] = "both 30 A 127.0.0.1\nboth 20 A 127.0.0.2\nboth 25 AAAA ::1\n"
                              "alias 5 CNAME both\n"
                              "text TXT \"nothing else\"\n"
                              "_http._tcp.app 40 SRV 10 5 8080 both\n_http._tcp.app 40 SRV 20 0 8081 alone\n"
                              "_http._tcp.app 40 SRV 10 5 8082 vanished\n"
                              "_none._tcp.app SRV 0 0 0 .\n"
                              "_lost._tcp.app SRV 0 0 80 vanished\n"
                              "alone 50 A 127.0.0.3\n";

static void copy(struct resolved *to, const struct resolved *from)
{
    resolved_clear(to);
    for (size_t i = 0; i < from->count; i++)
        assert_true(resolved_add(to, &from->list[i]));
    to->ttl = from->ttl;
    to->failure = from->failure;
}

static void on_answer(void *owner, const struct resolved *answer)
{
    assert_ptr_equal(owner, scene);
    scene->answers++;
    uv_stop(&scene->uv);
    copy(&scene->answer, answer);
}

static void on_changed(void *owner, const struct resolved *list)
{
    assert_ptr_equal(owner, scene);
    scene->changes++;
    uv_stop(&scene->uv);
    copy(&scene->answer, list);
}

static void on_limit(uv_timer_t *limit)
{
    (void)limit;
    scene->late = true;
}

static struct resolver *new_resolver(uint64_t timeout)
{
    struct resolver_settings settings = {&scene->knot.address, 1, timeout, 2, NULL};
    struct resolver *resolver = resolver_new(&scene->loop, &settings);
    assert_non_null(resolver);
    return resolver;
}

static bool has_answers(unsigned count)
{
    return scene->answers >= count;
}

static bool has_changes(unsigned count)
{
    return scene->changes >= count;
}

static void run_until(bool (*is_enough)(unsigned count), unsigned count)
{
    uv_timer_start(&scene->limit, on_limit, LIMIT * 1000, 0);
    while (!is_enough(count) && !scene->late)
        uv_run(&scene->uv, UV_RUN_ONCE);
    uv_timer_stop(&scene->limit);
    assert_false(scene->late);
}

static struct query *begin_ask(const char *name, bool srv)
{
    struct question question = {text_of(name), srv, 80, scene, on_answer};
    return resolver_ask(scene->resolver, &question);
}

static void ask(const char *name, bool srv)
{
    assert_non_null(begin_ask(name, srv));
    run_until(has_answers, scene->answers + 1);
}

/* Until the server has read its zones. */
static void wait_for_server(void)
{
    struct timespec pause = {.tv_nsec = 10000000};
    for (int tries = 0; tries < 1000; tries++) {
        ask("ns.test.", false);
        if (scene->answer.failure == NULL)
            return;
        nanosleep(&pause, NULL);
    }
    fail_msg("knotd doesn't answer: %s", scene->answer.failure);
}

static int begin(void **state)
{
    (void)state;
    scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    assert_int_equal(uv_loop_init(&scene->uv), 0);
    loop_init(&scene->loop, NULL);
    scene->loop.uv = &scene->uv;
    assert_int_equal(pulse_start(&scene->pulse, &scene->loop), 0);
    assert_int_equal(uv_timer_init(&scene->uv, &scene->limit), 0);
    knot_start(&scene->knot, records);
    scene->resolver = new_resolver(2000);
    wait_for_server();
    scene->answers = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    resolver_free(scene->resolver);
    knot_clear(&scene->knot);
    pulse_stop(&scene->pulse);
    uv_close((uv_handle_t *)&scene->limit, NULL);
    uv_run(&scene->uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&scene->uv), 0);
    loop_clear(&scene->loop);
    resolved_clear(&scene->answer);
    free(scene);
    return 0;
}

static void answer_is(size_t index, const char *written)
{
    char buffer[ADDRESS_TEXT_MAX];
    assert_true(index < scene->answer.count);
    struct text address = address_write(&scene->answer.list[index].address, buffer);
    if (!text_equal(address, text_of(written)))
        fail_msg("%.*s, not %s", TEXT_ARGS(address), written);
}

static void fails_with(const char *name, bool srv, const char *why)
{
    ask(name, srv);
    assert_int_equal(scene->answer.count, 0);
    assert_non_null(scene->answer.failure);
    assert_string_equal(scene->answer.failure, why);
}

static void a_name_has_the_addresses_of_both_families_and_the_smallest_ttl(void **state)
{
    static const char *const names[] = {"both.test", "both.test."};
    (void)state;
    for (int i = 0; i < 2; i++) {
        ask(names[i], false);
        assert_null(scene->answer.failure);
        assert_int_equal(scene->answer.count, 3);
        answer_is(0, "127.0.0.1:80");
        answer_is(1, "127.0.0.2:80");
        answer_is(2, "[::1]:80");
        assert_int_equal(scene->answer.ttl, 20);
    }
}

static void an_alias_has_a_say_in_the_ttl(void **state)
{
    (void)state;
    ask("alias.test", false);
    assert_int_equal(scene->answer.count, 3);
    assert_int_equal(scene->answer.ttl, 5);
    ask("alias.test.", false);
    assert_int_equal(scene->answer.count, 3);
    assert_int_equal(scene->answer.ttl, 5);
}

static void a_family_without_records_is_no_failure(void **state)
{
    (void)state;
    ask("alone.test", false);
    assert_null(scene->answer.failure);
    assert_int_equal(scene->answer.count, 1);
}

static void each_failure_has_its_phrase(void **state)
{
    (void)state;
    fails_with("nobody.test", false, "the name does not exist");
    fails_with("nobody.test.", false, "the name does not exist");
    fails_with("text.test", false, "the name has no such records");
    fails_with("text.test.", false, "the name has no such records");
    fails_with("_http._tcp.nobody.test", true, "the name does not exist");
    fails_with("text.test", true, "the name has no such records");
    fails_with("any.broken.", false, "server failure");
    fails_with("elsewhere.example.", false, "refused by the server");
    fails_with("a..b.", false, "not a name that DNS can have");
}

static void a_service_has_the_ports_of_its_records_and_the_addresses_of_its_targets(void **state)
{
    (void)state;
    ask("_http._tcp.app.test", true);
    assert_null(scene->answer.failure); /* a target that doesn't exist is one less */
    assert_int_equal(scene->answer.count, 4);
    answer_is(0, "127.0.0.1:8080");
    answer_is(1, "127.0.0.2:8080");
    answer_is(2, "127.0.0.3:8081");
    answer_is(3, "[::1]:8080");
    assert_int_equal(scene->answer.ttl, 20);
    assert_int_equal(scene->answer.list[0].weight, 5);
    assert_false(scene->answer.list[0].backup);
    assert_int_equal(scene->answer.list[2].weight, 1);
    assert_true(scene->answer.list[2].backup);
}

static void a_service_without_endpoints_is_a_failure(void **state)
{
    (void)state;
    fails_with("_none._tcp.app.test", true, "the name has no such records");
    fails_with("_lost._tcp.app.test", true, "the name does not exist");
}

static void an_answer_too_large_for_a_packet_comes_over_tcp_and_is_bounded(void **state)
{
    static char many[80000];
    size_t at = 0;
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        at += (size_t)snprintf(many + at, sizeof many - at, "_many._tcp SRV 0 1 %u alone\n", 1000 + i);
    for (unsigned i = 0; i < 1500; i++)
        at += (size_t)snprintf(many + at, sizeof many - at, "many A 10.1.%u.%u\n", i / 250, i % 250);
    snprintf(many + at, sizeof many - at, "alone A 127.0.0.3\n");
    knot_zone(&scene->knot, many);
    struct timespec pause = {.tv_nsec = 10000000};
    for (int tries = 0; tries < 1000 && (tries == 0 || scene->answer.failure != NULL); tries++) {
        ask("_many._tcp.test", true);
        nanosleep(&pause, NULL);
    }
    assert_int_equal(scene->answer.count, 64);
    ask("many.test", false);
    assert_null(scene->answer.failure);
    assert_int_equal(scene->answer.count, RESOLVED_MAX);
}

static void an_address_and_a_name_of_the_hosts_file_need_no_server(void **state)
{
    (void)state;
    knot_end(&scene->knot);
    ask("192.0.2.7", false);
    if (scene->answer.failure != NULL)
        fail_msg("%s", scene->answer.failure);
    assert_int_equal(scene->answer.count, 1);
    answer_is(0, "192.0.2.7:80");
    ask("localhost", false);
    assert_null(scene->answer.failure);
    assert_true(scene->answer.count >= 1);
    answer_is(0, "127.0.0.1:80");
}

static void a_server_that_is_gone_is_told_at_once(void **state)
{
    (void)state;
    knot_end(&scene->knot);
    uint64_t before = uv_hrtime();
    fails_with("both.test.", false, "no server has an answer");
    assert_true(uv_hrtime() - before < 1500000000u);
}

static void a_server_that_is_silent_is_a_timeout(void **state)
{
    (void)state;
    resolver_free(scene->resolver);
    scene->resolver = new_resolver(100);
    knot_pause(&scene->knot);
    uint64_t before = uv_hrtime();
    fails_with("both.test.", false, "timeout");
    assert_true(uv_hrtime() - before > 150000000u && uv_hrtime() - before < 5000000000u);
}

static void what_is_cancelled_is_not_answered(void **state)
{
    (void)state;
    struct query *first = begin_ask("both.test.", false);
    assert_non_null(first);
    query_cancel(first);
    struct query *at_once = begin_ask("192.0.2.7", false);
    assert_non_null(at_once);
    query_cancel(at_once);
    ask("alone.test.", false);
    assert_int_equal(scene->answers, 1);
    assert_int_equal(scene->answer.count, 1);
}

static void its_end_leaves_nothing_behind(void **state)
{
    (void)state;
    knot_pause(&scene->knot);
    for (int i = 0; i < 20; i++)
        assert_non_null(begin_ask(i % 2 == 0 ? "both.test" : "_http._tcp.app.test", i % 2 != 0));
    uv_run(&scene->uv, UV_RUN_NOWAIT);
}

static void write_file(const char *path, const char *content)
{
    char fresh[80];
    snprintf(fresh, sizeof fresh, "%s/fresh", scene->knot.folder);
    FILE *file = fopen(fresh, "w");
    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(fresh, path), 0);
}

static void another_file_of_the_system_is_noticed(void **state)
{
    char path[80];
    (void)state;
    snprintf(path, sizeof path, "%s/resolv.conf", scene->knot.folder);
    write_file(path, "search test\noptions ndots:5\n");
    resolver_free(scene->resolver);
    struct resolver_settings settings = {&scene->knot.address, 1, 2000, 2, path};
    scene->resolver = resolver_new(&scene->loop, &settings);
    ask("alone", false);
    if (scene->answer.failure != NULL)
        fail_msg("%s", scene->answer.failure);
    assert_int_equal(scene->answer.count, 1);
    ask("_http._tcp.app", true);
    assert_int_equal(scene->answer.count, 4);
    knot_pause(&scene->knot);
    struct query *under_way = begin_ask("alone", false);
    write_file(path, "search elsewhere.test\noptions ndots:5\n");
    assert_non_null(begin_ask("alone", false)); /* the older question keeps its servers */
    knot_resume(&scene->knot);
    scene->answers = 0;
    run_until(has_answers, 2);
    assert_non_null(under_way);
    ask("alone", false);
    assert_non_null(scene->answer.failure);
    write_file(path, "search test\noptions ndots:5\n");
    ask("alone", false);
    assert_int_equal(scene->answer.count, 1);
}

static void a_name_that_is_too_long_is_not_asked_for(void **state)
{
    char name[QUESTION_NAME_MAX + 2];
    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_null(begin_ask(name, false));
}

static void discovery_sees_what_changes_and_outlives_the_server(void **state)
{
    struct discovery_settings settings = {.name = TEXT("alone.test"), .port = 8080};
    struct discovery_owner owner = {TEXT("api"), scene, on_changed};
    struct directory directory = directory_of(scene->resolver);
    (void)state;
    knot_zone(&scene->knot, "alone A 127.0.0.3\n");
    struct discovery *discovery = discovery_new(&scene->loop, &directory, &settings, &owner);
    assert_non_null(discovery);
    run_until(has_changes, 1);
    answer_is(0, "127.0.0.3:8080");
    knot_zone(&scene->knot, "alone A 127.0.0.4\nalone AAAA ::1\n");
    settings.refresh = 1000;
    assert_true(discovery_follow(discovery, &settings));
    run_until(has_changes, 2);
    assert_int_equal(scene->answer.count, 2);
    answer_is(0, "127.0.0.4:8080");
    knot_end(&scene->knot);
    run_until(has_changes, 2);
    assert_int_equal(discovery_list(discovery)->count, 2);
    discovery_free(discovery);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_has_the_addresses_of_both_families_and_the_smallest_ttl),
        TEST(an_alias_has_a_say_in_the_ttl),
        TEST(a_family_without_records_is_no_failure),
        TEST(each_failure_has_its_phrase),
        TEST(a_service_has_the_ports_of_its_records_and_the_addresses_of_its_targets),
        TEST(a_service_without_endpoints_is_a_failure),
        TEST(an_answer_too_large_for_a_packet_comes_over_tcp_and_is_bounded),
        TEST(an_address_and_a_name_of_the_hosts_file_need_no_server),
        TEST(a_server_that_is_gone_is_told_at_once),
        TEST(a_server_that_is_silent_is_a_timeout),
        TEST(what_is_cancelled_is_not_answered),
        TEST(its_end_leaves_nothing_behind),
        TEST(another_file_of_the_system_is_noticed),
        TEST(a_name_that_is_too_long_is_not_asked_for),
        TEST(discovery_sees_what_changes_and_outlives_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
