/* SPDX-License-Identifier: Apache-2.0 */
/* Looks are taken by hand; that a timer takes them is the last test. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/watch.h"

struct stage {
    uv_loop_t loop;
    struct watch watch;
    unsigned told;
    char folder[64];
};

static void on_changed(void *owner)
{
    ((struct stage *)owner)->told++;
}

static int begin(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    strcpy(stage->folder, "/tmp/weir-watch-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
    assert_int_equal(uv_loop_init(&stage->loop), 0);
    assert_int_equal(watch_start(&stage->watch, &stage->loop, on_changed, stage), 0);
    *state = stage;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int end(void **state)
{
    struct stage *stage = *state;
    watch_stop(&stage->watch);
    watch_stop(&stage->watch);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    int open = uv_loop_close(&stage->loop);
    int left = nftw(stage->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(stage);
    return open != 0 ? open : left;
}

static const char *path_of(const struct stage *stage, const char *name)
{
    static char paths[4][200];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", stage->folder, name);
    return path;
}

static void write_file(const struct stage *stage, const char *name, const char *content)
{
    FILE *file = fopen(path_of(stage, name), "w");
    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
}

static void watch_names(struct stage *stage, const char *const *names)
{
    struct file_list files;
    file_list_init(&files);
    for (; *names != NULL; names++)
        file_list_add(&files, text_of(path_of(stage, *names)));
    watch_set(&stage->watch, &files);
    assert_int_equal(files.count, 0);
    file_list_clear(&files);
}

#define WATCH(stage, ...) watch_names(stage, (const char *const[]){__VA_ARGS__, NULL})

static unsigned look(struct stage *stage, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        watch_look(&stage->watch);
    return stage->told;
}

static void nothing_is_told_while_nothing_changes(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(look(stage, 3), 0);
    write_file(stage, "a", "1");
    WATCH(stage, "a", "missing", ".");
    assert_int_equal(look(stage, 5), 0);
}

static void a_change_is_told_once_when_it_is_quiet(void **state)
{
    struct stage *stage = *state;
    write_file(stage, "a", "1");
    WATCH(stage, "a");
    write_file(stage, "a", "half of it");
    assert_int_equal(look(stage, 1), 0);
    write_file(stage, "a", "half of it and the rest");
    assert_int_equal(look(stage, 1), 0);
    assert_int_equal(look(stage, 1), 1);
    assert_int_equal(look(stage, 5), 1);
}

static void a_change_between_load_and_first_look_is_told(void **state)
{
    struct stage *stage = *state;
    struct file_list files;
    write_file(stage, "a", "1");
    file_list_init(&files);
    file_list_add(&files, text_of(path_of(stage, "a")));
    write_file(stage, "a", "22");
    file_list_add(&files, text_of(path_of(stage, "a")));
    watch_set(&stage->watch, &files);
    assert_int_equal(look(stage, 2), 1);
}

static void what_comes_and_what_goes_is_told(void **state)
{
    struct stage *stage = *state;
    write_file(stage, "a", "1");
    WATCH(stage, "a", "b");
    unlink(path_of(stage, "a"));
    assert_int_equal(look(stage, 2), 1);
    write_file(stage, "b", "");
    assert_int_equal(look(stage, 2), 2);
}

static void a_new_file_in_a_folder_is_told(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(mkdir(path_of(stage, "conf.d"), 0700), 0);
    WATCH(stage, "conf.d");
    write_file(stage, "conf.d/new.yaml", "");
    assert_int_equal(look(stage, 2), 1);
}

/* A file that is replaced has another inode, whatever its size and times. */
static void a_file_that_is_replaced_is_told(void **state)
{
    struct stage *stage = *state;
    write_file(stage, "a", "1");
    WATCH(stage, "a");
    write_file(stage, "b", "1");
    assert_int_equal(rename(path_of(stage, "b"), path_of(stage, "a")), 0);
    assert_int_equal(look(stage, 2), 1);
}

