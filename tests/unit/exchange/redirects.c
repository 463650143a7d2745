/* SPDX-License-Identifier: Apache-2.0 */
/* What of a backend's fields is put back to the public address. */
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/scene.h"

static const struct rewrite_settings keep = {0};
static const struct rewrite_settings strip = {.strip_prefix = {"/v1", 3}};
static const struct rewrite_settings add = {.add_prefix = {"/api", 4}};
static const struct rewrite_settings both = {.strip_prefix = {"/v1", 3}, .add_prefix = {"/api/x", 6}};
static const struct rewrite_settings upstream = {.strip_prefix = {"/v1", 3}, .host = HOST_UPSTREAM};
static const struct rewrite_settings named = {.host = HOST_NAME, .host_name = {"app.internal", 12}};

/* The field's line of an answer to GET asked, as the client gets it. */
static void check_asked(const char *asked, struct rewrite_settings rewrite, const char *came,
                        const char *wanted)
{
    struct scene scene;
    char head[400], answer[4000], line[4000];
    scene_settings(&scene);
    scene.routes[1].rewrite = rewrite;
    scene.routes[1].redirects.rewrite = true;
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: pub.test:8443\r\n\r\n", asked);
    peer_send(&scene, client, text_of(head));
    snprintf(answer, sizeof answer, "HTTP/1.1 302 Found\r\n%s\r\nContent-Length: 0\r\n\r\n", came);
    peer_send(&scene, &scene.backends[0], text_of(answer));
    snprintf(line, sizeof line, "\r\n%s\r\n", wanted);
    struct text got = buffer_text(&client->got);
    if (!text_contains(got, text_of(line)))
        fail_msg("%s\nwanted %s, got\n%.*s", came, wanted, TEXT_ARGS(got));
    scene_end(&scene);
}

static void check(struct rewrite_settings rewrite, const char *came, const char *wanted)
{
    check_asked("/v1/a/b?q", rewrite, came, wanted);
}

static void stays(struct rewrite_settings rewrite, const char *came)
{
    check(rewrite, came, came);
}

static void puts_the_host_that_was_sent_back(void **state)
{
    (void)state;
    check(upstream, "Location: http://127.0.0.1:9/c?x=http://127.0.0.1:9/#f",
          "Location: http://pub.test:8443/v1/c?x=http://127.0.0.1:9/#f");
    check(named, "Location: http://App.Internal/c", "Location: http://pub.test:8443/c");
    check(named, "Location: http://app.internal:80/c", "Location: http://pub.test:8443/c");
    check(named, "Location: HTTP://app.internal.?x", "Location: http://pub.test:8443?x");
    check(named, "Location: //app.internal/c", "Location: //pub.test:8443/c");
    check(strip, "Location: http://pub.test:8443/c", "Location: http://pub.test:8443/v1/c");
    check(strip, "Location: http://pub.test:8443", "Location: http://pub.test:8443/v1/");
}

static void puts_the_endpoints_address_back(void **state)
{
    (void)state;
    check(keep, "Location: http://127.0.0.1:9/c", "Location: http://pub.test:8443/c");
    check(keep, "Content-Location: http://127.0.0.1:9", "Content-Location: http://pub.test:8443");
}

static void servers_put_their_own_port_behind_any_name(void **state)
{
    (void)state;
    check(keep, "Location: http://pub.test:9/c/", "Location: http://pub.test:8443/c/");
    check(named, "Location: http://app.internal:9/c/", "Location: http://pub.test:8443/c/");
}

static void leaves_other_places_alone(void **state)
{
    static const char *const others[] = {
        "http://pub.test/a",
        "https://pub.test:8443/a",
        "http://127.0.0.1/a",
        "http://127.0.0.1:99/a",
        "http://evil.test/127.0.0.1:9",
        "http://127.0.0.1:9@evil.test/",
        "http://u@127.0.0.1:9/",
        "http://127.0.0.1:9.evil.test",
        "http://127.0.0.1:9:9/",
        "ftp://127.0.0.1:9/",
        "http:127.0.0.1:9/",
        "http:/127.0.0.1:9/",
        "javascript:alert(1)",
        "data:text/html,/a",
        "mailto:a@127.0.0.1:9",
        "http:///127.0.0.1:9/",
        "//evil.test/a",
        "///evil.test/a",
        "http://127.0.0.1:9\\@evil.t",
        "/\\evil.test/a",
        "\\\\127.0.0.1:9/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::1]:9/",
        "http://[::1",
        "http://%31%32%37.0.0.1:9/",
        "http://127.0.0.1:99999/",
        "http://",
        "//",
        "",
        "/a b",
        "/a\tb",
        "h ttp://127.0.0.1:9/",
        "http://127.0.0.1 :9/",
    };
    char line[200];
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        snprintf(line, sizeof line, "Location: %s", others[i]);
        stays(upstream, line);
    }
}

