/* SPDX-License-Identifier: Apache-2.0 */
/* What a backend is asked for: path and host as routes rewrite them. */
#include <stdio.h>

#include <cmocka.h>

#include "support/scene.h"

static void begin(struct scene *scene, struct rewrite_settings rewrite)
{
    scene_settings(scene);
    scene->routes[1].rewrite = rewrite;
}

/* The head that the backend gets for a request; good until the scene ends. */
static struct text asks(struct scene *scene, const char *head)
{
    scene_start(scene);
    peer_send(scene, scene_connect(scene), text_of(head));
    assert_int_equal(scene->backend_count, 1);
    return buffer_text(&scene->backends[0].got);
}

static void check_path(struct rewrite_settings rewrite, const char *target, const char *asked)
{
    struct scene scene;
    char head[200], line[200];
    snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", target);
    snprintf(line, sizeof line, "GET %s HTTP/1.1\r\n", asked);
    begin(&scene, rewrite);
    struct text got = asks(&scene, head);
    if (!text_starts(got, text_of(line)))
        fail_msg("%s: wanted %s, got %.*s", target, asked, TEXT_ARGS(got));
    scene_end(&scene);
}

static const struct rewrite_settings strip = {.strip_prefix = {"/v1", 3}};
static const struct rewrite_settings prefix = {.add_prefix = {"/api", 4}};
static const struct rewrite_settings both = {.strip_prefix = {"/v1", 3}, .add_prefix = {"/api/x", 6}};

static void strips_a_prefix_by_whole_segments(void **state)
{
    (void)state;
    check_path(strip, "/v1/a/b?c=/v1/d", "/a/b?c=/v1/d");
    check_path(strip, "/v1", "/");
    check_path(strip, "/v1/", "/");
    check_path(strip, "/v1?", "/?");
    check_path(strip, "/v10/a", "/v10/a");
    check_path(strip, "/a/v1", "/a/v1");
    check_path(strip, "/v1/v1", "/v1");
}

static void adds_a_prefix(void **state)
{
    (void)state;
    check_path(prefix, "/a?b", "/api/a?b");
    check_path(prefix, "/", "/api/");
    check_path(both, "/v1", "/api/x");
    check_path(both, "/v1/", "/api/x/");
    check_path(both, "/v1/a", "/api/x/a");
    check_path(both, "/other", "/api/x/other");
}

static void rewrites_the_path_that_the_route_matched(void **state)
{
    (void)state;
    check_path(strip, "/%76%31/a%2fb", "/a%2Fb");
    check_path(strip, "/v1/./a/../b", "/b");
    check_path(strip, "/v1//a", "/a");
    check_path(strip, "/x/../v1//evil.test/", "/evil.test/");
    check_path(both, "//v1/a?x=//..//", "/api/x/a?x=//..//");
}

static void leaves_the_path_as_it_came_without_a_rewrite(void **state)
{
    (void)state;
    check_path((struct rewrite_settings){0}, "/%76%31//a/./b?", "/%76%31//a/./b?");
    check_path((struct rewrite_settings){.host = HOST_UPSTREAM}, "/%76%31//a/./b?", "/%76%31//a/./b?");
}

static void leaves_the_asterisk_alone(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, both);
    assert_true(
        text_starts(asks(&scene, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), TEXT("OPTIONS * HTTP/1.1\r\n")));
    scene_end(&scene);
}

static void tells_the_backend_what_was_stripped(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, both);
    struct text got = asks(&scene, "GET /v1/a HTTP/1.1\r\nHost: h\r\nX-Forwarded-Prefix: /evil\r\n\r\n");
    assert_true(text_contains(got, TEXT("X-Forwarded-Prefix: /v1\r\n")));
    assert_false(text_contains(got, TEXT("/evil")));
    scene_end(&scene);
}

static void says_nothing_of_a_prefix_that_it_did_not_strip(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, strip);
    struct text got = asks(&scene, "GET /v10 HTTP/1.1\r\nHost: h\r\nX-Forwarded-Prefix: /evil\r\n\r\n");
    assert_false(text_contains(got, TEXT("X-Forwarded-Prefix")));
    scene_end(&scene);
}

static void check_host(struct scene *scene, const char *host)
{
    char line[100];
    snprintf(line, sizeof line, "\r\nHost: %s\r\n", host);
    struct text got = asks(scene, "GET /a HTTP/1.1\r\nHost: Public.test:8443\r\n\r\n");
    assert_true(text_contains(got, text_of(line)));
    assert_true(text_contains(got, TEXT("X-Forwarded-Host: Public.test:8443\r\n")));
    scene_end(scene);
}

static void keeps_the_host_unless_told_otherwise(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, strip);
    check_host(&scene, "Public.test:8443");
}

static void asks_for_the_name_that_is_given(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, (struct rewrite_settings){.host = HOST_NAME, .host_name = TEXT("app.internal:81")});
    check_host(&scene, "app.internal:81");
}

static void asks_for_the_endpoint(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, (struct rewrite_settings){.host = HOST_UPSTREAM});
    check_host(&scene, "127.0.0.1:9");
}

static void asks_for_the_upstreams_name_on_a_unix_socket(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, (struct rewrite_settings){.host = HOST_UPSTREAM});
    scene.endpoint.name = TEXT("unix:/run/app.sock");
    address_read(scene.endpoint.name, &scene.endpoint.address);
    check_host(&scene, "app");
}

static void never_asks_for_a_name_that_is_no_host(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, (struct rewrite_settings){.host = HOST_UPSTREAM});
    scene.cluster.name = TEXT("team/app");
    scene.endpoint.name = TEXT("unix:/run/app.sock");
    address_read(scene.endpoint.name, &scene.endpoint.address);
    check_host(&scene, "localhost");
}

static void a_request_without_host_asks_for_the_endpoint(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, (struct rewrite_settings){0});
    assert_true(text_contains(asks(&scene, "GET /a HTTP/1.0\r\n\r\n"), TEXT("\r\nHost: 127.0.0.1:9\r\n")));
    scene_end(&scene);
}

static void upgrades_are_rewritten_too(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, (struct rewrite_settings){.strip_prefix = TEXT("/v1"), .host = HOST_UPSTREAM});
    struct text got = asks(
        &scene, "GET /v1/chat?t=1 HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    assert_true(text_starts(got, TEXT("GET /chat?t=1 HTTP/1.1\r\n")));
    assert_true(text_contains(got, TEXT("\r\nHost: 127.0.0.1:9\r\n")));
    assert_true(text_contains(got, TEXT("Upgrade: websocket\r\n")));
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strips_a_prefix_by_whole_segments),
        cmocka_unit_test(adds_a_prefix),
        cmocka_unit_test(rewrites_the_path_that_the_route_matched),
        cmocka_unit_test(leaves_the_path_as_it_came_without_a_rewrite),
        cmocka_unit_test(leaves_the_asterisk_alone),
        cmocka_unit_test(tells_the_backend_what_was_stripped),
        cmocka_unit_test(says_nothing_of_a_prefix_that_it_did_not_strip),
        cmocka_unit_test(keeps_the_host_unless_told_otherwise),
        cmocka_unit_test(asks_for_the_name_that_is_given),
        cmocka_unit_test(asks_for_the_endpoint),
        cmocka_unit_test(asks_for_the_upstreams_name_on_a_unix_socket),
        cmocka_unit_test(never_asks_for_a_name_that_is_no_host),
        cmocka_unit_test(a_request_without_host_asks_for_the_endpoint),
        cmocka_unit_test(upgrades_are_rewritten_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
