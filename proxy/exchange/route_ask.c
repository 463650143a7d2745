/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/route_ask.h"

#include "http/target.h"

/* A host name has at most 253 bytes (RFC 1035); more is not looked up. */
enum { HOST_MAX = 255 };

static bool lower_host(struct route_ask *ask, struct text authority, struct arena *arena)
{
    struct text host = authority_host(authority);
    char *lower = arena_take(arena, host.len + 1);
    if (lower == NULL)
        return false;
    for (size_t i = 0; i < host.len; i++)
        lower[i] = ascii_lower(host.at[i]);
    ask->host = (struct text){lower, host.len};
    return true;
}

const struct fault *route_ask_read(struct route_ask *ask, const struct head *head, struct arena *arena)
{
    struct text path;
    *ask = (struct route_ask){.method = head->method_text, .fields = &head->fields};
    if (head->method == METHOD_TRACE)
        return FAULT(method_not_allowed);
    target_split(head->path, &path, &ask->query);
    char *normal = arena_take(arena, path.len + 1);
    if (normal == NULL || !lower_host(ask, head->authority, arena))
        return FAULT(out_of_memory);
    if (ask->host.len > HOST_MAX)
        return FAULT(bad_host);
    if (text_equal(path, TEXT("*")))
        path = TEXT("/");
    ask->path.at = normal;
    return target_normalize_path(path, normal, &ask->path.len) ? NULL : FAULT(bad_request);
}