static void undoes_the_prefixes_of_paths(void **state)
{
    (void)state;
    check(strip, "Location: /c?d=/e#/f", "Location: /v1/c?d=/e#/f");
    check(strip, "Location: /", "Location: /v1/");
    check(strip, "Location: /v10/a", "Location: /v1/v10/a");
    check(strip, "Location: //evil.test/", "Location: //evil.test/");
    check(add, "Location: /api/c", "Location: /c");
    check(add, "Location: /api", "Location: /");
    check(add, "Location: /api?x", "Location: /?x");
    check(both, "Location: /api/x", "Location: /v1");
    check(both, "Location: /api/x/", "Location: /v1/");
    check(both, "Location: /api/x//c%2F", "Location: /v1//c%2F");
    check(both, "Content-Location: /api/x/c", "Content-Location: /v1/c");
}

static void leaves_paths_alone_that_the_route_does_not_make(void **state)
{
    (void)state;
    stays(keep, "Location: /a/../b");
    stays(add, "Location: /apix");
    stays(add, "Location: /other");
    stays(both, "Location: /api/y");
    stays(add, "Location: /api%2Fc");
}

static void a_backend_may_know_the_public_prefix(void **state)
{
    (void)state;
    stays(strip, "Location: /v1/c");
    stays(strip, "Location: http://pub.test:8443/v1?x");
}

static void nothing_is_put_back_that_was_not_taken(void **state)
{
    (void)state;
    check_asked("/other", strip, "Location: /c", "Location: /c");
    check_asked("/other", upstream, "Location: http://127.0.0.1:9/c", "Location: http://pub.test:8443/c");
}

static void what_is_left_of_a_path_never_becomes_a_host(void **state)
{
    (void)state;
    check(add, "Location: /api//evil.test/", "Location: http://pub.test:8443//evil.test/");
    check(add, "Location: http://127.0.0.1:9/api//evil.test/", "Location: http://pub.test:8443//evil.test/");
    check_asked("/a", add, "Link: </api//evil.test/>", "Link: <http://pub.test:8443//evil.test/>");
}

static void dot_segments_do_not_cross_a_prefix(void **state)
{
    (void)state;
    check(strip, "Location: /a/../c", "Location: /v1/c");
    check(strip, "Location: /./%2e%2E/c", "Location: /./%2e%2E/c");
    check(add, "Location: /api/../c", "Location: /api/../c");
    check(add, "Location: /x/../api/c", "Location: /c");
    check(both, "Location: http://127.0.0.1:9/api/x/../../c", "Location: http://pub.test:8443/api/x/../../c");
    check(strip, "Location: /.well-known/x", "Location: /v1/.well-known/x");
}

static void relative_references_stay_where_they_mean_the_same(void **state)
{
    (void)state;
    stays(strip, "Location: c/d?e");
    stays(strip, "Location: ../c");
    stays(strip, "Location: ?x");
    stays(strip, "Location: #f");
    stays(both, "Location: .");
}

static void relative_references_are_resolved_where_they_would_not(void **state)
{
    (void)state;
    check_asked("/v1", strip, "Location: c?d", "Location: /v1/c?d");
    check_asked("/v1", both, "Location: x/c", "Location: /v1/c");
    check_asked("/v1", both, "Location: c", "Location: c");
    check_asked("/v1/", strip, "Location: c", "Location: c");
}

static void refresh_has_its_url_put_back(void **state)
{
    (void)state;
    check(upstream, "Refresh: 5; url=http://127.0.0.1:9/c", "Refresh: 5; url=http://pub.test:8443/v1/c");
    check(strip, "Refresh: 0;URL = '/c;d' x", "Refresh: 0;URL = '/v1/c;d' x");
    check(strip, "Refresh: 0, url=\"/c", "Refresh: 0, url=\"/v1/c");
    check(strip, "Refresh: 1; /c?url=/d", "Refresh: 1; /v1/c?url=/d");
    stays(strip, "Refresh: 5");
    stays(strip, "Refresh: 5;");
    stays(strip, "Refresh: 5; url=");
    stays(strip, "Refresh: ; url='");
    stays(strip, "Refresh: 5; url=http://evil.test/");
}

