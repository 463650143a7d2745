/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are compressed on their way, with the whole HTTP path in memory and a told clock. */
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "http/coder.h"
#include "http/compress.h"
#include "support/scene.h"

#define ASK TEXT("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n")
#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"

static struct text types[] = {{"text/*", 6}};
static const struct compress_settings settings = {.types = types,
                                                  .type_count = 1,
                                                  .algorithms = {CODING_ZSTD, CODING_BR, CODING_GZIP},
                                                  .algorithm_count = 3,
                                                  .min_size = 4};

static struct peer *ask(struct scene *scene, struct text request)
{
    scene_settings(scene);
    scene->routes[0].compress = scene->routes[1].compress = &settings;
    scene_start(scene);
    struct peer *client = scene_connect(scene);
    peer_send(scene, client, request);
    return client;
}

/* The body of the chunked answer that a client got, as far as it came, and decoded. */
static bool read_answer(struct chunk_pool *pool, const struct peer *client, struct buffer *plain)
{
    struct text rest = buffer_text(&client->got);
    struct chain coded, made;
    chain_init(&coded, pool);
    chain_init(&made, pool);
    size_t size = 1;
    for (size_t at = 0; at + 4 <= rest.len; at++)
        if (memcmp(rest.at + at, "\r\n\r\n", 4) == 0) {
            rest = text_sub(rest, at + 4, rest.len - at - 4);
            break;
        }
    while (rest.len > 0 && size > 0) {
        char *end;
        size = strtoul(rest.at, &end, 16);
        size_t head = (size_t)(end - rest.at) + 2;
        assert_true(rest.len >= head + size + 2 && chain_copy(&coded, rest.at + head, size));
        rest = text_sub(rest, head + size + 2, rest.len - head - size - 2);
    }
    struct coder *decoder = coder_decoder(CODING_GZIP);
    assert_null(coder_feed(decoder, &coded, &made, SIZE_MAX));
    for (struct chain_link *link = made.first; link != NULL; link = link->next)
        buffer_add(plain, (struct text){link->slice.at, link->slice.len});
    bool ended = coder_end(decoder, &made) == NULL;
    coder_free(decoder);
    chain_clear(&coded);
    chain_clear(&made);
    return ended;
}

static void check_plain(struct scene *scene, const struct peer *client, const char *wanted, bool ended)
{
    struct buffer plain = {0};
    assert_int_equal(read_answer(&scene->loop.chunks, client, &plain), ended);
    if (!text_equal(buffer_text(&plain), text_of(wanted)))
        fail_msg("wanted %s, got %.*s", wanted, TEXT_ARGS(buffer_text(&plain)));
    buffer_clear(&plain);
}

static bool got(const struct peer *peer, const char *part)
{
    return text_contains(buffer_text(&peer->got), text_of(part));
}

static void an_answer_is_compressed(void **state)
{
    (void)state;
    struct scene scene;
    struct peer *client = ask(&scene, ASK);
    peer_send(
        &scene, &scene.backends[0],
        TEXT("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: \"1\"\r\nContent-Length: 5\r\n\r\nhello"));
    assert_true(got(client, "Content-Encoding: gzip\r\n"));
    assert_true(got(client, "Vary: Accept-Encoding\r\n"));
    assert_true(got(client, "ETag: W/\"1\"\r\n"));
    assert_false(got(client, "Content-Length"));
    check_plain(&scene, client, "hello", true);
    scene_end(&scene);
}

static void own_answers_are_compressed(void **state)
{
    (void)state;
    struct scene scene;
    struct header_setting type = {TEXT("Content-Type"), TEXT("text/plain")};
    scene_settings(&scene);
    scene.routes[0].compress = &settings;
    scene.routes[0].respond.headers = &type;
    scene.routes[0].respond.header_count = 1;
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, TEXT("GET /own HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n"));
    assert_true(got(client, "Content-Encoding: gzip\r\n"));
    check_plain(&scene, client, "mine", true);
    scene_end(&scene);
}

