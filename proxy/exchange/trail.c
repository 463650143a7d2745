/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/trail.h"

#include <stdlib.h>

#include "base/codes.h"
#include "base/histogram.h"
#include "base/panic.h"
#include "exchange/trail_line.h"
#include "exchange/trail_sink.h"

enum { FULL_ENOUGH = 16 * 1024, WAIT_MS = 100 };
_Static_assert(FULL_ENOUGH + TRAIL_LINE_MAX <= TRAIL_BLOCK,
               "a block that isn't full enough has room for a line");

struct trail {
    struct trail_sink *sink;
    struct loop *loop;
    struct trail_block *block; /* being filled; NULL: none */
    struct timer timer;        /* hands over a block that doesn't fill */
};

static void hand_over(struct trail *trail)
{
    if (trail->block == NULL)
        return;
    trail_sink_put(trail->sink, trail->block);
    trail->block = NULL;
}

static void on_timer(struct timer *timer)
{
    hand_over(CONTAINER(timer, struct trail, timer));
}

struct trail *trail_new(struct trail_sink *sink, struct loop *loop)
{
    struct trail *trail = calloc(1, sizeof *trail);
    if (trail == NULL)
        return NULL;
    trail->sink = sink;
    trail->loop = loop;
    trail->timer.fire = on_timer;
    return trail;
}

void trail_free(struct trail *trail)
{
    if (trail == NULL)
        return;
    hand_over(trail);
    wheel_cancel(&trail->loop->wheel, &trail->timer);
    free(trail);
}

static bool has_block(struct trail *trail)
{
    if (trail->block != NULL)
        return true;
    trail->block = malloc(sizeof *trail->block);
    if (trail->block == NULL)
        return false;
    trail->block->len = 0;
    trail->block->lines = 0;
    if (!timer_is_set(&trail->timer))
        wheel_set(&trail->loop->wheel, &trail->timer, WAIT_MS);
    return true;
}

static void note_line(struct trail *trail, const struct exchange *exchange)
{
    if (!has_block(trail)) {
        trail_sink_lose(trail->sink, 1);
        return;
    }
    struct trail_block *block = trail->block;
    struct buffer line = buffer_over(block->bytes + block->len, TRAIL_LINE_MAX);
    trail_write_line(&line, exchange, trail_sink_format(trail->sink));
    ASSERT(!line.short_of_room);
    block->len += line.len;
    block->lines++;
    if (block->len >= FULL_ENOUGH)
        hand_over(trail);
}

void trail_note(struct lane *lane, const struct exchange *exchange)
{
    const struct route *route = exchange->route;
    cells_add(lane->loop->cells, route->requests + code_cell(exchange->status), 1);
    histogram_add(lane->loop->cells, route->duration, trail_duration(exchange));
    cells_add(lane->loop->cells, exchange->front->received, exchange->body_in);
    cells_add(lane->loop->cells, exchange->front->sent, exchange->body_out);
    if (exchange->fault != NULL)
        cells_add(lane->loop->cells, route->faults + (counter_t)(exchange->fault - faults), 1);
    if (lane->trail != NULL)
        note_line(lane->trail, exchange);
}
