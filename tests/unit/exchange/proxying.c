/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <cmocka.h>

#include "support/scene.h"

#define ASK TEXT("GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n")
#define OK TEXT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

static bool got(const struct peer *peer, const char *part)
{
    return text_contains(buffer_text(&peer->got), text_of(part));
}

static void forget(struct peer *peer)
{
    peer->got.len = 0;
}

static void passes_a_get_to_the_backend_and_its_answer_back(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, ASK);
    assert_int_equal(scene.backend_count, 1);
    assert_true(got(&scene.backends[0], "GET /a?b HTTP/1.1\r\nHost: h\r\n"));
    assert_true(got(&scene.backends[0], "Via: 1.1 weir\r\n"));
    peer_send(&scene, &scene.backends[0], OK);
    assert_true(got(client, "HTTP/1.1 200 OK\r\n"));
    assert_true(got(client, "Content-Length: 2\r\n"));
    assert_true(text_ends(buffer_text(&client->got), TEXT("\r\n\r\nhi")));
    scene_end(&scene);
}

static void uses_a_kept_connection_for_the_next_request(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    for (int i = 0; i < 3; i++) {
        peer_send(&scene, client, ASK);
        peer_send(&scene, &scene.backends[0], OK);
        assert_true(got(client, "200 OK"));
        forget(client);
    }
    assert_int_equal(scene.backend_count, 1);
    scene_end(&scene);
}

static void answers_pipelined_requests_in_order(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, TEXT("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /own HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_false(got(client, "mine"));
    peer_send(&scene, &scene.backends[0], OK);
    assert_true(got(client, "hi"));
    assert_true(text_ends(buffer_text(&client->got), TEXT("mine")));
    scene_end(&scene);
}

static void repeats_on_a_new_connection_when_a_kept_one_had_died(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, ASK);
    peer_send(&scene, &scene.backends[0], OK);
    forget(client);
    peer_send(&scene, client, ASK);
    link_reset(scene.backends[0].link);
    scene.backends[0].link = NULL;
    scene_run(&scene);
    assert_int_equal(scene.backend_count, 2);
    peer_send(&scene, &scene.backends[1], OK);
    assert_true(got(client, "200 OK"));
    scene_end(&scene);
}

static void answers_502_when_the_backend_refuses(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    scene.refuse = true;
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, ASK);
    assert_true(got(client, "HTTP/1.1 502 Bad Gateway\r\n"));
    assert_true(got(client, "Proxy-Status: weir; error="));
    scene_end(&scene);
}

static void answers_504_when_the_backend_stays_silent(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, ASK);
    scene_pass(&scene, 29000);
    assert_int_equal(client->got.len, 0);
    scene_pass(&scene, 2000);
    assert_true(got(client, "HTTP/1.1 504 "));
    scene_end(&scene);
}

static void answers_408_when_a_head_takes_too_long(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    for (int i = 0; i < 12 && client->got.len == 0; i++) {
        peer_send(&scene, client, i == 0 ? TEXT("GET / HTTP/1.1\r\nX: ") : TEXT("a"));
        scene_pass(&scene, 1000);
    }
    assert_true(got(client, "HTTP/1.1 408 "));
    assert_true(got(client, "Connection: close\r\n"));
    assert_int_equal(scene.backend_count, 0);
    scene_end(&scene);
}

