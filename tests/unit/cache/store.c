/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cache/policy.h"
#include "heads.h"

static const struct cache_store_settings small = {64 * 1024, 16 * 1024};

static struct cache_object *make(struct text key, const char *vary, const char *request)
{
    struct cache_object *object = cache_object_new(key, cache_store_hash(key), cache_body_new(1));
    assert_non_null(object);
    struct fields asked = fields_of(&object->arena, request);
    struct fields said = fields_of(&object->arena, vary);
    assert_true(cache_object_keep_fields(object, &said));
    object->variant = policy_variant(&object->fields, &asked, false, &object->arena);
    return object;
}

static bool put(struct cache_store *store, const char *key, size_t size)
{
    struct cache_object *object = make(text_of(key), "", "");
    bool stored = cache_store_put(store, object, size, NULL);
    cache_object_unref(object);
    return stored;
}

static struct cache_object *find_with(struct cache_store *store, const char *key, const char *request)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct fields fields = fields_of(&arena, request);
    struct cache_object *object =
        cache_store_find(store, text_of(key), cache_store_hash(text_of(key)), &fields, &arena);
    arena_clear(&arena);
    return object;
}

static bool has(struct cache_store *store, const char *key)
{
    struct cache_object *object = find_with(store, key, "");
    cache_object_unref(object);
    return object != NULL;
}

static void what_was_put_is_found(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    (void)state;
    assert_true(put(store, "a", 100) && put(store, "b", 100));
    assert_true(has(store, "a") && has(store, "b") && !has(store, "c"));
    assert_int_equal(cache_store_sizes(store).objects, 2);
    assert_int_equal(cache_store_sizes(store).bytes, 200);
    cache_store_unref(store);
}

static void a_new_one_takes_the_place_of_the_old(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    (void)state;
    put(store, "a", 100);
    put(store, "a", 300);
    assert_int_equal(cache_store_sizes(store).objects, 1);
    assert_int_equal(cache_store_sizes(store).bytes, 300);
    cache_store_unref(store);
}

static void variants_stand_side_by_side(void **state)
{
    static const char *const requests[] = {"Accept: a", "Accept: b", ""};
    struct cache_store *store = cache_store_new(&small);
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct cache_object *object = make(TEXT("k"), "Vary: Accept", requests[i]);
        object->status = (uint16_t)(200 + i);
        assert_true(cache_store_put(store, object, 10, NULL));
        cache_object_unref(object);
    }
    for (size_t i = 0; i < 3; i++) {
        struct cache_object *object = find_with(store, "k", requests[i]);
        assert_int_equal(object->status, 200 + i);
        cache_object_unref(object);
    }
    assert_null(find_with(store, "k", "Accept: c"));
    assert_int_equal(cache_store_forget(store, TEXT("k"), cache_store_hash(TEXT("k"))), 3);
    assert_int_equal(cache_store_sizes(store).objects, 0);
    cache_store_unref(store);
}

static struct text variant_wanted(struct cache_store *store, const char *request, struct arena *arena)
{
    struct fields fields = fields_of(arena, request);
    return cache_store_variant(store, TEXT("a"), cache_store_hash(TEXT("a")), &fields, arena);
}

static void what_a_key_varies_by_is_known_by_any_variant(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    struct cache_object *object = make(TEXT("a"), "Vary: Accept", "Accept: b");
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    assert_null(variant_wanted(store, "Accept: b", &arena).at);
    assert_true(cache_store_put(store, object, 100, NULL));
    struct text same = variant_wanted(store, "Accept: b", &arena),
                other = variant_wanted(store, "Accept: c", &arena);
    assert_true(text_equal(same, object->variant));
    assert_true(other.len > 0 && !text_equal(other, same));
    cache_store_drop(store, object);
    assert_null(variant_wanted(store, "Accept: b", &arena).at);
    arena_clear(&arena);
    cache_object_unref(object);
    cache_store_unref(store);
}