static void link_has_its_references_put_back(void **state)
{
    (void)state;
    check(upstream, "Link: </c>; rel=next, <http://127.0.0.1:9/d>;rel=\"x </e>\", <http://evil.test/>",
          "Link: </v1/c>; rel=next, <http://pub.test:8443/v1/d>;rel=\"x </e>\", <http://evil.test/>");
    check(strip, "Link: <>;a, </c,d;e>", "Link: <>;a, </v1/c,d;e>");
    check(strip, "Link: x=\"\\\"</c>\", </d>", "Link: x=\"\\\"</c>\", </v1/d>");
    stays(strip, "Link: </c");
    stays(strip, "Link: <");
    stays(strip, "Link: \"</c>");
    stays(strip, "Link: <c>; rel=preload");
}

static void cookies_have_domain_and_path_put_back(void **state)
{
    (void)state;
    check(named, "Set-Cookie: a=b; Domain=app.internal; Secure", "Set-Cookie: a=b; Domain=pub.test; Secure");
    check(named, "Set-Cookie: a=b;domain = .App.Internal", "Set-Cookie: a=b;domain = .pub.test");
    check(strip, "Set-Cookie: a=/c; Path=/c; HttpOnly", "Set-Cookie: a=/c; Path=/v1/c; HttpOnly");
    check(strip, "Set-Cookie: a=b; path=/", "Set-Cookie: a=b; path=/v1");
    check(both, "Set-Cookie: a; Path=/api/x/c", "Set-Cookie: a; Path=/v1/c");
    check(both, "Set-Cookie: a; Path=/api", "Set-Cookie: a; Path=/v1");
    check(both, "Set-Cookie: a; Path=/", "Set-Cookie: a; Path=/v1");
    check(add, "Set-Cookie: a; Path=/", "Set-Cookie: a; Path=/");
    check(add, "Set-Cookie: a; Path=/api", "Set-Cookie: a; Path=/");
    check(upstream, "Set-Cookie: a=b; Path=/x; Domain=127.0.0.1; Path=/c",
          "Set-Cookie: a=b; Path=/x; Domain=pub.test; Path=/v1/c");
}

static void cookies_of_others_stay(void **state)
{
    static const char *const others[] = {
        "a=b; Domain=internal",
        "a=b; Domain=evil.test",
        "Path=/c; Domain=",
        "Domain=app.internal",
        "__Host-a=b; Path=/; Secure",
        "a=b; Path=c",
        "a=b; Path",
        "a=b; Path=",
        "a=b; Domain=xapp.internal",
        "a=b; Xpath=/c",
        "a=b; Path=/v1",
        "a=b; Path=\"/c\"",
        "a=b; Domain=app.internal.x.",
        "",
        ";;;",
        "a=b; Domain=.",
    };
    struct rewrite_settings rewrite = named;
    char line[200];
    (void)state;
    rewrite.strip_prefix = TEXT("/v1");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        snprintf(line, sizeof line, "Set-Cookie: %s", others[i]);
        stays(rewrite, line);
    }
}

static void a_long_location_is_put_back_too(void **state)
{
    char came[3000] = "Location: /", wanted[3000] = "Location: /v1/";
    (void)state;
    memset(came + strlen(came), 'x', 2000);
    memset(wanted + strlen(wanted), 'x', 2000);
    check(strip, came, wanted);
}

/* Each of many references grows: memory ends before the process does. */
static void a_field_that_grows_beyond_the_arena_is_an_error(void **state)
{
    static char prefix[3000], answer[8000];
    struct scene scene;
    (void)state;
    memset(prefix, 'p', sizeof prefix);
    prefix[0] = '/';
    scene_settings(&scene);
    scene.routes[1].rewrite.strip_prefix = (struct text){prefix, sizeof prefix};
    scene.routes[1].redirects.rewrite = true;
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    snprintf(answer, sizeof answer, "GET %.*s/a HTTP/1.1\r\nHost: h\r\n\r\n", (int)sizeof prefix, prefix);
    peer_send(&scene, client, text_of(answer));
    size_t len = (size_t)snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nLink: ");
    for (int i = 0; i < 1000; i++)
        len += (size_t)snprintf(answer + len, sizeof answer - len, "</>,");
    snprintf(answer + len, sizeof answer - len, "\r\n\r\n");
    peer_send(&scene, &scene.backends[0], text_of(answer));
    assert_true(text_starts(buffer_text(&client->got), TEXT("HTTP/1.1 503 ")));
    scene_end(&scene);
}

static struct text answer_to(struct scene *scene, const char *request, const char *fields)
{
    char answer[400];
    struct peer *client = scene_connect(scene);
    peer_send(scene, client, text_of(request));
    snprintf(answer, sizeof answer, "HTTP/1.1 302 Found\r\n%s\r\nContent-Length: 0\r\n\r\n", fields);
    peer_send(scene, &scene->backends[0], text_of(answer));
    return buffer_text(&client->got);
}

