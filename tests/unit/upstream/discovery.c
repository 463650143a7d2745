/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery with a told clock and a directory that answers by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "upstream/discovery.h"

enum { TOLERANCE = 2 * WHEEL_TICK_MS };

struct scene {
    struct loop loop;
    struct directory directory; /* first that the callbacks get */
    struct question asked;
    char asked_name[QUESTION_NAME_MAX];
    unsigned asks, cancels, changes;
    bool refuses;
    struct resolved told; /* by changed, not owned */
    struct discovery *discovery;
    char log_path[40];
};

static struct scene *scene;

static struct query *by_hand(const struct directory *directory, const struct question *question)
{
    assert_ptr_equal(directory, &scene->directory);
    scene->asks++;
    if (scene->refuses)
        return NULL;
    scene->asked = *question;
    memcpy(scene->asked_name, question->name.at, question->name.len);
    scene->asked.name = (struct text){scene->asked_name, question->name.len};
    return (struct query *)(void *)scene; /* any pointer: discovery only keeps it */
}

static void by_hand_cancel(struct query *query)
{
    assert_ptr_equal(query, scene);
    scene->cancels++;
}

static void on_changed(void *owner, const struct resolved *list)
{
    assert_ptr_equal(owner, scene);
    scene->changes++;
    scene->told = *list;
}

static int begin(void **state)
{
    (void)state;
    scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    loop_init(&scene->loop, NULL);
    loop_tell_time(&scene->loop, 5000000);
    scene->directory = (struct directory){by_hand, by_hand_cancel, NULL};
    strcpy(scene->log_path, "/tmp/weir-discovery-XXXXXX");
    int file = mkstemp(scene->log_path);
    assert_true(file >= 0);
    close(file);
    assert_true(log_open(LOG_INFO, LOG_TEXT, scene->log_path));
    return 0;
}

static int end(void **state)
{
    (void)state;
    discovery_free(scene->discovery);
    assert_true(log_open(LOG_INFO, LOG_TEXT, "stderr"));
    unlink(scene->log_path);
    loop_clear(&scene->loop);
    free(scene);
    return 0;
}

static void discover(uint64_t refresh)
{
    struct discovery_settings settings = {.name = TEXT("app.test"), .port = 80, .refresh = refresh};
    struct discovery_owner owner = {TEXT("api"), scene, on_changed};
    scene->discovery = discovery_new(&scene->loop, &scene->directory, &settings, &owner);
    assert_non_null(scene->discovery);
}

static void pass(uint64_t ms)
{
    for (uint64_t at = 0; at < ms; at += WHEEL_TICK_MS)
        loop_tell_time(&scene->loop, scene->loop.now_us + WHEEL_TICK_MS * 1000);
}

/* The next question comes after so many ms and not before. */
static void asks_again_after(uint64_t ms)
{
    unsigned before = scene->asks;
    pass(ms - TOLERANCE);
    assert_int_equal(scene->asks, before);
    pass(2 * TOLERANCE);
    assert_int_equal(scene->asks, before + 1);
}

static void add(struct resolved *answer, const char *address, uint16_t priority, uint16_t weight)
{
    struct resolved_endpoint endpoint = {.priority = priority, .weight = weight};
    assert_null(address_read(text_of(address), &endpoint.address));
    assert_true(resolved_add(answer, &endpoint));
}

static void give(struct resolved *answer)
{
    resolved_settle(answer);
    scene->asked.answered(scene->asked.owner, answer);
    resolved_clear(answer);
}

static void answer(uint32_t ttl, const char *first, const char *second)
{
    struct resolved list = {.ttl = ttl};
    if (first != NULL)
        add(&list, first, 0, 1);
    if (second != NULL)
        add(&list, second, 0, 1);
    give(&list);
}

static void answer_failure(const char *why)
{
    struct resolved list = {.failure = why, .lacks_v4 = true, .lacks_v6 = true};
    give(&list);
}

