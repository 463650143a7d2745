/* SPDX-License-Identifier: Apache-2.0 */
/* The config as it is shown: JSON with defaults, without secrets; and its hash. */
#include "base/json_read.h"
#include "load.h"

#define WHOLE LISTENER UPSTREAM ROUTE

static bool shows(const struct config *config, const char *part)
{
    return text_contains(config->effective.json, text_of(part));
}

#define assert_shows(config, part)                                                \
    do {                                                                          \
        if (!shows(config, part))                                                 \
            fail_msg("no %s in %.*s", part, TEXT_ARGS((config)->effective.json)); \
    } while (0)

static void it_is_json_with_the_defaults_that_count(void **state)
{
    struct arena arena;
    const char *problem;
    struct config *config = load_fine(state, WHOLE);
    arena_init(&arena, 0);
    assert_non_null(json_read(&arena, config->effective.json, &problem));
    arena_clear(&arena);
    assert_shows(config, "\"workers\":\"auto\"");
    assert_shows(config, "\"log\":{\"level\":\"info\",\"format\":\"text\",\"path\":\"stderr\"}");
    assert_shows(config, "\"admin\":{\"listen\":\"127.0.0.1:9900\",\"token\":\"\",\"hosts\":[]}");
    assert_shows(config, "\"listen\":[\"127.0.0.1:8080\"]");
    assert_shows(config, "\"timeouts\":{\"header\":\"10s\"");
    assert_shows(config, "\"headers\":100,");
    assert_shows(config,
                 "\"upstreams\":{\"app\":{\"endpoints\":[{\"address\":\"127.0.0.1:9001\",\"weight\":1");
    assert_shows(config, "\"routes\":[{\"name\":\"all\",\"upstream\":\"app\",");
    assert_false(shows(config, "redirect"));
    assert_false(shows(config, "respond"));
}

static void what_is_said_stands_in_place_of_the_default(void **state)
{
    struct config *config = load_fine(
        state,
        WHOLE "workers: 3\nlog: {level: debug}\naccess_log: {path: off}\nadmin: {probes: 127.0.0.1:9901}\n");
    assert_shows(config, "\"workers\":3,");
    assert_shows(config, "\"level\":\"debug\",\"format\":\"text\"");
    assert_shows(config, "\"probes\":\"127.0.0.1:9901\"");
}

static void the_token_is_masked(void **state)
{
    struct config *config = load_fine(state, WHOLE "admin: {token: hunter2}\n");
    assert_shows(config, "\"token\":\"***\"");
    assert_false(shows(config, "hunter2"));
}

static void fields_that_carry_credentials_are_masked(void **state)
{
    struct config *config = load_fine(
        state, LISTENER
        "routes: [{respond: {headers: {Set-Cookie: hunter1, X-Api-Key: hunter2, AUTHORIZATION: hunter3,"
        " Proxy-Authorization: hunter4, X-Auth-Token: hunter5, X-Plain: seen}}}]\n");
    assert_false(shows(config, "hunter"));
    assert_shows(config, "\"X-Api-Key\":\"***\"");
    assert_shows(config, "\"X-Plain\":\"seen\"");
}

static void passwords_in_urls_are_masked(void **state)
{
    static const char *const urls[] = {"redis://user:hunter2@h:6379/0", "https://hunter2@h/",
                                       "http://u:hunter@2@h/x", "a http://u:hunter2@h b http://v:hunter3@i",
                                       "http://u:hunter/2@h/"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        char yaml[512];
        snprintf(yaml, sizeof yaml, LISTENER "routes: [{respond: {body: '%s'}}]\n", urls[i]);
        struct config *config = load_fine(state, yaml);
        assert_false(shows(config, "hunter"));
        assert_shows(config, "://***@h");
    }
    struct config *config =
        load_fine(state, LISTENER
                  "routes: [{respond: {body: 'http://h:80/@x mail a@b http://[::1]:80/ http://h/a:b@c'}}]\n");
    assert_shows(config, "\"body\":\"http://h:80/@x mail a@b http://[::1]:80/ http://h/a:b@c\"");
}

