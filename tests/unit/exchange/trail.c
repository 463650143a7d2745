/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/codes.h"
#include "exchange/trail.h"
#include "exchange/trail_line.h"
#include "exchange/trail_sink.h"
#include "support/scene.h"

#define OK TEXT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

/* A scene that logs to a file. */
struct stage {
    struct scene scene;
    struct trail_sink *sink;
    char path[32];
    char log[128 * 1024]; /* what the file has, once stage_end was called */
};

static void stage_start(struct stage *stage, enum trail_format format)
{
    snprintf(stage->path, sizeof stage->path, "/tmp/weir-trail-XXXXXX");
    int fd = mkstemp(stage->path);
    assert_true(fd >= 0);
    close(fd);
    scene_settings(&stage->scene);
    scene_start(&stage->scene);
    stage->sink = trail_sink_open(stage->path, format);
    assert_non_null(stage->sink);
    stage->scene.lane.trail = trail_new(stage->sink, &stage->scene.loop);
    assert_non_null(stage->scene.lane.trail);
}

static void read_log(struct stage *stage)
{
    FILE *file = fopen(stage->path, "r");
    assert_non_null(file);
    stage->log[fread(stage->log, 1, sizeof stage->log - 1, file)] = '\0';
    fclose(file);
    unlink(stage->path);
}

static void stage_end(struct stage *stage)
{
    struct trail *trail = stage->scene.lane.trail;
    while (stage->scene.client_count > 0)
        peer_close(&stage->scene, &stage->scene.clients[--stage->scene.client_count]);
    stage->scene.lane.trail = NULL;
    trail_free(trail);
    trail_sink_close(stage->sink, 5000);
    read_log(stage);
    scene_end(&stage->scene);
}

/* On a connection of its own, answered by weir. */
static void ask(struct stage *stage, struct text request)
{
    struct scene *scene = &stage->scene;
    struct peer *client = scene_connect(scene);
    peer_send(scene, client, request);
    peer_close(scene, client);
    buffer_clear(&client->got);
    scene->client_count--;
}

static bool logged(const struct stage *stage, const char *part)
{
    return text_contains(text_of(stage->log), text_of(part));
}

static unsigned count_lines(const struct stage *stage)
{
    unsigned lines = 0;
    for (const char *at = stage->log; *at != '\0'; at++)
        lines += *at == '\n';
    return lines;
}

static void a_json_line_says_who_asked_what_and_who_answered(void **state)
{
    (void)state;
    static struct stage stage;
    stage_start(&stage, TRAIL_JSON);
    struct peer *client = scene_connect(&stage.scene);
    peer_send(
        &stage.scene, client,
        TEXT("GET /a?b=%22 HTTP/1.1\r\nHost: H.test\r\nUser-Agent: story\r\nX-Request-Id: id-1\r\n\r\n"));
    scene_pass(&stage.scene, 50);
    peer_send(&stage.scene, &stage.scene.backends[0], OK);
    stage_end(&stage);
    assert_true(text_starts(text_of(stage.log), TEXT("{\"time\":\"20")));
    assert_true(
        logged(&stage, "\"listener\":\"web\",\"route\":\"all\",\"client\":\"unix\",\"method\":\"GET\""));
    assert_true(logged(&stage, "\"path\":\"/a?b=%22\",\"protocol\":\"HTTP/1.1\",\"status\":200"));
    assert_true(logged(&stage, "\"bytes_in\":0,\"bytes_out\":2,\"duration_ms\":50.000"));
    assert_true(logged(&stage, "\"upstream\":\"app\",\"endpoint\":\"127.0.0.1:9\",\"upstream_ms\":50.000"));
    assert_true(logged(&stage, "\"attempts\":1,\"request_id\":\"id-1\",\"user_agent\":\"story\""));
    assert_false(logged(&stage, "fault"));
    assert_int_equal(count_lines(&stage), 1);
}

