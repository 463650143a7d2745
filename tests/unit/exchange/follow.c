/* SPDX-License-Identifier: Apache-2.0 */
/* Redirects of a backend that are followed inside weir. */
#include <stdio.h>

#include <cmocka.h>

#include "support/scene.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static struct peer *begin(struct scene *scene, struct rewrite_settings rewrite, const char *request)
{
    scene_settings(scene);
    scene->routes[1].rewrite = rewrite;
    scene->routes[1].redirects = (struct redirects_settings){.rewrite = true, .follow = 3};
    scene_start(scene);
    struct peer *client = scene_connect(scene);
    peer_send(scene, client, text_of(request));
    return client;
}

/* The connection with the latest request, which may be another one each time. */
static struct peer *backend_of(struct scene *scene)
{
    for (size_t i = 0; i < scene->backend_count; i++)
        if (scene->backends[i].got.len > 0)
            return &scene->backends[i];
    return NULL;
}

static void answer(struct scene *scene, const char *bytes)
{
    struct peer *backend = backend_of(scene);
    assert_non_null(backend);
    buffer_clear(&backend->got);
    peer_send(scene, backend, text_of(bytes));
}

static void redirect(struct scene *scene, const char *status, const char *fields)
{
    char bytes[400];
    snprintf(bytes, sizeof bytes, "HTTP/1.1 %s x\r\n%s\r\nContent-Length: 0\r\n\r\n", status, fields);
    answer(scene, bytes);
}

static bool asked(struct scene *scene, const char *line)
{
    struct peer *backend = backend_of(scene);
    return backend != NULL && text_starts(buffer_text(&backend->got), text_of(line));
}

static bool got(struct peer *client, const char *part)
{
    return text_contains(buffer_text(&client->got), text_of(part));
}

static const struct rewrite_settings keep = {0};
static const struct rewrite_settings both = {.strip_prefix = {"/v1", 3}, .add_prefix = {"/api", 4}};

static void follows_where(const char *status, struct rewrite_settings rewrite, const char *location,
                          const char *line)
{
    struct scene scene;
    char field[300];
    struct peer *client = begin(&scene, rewrite, "GET /v1/a?q HTTP/1.1\r\nHost: pub.test\r\n\r\n");
    snprintf(field, sizeof field, "Location: %s", location);
    redirect(&scene, status, field);
    if (!asked(&scene, line))
        fail_msg("%s: wanted %s", location, line);
    answer(&scene, OK);
    assert_true(text_starts(buffer_text(&client->got), TEXT("HTTP/1.1 200 OK\r\n")));
    scene_end(&scene);
}

static void follows_each_kind_of_redirect(void **state)
{
    static const char *const statuses[] = {"301", "302", "303", "307", "308"};
    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        follows_where(statuses[i], keep, "/c?d", "GET /c?d HTTP/1.1\r\nHost: pub.test\r\n");
}

static void follows_each_way_to_name_the_backend(void **state)
{
    (void)state;
    follows_where("302", keep, "http://pub.test/c", "GET /c HTTP/1.1\r\n");
    follows_where("302", keep, "http://127.0.0.1:9", "GET / HTTP/1.1\r\n");
    follows_where("302", keep, "//pub.test:9/c", "GET /c HTTP/1.1\r\n");
    follows_where("302", keep, "c?d", "GET /v1/c?d HTTP/1.1\r\n");
    follows_where("302", keep, "../c", "GET /c HTTP/1.1\r\n");
    follows_where("302", keep, "?r", "GET /v1/a?r HTTP/1.1\r\n");
}

static void what_the_route_rewrites_is_rewritten_once(void **state)
{
    (void)state;
    follows_where("302", both, "/api/c?d", "GET /api/c?d HTTP/1.1\r\n");
    follows_where("302", both, "c", "GET /api/c HTTP/1.1\r\n");
    follows_where("302", both, "http://127.0.0.1:9/api", "GET /api HTTP/1.1\r\n");
}

static void passes_on(struct rewrite_settings rewrite, const char *request, const char *status,
                      const char *fields)
{
    struct scene scene;
    char line[40];
    struct peer *client = begin(&scene, rewrite, request);
    redirect(&scene, status, fields);
    snprintf(line, sizeof line, "HTTP/1.1 %s x\r\n", status);
    if (!got(client, line) || backend_of(&scene) != NULL)
        fail_msg("%s was followed", fields);
    scene_end(&scene);
}

