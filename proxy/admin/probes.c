/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/probes.h"

#include "admin/answer.h"
#include "admin/upstreams.h"

enum { NAMES_SHOWN = 10 };

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

static bool flag(const atomic_bool *flag)
{
    return atomic_load_explicit(flag, memory_order_relaxed);
}

static void add_reason(struct buffer *reasons, bool holds, const char *reason)
{
    if (holds)
        buffer_printf(reasons, "%s\"%s\"", reasons->len > 0 ? "," : "", reason);
}

/* Upstreams without an endpoint that takes requests, as far as they are shown: "a, b". Not being ready would not mend
 * them, and would take the routes away that work. */
static void add_empty_upstreams(struct buffer *names, const struct ask *ask)
{
    const struct snapshot *serving = ask->serving;
    uint64_t now = ask->exchange->lane->loop->now;
    size_t found = 0;
    for (size_t i = 0; i < serving->settings->cluster_count && found < NAMES_SHOWN; i++) {
        if (!upstream_is_empty(serving->clusters[i], now))
            continue;
        buffer_printf(names, "%s%.*s", found++ > 0 ? ", " : "no endpoint is up: ",
                      TEXT_ARGS(serving->settings->clusters[i].name));
    }
}

static void add_check(struct buffer *body, const char *name, bool ok, struct text note)
{
    buffer_printf(body, "{\"name\":\"%s\",\"ok\":%s", name, ok ? "true" : "false");
    if (note.len > 0) {
        buffer_add(body, TEXT(",\"note\":"));
        buffer_json_string(body, note);
    }
    buffer_byte(body, '}');
}

static void add_checks(struct buffer *body, const struct ask *ask)
{
    const struct admin_state *state = ask->state;
    struct buffer empty = BUFFER_EMPTY;
    bool listening = flag(&state->ready) && !flag(&state->draining);
    add_empty_upstreams(&empty, ask);
    add_check(body, "listeners", listening, TEXT(""));
    buffer_byte(body, ',');
    add_check(body, "config", true,
              flag(&state->reload_failed) ? TEXT("the last reload was refused, an older config is in force")
                                          : TEXT(""));
    buffer_byte(body, ',');
    add_check(body, "upstreams", true, buffer_text(&empty));
    buffer_clear(&empty);
}

struct stream *show_ready(const struct ask *ask)
{
    char room[64];
    struct buffer reasons = buffer_over(room, sizeof room);
    struct buffer body = BUFFER_EMPTY;
    add_reason(&reasons, !flag(&ask->state->ready), "starting");
    add_reason(&reasons, flag(&ask->state->draining), "draining");
    bool ready = reasons.len == 0;
    buffer_printf(&body, "{\"status\":\"%s\"", ready ? "ok" : "unavailable");
    if (is_verbose(ask->exchange->query)) {
        buffer_printf(&body, ",\"reasons\":[%.*s],\"checks\":[", TEXT_ARGS(buffer_text(&reasons)));
        add_checks(&body, ask);
        buffer_byte(&body, ']');
    }
    buffer_byte(&body, '}');
    return answer_json(ask->exchange, ready ? 200 : 503, &body);
}