static void refuses_framing_that_can_be_read_in_two_ways(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(
        &scene, client,
        TEXT(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
    assert_true(got(client, "HTTP/1.1 400 "));
    assert_true(client->eof);
    assert_int_equal(scene.backend_count, 0);
    scene_end(&scene);
}

static void passes_chunked_bodies_and_trailers(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(
        &scene, client,
        TEXT(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"));
    assert_true(got(&scene.backends[0], "Transfer-Encoding: chunked\r\n"));
    assert_true(got(&scene.backends[0], "3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"));
    peer_send(&scene, &scene.backends[0],
              TEXT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n"));
    assert_true(got(client, "1\r\nz\r\n0\r\n\r\n"));
    scene_end(&scene);
}

static void carries_an_upgrade_both_ways(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client,
              TEXT("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"));
    assert_true(got(&scene.backends[0], "Upgrade: websocket\r\n"));
    peer_send(
        &scene, &scene.backends[0],
        TEXT("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello"));
    assert_true(got(client, "HTTP/1.1 101 "));
    assert_true(got(client, "hello"));
    forget(&scene.backends[0]);
    peer_send(&scene, client, TEXT("ping"));
    assert_true(text_equal(buffer_text(&scene.backends[0].got), TEXT("ping")));
    scene_end(&scene);
}

static void forwards_interim_answers(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, ASK);
    peer_send(&scene, &scene.backends[0], TEXT("HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n"));
    assert_true(got(client, "HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n"));
    peer_send(&scene, &scene.backends[0], OK);
    assert_true(got(client, "HTTP/1.1 200 OK\r\n"));
    scene_end(&scene);
}

static void stops_reading_the_backend_while_the_client_does_not_read(void **state)
{
    (void)state;
    static char block[64 * 1024];
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    link_pause(client->link, true);
    peer_send(&scene, client, ASK);
    peer_send(&scene, &scene.backends[0], TEXT("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n"));
    for (int i = 0; i < 1024; i++)
        peer_send(&scene, &scene.backends[0], (struct text){block, sizeof block});
    assert_true(scene.backends[0].link->out.len > 48 * sizeof block * 16);
    link_pause(client->link, false);
    scene_pass(&scene, 1000);
    assert_int_equal(scene.backends[0].link->out.len, 0);
    assert_true(client->got.len > 67108864);
    scene_end(&scene);
}

static void gives_a_slow_reader_the_tail_of_a_closing_answer(void **state)
{
    (void)state;
    static char block[200 * 1024];
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    CONTAINER(client->link, struct pair_end, link)->capacity = 1024;
    link_pause(client->link, true);
    peer_send(&scene, client, TEXT("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    peer_send(&scene, &scene.backends[0], TEXT("HTTP/1.1 200 OK\r\nContent-Length: 204800\r\n\r\n"));
    peer_send(&scene, &scene.backends[0], (struct text){block, sizeof block});
    scene_pass(&scene, 5000);
    link_pause(client->link, false);
    scene_pass(&scene, 10000);
    assert_true(client->got.len > sizeof block);
    assert_true(client->eof);
    scene_end(&scene);
}

static void leaves_a_silent_tunnel_its_idle_time(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client,
              TEXT("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"));
    peer_send(&scene, &scene.backends[0],
              TEXT("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"));
    scene_pass(&scene, 50000); /* first_byte is 30 s, idle 60 s */
    assert_false(client->eof);
    scene_pass(&scene, 20000);
    assert_true(client->eof);
    scene_end(&scene);
}

static void does_not_blame_the_backend_for_a_pause_in_the_upload(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene.routes[1].timeouts.first_byte = 1000;
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, TEXT("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello"));
    scene_pass(&scene, 5000);
    assert_int_equal(client->got.len, 0);
    peer_send(&scene, client, TEXT("world"));
    peer_send(&scene, &scene.backends[0], OK);
    assert_true(got(client, "HTTP/1.1 200 OK"));
    scene_end(&scene);
}

static void refuses_paths_whose_dots_are_read_in_two_ways(void **state)
{
    (void)state;
    const char *const paths[] = {"/own//../x",      "/x/..%2fown", "/x/..;/own",
                                 "/x/%2e%2e%5cown", "/\\own",      "/../own"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct scene scene;
        char request[128];
        scene_settings(&scene);
        scene_start(&scene);
        struct peer *client = scene_connect(&scene);
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", paths[i]);
        peer_send(&scene, client, text_of(request));
        assert_true(got(client, "HTTP/1.1 400 "));
        assert_int_equal(scene.backend_count, 0);
        scene_end(&scene);
    }
}

static void leaves_out_trailers_that_belong_before_a_body(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client,
              TEXT("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "0\r\nAuthorization: a\r\nX-Request-Id: b\r\nX-Sum: c\r\n\r\n"));
    assert_true(got(&scene.backends[0], "0\r\nX-Sum: c\r\n\r\n"));
    scene_end(&scene);
}

static void keeps_its_own_element_of_forwarded_readable(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, TEXT("GET / HTTP/1.1\r\nHost: h\r\nForwarded: for=\"evil\r\n\r\n"));
    assert_true(got(&scene.backends[0], "\r\nForwarded: for=unknown;host=\"h\";proto=http\r\n"));
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_a_get_to_the_backend_and_its_answer_back),
        cmocka_unit_test(uses_a_kept_connection_for_the_next_request),
        cmocka_unit_test(answers_pipelined_requests_in_order),
        cmocka_unit_test(repeats_on_a_new_connection_when_a_kept_one_had_died),
        cmocka_unit_test(answers_502_when_the_backend_refuses),
        cmocka_unit_test(answers_504_when_the_backend_stays_silent),
        cmocka_unit_test(answers_408_when_a_head_takes_too_long),
        cmocka_unit_test(refuses_framing_that_can_be_read_in_two_ways),
        cmocka_unit_test(passes_chunked_bodies_and_trailers),
        cmocka_unit_test(carries_an_upgrade_both_ways),
        cmocka_unit_test(forwards_interim_answers),
        cmocka_unit_test(gives_a_slow_reader_the_tail_of_a_closing_answer),
        cmocka_unit_test(leaves_a_silent_tunnel_its_idle_time),
        cmocka_unit_test(does_not_blame_the_backend_for_a_pause_in_the_upload),
        cmocka_unit_test(refuses_paths_whose_dots_are_read_in_two_ways),
        cmocka_unit_test(leaves_out_trailers_that_belong_before_a_body),
        cmocka_unit_test(keeps_its_own_element_of_forwarded_readable),
        cmocka_unit_test(stops_reading_the_backend_while_the_client_does_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