static void passes_on_what_leads_elsewhere(void **state)
{
    static const char *const places[] = {"http://evil.test/",
                                         "https://pub.test/",
                                         "//evil.test/a",
                                         "http://pub.test:81/",
                                         "javascript:1",
                                         "/c#fragment",
                                         "http://u@pub.test/c",
                                         "/a b",
                                         "/c?d e",
                                         "",
                                         "#x",
                                         "/\\evil.test",
                                         "http://127.0.0.1:8",
                                         "/caf\xc3\xa9",
                                         "/../c",
                                         "/%zz",
                                         "http:c",
                                         "http://",
                                         "//",
                                         "/own/c",
                                         "/x/../own",
                                         "/%6fwn"};
    char field[100];
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(field, sizeof field, "Location: %s", places[i]);
        passes_on(keep, "GET /v1/a HTTP/1.1\r\nHost: pub.test\r\n\r\n", "302", field);
    }
    passes_on(both, "GET /v1/a HTTP/1.1\r\nHost: pub.test\r\n\r\n", "302", "Location: /login");
}

static void passes_on_what_is_for_the_client(void **state)
{
    static const char get[] = "GET /v1/a HTTP/1.1\r\nHost: pub.test\r\n\r\n";
    (void)state;
    passes_on(keep, get, "302", "Location: /c\r\nSet-Cookie: a=b");
    passes_on(keep, get, "302", "Location: /c\r\nLocation: /d");
    passes_on(keep, get, "302", "X: y");
    passes_on(keep, get, "300", "Location: /c");
    passes_on(keep, get, "201", "Location: /c");
    passes_on(keep, "POST /v1/a HTTP/1.1\r\nHost: pub.test\r\nContent-Length: 0\r\n\r\n", "303",
              "Location: /c");
    passes_on(keep, "DELETE /v1/a HTTP/1.1\r\nHost: pub.test\r\n\r\n", "307", "Location: /c");
    passes_on(keep, "GET /v1/a HTTP/1.1\r\nHost: pub.test\r\nContent-Length: 1\r\n\r\nx", "307",
              "Location: /c");
}

static void head_stays_head(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene, keep, "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    redirect(&scene, "303", "Location: /c");
    assert_true(asked(&scene, "HEAD /c HTTP/1.1\r\n"));
    scene_end(&scene);
}