/* As kubelet does it: weir.yaml -> ..data/weir.yaml, ..data -> ..2026_1, and ..data is replaced. */
static void the_swap_of_a_mounted_config_map_is_told(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(mkdir(path_of(stage, "..2026_1"), 0700), 0);
    assert_int_equal(mkdir(path_of(stage, "..2026_2"), 0700), 0);
    write_file(stage, "..2026_1/weir.yaml", "1");
    write_file(stage, "..2026_2/weir.yaml", "2");
    assert_int_equal(symlink("..2026_1", path_of(stage, "..data")), 0);
    assert_int_equal(symlink("..data/weir.yaml", path_of(stage, "weir.yaml")), 0);
    WATCH(stage, "weir.yaml");
    assert_int_equal(look(stage, 2), 0);
    assert_int_equal(symlink("..2026_2", path_of(stage, "..data_tmp")), 0);
    assert_int_equal(rename(path_of(stage, "..data_tmp"), path_of(stage, "..data")), 0);
    assert_int_equal(look(stage, 2), 1);
}

static void what_is_no_longer_in_the_list_is_not_looked_at(void **state)
{
    struct stage *stage = *state;
    write_file(stage, "a", "1");
    WATCH(stage, "a");
    WATCH(stage, "b");
    write_file(stage, "a", "22");
    assert_int_equal(look(stage, 3), 0);
}

static void what_is_as_it_was_again_is_not_told(void **state)
{
    struct stage *stage = *state;
    WATCH(stage, "a");
    write_file(stage, "a", "");
    assert_int_equal(look(stage, 1), 0);
    unlink(path_of(stage, "a"));
    assert_int_equal(look(stage, 3), 0);
}

static void load_again(void *owner)
{
    struct stage *stage = owner;
    stage->told++;
    WATCH(stage, "b");
}

static void a_load_within_the_call_sets_what_is_watched_next(void **state)
{
    struct stage *stage = *state;
    stage->watch.changed = load_again;
    WATCH(stage, "a");
    write_file(stage, "a", "");
    assert_int_equal(look(stage, 3), 1);
    write_file(stage, "b", "");
    assert_int_equal(look(stage, 2), 2);
}

static void a_list_has_a_bound_and_no_path_twice(void **state)
{
    (void)state;
    struct file_list files;
    char path[32];
    file_list_init(&files);
    for (unsigned i = 0; i < FILE_LIST_MAX + 10; i++) {
        snprintf(path, sizeof path, "/nowhere/%u", i);
        file_list_add(&files, text_of(path));
        file_list_add(&files, text_of(path));
    }
    assert_int_equal(files.count, FILE_LIST_MAX);
    file_list_clear(&files);
    file_list_add(NULL, TEXT("/nowhere"));
}

static void the_timer_looks(void **state)
{
    struct stage *stage = *state;
    WATCH(stage, "a");
    write_file(stage, "a", "");
    uint64_t limit = uv_now(&stage->loop) + 10000;
    while (stage->told == 0 && uv_now(&stage->loop) < limit)
        uv_run(&stage->loop, UV_RUN_ONCE);
    assert_int_equal(stage->told, 1);
}

#define watch_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        watch_test(nothing_is_told_while_nothing_changes),
        watch_test(a_change_is_told_once_when_it_is_quiet),
        watch_test(a_change_between_load_and_first_look_is_told),
        watch_test(what_comes_and_what_goes_is_told),
        watch_test(a_new_file_in_a_folder_is_told),
        watch_test(a_file_that_is_replaced_is_told),
        watch_test(the_swap_of_a_mounted_config_map_is_told),
        watch_test(what_is_no_longer_in_the_list_is_not_looked_at),
        watch_test(what_is_as_it_was_again_is_not_told),
        watch_test(a_load_within_the_call_sets_what_is_watched_next),
        cmocka_unit_test(a_list_has_a_bound_and_no_path_twice),
        watch_test(the_timer_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
