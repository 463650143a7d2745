/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/orders.h"

#include <inttypes.h>

#include "admin/answer.h"
#include "admin/body.h"
#include "base/log.h"

#define SAID_IN_LOG TEXT("[{\"file\":\"\",\"line\":0,\"column\":0,\"message\":\"the error log says why\"}]")

static struct stream *answer_reload(const struct ask *ask, struct buffer *problems, uint64_t generation)
{
    struct buffer body = BUFFER_EMPTY;
    buffer_printf(&body, "{\"generation\":%" PRIu64, generation);
    if (problems->len > 0) {
        buffer_add(&body, TEXT(",\"warnings\":"));
        buffer_add(&body, buffer_text(problems));
    }
    buffer_byte(&body, '}');
    return answer_json(ask->exchange, 200, &body);
}

static struct stream *answer_problems(const struct ask *ask, struct buffer *problems)
{
    struct buffer body = BUFFER_EMPTY;
    buffer_add(&body, TEXT("{\"problems\":"));
    buffer_add(&body, problems->len > 0 ? buffer_text(problems) : SAID_IN_LOG);
    buffer_byte(&body, '}');
    return answer_json(ask->exchange, 422, &body);
}

struct stream *order_reload(const struct ask *ask)
{
    const struct admin_hands *hands = &ask->state->hands;
    struct buffer problems = BUFFER_EMPTY;
    uint64_t generation = 0;
    if (hands->reload == NULL)
        return resource_refuse(ask);
    bool done = hands->reload(hands->owner, &problems, &generation);
    struct stream *answer =
        done ? answer_reload(ask, &problems, generation) : answer_problems(ask, &problems);
    buffer_clear(&problems);
    return answer;
}

struct stream *order_drain(const struct ask *ask)
{
    const struct admin_hands *hands = &ask->state->hands;
    struct buffer body = BUFFER_EMPTY;
    if (hands->drain == NULL)
        return resource_refuse(ask);
    if (!atomic_load_explicit(&ask->state->draining, memory_order_relaxed))
        hands->drain(hands->owner);
    buffer_add(&body, TEXT("{\"status\":\"draining\"}"));
    return answer_json(ask->exchange, 200, &body);
}

static const char *const levels[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};
enum { LEVELS = sizeof levels / sizeof levels[0] };

/* LEVELS when it is none. */
static unsigned find_level(struct text word)
{
    unsigned level = 0;
    while (level < LEVELS && !text_equal(word, text_of(levels[level])))
        level++;
    return level;
}

static struct stream *set_level(const struct ask *ask, unsigned level)
{
    struct buffer body = BUFFER_EMPTY;
    if (level == LEVELS)
        return answer_error(ask->exchange, 400, "level needs one of debug, info, warn, error");
    log_set_level((enum log_level)level);
    buffer_printf(&body, "{\"level\":\"%s\"}", levels[level]);
    return answer_json(ask->exchange, 200, &body);
}

struct stream *order_log(const struct ask *ask)
{
    static const char *const keys[] = {"level", NULL};
    struct body body = body_read(ask, keys);
    struct stream *answer = body.refusal;
    if (body.object != NULL)
        answer = set_level(ask, find_level(json_text(json_get(body.object, "level"))));
    body_clear(&body);
    return answer;
}

struct stream *show_config(const struct ask *ask)
{
    struct buffer body = BUFFER_EMPTY;
    if (ask->state->config.len == 0)
        return resource_refuse(ask);
    buffer_printf(&body, "{\"generation\":%" PRIu64 ",\"hash\":",
                  atomic_load_explicit(&ask->state->generation, memory_order_relaxed));
    buffer_json_string(&body, ask->state->config_hash);
    buffer_add(&body, TEXT(",\"config\":"));
    buffer_add(&body, ask->state->config);
    buffer_byte(&body, '}');
    return answer_json(ask->exchange, 200, &body);
}
