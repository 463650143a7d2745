/* SPDX-License-Identifier: Apache-2.0 */
#include <cmocka.h>

#include "http/compress.h"

static struct text types[] = {{"text/*", 6}, {"application/json", 16}};
static const struct compress_settings settings = {.types = types,
                                                  .type_count = 2,
                                                  .algorithms = {CODING_ZSTD, CODING_BR, CODING_GZIP},
                                                  .algorithm_count = 3,
                                                  .min_size = 100};

struct trial {
    struct arena arena;
    struct head request, answer;
};

static void begin(struct trial *trial)
{
    *trial = (struct trial){.request = {.method = METHOD_GET, .minor = 1},
                            .answer = {.status = 200, .body = BODY_STREAM}};
    arena_init(&trial->arena, 0);
}

static void answer_field(struct trial *trial, const char *name, const char *value)
{
    assert_true(fields_add(&trial->answer.fields, &trial->arena, text_of(name), text_of(value)));
}

static void ask_field(struct trial *trial, const char *name, const char *value)
{
    assert_true(fields_add(&trial->request.fields, &trial->arena, text_of(name), text_of(value)));
}

static bool fits(struct trial *trial)
{
    return compress_fits(&settings, &trial->request, &trial->answer);
}

static void check_type(const char *type, bool wanted)
{
    struct trial trial;
    begin(&trial);
    answer_field(&trial, "Content-Type", type);
    if (fits(&trial) != wanted)
        fail_msg("%s", type);
    arena_clear(&trial.arena);
}

static void types_match_whole_or_by_their_first_half(void **state)
{
    (void)state;
    check_type("text/html", true);
    check_type("TEXT/x; charset=utf-8", true);
    check_type("application/json ;a", true);
    check_type("text/", false);
    check_type("text", false);
    check_type("texts/html", false);
    check_type("application/json5", false);
    check_type("application/jso", false);
    check_type("", false);
    check_type("; text/html", false);
}

static void only_whole_bodies_fit(void **state)
{
    (void)state;
    static const unsigned statuses[] = {100, 101, 103, 204, 206, 304};
    struct trial trial;
    begin(&trial);
    answer_field(&trial, "Content-Type", "text/html");
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        trial.answer.status = (uint16_t)statuses[i];
        assert_false(fits(&trial));
    }
    trial.answer.status = 404;
    assert_true(fits(&trial));
    trial.answer.body = BODY_NONE;
    assert_false(fits(&trial));
    trial.request.method = METHOD_HEAD;
    assert_true(fits(&trial));
    trial.request.method = METHOD_CONNECT;
    assert_false(fits(&trial));
    arena_clear(&trial.arena);
}

static void known_lengths_are_measured(void **state)
{
    (void)state;
    struct trial trial;
    begin(&trial);
    answer_field(&trial, "Content-Type", "text/html");
    trial.answer.body = BODY_LENGTH;
    trial.answer.has_length = true;
    trial.answer.length = 99;
    assert_false(fits(&trial));
    trial.answer.length = 100;
    assert_true(fits(&trial));
    trial.answer.body = BODY_NONE;
    trial.request.method = METHOD_HEAD;
    assert_true(fits(&trial));
    arena_clear(&trial.arena);
}