static void variants_of_a_key_are_bounded(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    char request[32];
    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(request, sizeof request, "Accept: %d", i);
        struct cache_object *object = make(TEXT("k"), "Vary: Accept", request);
        assert_true(cache_store_put(store, object, 10, NULL));
        cache_object_unref(object);
    }
    assert_int_equal(cache_store_sizes(store).objects, 32);
    struct cache_object *newest = find_with(store, "k", "Accept: 99");
    assert_non_null(newest);
    cache_object_unref(newest);
    cache_store_unref(store);
}

static void bytes_are_bounded_and_large_objects_refused(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    char key[16];
    (void)state;
    assert_false(put(store, "large", 16 * 1024 + 1));
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "%d", i);
        assert_true(put(store, key, 1000));
        assert_true(cache_store_sizes(store).bytes <= 64 * 1024);
        assert_true(has(store, key));
    }
    assert_true(cache_store_sizes(store).objects >= 60);
    assert_int_equal(cache_store_sizes(store).evicted, 1000 - cache_store_sizes(store).objects);
    cache_store_unref(store);
}

static void a_scan_throws_out_nothing_that_is_in_use(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    char key[16];
    (void)state;
    put(store, "hot", 1000);
    assert_true(has(store, "hot") && has(store, "hot"));
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "%d", i);
        put(store, key, 1000);
    }
    assert_true(has(store, "hot"));
    cache_store_unref(store);
}

/* What was fetched for this key is put into the store. */
static bool lands(struct cache_store *store, struct cache_fetch *fetch, const char *key)
{
    struct cache_object *object = make(text_of(key), "", "");
    bool stored = cache_store_put(store, object, 100, fetch);
    assert_true(cache_fetch_is_overtaken(store, fetch) == !stored);
    cache_object_unref(object);
    cache_fetch_end(store, fetch);
    assert_false(cache_fetch_is_overtaken(store, fetch));
    return stored;
}

static void begin(struct cache_store *store, struct cache_fetch *fetch, const char *key)
{
    cache_fetch_begin(store, fetch, cache_store_hash(text_of(key)));
}

static bool is_any(const struct cache_object *object, const void *what)
{
    return object != NULL && what == NULL;
}

static void what_was_fetched_before_it_was_forgotten_stays_away(void **state)
{
    enum { OTHERS = 2000 };
    struct cache_store *store = cache_store_new(&small);
    struct cache_fetch one = {0}, two = {0}, others[OTHERS] = {0};
    char key[16];
    (void)state;
    begin(store, &one, "k");
    begin(store, &two, "k");
    for (int i = 0; i < OTHERS; i++) {
        snprintf(key, sizeof key, "%d", i);
        begin(store, &others[i], key);
    }
    cache_store_forget(store, TEXT("k"), cache_store_hash(TEXT("k")));
    assert_false(lands(store, &one, "k"));
    begin(store, &one, "k");
    assert_true(lands(store, &one, "k"));
    assert_false(lands(store, &two, "k"));
    for (int i = 0; i < OTHERS; i++) {
        snprintf(key, sizeof key, "%d", i);
        assert_true(lands(store, &others[i], key));
    }
    cache_store_unref(store);
}

static void what_was_fetched_before_a_purge_stays_away(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    struct cache_fetch before = {0}, anew = {0};
    (void)state;
    begin(store, &before, "k");
    begin(store, &anew, "k");
    cache_store_purge(store, is_any, NULL, false);
    begin(store, &anew, "k"); /* another attempt */
    assert_false(lands(store, &before, "k"));
    assert_true(lands(store, &anew, "k"));
    cache_store_unref(store);
}

static void a_larger_store_keeps_what_it_had_in_its_order(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    const struct cache_store_settings larger = {64 * 1024 * 1024, 16 * 1024};
    char text[32];
    (void)state;
    for (int i = 0; i < 400; i++) {
        snprintf(text, sizeof text, "%d", i);
        assert_true(put(store, text, 100));
    }
    for (int i = 0; i < 8; i++) {
        snprintf(text, sizeof text, "Accept: %d", i);
        struct cache_object *variant = make(TEXT("0"), "Vary: Accept", text);
        assert_true(cache_store_put(store, variant, 100, NULL));
        cache_object_unref(variant);
    }
    struct cache_object *newest = make(TEXT("0"), "Vary: X-None", "");
    assert_true(cache_store_put(store, newest, 100, NULL));
    cache_store_resize(store, &larger);
    assert_int_equal(cache_store_sizes(store).objects, 409);
    struct cache_object *found = find_with(store, "0", "Accept: 3");
    assert_ptr_equal(found, newest);
    cache_object_unref(found);
    cache_object_unref(newest);
    for (int i = 0; i < 400; i++) {
        snprintf(text, sizeof text, "%d", i);
        assert_true(has(store, text));
    }
    cache_store_unref(store);
}

