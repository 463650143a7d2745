/* SPDX-License-Identifier: Apache-2.0 */
/* Fields that routes set, add and remove, and the placeholders in their values. */
#include <stdio.h>

#include <cmocka.h>

#include "exchange/template.h"
#include "support/scene.h"

enum { RULES = 12 };

/* Rules of a test, as the config makes them. */
struct book {
    struct arena arena;
    struct field_rule rules[RULES];
    size_t count;
    struct field_rules request, response;
};

static struct field_rule *rule(struct book *book, const char *name, const char *value)
{
    struct field_rule *rule = &book->rules[book->count++];
    rule->name = text_of(name);
    rule->id = field_id_of(rule->name);
    assert_null(template_check(text_of(value)));
    assert_true(template_compile(&rule->value, text_of(value), &book->arena));
    return rule;
}

static struct peer *begin(struct scene *scene, struct book *book)
{
    scene_settings(scene);
    scene->routes[0].response_fields = &book->response;
    scene->routes[1].request_fields = &book->request;
    scene->routes[1].response_fields = &book->response;
    scene_start(scene);
    return scene_connect(scene);
}

static void end(struct scene *scene, struct book *book)
{
    scene_end(scene);
    arena_clear(&book->arena);
}

static bool got(const struct peer *peer, const char *part)
{
    return text_contains(buffer_text(&peer->got), text_of(part));
}

static void removes_every_value_whatever_its_case(void **state)
{
    struct scene scene;
    struct book book = {0};
    (void)state;
    book.request = (struct field_rules){.remove = rule(&book, "x-secret", ""), .remove_count = 2};
    rule(&book, "User-Agent", "");
    struct peer *client = begin(&scene, &book);
    peer_send(
        &scene, client,
        TEXT(
            "GET /a HTTP/1.1\r\nHost: h\r\nX-Secret: 1\r\nX-Other: 2\r\nX-SECRET: 3\r\nuser-agent: u\r\n\r\n"));
    assert_false(got(&scene.backends[0], "ecret"));
    assert_false(got(&scene.backends[0], "SECRET"));
    assert_false(got(&scene.backends[0], "user-agent"));
    assert_true(got(&scene.backends[0], "X-Other: 2\r\n"));
    end(&scene, &book);
}

static void sets_in_place_of_all_that_came_and_adds_to_it(void **state)
{
    struct scene scene;
    struct book book = {0};
    (void)state;
    book.request = (struct field_rules){.set = rule(&book, "X-A", "new"), .set_count = 1};
    book.request.add = rule(&book, "X-A", "more");
    book.request.add_count = 1;
    struct peer *client = begin(&scene, &book);
    peer_send(&scene, client, TEXT("GET /a HTTP/1.1\r\nHost: h\r\nx-a: 1\r\nX-A: 2\r\n\r\n"));
    assert_true(got(&scene.backends[0], "X-A: new\r\nX-A: more\r\n"));
    assert_false(got(&scene.backends[0], "x-a: 1"));
    assert_false(got(&scene.backends[0], "X-A: 2"));
    end(&scene, &book);
}