static void a_failure_names_its_fault(void **state)
{
    (void)state;
    static struct stage stage;
    stage_start(&stage, TRAIL_JSON);
    stage.scene.refuse = true;
    ask(&stage, TEXT("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
    stage_end(&stage);
    assert_true(logged(&stage, "\"status\":502"));
    assert_true(logged(&stage, "\"fault\":\"connect_"));
}

/* It keeps its own time, and leaves when weir's is over too. */
static void a_call_whose_client_left_at_its_deadline_has_exceeded_it(void **state)
{
    (void)state;
    static struct stage stage;
    struct scene *scene = &stage.scene;
    stage_start(&stage, TRAIL_JSON);
    struct peer *client = scene_connect(scene);
    peer_send(scene, client,
              TEXT("POST /a HTTP/1.1\r\nHost: h\r\nContent-Type: application/grpc\r\ngrpc-timeout: 100m\r\n"
                   "Content-Length: 0\r\n\r\n"));
    link_reset(client->link);
    client->link = NULL;
    scene->now += 200;
    loop_tell_time(&scene->loop, scene->now * 1000);
    scene_run(scene);
    stage_end(&stage);
    assert_true(logged(&stage, "\"status\":499,\"grpc_status\":\"4\""));
    assert_true(logged(&stage, "\"fault\":\"request_timeout\""));
}

static void combined_and_common_are_as_apache_writes_them(void **state)
{
    (void)state;
    static struct stage stage;
    struct text request = TEXT("GET /own/x?y HTTP/1.0\r\nUser-Agent: a b\r\nReferer: http://r/\r\n\r\n");
    stage_start(&stage, TRAIL_COMBINED);
    ask(&stage, request);
    stage_end(&stage);
    assert_true(text_starts(text_of(stage.log), TEXT("unix - - [")));
    assert_true(logged(&stage, "] \"GET /own/x?y HTTP/1.0\" 200 4 \"http://r/\" \"a b\"\n"));
    stage_start(&stage, TRAIL_COMMON);
    ask(&stage, request);
    stage_end(&stage);
    assert_true(logged(&stage, "] \"GET /own/x?y HTTP/1.0\" 200 4\n"));
}

static void what_is_missing_is_a_dash(void **state)
{
    (void)state;
    static struct stage stage;
    stage_start(&stage, TRAIL_COMBINED);
    ask(&stage, TEXT("\x16\x03\x01\r\n\r\n"));
    stage_end(&stage);
    assert_true(logged(&stage, "] \"-\" 400 "));
    assert_true(logged(&stage, " \"-\" \"-\"\n"));
}

static void quotes_and_bytes_that_are_no_text_are_escaped(void **state)
{
    (void)state;
    static struct stage stage;
    struct text request = TEXT("GET /own HTTP/1.1\r\nHost: h\r\nUser-Agent: a\"\\\t\xff\xc2\x85z\r\n\r\n");
    stage_start(&stage, TRAIL_COMBINED);
    ask(&stage, request);
    stage_end(&stage);
    assert_true(logged(&stage, " \"a\\\"\\\\\\t\xef\xbf\xbd\\u0085z\"\n"));
    assert_int_equal(count_lines(&stage), 1);
    stage_start(&stage, TRAIL_JSON);
    ask(&stage, request);
    stage_end(&stage);
    assert_true(logged(&stage, "\"user_agent\":\"a\\\"\\\\\\t\xef\xbf\xbd\\u0085z\""));
}

/* Each byte of these fields takes three in the log. */
static void no_client_can_push_its_own_line_out(void **state)
{
    (void)state;
    static struct stage stage;
    static char wide[2000];
    memset(wide, '\xff', sizeof wide);
    struct buffer request = BUFFER_EMPTY;
    buffer_printf(&request, "GET /own HTTP/1.1\r\nHost: ");
    for (int i = 0; i < 1500; i++)
        buffer_byte(&request, 'h');
    buffer_printf(&request, "\r\nUser-Agent: %.*s\r\nReferer: %.*s\r\n\r\n", (int)sizeof wide, wide,
                  (int)sizeof wide, wide);
    stage_start(&stage, TRAIL_JSON);
    ask(&stage, buffer_text(&request));
    buffer_clear(&request);
    assert_int_equal(trail_sink_dropped(stage.sink), 0);
    stage_end(&stage);
    assert_int_equal(count_lines(&stage), 1);
    assert_true(logged(&stage, "\"status\":400"));
    assert_true(text_ends(text_of(stage.log), TEXT("\xef\xbf\xbd\"}\n")));
}

static void lines_wait_for_others_but_not_for_long(void **state)
{
    (void)state;
    static struct stage stage;
    stage_start(&stage, TRAIL_COMMON);
    ask(&stage, TEXT("GET /own HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_int_equal(wheel_next(&stage.scene.loop.wheel) <= 200, true);
    scene_pass(&stage.scene, 200);
    for (int i = 0; i < 300; i++)
        ask(&stage, TEXT("GET /own/many HTTP/1.1\r\nHost: h\r\n\r\n"));
    stage_end(&stage);
    assert_int_equal(count_lines(&stage), 301);
}

static void every_request_is_counted_with_or_without_a_log(void **state)
{
    (void)state;
    struct scene scene;
    scene_settings(&scene);
    scene_start(&scene);
    const counter_t cell = scene.snapshot->routes[0].requests + code_cell(200);
    uint64_t before = counter_sum(cell);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, TEXT("GET /own HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_int_equal(counter_sum(cell), before + 1);
    scene_end(&scene);
}

static struct trail_block *block_of(char fill, unsigned lines)
{
    struct trail_block *block = calloc(1, sizeof *block);
    assert_non_null(block);
    memset(block->bytes, fill, TRAIL_BLOCK);
    block->len = TRAIL_BLOCK;
    block->lines = lines;
    return block;
}

/* Nobody reads it: a pipe holds 64 KiB, the queue 1 MiB. */
static void a_full_pipe_loses_lines_and_holds_up_nobody(void **state)
{
    (void)state;
    int ends[2];
    char path[32];
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
    struct trail_sink *sink = trail_sink_open(path, TRAIL_COMMON);
    assert_non_null(sink);
    for (int i = 0; i < 100; i++)
        trail_sink_put(sink, block_of('x', 10));
    assert_true(trail_sink_dropped(sink) >= 10 * (100 - 32 - 3));
    trail_sink_close(sink, 1);
    close(ends[0]);
    close(ends[1]);
}

static void a_rotated_file_is_begun_anew(void **state)
{
    (void)state;
    static struct stage stage;
    char old[40];
    stage_start(&stage, TRAIL_COMMON);
    snprintf(old, sizeof old, "%s.1", stage.path);
    assert_int_equal(rename(stage.path, old), 0);
    assert_true(trail_sink_reopen(stage.sink));
    ask(&stage, TEXT("GET /own/after HTTP/1.1\r\nHost: h\r\n\r\n"));
    stage_end(&stage);
    assert_true(logged(&stage, "/own/after"));
    unlink(old);
}

static void a_path_that_cannot_be_opened_is_refused(void **state)
{
    (void)state;
    assert_null(trail_sink_open("/nonexistent/access.log", TRAIL_JSON));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_line_says_who_asked_what_and_who_answered),
        cmocka_unit_test(a_failure_names_its_fault),
        cmocka_unit_test(a_call_whose_client_left_at_its_deadline_has_exceeded_it),
        cmocka_unit_test(combined_and_common_are_as_apache_writes_them),
        cmocka_unit_test(what_is_missing_is_a_dash),
        cmocka_unit_test(quotes_and_bytes_that_are_no_text_are_escaped),
        cmocka_unit_test(no_client_can_push_its_own_line_out),
        cmocka_unit_test(lines_wait_for_others_but_not_for_long),
        cmocka_unit_test(every_request_is_counted_with_or_without_a_log),
        cmocka_unit_test(a_full_pipe_loses_lines_and_holds_up_nobody),
        cmocka_unit_test(a_rotated_file_is_begun_anew),
        cmocka_unit_test(a_path_that_cannot_be_opened_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
