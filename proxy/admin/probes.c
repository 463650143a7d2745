/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/probes.h"

#include "admin/answer.h"

struct stream *show_live(const struct ask *ask)
{
    struct buffer body = BUFFER_EMPTY;
    buffer_add(&body, TEXT("{\"status\":\"ok\"}"));
    return answer_json(ask->exchange, 200, &body);
}

/* verbose, alone or with a value, among the parameters of the query. */
static bool is_verbose(struct text query)
{
    for (struct text part; text_split(&query, '&', &part);)
        if (text_equal(text_sub(part, 0, text_find(part, '=')), TEXT("verbose")))
            return true;
    return false;
}

static void add_reason(struct buffer *reasons, bool holds, const char *reason)
{
    if (holds)
        buffer_printf(reasons, "%s\"%s\"", reasons->len > 0 ? "," : "", reason);
}

struct stream *show_ready(const struct ask *ask)
{
    char room[64];
    struct buffer reasons = buffer_over(room, sizeof room);
    struct buffer body = BUFFER_EMPTY;
    add_reason(&reasons, !atomic_load_explicit(&ask->state->ready, memory_order_relaxed), "starting");
    add_reason(&reasons, atomic_load_explicit(&ask->state->draining, memory_order_relaxed), "draining");
    if (reasons.len == 0)
        return show_live(ask);
    buffer_add(&body, TEXT("{\"status\":\"unavailable\""));
    if (is_verbose(ask->exchange->query))
        buffer_printf(&body, ",\"reasons\":[%.*s]", TEXT_ARGS(buffer_text(&reasons)));
    buffer_byte(&body, '}');
    return answer_json(ask->exchange, 503, &body);
}
