/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "exchange/regex.h"

#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* Steps of backtracking, each a few ns with the JIT and ten without: some ms at most. PCRE2 counts them anew at each byte
 * where a match may begin, so that a pattern that isn't anchored has less of them, and tries WINDOW bytes between looks at
 * the time. */
#define STEPS_ANCHORED 200000u
#define STEPS_EACH 2000u
#define WINDOW ((size_t)256)
#define TIME_MAX 5000000 /* ns of this thread */
#define DEPTH_MAX 20000u
#define HEAP_MAX 4096u /* KiB */
#define STACK_FIRST ((size_t)32 << 10)
#define STACK_MAX ((size_t)512 << 10)

/* No Unicode: a path is bytes, most of them escaped, and nobody has checked that they are UTF-8. */
#define COMPILE_OPTIONS (PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_DOLLAR_ENDONLY | PCRE2_USE_OFFSET_LIMIT)

struct regex {
    pcre2_code *code;
    bool anchored; /* it is tried at the path's first byte only */
};

/* What a thread matches with. */
struct scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

static pthread_key_t scratch_key;

static void scratch_free(void *memory)
{
    struct scratch *scratch = memory;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    free(scratch);
}

static void make_key(void)
{
    if (pthread_key_create(&scratch_key, scratch_free) != 0)
        abort();
}

static struct scratch *scratch_new(void)
{
    struct scratch *scratch = calloc(1, sizeof *scratch);
    if (scratch == NULL)
        return NULL;
    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    scratch->stack = pcre2_jit_stack_create(STACK_FIRST, STACK_MAX, NULL);
    if (scratch->data == NULL || scratch->context == NULL || pthread_setspecific(scratch_key, scratch) != 0) {
        scratch_free(scratch);
        return NULL;
    }
    pcre2_set_depth_limit(scratch->context, DEPTH_MAX);
    pcre2_set_heap_limit(scratch->context, HEAP_MAX);
    pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack); /* NULL: 32 KiB of the thread's own */
    return scratch;
}

static struct scratch *scratch_of_thread(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_key);
    struct scratch *scratch = pthread_getspecific(scratch_key);
    return scratch != NULL ? scratch : scratch_new();
}

static pcre2_code *compile(struct text written, struct regex_error *error)
{
    int number;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)written.at, written.len, COMPILE_OPTIONS, &number, &error->offset, NULL);
    if (code == NULL)
        pcre2_get_error_message(number, (PCRE2_UCHAR *)error->message, sizeof error->message);
    return code;
}

bool regex_is_valid(struct text written, struct regex_error *error)
{
    pcre2_code *code = compile(written, error);
    pcre2_code_free(code);
    return code != NULL;
}

static bool is_anchored(const pcre2_code *code)
{
    uint32_t options = 0;
    return pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options) == 0 && (options & PCRE2_ANCHORED) != 0;
}

struct regex *regex_new(struct text written, struct regex_error *error)
{
    struct regex *regex = calloc(1, sizeof *regex);
    *error = (struct regex_error){.message = "out of memory"};
    if (regex == NULL)
        return NULL;
    regex->code = compile(written, error);
    if (regex->code == NULL) {
        free(regex);
        return NULL;
    }
    regex->anchored = is_anchored(regex->code);
    (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* without it the interpreter matches */
    return regex;
}

void regex_free(struct regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_code_free(regex->code);
    free(regex);
}

static int64_t time_of_thread(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int match_at(const struct regex *regex, struct text path, size_t from, struct scratch *scratch)
{
    return pcre2_match(regex->code, (PCRE2_SPTR)path.at, path.len, from, 0, scratch->data, scratch->context);
}

/* At each byte, and at the end. */
static int match_anywhere(const struct regex *regex, struct text path, struct scratch *scratch)
{
    int64_t began = path.len >= WINDOW ? time_of_thread() : 0;
    int found = PCRE2_ERROR_NOMATCH;
    pcre2_set_match_limit(scratch->context, STEPS_EACH);
    for (size_t from = 0; from <= path.len && found == PCRE2_ERROR_NOMATCH; from += WINDOW) {
        if (from > 0 && time_of_thread() - began > TIME_MAX)
            return PCRE2_ERROR_MATCHLIMIT;
        pcre2_set_offset_limit(scratch->context, from + WINDOW - 1);
        found = match_at(regex, path, from, scratch);
    }
    return found;
}

static int match_anchored(const struct regex *regex, struct text path, struct scratch *scratch)
{
    pcre2_set_match_limit(scratch->context, STEPS_ANCHORED);
    pcre2_set_offset_limit(scratch->context, PCRE2_UNSET);
    return match_at(regex, path, 0, scratch);
}

enum regex_result regex_match(const struct regex *regex, struct text path)
{
    struct scratch *scratch = scratch_of_thread();
    if (scratch == NULL)
        return REGEX_GAVE_UP;
    int found = regex->anchored ? match_anchored(regex, path, scratch) : match_anywhere(regex, path, scratch);
    if (found >= 0)
        return REGEX_MATCHES;
    return found == PCRE2_ERROR_NOMATCH ? REGEX_DIFFERS : REGEX_GAVE_UP;
}