static void what_does_not_fit_into_a_part_throws_out_nothing(void **state)
{
    const struct cache_store_settings many = {64 * 1024, 1024};
    const struct cache_store_settings larger = {64 * 1024, 64 * 1024};
    struct cache_store *store = cache_store_new(&many);
    char text[16];
    (void)state;
    for (int i = 0; i < 30; i++) {
        snprintf(text, sizeof text, "%d", i);
        put(store, text, 100);
    }
    cache_store_resize(store, &larger);
    assert_int_equal(cache_store_max_object(store), 4 * 1024);
    assert_false(put(store, "large", 5 * 1024));
    assert_int_equal(cache_store_sizes(store).objects, 30);
    cache_store_unref(store);
}

static void an_object_that_grows_too_large_is_taken_out(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    struct cache_object *object = make(TEXT("g"), "", "");
    (void)state;
    assert_true(cache_store_grow(store, object, 100)); /* nothing: it is in no store */
    assert_int_equal(cache_store_sizes(store).bytes, 0);
    assert_true(cache_store_put(store, object, 100, NULL));
    assert_true(cache_store_grow(store, object, 5000));
    assert_int_equal(cache_store_sizes(store).bytes, 5000);
    assert_false(cache_store_grow(store, object, 17 * 1024));
    assert_int_equal(cache_store_sizes(store).objects, 0);
    cache_object_unref(object);
    cache_store_unref(store);
}

static struct cache_object *put_held(struct cache_store *store, const char *key, size_t size)
{
    struct cache_object *object = make(text_of(key), "", "");
    bool stored = cache_store_put(store, object, size, NULL);
    assert_int_equal(stored, object->size > 0);
    return object;
}

/* The store is one part here: 4 of the largest fit. */
static void what_is_held_after_it_was_taken_out_counts(void **state)
{
    const struct cache_store_settings one = {64 * 1024, 40 * 1024};
    struct cache_store *store = cache_store_new(&one);
    struct cache_object *held[4], *more;
    (void)state;
    for (int i = 0; i < 4; i++) {
        held[i] = put_held(store, "a", 10 * 1024); /* each takes the place of the one before */
        assert_int_equal(cache_store_sizes(store).bytes, (size_t)(i + 1) * 10 * 1024);
    }
    assert_int_equal(cache_store_purge(store, is_any, NULL, false), 1);
    assert_int_equal(cache_store_sizes(store).bytes, 40 * 1024);
    assert_true(cache_store_grow(store, held[0], 20 * 1024));
    assert_int_equal(cache_store_sizes(store).bytes, 50 * 1024);
    more = put_held(store, "b", 20 * 1024);
    assert_int_equal(more->size, 0);
    assert_false(cache_store_grow(store, held[1], 40 * 1024));
    for (int i = 0; i < 4; i++)
        cache_object_unref(held[i]);
    cache_object_unref(more);
    assert_int_equal(cache_store_sizes(store).bytes, 0);
    assert_true(put(store, "b", 20 * 1024));
    cache_store_unref(store);
}

static void what_two_share_counts_once(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    struct cache_object *stale = put_held(store, "a", 1000);
    struct cache_object *fresh = cache_object_new(TEXT("a"), stale->hash, cache_body_ref(stale->body));
    (void)state;
    assert_true(cache_store_put(store, fresh, 1000, NULL));
    assert_int_equal(cache_store_sizes(store).bytes, 1000);
    cache_object_unref(stale);
    cache_store_drop(store, fresh);
    assert_int_equal(cache_store_sizes(store).bytes, 1000);
    assert_true(cache_store_put(store, fresh, 1000, NULL));
    assert_int_equal(cache_store_sizes(store).bytes, 1000);
    cache_store_unref(store); /* what is held outlives it */
    cache_object_unref(fresh);
}

