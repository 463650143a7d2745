/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/resource.h"

#include "admin/answer.h"
#include "admin/caches.h"
#include "admin/connections.h"
#include "admin/endpoints.h"
#include "admin/orders.h"
#include "admin/pages.h"
#include "admin/probes.h"
#include "admin/upstreams.h"

enum { METHODS_MAX = 64 };

struct stream *resource_refuse(const struct ask *ask)
{
    struct text sentence = arena_format(ask->exchange->down->arena, "%s %s is not in this build yet",
                                        ask->resource->method, ask->resource->path);
    return sentence.at != NULL ? answer_error(ask->exchange, 501, sentence.at) : NULL;
}

const struct resource resources[] = {
    {"GET", "/", show_index, NULL, false},
    {"GET", "/livez", show_live, "200 while the process runs", true},
    {"GET", "/healthz", show_live, "the same", true},
    {"GET", "/readyz", show_ready, "200 while it takes requests; ?verbose says why not", true},
    {"GET", "/metrics", show_metrics, "everything that is counted, for Prometheus", false},
    {"GET", "/api/v1/stats", show_stats, "the same as JSON", false},
    {"GET", "/api/v1/upstreams", show_upstreams, "upstreams and their endpoints", false},
    {"GET", "/api/v1/upstreams/*", show_upstream, "one of them", false},
    {"PUT", "/api/v1/upstreams/*/endpoints/*", order_endpoint, NULL, false},
    {"DELETE", "/api/v1/upstreams/*/endpoints/*", order_no_endpoint, NULL, false},
    {"GET", "/api/v1/config", show_config, "the config in force, without its secrets", false},
    {"GET", "/api/v1/caches", show_caches, "caches, their sizes and hit ratios", false},
    {"POST", "/api/v1/caches/*/purge", order_purge, NULL, false},
    {"POST", "/api/v1/reload", order_reload, NULL, false},
    {"POST", "/api/v1/drain", order_drain, NULL, false},
    {"PUT", "/api/v1/log", order_log, NULL, false},
    {"GET", "/api/v1/connections", show_connections, "TCP connections by state", false},
    {"GET", "/api/v1/tap", resource_refuse, NULL, false},
};
const size_t resource_count = sizeof resources / sizeof resources[0];

/* Takes "/segment" off the front. */
static struct text take_segment(struct text *path)
{
    struct text rest = text_sub(*path, 1, path->len - 1);
    struct text segment = text_sub(rest, 0, text_find(rest, '/'));
    *path = text_sub(rest, segment.len, rest.len - segment.len);
    return segment;
}

static bool matches(struct text pattern, struct text path, struct text *names)
{
    while (pattern.len > 0 && path.len > 0) {
        struct text wanted = take_segment(&pattern);
        struct text segment = take_segment(&path);
        if (text_equal(wanted, TEXT("*")) && segment.len > 0)
            *names++ = segment;
        else if (!text_equal(wanted, segment))
            return false;
    }
    return pattern.len == path.len;
}

const struct resource *resource_find(struct text path, struct text method, struct text *names)
{
    if (text_equal(method, TEXT("HEAD")))
        method = TEXT("GET");
    for (size_t i = 0; i < resource_count; i++)
        if (text_equal(method, text_of(resources[i].method)) &&
            matches(text_of(resources[i].path), path, names))
            return &resources[i];
    return NULL;
}

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : ascii_lower(c) - 'a' + 10;
}

/* The path is normalised: its escapes are well formed, and none is NUL. */
static size_t decode(struct text name, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++, len++) {
        out[len] = name.at[i];
        if (name.at[i] != '%')
            continue;
        out[len] = (char)(hex_digit(name.at[i + 1]) * 16 + hex_digit(name.at[i + 2]));
        i += 2;
    }
    return len;
}

bool resource_decode_names(struct ask *ask)
{
    for (size_t i = 0; i < RESOURCE_NAMES; i++) {
        struct text *name = &ask->names[i];
        char *out = arena_take(ask->exchange->down->arena, name->len + 1);
        if (out == NULL)
            return false;
        *name = (struct text){out, decode(*name, out)};
    }
    return true;
}

bool resource_is_for_probes(const struct resource *resource)
{
    return resource->is_probe || resource->answer == show_metrics;
}

struct text resource_methods(struct text path, struct arena *arena)
{
    char room[METHODS_MAX];
    struct text names[RESOURCE_NAMES];
    struct buffer methods = buffer_over(room, sizeof room);
    for (size_t i = 0; i < resource_count; i++) {
        struct text method = text_of(resources[i].method);
        if (!matches(text_of(resources[i].path), path, names))
            continue;
        buffer_add(&methods, methods.len > 0 ? TEXT(", ") : TEXT(""));
        buffer_add(&methods, text_equal(method, TEXT("GET")) ? TEXT("GET, HEAD") : method);
    }
    return arena_copy(arena, buffer_text(&methods));
}