static void a_loop_is_passed_on(void **state)
{
    struct scene scene;
    (void)state;
    struct peer *client = begin(&scene, keep, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    redirect(&scene, "302", "Location: /b");
    assert_true(asked(&scene, "GET /b "));
    redirect(&scene, "302", "Location: /a");
    assert_true(got(client, "HTTP/1.1 302 x\r\nLocation: /a\r\n"));
    scene_end(&scene);
}

static void no_more_than_the_limit_are_followed(void **state)
{
    struct scene scene;
    (void)state;
    struct peer *client = begin(&scene, keep, "GET /0 HTTP/1.1\r\nHost: h\r\n\r\n");
    redirect(&scene, "302", "Location: /1");
    redirect(&scene, "302", "Location: /2");
    redirect(&scene, "302", "Location: /3");
    assert_true(asked(&scene, "GET /3 "));
    redirect(&scene, "302", "Location: http://127.0.0.1:9/4");
    assert_true(got(client, "HTTP/1.1 302 x\r\nLocation: http://h/4\r\n"));
    scene_end(&scene);
}

/* The client knows nothing of where it was led. */
static void references_are_made_for_what_the_client_asked_for(void **state)
{
    struct scene scene;
    (void)state;
    struct peer *client = begin(&scene, keep, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    redirect(&scene, "302", "Location: /x/y");
    redirect(&scene, "201", "Location: z\r\nContent-Location: ?q\r\nLink: <../a>");
    assert_true(got(client, "\r\nLocation: /x/z\r\nContent-Location: /x/y?q\r\nLink: </a>\r\n"));
    scene_end(&scene);
}

static void each_hop_may_be_tried_again(void **state)
{
    struct scene scene;
    (void)state;
    struct peer *client = begin(&scene, keep, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    redirect(&scene, "302", "Location: /b");
    struct peer *first = backend_of(&scene);
    assert_non_null(first);
    buffer_clear(&first->got);
    peer_close(&scene, first);
    assert_true(asked(&scene, "GET /b HTTP/1.1\r\n"));
    answer(&scene, OK);
    assert_true(got(client, "HTTP/1.1 200 OK\r\n"));
    scene_end(&scene);
}

static void next_asks(const char *status, const char *fields, const char *request, const char *line)
{
    struct scene scene;
    struct peer *client = begin(&scene, keep, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    redirect(&scene, status, fields);
    answer(&scene, OK);
    peer_send(&scene, client, text_of(request));
    if (!asked(&scene, line))
        fail_msg("%s %s: wanted %s", status, fields, line);
    answer(&scene, OK);
    scene_end(&scene);
}

#define NEXT "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"

static void the_next_request_goes_straight_to_where_permanent_ones_lead(void **state)
{
    (void)state;
    next_asks("301", "Location: /b?c", NEXT, "GET /b?c ");
    next_asks("308", "Location: /b\r\nCache-Control: max-age=9", NEXT, "GET /b ");
    next_asks("301", "Location: /b", "GET /a?x HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?x ");
    next_asks("301", "Location: /b", "GET /a HTTP/1.1\r\nHost: other\r\n\r\n", "GET /a ");
    next_asks("301", "Location: /b", "DELETE /a HTTP/1.1\r\nHost: h\r\n\r\n", "DELETE /a ");
}

static void what_may_change_is_not_remembered(void **state)
{
    (void)state;
    next_asks("302", "Location: /b", NEXT, "GET /a ");
    next_asks("307", "Location: /b", NEXT, "GET /a ");
    next_asks("301", "Location: /b\r\nVary: Accept", NEXT, "GET /a ");
    next_asks("301", "Location: /b\r\nCache-Control: no-store", NEXT, "GET /a ");
    next_asks("301", "Location: /b\r\nCache-Control: private", NEXT, "GET /a ");
    next_asks("301", "Location: /b\r\nCache-Control: max-age=0", NEXT, "GET /a ");
}

static void what_is_remembered_is_forgotten_in_time(void **state)
{
    struct scene scene;
    (void)state;
    struct peer *client = begin(&scene, keep, NEXT);
    redirect(&scene, "301", "Location: /b\r\nCache-Control: max-age=20");
    answer(&scene, OK);
    scene_pass(&scene, 19000);
    peer_send(&scene, client, text_of(NEXT));
    assert_true(asked(&scene, "GET /b "));
    answer(&scene, OK);
    scene_pass(&scene, 2000);
    peer_send(&scene, client, text_of(NEXT));
    assert_true(asked(&scene, "GET /a "));
    answer(&scene, OK);
    scene_end(&scene);
}

static void what_one_client_was_told_by_its_cookie_is_not_told_to_others(void **state)
{
    struct scene scene;
    (void)state;
    struct peer *client = begin(&scene, keep, "GET /a HTTP/1.1\r\nHost: h\r\nCookie: me=1\r\n\r\n");
    redirect(&scene, "301", "Location: /home/1");
    answer(&scene, OK);
    peer_send(&scene, client, text_of(NEXT));
    assert_true(asked(&scene, "GET /a "));
    answer(&scene, OK);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_each_kind_of_redirect),
        cmocka_unit_test(follows_each_way_to_name_the_backend),
        cmocka_unit_test(what_the_route_rewrites_is_rewritten_once),
        cmocka_unit_test(passes_on_what_leads_elsewhere),
        cmocka_unit_test(passes_on_what_is_for_the_client),
        cmocka_unit_test(head_stays_head),
        cmocka_unit_test(a_loop_is_passed_on),
        cmocka_unit_test(no_more_than_the_limit_are_followed),
        cmocka_unit_test(references_are_made_for_what_the_client_asked_for),
        cmocka_unit_test(each_hop_may_be_tried_again),
        cmocka_unit_test(the_next_request_goes_straight_to_where_permanent_ones_lead),
        cmocka_unit_test(what_may_change_is_not_remembered),
        cmocka_unit_test(what_is_remembered_is_forgotten_in_time),
        cmocka_unit_test(what_one_client_was_told_by_its_cookie_is_not_told_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