static void names_that_sound_secret_are_not_masked_when_they_are_names(void **state)
{
    struct config *config = load_fine(
        state, LISTENER "upstreams: {token: {endpoints: [127.0.0.1:9001]}}\nroutes: [{upstream: token}]\n");
    assert_shows(config, "\"upstreams\":{\"token\":{\"endpoints\":[{\"address\":\"127.0.0.1:9001\"");
    assert_shows(config, "\"upstream\":\"token\"");
}

static void the_hash_follows_the_content_not_its_form(void **state)
{
    char first[32], again[32];
    snprintf(first, sizeof first, "%.*s", TEXT_ARGS(load_fine(state, WHOLE)->effective.hash));
    assert_int_equal(strlen(first), 16);
    snprintf(again, sizeof again, "%.*s", TEXT_ARGS(load_fine(state, WHOLE)->effective.hash));
    assert_string_equal(first, again);
    snprintf(again, sizeof again, "%.*s",
             TEXT_ARGS(load_fine(state, "# another form\n" ROUTE UPSTREAM
                                        "listeners:\n  - listen: [\"127.0.0.1:8080\"]\n    name: web\n")
                           ->effective.hash));
    assert_string_equal(first, again);
    snprintf(again, sizeof again, "%.*s", TEXT_ARGS(load_fine(state, WHOLE "workers: 3\n")->effective.hash));
    assert_string_not_equal(first, again);
}

static void a_changed_secret_changes_the_hash(void **state)
{
    char first[32];
    snprintf(first, sizeof first, "%.*s",
             TEXT_ARGS(load_fine(state, WHOLE "admin: {token: hunter2}\n")->effective.hash));
    assert_false(
        text_equal(load_fine(state, WHOLE "admin: {token: hunter3}\n")->effective.hash, text_of(first)));
}

/* A text of 64 KiB that 1000 aliases repeat: 64 MiB. */
static void a_config_that_is_too_large_to_show_is_null_and_has_its_hash(void **state)
{
    struct buffer yaml = BUFFER_EMPTY;
    buffer_add(&yaml, TEXT(LISTENER UPSTREAM "routes:\n  - {match: {path: /0}, respond: {body: &b "));
    for (int i = 0; i < 65536; i++)
        buffer_byte(&yaml, 'x');
    buffer_add(&yaml, TEXT("}}\n  - {upstream: app}\n"));
    for (int i = 1; i < 1000; i++)
        buffer_printf(&yaml, "  - {match: {path: /%d}, respond: {body: *b}}\n", i);
    buffer_byte(&yaml, '\0');
    struct config *config = load_fine(state, yaml.at);
    buffer_clear(&yaml);
    assert_true(text_equal(config->effective.json, TEXT("null")));
    assert_int_equal(config->effective.hash.len, 16);
}

static void problems_are_json_too(void **state)
{
    struct loading *loading = *state;
    struct buffer out = BUFFER_EMPTY;
    problems_write_json(&loading->problems, &out);
    assert_true(text_equal(buffer_text(&out), TEXT("[]")));
    buffer_clear(&out);
    assert_null(load(state, LISTENER "routes: [{upstream: \"a\\\"b\"}]\n"));
    problems_write_json(&loading->problems, &out);
    assert_true(text_starts(buffer_text(&out),
                            TEXT("[{\"file\":\"t.yaml\",\"line\":2,\"column\":21,\"message\":\"")));
    buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(it_is_json_with_the_defaults_that_count),
        loading_test(what_is_said_stands_in_place_of_the_default),
        loading_test(the_token_is_masked),
        loading_test(fields_that_carry_credentials_are_masked),
        loading_test(passwords_in_urls_are_masked),
        loading_test(names_that_sound_secret_are_not_masked_when_they_are_names),
        loading_test(the_hash_follows_the_content_not_its_form),
        loading_test(a_changed_secret_changes_the_hash),
        loading_test(a_config_that_is_too_large_to_show_is_null_and_has_its_hash),
        loading_test(problems_are_json_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