static unsigned times_logged(const char *what)
{
    static char text[65536];
    FILE *log = fopen(scene->log_path, "r");
    unsigned count = 0;
    assert_non_null(log);
    text[fread(text, 1, sizeof text - 1, log)] = '\0';
    fclose(log);
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

static bool is_told(const char *written)
{
    struct address address;
    assert_null(address_read(text_of(written), &address));
    return resolved_has(&scene->told, &address);
}

static void it_asks_at_once_and_tells_what_it_found(void **state)
{
    (void)state;
    discover(0);
    assert_int_equal(scene->asks, 1);
    assert_true(text_equal(scene->asked.name, TEXT("app.test")));
    assert_int_equal(scene->asked.port, 80);
    assert_false(scene->asked.srv);
    assert_int_equal(scene->changes, 0);
    answer(60, "10.0.0.2:80", "10.0.0.1:80");
    assert_int_equal(scene->changes, 1);
    assert_int_equal(scene->told.count, 2);
    assert_true(is_told("10.0.0.1:80") && is_told("10.0.0.2:80"));
    assert_int_equal(times_logged("upstream api: app.test has 2 endpoints; came 10.0.0.1:80, 10.0.0.2:80"),
                     1);
}

static void it_asks_again_when_the_ttl_is_over(void **state)
{
    (void)state;
    discover(0);
    answer(7, "10.0.0.1:80", NULL);
    asks_again_after(7000);
}

static void a_ttl_counts_at_least_a_second_and_at_most_an_hour(void **state)
{
    (void)state;
    discover(0);
    answer(0, "10.0.0.1:80", NULL);
    asks_again_after(1000);
    answer(INT32_MAX, "10.0.0.1:80", NULL);
    asks_again_after(3600000);
}

static void refresh_is_a_fixed_time_instead(void **state)
{
    (void)state;
    discover(30000);
    answer(1, "10.0.0.1:80", NULL);
    asks_again_after(30000);
    answer(3600, "10.0.0.1:80", NULL);
    asks_again_after(30000);
}

static void the_same_answer_is_not_told_again(void **state)
{
    (void)state;
    discover(0);
    answer(1, "10.0.0.1:80", "10.0.0.2:80");
    asks_again_after(1000);
    answer(1, "10.0.0.2:80", "10.0.0.1:80");
    assert_int_equal(scene->changes, 1);
    assert_int_equal(times_logged("app.test has"), 1);
}

static void what_came_and_went_is_told_and_logged(void **state)
{
    (void)state;
    discover(0);
    answer(1, "10.0.0.1:80", "10.0.0.2:80");
    asks_again_after(1000);
    answer(1, "10.0.0.2:80", "[2001:db8::1]:80");
    assert_int_equal(scene->changes, 2);
    assert_true(is_told("[2001:db8::1]:80") && !is_told("10.0.0.1:80"));
    assert_int_equal(times_logged("has 2 endpoints; came [2001:db8::1]:80; went 10.0.0.1:80"), 1);
}

static void the_last_good_answer_stays_however_dns_fails(void **state)
{
    static const char *const failures[] = {"the name does not exist", "the name has no such records",
                                           "server failure", "timeout"};
    (void)state;
    discover(0);
    answer(1, "10.0.0.1:80", NULL);
    asks_again_after(1000);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        answer_failure(failures[i]);
        pass(30000 + TOLERANCE);
    }
    assert_int_equal(scene->changes, 1);
    assert_int_equal(discovery_list(scene->discovery)->count, 1);
}

static void failures_are_tried_again_later_and_later(void **state)
{
    static const uint64_t waits[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
    (void)state;
    discover(0);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        answer_failure("timeout");
        asks_again_after(waits[i]);
    }
    answer(3, "10.0.0.1:80", NULL);
    asks_again_after(3000);
    answer_failure("timeout");
    asks_again_after(1000);
}

static void a_failure_is_logged_when_it_begins_and_when_it_ends(void **state)
{
    (void)state;
    discover(0);
    for (int i = 0; i < 3; i++) {
        answer_failure("server failure");
        pass(30000 + TOLERANCE);
    }
    assert_int_equal(times_logged("can't be resolved: server failure; it goes on with 0 endpoints"), 1);
    assert_int_equal(times_logged("can't be resolved"), 1);
    answer(1, "10.0.0.1:80", NULL);
    assert_int_equal(times_logged("app.test is resolved again"), 1);
}

static void of_a_family_that_fails_the_known_ones_stay(void **state)
{
    struct resolved half = {.ttl = 60, .failure = "timeout", .lacks_v6 = true};
    (void)state;
    discover(0);
    answer(1, "10.0.0.1:80", "[2001:db8::1]:80");
    asks_again_after(1000);
    add(&half, "10.0.0.2:80", 0, 1);
    give(&half);
    assert_int_equal(scene->told.count, 2);
    assert_true(is_told("10.0.0.2:80") && is_told("[2001:db8::1]:80"));
    asks_again_after(1000);
}

static void the_lowest_priority_serves_and_the_others_are_backups(void **state)
{
    struct resolved services = {.ttl = 60};
    (void)state;
    discover(0);
    add(&services, "10.0.0.3:80", 20, 5);
    add(&services, "10.0.0.1:80", 10, 0);
    add(&services, "10.0.0.2:80", 10, 7);
    add(&services, "10.0.0.2:80", 20, 9);
    give(&services);
    assert_int_equal(scene->told.count, 3);
    assert_false(scene->told.list[0].backup);
    assert_int_equal(scene->told.list[0].weight, 1);
    assert_false(scene->told.list[1].backup);
    assert_int_equal(scene->told.list[1].weight, 7);
    assert_true(scene->told.list[2].backup);
}

static void other_weights_are_told_too(void **state)
{
    struct resolved services = {.ttl = 1}, changed = {.ttl = 1};
    (void)state;
    discover(0);
    add(&services, "10.0.0.1:80", 0, 1);
    give(&services);
    asks_again_after(1000);
    add(&changed, "10.0.0.1:80", 0, 2);
    give(&changed);
    assert_int_equal(scene->changes, 2);
    assert_int_equal(times_logged("weights or priorities changed"), 1);
}