static void changes_what_weir_itself_adds(void **state)
{
    struct scene scene;
    struct book book = {0};
    (void)state;
    book.request = (struct field_rules){.remove = rule(&book, "Via", ""), .remove_count = 1};
    book.request.set = rule(&book, "X-Forwarded-Proto", "https");
    book.request.set_count = 1;
    struct peer *client = begin(&scene, &book);
    peer_send(&scene, client, TEXT("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_false(got(&scene.backends[0], "Via:"));
    assert_true(got(&scene.backends[0], "X-Forwarded-Proto: https\r\n"));
    assert_false(got(&scene.backends[0], "X-Forwarded-Proto: http\r\n"));
    end(&scene, &book);
}

static void fills_in_every_placeholder(void **state)
{
    struct scene scene;
    struct book book = {0};
    (void)state;
    book.request = (struct field_rules){
        .set = rule(&book, "X-All",
                    "{client_ip}|{host}|{scheme}|{path}|{query}|{request_id}|{listener}|{route}|{{}"),
        .set_count = 2};
    rule(&book, "X-Query", "{query}");
    struct peer *client = begin(&scene, &book);
    peer_send(&scene, client, TEXT("GET /a/%2e?b=/c? HTTP/1.1\r\nHost: H:1\r\nX-Request-Id: id7\r\n\r\n"));
    assert_true(got(&scene.backends[0], "X-All: unix|H:1|http|/a/%2e|?b=/c?|id7|web|all|{}\r\n"));
    assert_true(got(&scene.backends[0], "X-Query: ?b=/c?\r\n"));
    peer_send(&scene, &scene.backends[0], TEXT("HTTP/1.1 204 OK\r\n\r\n"));
    scene.backends[0].got.len = 0;
    peer_send(&scene, client, TEXT("GET /b HTTP/1.1\r\nHost: h\r\nX-Query: evil\r\n\r\n"));
    assert_false(got(&scene.backends[0], "X-Query"));
    end(&scene, &book);
}

static void control_characters_never_leave_their_line(void **state)
{
    struct book book = {0};
    struct text_template template;
    struct front_plan front = {.scheme = TEXT("a\rb\nX-Evil: 1\x7f\t")};
    struct exchange exchange = {.front = &front};
    (void)state;
    assert_true(template_compile(&template, TEXT("<{scheme}>"), &book.arena));
    struct text value = template_expand(&template, &exchange, &book.arena);
    assert_true(text_equal(value, TEXT("<a%0Db%0AX-Evil: 1%7F%09>")));
    front.scheme = (struct text){"\0", 1};
    value = template_expand(&template, &exchange, &book.arena);
    assert_true(text_equal(value, TEXT("<%00>")));
    arena_clear(&book.arena);
}

static void what_a_client_escapes_stays_escaped(void **state)
{
    struct scene scene;
    struct book book = {0};
    (void)state;
    book.response = (struct field_rules){.set = rule(&book, "X-Path", "{path}{query}"), .set_count = 1};
    struct peer *client = begin(&scene, &book);
    peer_send(&scene, client, TEXT("GET /own/%0d%0aX-Evil:1?%0d%0aX-Evil:2 HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_true(got(client, "X-Path: /own/%0d%0aX-Evil:1?%0d%0aX-Evil:2\r\n"));
    end(&scene, &book);
}

static void rules_for_answers_hold_for_the_backends_and_for_weirs_own(void **state)
{
    struct scene scene;
    struct book book = {0};
    (void)state;
    book.response = (struct field_rules){.remove = rule(&book, "Server", ""), .remove_count = 1};
    book.response.set = rule(&book, "Strict-Transport-Security", "max-age=1");
    book.response.set_count = 1;
    struct peer *client = begin(&scene, &book);
    peer_send(&scene, client, TEXT("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
    peer_send(&scene, &scene.backends[0], TEXT("HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 0\r\n\r\n"));
    assert_true(got(client, "200 OK\r\n"));
    assert_true(got(client, "Strict-Transport-Security: max-age=1\r\n"));
    assert_false(got(client, "Server"));
    client->got.len = 0;
    peer_send(&scene, client, TEXT("GET /own HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_true(got(client, "Strict-Transport-Security: max-age=1\r\n"));
    client->got.len = 0;
    link_reset(scene.backends[0].link);
    scene.backends[0].link = NULL;
    scene.refuse = true;
    peer_send(&scene, client, TEXT("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_true(got(client, "HTTP/1.1 502 "));
    assert_true(got(client, "Strict-Transport-Security: max-age=1\r\n"));
    end(&scene, &book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removes_every_value_whatever_its_case),
        cmocka_unit_test(sets_in_place_of_all_that_came_and_adds_to_it),
        cmocka_unit_test(changes_what_weir_itself_adds),
        cmocka_unit_test(fills_in_every_placeholder),
        cmocka_unit_test(control_characters_never_leave_their_line),
        cmocka_unit_test(what_a_client_escapes_stays_escaped),
        cmocka_unit_test(rules_for_answers_hold_for_the_backends_and_for_weirs_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
