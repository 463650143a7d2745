/* SPDX-License-Identifier: Apache-2.0 */
/* A backend of HTTP/2 in memory, with a told clock: what weir does when it says nothing, and when it says too little. */
#include <cmocka.h>

#include "http/h2/h2.h"
#include "support/scene.h"

#define ASK TEXT("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
/* SETTINGS without a setting; HEADERS of stream 1 with :status 200 that ends it. */
#define SETTINGS "\0\0\0\4\0\0\0\0\0"
#define ANSWER "\0\0\1\1\5\0\0\0\1\x88"

enum { FRAME_PING = 6, FRAME_HEAD = 9 };

static bool got_frame(const struct peer *peer, unsigned kind)
{
    struct text bytes = buffer_text(&peer->got);
    size_t at = H2_PREFACE.len;
    while (at + FRAME_HEAD <= bytes.len) {
        const unsigned char *head = (const unsigned char *)bytes.at + at;
        if (head[3] == kind)
            return true;
        at += FRAME_HEAD + ((size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2]);
    }
    return false;
}

static struct peer *ask(struct scene *scene)
{
    scene_settings(scene);
    scene->cluster.protocol = PROTOCOL_HTTP2;
    scene->routes[1].timeouts.first_byte = 120000;
    scene_start(scene);
    struct peer *client = scene_connect(scene);
    peer_send(scene, client, ASK);
    assert_int_equal(scene->backend_count, 1);
    peer_send(scene, &scene->backends[0], (struct text){SETTINGS, sizeof SETTINGS - 1});
    return client;
}

static void a_silent_backend_is_asked_and_then_given_up(void **state)
{
    (void)state;
    struct scene scene;
    struct peer *client = ask(&scene);
    struct peer *backend = &scene.backends[0];
    assert_true(text_starts(buffer_text(&backend->got), H2_PREFACE));
    scene_pass(&scene, 14000);
    assert_false(got_frame(backend, FRAME_PING));
    scene_pass(&scene, 17000);
    assert_true(got_frame(backend, FRAME_PING));
    assert_non_null(backend->link);
    scene_pass(&scene, 17000);
    assert_null(backend->link);
    assert_true(text_starts(buffer_text(&client->got), TEXT("HTTP/1.1 502")) || scene.backend_count == 2);
    scene_end(&scene);
}

static void a_backend_that_answers_the_ping_keeps_its_time(void **state)
{
    (void)state;
    struct scene scene;
    struct peer *client = ask(&scene);
    struct peer *backend = &scene.backends[0];
    for (int i = 0; i < 5; i++) {
        scene_pass(&scene, 14000);
        peer_send(&scene, backend, (struct text){"\0\0\x08\6\1\0\0\0\0abcdefgh", 17});
    }
    assert_non_null(backend->link);
    peer_send(&scene, backend, (struct text){ANSWER, sizeof ANSWER - 1});
    assert_true(text_starts(buffer_text(&client->got), TEXT("HTTP/1.1 200 OK\r\n")));
    scene_end(&scene);
}

/* What is framed in the turn in which it was sent is no sign that the backend takes anything. */
static void a_backend_that_does_not_answer_an_upload_has_its_time_once(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene.cluster.protocol = PROTOCOL_HTTP2;
    scene.routes[1].timeouts.first_byte = 8000;
    scene.routes[1].retries.attempts = 0;
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, TEXT("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"));
    peer_send(&scene, &scene.backends[0], (struct text){SETTINGS, sizeof SETTINGS - 1});
    scene_pass(&scene, 7900);
    assert_int_equal(client->got.len, 0);
    scene_pass(&scene, 1200);
    assert_true(text_starts(buffer_text(&client->got), TEXT("HTTP/1.1 504")));
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_backend_is_asked_and_then_given_up),
        cmocka_unit_test(a_backend_that_answers_the_ping_keeps_its_time),
        cmocka_unit_test(a_backend_that_does_not_answer_an_upload_has_its_time_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