static void a_resolver_that_takes_no_question_is_asked_again(void **state)
{
    (void)state;
    scene->refuses = true;
    discover(0);
    asks_again_after(1000);
    scene->refuses = false;
    asks_again_after(2000);
    answer(1, "10.0.0.1:80", NULL);
    assert_int_equal(scene->changes, 1);
}

static void its_end_cancels_the_question(void **state)
{
    (void)state;
    discover(0);
    discovery_free(scene->discovery);
    assert_int_equal(scene->cancels, 1);
    discover(0);
    answer(1, "10.0.0.1:80", NULL);
    discovery_free(scene->discovery);
    scene->discovery = NULL;
    assert_int_equal(scene->cancels, 1);
    pass(2000);
    assert_int_equal(scene->asks, 2);
}

static void a_reload_keeps_it_unless_another_name_is_asked_for(void **state)
{
    struct discovery_settings settings = {.name = TEXT("app.test"), .port = 80};
    (void)state;
    discover(0);
    answer(3600, "10.0.0.1:80", NULL);
    assert_true(discovery_follow(scene->discovery, &settings));
    settings.refresh = 5000;
    assert_true(discovery_follow(scene->discovery, &settings));
    asks_again_after(5000);
    settings.port = 81;
    assert_false(discovery_follow(scene->discovery, &settings));
    settings = (struct discovery_settings){.name = TEXT("other.test"), .port = 80};
    assert_false(discovery_follow(scene->discovery, &settings));
    settings = (struct discovery_settings){.name = TEXT("app.test"), .srv = TEXT("_http._tcp")};
    assert_false(discovery_follow(scene->discovery, &settings));
}

static void another_resolver_is_asked_at_once(void **state)
{
    (void)state;
    discover(0);
    discovery_ask_anew(scene->discovery);
    assert_int_equal(scene->cancels, 1);
    assert_int_equal(scene->asks, 2);
    answer(60, "10.0.0.1:80", NULL);
    discovery_ask_anew(scene->discovery);
    assert_int_equal(scene->cancels, 1);
    assert_int_equal(scene->asks, 3);
    answer(60, "10.0.0.1:80", NULL);
    assert_int_equal(scene->changes, 1);
    asks_again_after(60000);
}

static void a_service_and_its_domain_become_one_name(void **state)
{
    static const struct {
        const char *srv, *name, *whole;
    } names[] = {
        {"", "app.test", "app.test"},
        {"_http._tcp", "app.default.svc", "_http._tcp.app.default.svc"},
        {"_http._tcp.app", "app.default.svc", "_http._tcp.app.default.svc"},
        {"_http._tcp.app.default.svc", "app.default.svc", "_http._tcp.app.default.svc"},
        {"_http._tcp.App.default.SVC", "app.default.svc", "_http._tcp.App.default.SVC"},
        {"_http._tcp.app", "application.test", "_http._tcp.app.application.test"},
        {"_http._tcp.myapp", "app.test", "_http._tcp.myapp.app.test"},
        {"_http._tcp.app.test.", "other.test", "_http._tcp.app.test."},
        {"_http._tcp", "app.test.", "_http._tcp.app.test."},
    };
    char buffer[QUESTION_NAME_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct discovery_settings settings = {.name = text_of(names[i].name), .srv = text_of(names[i].srv)};
        struct text name = discovery_name(&settings, buffer);
        if (!text_equal(name, text_of(names[i].whole)))
            fail_msg("%.*s, not %s", TEXT_ARGS(name), names[i].whole);
    }
}

static void a_name_longer_than_dns_allows_is_none(void **state)
{
    char long_name[250], buffer[QUESTION_NAME_MAX];
    (void)state;
    memset(long_name, 'a', sizeof long_name);
    struct discovery_settings settings = {.name = {long_name, sizeof long_name}, .srv = TEXT("_http._tcp")};
    assert_int_equal(discovery_name(&settings, buffer).len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_asks_at_once_and_tells_what_it_found),
        TEST(it_asks_again_when_the_ttl_is_over),
        TEST(a_ttl_counts_at_least_a_second_and_at_most_an_hour),
        TEST(refresh_is_a_fixed_time_instead),
        TEST(the_same_answer_is_not_told_again),
        TEST(what_came_and_went_is_told_and_logged),
        TEST(the_last_good_answer_stays_however_dns_fails),
        TEST(failures_are_tried_again_later_and_later),
        TEST(a_failure_is_logged_when_it_begins_and_when_it_ends),
        TEST(of_a_family_that_fails_the_known_ones_stay),
        TEST(the_lowest_priority_serves_and_the_others_are_backups),
        TEST(other_weights_are_told_too),
        TEST(a_resolver_that_takes_no_question_is_asked_again),
        TEST(its_end_cancels_the_question),
        TEST(a_reload_keeps_it_unless_another_name_is_asked_for),
        TEST(another_resolver_is_asked_at_once),
        cmocka_unit_test(a_service_and_its_domain_become_one_name),
        cmocka_unit_test(a_name_longer_than_dns_allows_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
