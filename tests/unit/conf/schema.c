/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include "conf/json_schema.h"
#include "conf/schema.h"

#define GENERATED "config/weir.schema.json"
#define EXAMPLE "config/weir.yaml"

/* The repository: ctest starts tests in it; a test started elsewhere finds it by where its source was. */
static const char *in_repository(const char *name, char path[500])
{
    const char *root = getenv("WEIR_SOURCE_DIR");
    const char *below = strstr(__FILE__, "tests/unit/conf/");
    if (root != NULL)
        snprintf(path, 500, "%s/%s", root, name);
    else if (access(name, R_OK) == 0 || below == NULL)
        snprintf(path, 500, "%s", name);
    else
        snprintf(path, 500, "%.*s%s", (int)(below - __FILE__), __FILE__, name);
    return path;
}

static char *read_whole(const char *name)
{
    char path[500], *text = NULL;
    size_t size;
    FILE *file = fopen(in_repository(name, path), "r");
    FILE *copy = open_memstream(&text, &size);
    assert_non_null(file);
    for (int c = getc(file); c != EOF; c = getc(file))
        putc(c, copy);
    fclose(file);
    fclose(copy);
    return text;
}

static void the_checked_in_json_schema_is_what_the_parser_knows(void **state)
{
    char *printed = NULL, *kept = read_whole(GENERATED);
    size_t size;
    (void)state;
    FILE *out = open_memstream(&printed, &size);
    config_print_schema(out);
    fclose(out);
    if (strcmp(printed, kept) != 0)
        fail_msg(GENERATED " is old; write it anew: weir schema > " GENERATED);
    free(printed);
    free(kept);
}

static void the_example_is_fine(void **state)
{
    char *example = read_whole(EXAMPLE);
    load_fine(state, example);
    free(example);
}

/* Every key of the interface, as its document shows it: nothing but later features, and what stands nowhere here. */
static void everything_that_there_will_be_is_well_formed_already(void **state)
{
    static const char *const expected[] = {"not in this build yet", "there is no upstream", "can't be read",
                                           "user: 'weir' does not exist",
                                           "hash_on: only ring_hash and maglev"};
    struct loading *loading = *state;
    char *everything = read_whole("tests/fuzz/corpus/config/everything.yaml");
    assert_null(load(state, everything));
    free(everything);
    assert_true(loading->problems.count > 15);
    for (size_t i = 0; i < loading->problems.count; i++) {
        bool known = false;
        for (size_t j = 0; j < sizeof expected / sizeof *expected; j++)
            known = known || text_contains(loading->problems.list[i].message, text_of(expected[j]));
        if (!known)
            fail_msg("%s", loading->problems.list[i].message.at);
    }
}

static void check_shape(const struct shape *shape);

static void check_key(const struct key *key)
{
    uint64_t value;
    assert_non_null(key->help);
    assert_int_equal(key->help[strlen(key->help) - 1], '.');
    bool collection = key->fallback != NULL && (key->fallback[0] == '{' || key->fallback[0] == '[');
    if (key->fallback != NULL && !collection &&
        schema_read(key->shape, text_of(key->fallback), &value) != NULL)
        fail_msg("the default of %s is not of its own form", key->name);
    check_shape(key->shape);
}

static void check_shape(const struct shape *shape)
{
    for (const struct key *key = shape->keys; key != NULL && key->name != NULL; key++)
        check_key(key);
    if (shape->item != NULL)
        check_shape(shape->item);
    for (const struct choice *choice = shape->choices; choice != NULL && choice->keys != NULL; choice++)
        for (size_t i = 0; choice->keys[i] != NULL; i++)
            assert_non_null(schema_key(shape, text_of(choice->keys[i])));
    if (shape->shorthand != NULL)
        assert_non_null(schema_key(shape, text_of(shape->shorthand)));
}

static void every_key_has_a_sentence_and_a_valid_default(void **state)
{
    (void)state;
    check_shape(&schema_root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checked_in_json_schema_is_what_the_parser_knows),
        loading_test(the_example_is_fine),
        loading_test(everything_that_there_will_be_is_well_formed_already),
        cmocka_unit_test(every_key_has_a_sentence_and_a_valid_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