static void what_may_not_be_changed_does_not_fit(void **state)
{
    (void)state;
    static const char *const fields[][2] = {
        {"Content-Encoding", "br"},
        {"content-range", "bytes */4"},
        {"Cache-Control", "a, No-Transform"},
        {"repr-digest", "sha-256=:AA==:"},
        {"Content-MD5", "AAAA"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct trial trial;
        begin(&trial);
        answer_field(&trial, "Content-Type", "text/html");
        assert_true(fits(&trial));
        answer_field(&trial, fields[i][0], fields[i][1]);
        assert_false(fits(&trial));
        arena_clear(&trial.arena);
    }
}

static void ranges_and_old_clients_get_identity(void **state)
{
    (void)state;
    struct trial trial;
    begin(&trial);
    ask_field(&trial, "Accept-Encoding", "gzip");
    assert_int_equal(compress_choose(&settings, &trial.request), CODING_GZIP);
    trial.request.minor = 0;
    assert_int_equal(compress_choose(&settings, &trial.request), CODING_IDENTITY);
    trial.request.minor = 1;
    ask_field(&trial, "Range", "bytes=0-1");
    assert_int_equal(compress_choose(&settings, &trial.request), CODING_IDENTITY);
    arena_clear(&trial.arena);
}

static void check_field(const struct trial *trial, enum field_id id, const char *wanted)
{
    const struct field *field = fields_find(&trial->answer.fields, id);
    if (wanted == NULL) {
        assert_null(field);
        return;
    }
    assert_non_null(field);
    assert_int_equal(fields_count(&trial->answer.fields, id), 1);
    if (!text_equal(field->value, text_of(wanted)))
        fail_msg("wanted %s, got %.*s", wanted, TEXT_ARGS(field->value));
}

static void a_head_says_what_was_done(void **state)
{
    (void)state;
    struct trial trial;
    begin(&trial);
    answer_field(&trial, "Content-Type", "text/html");
    answer_field(&trial, "ETag", "\"a\"");
    answer_field(&trial, "Accept-Ranges", "bytes");
    answer_field(&trial, "Vary", "Origin");
    answer_field(&trial, "Vary", "Cookie");
    trial.answer.body = BODY_LENGTH;
    trial.answer.has_length = true;
    trial.answer.length = 1000;
    const struct field *before = trial.answer.fields.at;
    assert_true(compress_head(&trial.answer, CODING_BR, &trial.arena));
    check_field(&trial, FIELD_CONTENT_ENCODING, "br");
    check_field(&trial, FIELD_ETAG, "W/\"a\"");
    check_field(&trial, FIELD_ACCEPT_RANGES, NULL);
    check_field(&trial, FIELD_VARY, "Origin, Cookie, Accept-Encoding");
    assert_int_equal(trial.answer.body, BODY_STREAM);
    assert_false(trial.answer.has_length);
    assert_true(text_equal(before[1].value, TEXT("\"a\""))); /* whoever else has them */
    arena_clear(&trial.arena);
}

static void another_client_would_get_something_else(void **state)
{
    (void)state;
    static const char *const enough[] = {"*", "accept-encoding", "Origin, Accept-Encoding"};
    struct trial trial;
    begin(&trial);
    answer_field(&trial, "ETag", "\"a\"");
    assert_true(compress_head(&trial.answer, CODING_IDENTITY, &trial.arena));
    check_field(&trial, FIELD_VARY, "Accept-Encoding");
    check_field(&trial, FIELD_ETAG, "\"a\"");
    check_field(&trial, FIELD_CONTENT_ENCODING, NULL);
    arena_clear(&trial.arena);
    for (size_t i = 0; i < sizeof enough / sizeof *enough; i++) {
        begin(&trial);
        answer_field(&trial, "Vary", enough[i]);
        assert_true(compress_head(&trial.answer, CODING_GZIP, &trial.arena));
        check_field(&trial, FIELD_VARY, enough[i]);
        arena_clear(&trial.arena);
    }
}

static void check_304(const char *asked, const char *etag, const char *wanted)
{
    struct trial trial;
    begin(&trial);
    trial.answer.status = 304;
    ask_field(&trial, "If-None-Match", asked);
    answer_field(&trial, "ETag", etag);
    assert_true(compress_leave(&settings, &trial.request, &trial.answer, &trial.arena));
    check_field(&trial, FIELD_ETAG, wanted);
    check_field(&trial, FIELD_VARY, "Accept-Encoding");
    arena_clear(&trial.arena);
}

static void what_others_get_in_another_coding_says_so(void **state)
{
    static const struct left {
        unsigned status;
        const char *type, *coding, *control, *vary; /* NULL: none */
    } left[] = {
        {200, "text/plain", "gzip", NULL, "Accept-Encoding"},
        {200, "text/plain", "gzip", "no-transform", NULL},
        {200, "text/plain", "unknown", NULL, NULL},
        {200, "image/png", NULL, NULL, NULL},
        {206, "text/plain", NULL, NULL, "Accept-Encoding"},
        {206, "image/png", NULL, NULL, NULL},
        {206, "text/plain", NULL, "no-transform", NULL},
        {304, NULL, NULL, NULL, "Accept-Encoding"},
        {304, NULL, NULL, "no-transform", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        struct trial trial;
        begin(&trial);
        trial.answer.fields = (struct fields){0};
        trial.answer.status = (uint16_t)left[i].status;
        if (left[i].type != NULL)
            answer_field(&trial, "Content-Type", left[i].type);
        if (left[i].coding != NULL)
            answer_field(&trial, "Content-Encoding", left[i].coding);
        if (left[i].control != NULL)
            answer_field(&trial, "Cache-Control", left[i].control);
        assert_true(compress_leave(&settings, &trial.request, &trial.answer, &trial.arena));
        check_field(&trial, FIELD_VARY, left[i].vary);
        arena_clear(&trial.arena);
    }
}

static void a_304_has_the_validator_that_the_client_has(void **state)
{
    (void)state;
    check_304("W/\"a\"", "\"a\"", "W/\"a\"");
    check_304("\"b\", W/\"a\"", "\"a\"", "W/\"a\"");
    check_304("\"a\"", "\"a\"", "\"a\"");
    check_304("W/\"b\"", "\"a\"", "\"a\"");
    check_304("*", "\"a\"", "\"a\"");
    check_304("W/\"a\"", "W/\"a\"", "W/\"a\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_match_whole_or_by_their_first_half),
        cmocka_unit_test(only_whole_bodies_fit),
        cmocka_unit_test(known_lengths_are_measured),
        cmocka_unit_test(what_may_not_be_changed_does_not_fit),
        cmocka_unit_test(ranges_and_old_clients_get_identity),
        cmocka_unit_test(a_head_says_what_was_done),
        cmocka_unit_test(another_client_would_get_something_else),
        cmocka_unit_test(what_others_get_in_another_coding_says_so),
        cmocka_unit_test(a_304_has_the_validator_that_the_client_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