static void what_is_being_read_is_not_thrown_out(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    struct cache_object *read[8];
    char key[16];
    (void)state;
    for (int i = 0; i < 8; i++) {
        snprintf(key, sizeof key, "r%d", i);
        assert_true(put(store, key, 4096));
        read[i] = find_with(store, key, "");
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "%d", i);
        put(store, key, 4096);
        assert_true(cache_store_sizes(store).bytes <= 64 * 1024);
    }
    for (int i = 0; i < 8; i++) {
        snprintf(key, sizeof key, "r%d", i);
        assert_true(has(store, key));
        cache_object_unref(read[i]);
    }
    cache_store_unref(store);
}

static void there_may_be_no_room(void **state)
{
    const struct cache_store_settings tiny = {4096, 4096};
    struct cache_store *store = cache_store_new(&tiny);
    (void)state;
    assert_true(put(store, "first", 4000));
    struct cache_object *first = find_with(store, "first", "");
    assert_false(put(store, "second", 4000));
    assert_true(has(store, "first") && !has(store, "second"));
    cache_object_unref(first);
    assert_true(put(store, "second", 4000));
    assert_false(has(store, "first"));
    cache_store_unref(store);
}

static bool begins(const struct cache_object *object, const void *what)
{
    return text_starts(object->key, text_of(what));
}

static void purging_is_hard_or_soft(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    (void)state;
    put(store, "a1", 10);
    put(store, "a2", 10);
    put(store, "b1", 10);
    assert_int_equal(cache_store_purge(store, begins, "b", true), 1);
    struct cache_object *object = find_with(store, "b1", "");
    assert_in_range(atomic_load(&object->stale_since), time(NULL) - 5, time(NULL));
    cache_object_unref(object);
    assert_int_equal(cache_store_purge(store, begins, "a", false), 2);
    assert_false(has(store, "a1"));
    assert_int_equal(cache_store_sizes(store).objects, 1);
    cache_store_unref(store);
}

enum { THREADS = 4, TURNS = 3000 };

static void *hammer(void *owner)
{
    struct cache_store *store = owner;
    unsigned seed = (unsigned)(uintptr_t)&seed;
    char key[16];
    for (int i = 0; i < TURNS; i++) {
        snprintf(key, sizeof key, "%d", rand_r(&seed) % 200);
        if (i % 3 == 0)
            put(store, key, 500 + (size_t)(rand_r(&seed) % 3000));
        else if (i % 101 == 0)
            cache_store_purge(store, begins, key, i % 2 == 0);
        else
            has(store, key);
    }
    return NULL;
}

static void threads_share_it(void **state)
{
    struct cache_store *store = cache_store_new(&small);
    pthread_t threads[THREADS];
    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, store), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(cache_store_sizes(store).bytes <= 64 * 1024);
    cache_store_unref(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found),
        cmocka_unit_test(a_new_one_takes_the_place_of_the_old),
        cmocka_unit_test(variants_stand_side_by_side),
        cmocka_unit_test(what_a_key_varies_by_is_known_by_any_variant),
        cmocka_unit_test(variants_of_a_key_are_bounded),
        cmocka_unit_test(bytes_are_bounded_and_large_objects_refused),
        cmocka_unit_test(a_scan_throws_out_nothing_that_is_in_use),
        cmocka_unit_test(what_was_fetched_before_it_was_forgotten_stays_away),
        cmocka_unit_test(what_was_fetched_before_a_purge_stays_away),
        cmocka_unit_test(a_larger_store_keeps_what_it_had_in_its_order),
        cmocka_unit_test(what_does_not_fit_into_a_part_throws_out_nothing),
        cmocka_unit_test(an_object_that_grows_too_large_is_taken_out),
        cmocka_unit_test(what_is_held_after_it_was_taken_out_counts),
        cmocka_unit_test(what_two_share_counts_once),
        cmocka_unit_test(what_is_being_read_is_not_thrown_out),
        cmocka_unit_test(there_may_be_no_room),
        cmocka_unit_test(purging_is_hard_or_soft),
        cmocka_unit_test(threads_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