static void a_client_that_names_no_host_gets_paths_alone(void **state)
{
    struct scene scene;
    (void)state;
    scene_settings(&scene);
    scene.routes[1].redirects.rewrite = true;
    scene.routes[1].rewrite = strip;
    scene_start(&scene);
    assert_true(text_contains(answer_to(&scene, "GET /v1/ HTTP/1.0\r\n\r\n",
                                        "Location: /c\r\nContent-Location: http://127.0.0.1:9/"),
                              TEXT("\r\nLocation: /v1/c\r\nContent-Location: http://127.0.0.1:9/\r\n")));
    scene_end(&scene);
}

static void an_odd_host_is_not_told_on(void **state)
{
    struct scene scene;
    (void)state;
    scene_settings(&scene);
    scene.routes[1].redirects.rewrite = true;
    scene_start(&scene);
    assert_true(
        text_contains(answer_to(&scene, "GET / HTTP/1.1\r\nHost: a;b,c\r\n\r\n",
                                "Location: http://127.0.0.1:9/\r\nSet-Cookie: a; Domain=127.0.0.1"),
                      TEXT("\r\nLocation: http://127.0.0.1:9/\r\nSet-Cookie: a; Domain=127.0.0.1\r\n")));
    scene_end(&scene);
}

static void a_route_may_leave_everything_as_it_came(void **state)
{
    struct scene scene;
    (void)state;
    scene_settings(&scene);
    scene.routes[1].rewrite = upstream;
    scene_start(&scene);
    assert_true(text_contains(
        answer_to(&scene, "GET /v1/ HTTP/1.1\r\nHost: h\r\n\r\n", "Location: http://127.0.0.1:9/c"),
        TEXT("\r\nLocation: http://127.0.0.1:9/c\r\n")));
    scene_end(&scene);
}

static void hints_before_the_answer_are_put_back(void **state)
{
    struct scene scene;
    (void)state;
    scene_settings(&scene);
    scene.routes[1].redirects.rewrite = true;
    scene.routes[1].rewrite = strip;
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, TEXT("GET /v1/ HTTP/1.1\r\nHost: h\r\n\r\n"));
    peer_send(&scene, &scene.backends[0],
              TEXT("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"));
    assert_true(text_contains(buffer_text(&client->got), TEXT("Link: </v1/a.css>; rel=preload\r\n")));
    scene_end(&scene);
}

static void an_endpoint_on_a_unix_socket_is_known_by_its_host(void **state)
{
    struct scene scene;
    (void)state;
    scene_settings(&scene);
    scene.endpoint.name = TEXT("unix:/run/app.sock");
    address_read(scene.endpoint.name, &scene.endpoint.address);
    scene.routes[1].redirects.rewrite = true;
    scene.routes[1].rewrite = upstream;
    scene_start(&scene);
    assert_true(text_contains(answer_to(&scene, "GET /v1/ HTTP/1.1\r\nHost: h\r\n\r\n",
                                        "Location: http://app/c\r\nRefresh: 0;http://unix/"),
                              TEXT("\r\nLocation: http://h/v1/c\r\nRefresh: 0;http://unix/\r\n")));
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_the_host_that_was_sent_back),
        cmocka_unit_test(puts_the_endpoints_address_back),
        cmocka_unit_test(servers_put_their_own_port_behind_any_name),
        cmocka_unit_test(leaves_other_places_alone),
        cmocka_unit_test(undoes_the_prefixes_of_paths),
        cmocka_unit_test(leaves_paths_alone_that_the_route_does_not_make),
        cmocka_unit_test(a_backend_may_know_the_public_prefix),
        cmocka_unit_test(nothing_is_put_back_that_was_not_taken),
        cmocka_unit_test(what_is_left_of_a_path_never_becomes_a_host),
        cmocka_unit_test(dot_segments_do_not_cross_a_prefix),
        cmocka_unit_test(relative_references_stay_where_they_mean_the_same),
        cmocka_unit_test(relative_references_are_resolved_where_they_would_not),
        cmocka_unit_test(refresh_has_its_url_put_back),
        cmocka_unit_test(link_has_its_references_put_back),
        cmocka_unit_test(cookies_have_domain_and_path_put_back),
        cmocka_unit_test(cookies_of_others_stay),
        cmocka_unit_test(a_long_location_is_put_back_too),
        cmocka_unit_test(a_field_that_grows_beyond_the_arena_is_an_error),
        cmocka_unit_test(a_client_that_names_no_host_gets_paths_alone),
        cmocka_unit_test(an_odd_host_is_not_told_on),
        cmocka_unit_test(a_route_may_leave_everything_as_it_came),
        cmocka_unit_test(hints_before_the_answer_are_put_back),
        cmocka_unit_test(an_endpoint_on_a_unix_socket_is_known_by_its_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
