/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as the admin API is sent it: what is accepted is within the bounds, and strings are UTF-8. */
#include "base/json_read.h"
#include "base/panic.h"
#include "base/utf8.h"

static void check_text(struct text t)
{
    while (t.len > 0) {
        size_t len = utf8_length(t);
        ASSERT(len > 0);
        t = text_sub(t, len, t.len - len);
    }
}

static void check(const struct json *value, unsigned depth)
{
    uint64_t number;
    size_t count = 0;
    ASSERT(depth <= JSON_DEPTH_MAX);
    check_text(value->key);
    check_text(value->text);
    if (json_whole(value, UINT64_MAX, &number))
        ASSERT(value->kind == JSON_NUMBER);
    for (const struct json *item = value->first; item != NULL; item = item->next, count++)
        check(item, depth + 1);
    ASSERT(count == value->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    const char *problem;
    arena_init(&arena, 16 << 20);
    const struct json *value = json_read(&arena, (struct text){(const char *)bytes, len}, &problem);
    ASSERT((value == NULL) == (problem != NULL));
    if (value != NULL)
        check(value, 0);
    arena_clear(&arena);
    return 0;
}