/* Without the clock moving. */
static void what_pauses_is_sent_at_once(void **state)
{
    (void)state;
    struct scene scene;
    struct peer *client = ask(&scene, ASK);
    peer_send(&scene, &scene.backends[0], TEXT(HEAD "3\r\none\r\n"));
    check_plain(&scene, client, "one", false);
    peer_send(&scene, &scene.backends[0], TEXT("4\r\n two\r\n"));
    check_plain(&scene, client, "one two", false);
    peer_send(&scene, &scene.backends[0], TEXT("0\r\n\r\n"));
    check_plain(&scene, client, "one two", true);
    scene_end(&scene);
}

static void many_small_pieces_are_flushed_together_a_little_later(void **state)
{
    (void)state;
    struct scene scene;
    struct peer *client = ask(&scene, ASK);
    peer_send(&scene, &scene.backends[0], TEXT(HEAD));
    for (int i = 0; i < 12; i++)
        peer_send(&scene, &scene.backends[0], TEXT("1\r\nx\r\n"));
    check_plain(&scene, client, "xxxx", false);
    scene_pass(&scene, 50);
    check_plain(&scene, client, "xxxxxxxxxxxx", false);
    peer_send(&scene, &scene.backends[0], TEXT("1\r\ny\r\n"));
    check_plain(&scene, client, "xxxxxxxxxxxxy", false);
    scene_end(&scene);
}

static void an_end_while_a_flush_is_due_is_the_end(void **state)
{
    (void)state;
    struct scene scene;
    struct peer *client = ask(&scene, ASK);
    peer_send(&scene, &scene.backends[0], TEXT(HEAD));
    for (int i = 0; i < 6; i++)
        peer_send(&scene, &scene.backends[0], TEXT("1\r\nx\r\n"));
    peer_send(&scene, &scene.backends[0], TEXT("0\r\n\r\n"));
    check_plain(&scene, client, "xxxxxx", true);
    scene_pass(&scene, 100);
    scene_end(&scene);
}

static void a_client_that_leaves_ends_it(void **state)
{
    (void)state;
    struct scene scene;
    struct peer *client = ask(&scene, ASK);
    peer_send(&scene, &scene.backends[0], TEXT(HEAD));
    for (int i = 0; i < 6; i++)
        peer_send(&scene, &scene.backends[0], TEXT("1\r\nx\r\n"));
    peer_close(&scene, client);
    peer_send(&scene, &scene.backends[0], TEXT("1\r\nx\r\n"));
    scene_pass(&scene, 100);
    assert_null(scene.backends[0].link);
    scene_end(&scene);
}

static void a_backend_that_breaks_off_breaks_the_answer_off(void **state)
{
    (void)state;
    struct scene scene;
    struct peer *client = ask(&scene, ASK);
    peer_send(&scene, &scene.backends[0], TEXT(HEAD "3\r\none\r\n"));
    peer_close(&scene, &scene.backends[0]);
    scene_pass(&scene, 100);
    assert_true(client->eof);
    assert_false(text_ends(buffer_text(&client->got), TEXT("0\r\n\r\n")));
    scene_end(&scene);
}

static void an_upload_passes(void **state)
{
    (void)state;
    struct scene scene;
    struct peer *client = ask(&scene, TEXT("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc"));
    peer_send(&scene, client, TEXT("def"));
    assert_true(text_ends(buffer_text(&scene.backends[0].got), TEXT("\r\n\r\nabcdef")));
    peer_send(&scene, &scene.backends[0],
              TEXT("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"));
    assert_true(text_ends(buffer_text(&client->got), TEXT("\r\n\r\nhello")));
    assert_true(got(client, "Vary: Accept-Encoding\r\n") && got(client, "Content-Length: 5\r\n"));
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_compressed),
        cmocka_unit_test(own_answers_are_compressed),
        cmocka_unit_test(what_pauses_is_sent_at_once),
        cmocka_unit_test(many_small_pieces_are_flushed_together_a_little_later),
        cmocka_unit_test(an_end_while_a_flush_is_due_is_the_end),
        cmocka_unit_test(a_client_that_leaves_ends_it),
        cmocka_unit_test(a_backend_that_breaks_off_breaks_the_answer_off),
        cmocka_unit_test(an_upload_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
