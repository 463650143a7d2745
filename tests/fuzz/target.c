/* SPDX-License-Identifier: Apache-2.0 */
/* Targets, hosts, lists and names: the small readers that hostile bytes reach first. */
#include "http/target.h"
#include "base/panic.h"
#include "http/message.h"

static void check_path(struct text path)
{
    char first[4096];
    char second[4096];
    size_t len;
    size_t again;
    if (!target_normalize_path(path, first, &len))
        return;
    struct text normal = {first, len};
    ASSERT(len <= path.len && first[0] == '/');
    ASSERT(!text_contains(normal, TEXT("//")) && !text_contains(normal, TEXT("/../")) &&
           !text_contains(normal, TEXT("/./")));
    ASSERT(!text_ends(normal, TEXT("/..")) && !text_ends(normal, TEXT("/.")));
    ASSERT(target_normalize_path(normal, second, &again) && text_equal(normal, (struct text){second, again}));
}

static void check_host(struct text authority)
{
    if (!authority_is_valid(authority))
        return;
    struct text host = authority_host(authority);
    ASSERT(host.len > 0 && host.len <= authority.len);
}

static void check_list(struct text list)
{
    size_t before = list.len + 1;
    for (struct text element; text_list_next(&list, &element);) {
        ASSERT(list.len < before);
        before = list.len;
    }
}

static void check_request(struct text target)
{
    struct arena arena;
    struct head head = {.method = METHOD_GET, .target = target, .minor = 1};
    arena_init(&arena, 65536);
    ASSERT(fields_add(&head.fields, &arena, TEXT("Host"), TEXT("h")));
    ASSERT(fields_add(&head.fields, &arena, TEXT("Content-Length"), target));
    if (target_read(&head) == NULL)
        ASSERT(head.path.len > 0 && head.authority.len > 0);
    if (message_frame_request(&head) == NULL)
        ASSERT(head.body == BODY_LENGTH);
    arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0 || len > 4000)
        return 0;
    struct text input = {(const char *)bytes, len};
    check_path(input);
    check_host(input);
    check_list(input);
    check_request(input);
    return 0;
}
