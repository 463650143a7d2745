/* SPDX-License-Identifier: Apache-2.0 */
/* Loading configs in tests: from text or from files of a temporary folder, and looking for problems by
 * place. */
#ifndef LOAD_H
#define LOAD_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/file_list.h"
#include "conf/problems.h"

/* What a route needs around it to be a whole config; lines of the test's own begin behind it. */
#define LISTENER "listeners: [{name: web, listen: 127.0.0.1:8080}]\n"
#define UPSTREAM "upstreams: {app: {endpoints: [127.0.0.1:9001]}}\n"
#define ROUTE "routes: [{name: all, upstream: app}]\n"

struct loading {
    struct problems problems;
    struct file_list seen; /* by the last load_file */
    struct config *config;
    char folder[64];
};

static inline int loading_begin(void **state)
{
    struct loading *loading = calloc(1, sizeof *loading);
    problems_init(&loading->problems);
    file_list_init(&loading->seen);
    strcpy(loading->folder, "/tmp/weir-conf-XXXXXX");
    assert_non_null(mkdtemp(loading->folder));
    *state = loading;
    return 0;
}

static inline int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline int loading_end(void **state)
{
    struct loading *loading = *state;
    config_free(loading->config);
    problems_clear(&loading->problems);
    file_list_clear(&loading->seen);
    int removed = nftw(loading->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(loading);
    return removed;
}

/* Loads another config; what the one before left is gone. */
static inline struct config *load(void **state, const char *yaml)
{
    struct loading *loading = *state;
    config_free(loading->config);
    problems_clear(&loading->problems);
    loading->config = config_load_text("t.yaml", text_of(yaml), &loading->problems);
    return loading->config;
}

static inline void write_file(void **state, const char *name, const char *content)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", ((struct loading *)*state)->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
}

static inline struct config *load_file(void **state, const char *name)
{
    struct loading *loading = *state;
    char path[200];
    snprintf(path, sizeof path, "%s/%s", loading->folder, name);
    config_free(loading->config);
    problems_clear(&loading->problems);
    file_list_clear(&loading->seen);
    loading->config = config_load(path, &loading->problems, &loading->seen);
    return loading->config;
}

/* The problem at that place whose message has the part; fails with all problems shown when there is none. */
static inline const struct problem *problem_at(void **state, unsigned line, unsigned column, const char *part)
{
    struct loading *loading = *state;
    for (size_t i = 0; i < loading->problems.count; i++) {
        const struct problem *problem = &loading->problems.list[i];
        if (problem->place.line == line && problem->place.column == column &&
            text_contains(problem->message, text_of(part)))
            return problem;
    }
    problems_print(&loading->problems, stderr);
    fail_msg("no problem at %u:%u that says \"%s\"", line, column, part);
    return NULL;
}

/* Nothing is wrong with it, not even a warning. */
static inline struct config *load_fine(void **state, const char *yaml)
{
    struct loading *loading = *state;
    struct config *config = load(state, yaml);
    if (loading->problems.count > 0)
        problems_print(&loading->problems, stderr);
    assert_int_equal(loading->problems.count, 0);
    assert_non_null(config);
    return config;
}

/* Exactly one thing is wrong with it. */
static inline void load_wrong(void **state, const char *yaml, unsigned line, const char *part)
{
    struct loading *loading = *state;
    assert_null(load(state, yaml));
    if (loading->problems.count != 1 || loading->problems.list[0].place.line != line)
        problems_print(&loading->problems, stderr);
    assert_int_equal(loading->problems.count, 1);
    problem_at(state, line, loading->problems.list[0].place.column, part);
}

static inline bool any_problem_says(void **state, const char *part)
{
    struct loading *loading = *state;
    for (size_t i = 0; i < loading->problems.count; i++)
        if (text_contains(loading->problems.list[i].message, text_of(part)))
            return true;
    return false;
}

#define loading_test(test) cmocka_unit_test_setup_teardown(test, loading_begin, loading_end)

#endif
