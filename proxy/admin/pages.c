/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/pages.h"

#include "admin/answer.h"
#include "base/metrics.h"

#define POLICY TEXT("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")

struct stream *show_metrics(const struct ask *ask)
{
    struct buffer body = BUFFER_EMPTY;
    metrics_write_prometheus(&body);
    return answer_body(ask->exchange, 200, TEXT("text/plain; version=0.0.4; charset=utf-8"), &body);
}

struct stream *show_stats(const struct ask *ask)
{
    struct buffer body = BUFFER_EMPTY;
    metrics_write_json(&body);
    return answer_json(ask->exchange, 200, &body);
}

static void add_row(struct buffer *body, const struct resource *resource)
{
    bool is_pattern = text_contains(text_of(resource->path), TEXT("*"));
    if (is_pattern)
        buffer_printf(body, "<li>%s", resource->path);
    else
        buffer_printf(body, "<li><a href=\"%s\">%s</a>", resource->path, resource->path);
    buffer_printf(body, ": %s</li>\n", resource->summary);
}

struct stream *show_index(const struct ask *ask)
{
    struct buffer body = BUFFER_EMPTY;
    buffer_add(&body,
               TEXT("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>weir</title>"
                    "<style>body{font-family:sans-serif}</style></head>\n<body><h1>weir</h1>\n<ul>\n"));
    for (size_t i = 0; i < resource_count; i++)
        if (resources[i].summary != NULL)
            add_row(&body, &resources[i]);
    buffer_add(&body, TEXT("</ul></body></html>\n"));
    struct stream *answer = answer_body(ask->exchange, 200, TEXT("text/html; charset=utf-8"), &body);
    return answer_add(answer, "Content-Security-Policy", POLICY);
}
