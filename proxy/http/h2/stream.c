/* SPDX-License-Identifier: Apache-2.0 */
/* Birth, timer and end of a stream. */
#include "http/h2/wire.h"

struct h2_stream *h2_stream_new(struct h2 *h2, struct arena *arena)
{
    struct loop *loop = h2->session.loop;
    struct h2_stream *made = loop_take(loop, sizeof *made);
    if (made == NULL)
        return NULL;
    if (arena == NULL) {
        arena_init_from(&made->arena, 2 * h2->session.settings->header_size + ARENA_SLACK, &loop->arenas);
        arena = &made->arena;
    }
    stream_init(&made->stream, &h2->session, &loop->chunks);
    made->stream.arena = arena;
    made->timer.fire = h2_on_stream_timer;
    list_push(&h2->streams, &made->node);
    h2->session.streams++;
    h2->session.active++;
    return made;
}

void h2_stream_free(struct h2_stream *stream)
{
    struct h2 *h2 = h2_owner(stream);
    struct loop *loop = h2->session.loop;
    if (h2->reading == stream)
        h2->reading = NULL;
    wheel_cancel(&loop->wheel, &stream->timer);
    if (!stream->gone)
        h2->session.active--;
    list_remove(&stream->node);
    list_remove(&stream->todo);
    stream_clear(&stream->stream);
    if (stream->stream.arena == &stream->arena)
        arena_clear(&stream->arena);
    loop_give(loop, stream, sizeof *stream);
}

void h2_stream_gone(struct h2_stream *stream)
{
    struct h2 *h2 = h2_owner(stream);
    if (stream->gone)
        return;
    stream->gone = true;
    h2->session.active--;
    wheel_cancel(&h2->session.loop->wheel, &stream->timer);
}

/* A request that no exchange has taken or will take. */
static bool is_unseen(const struct h2_stream *stream)
{
    return h2_is_server(h2_owner(stream)) && stream->stream.task == NULL &&
           !list_is_linked(&stream->stream.fresh);
}

void h2_stream_settle(struct h2_stream *stream)
{
    struct h2 *h2 = h2_owner(stream);
    bool known = stream->id != 0 && !stream->gone && !h2->closed;
    if (known || !(stream->released || is_unseen(stream)))
        return;
    h2_stream_free(stream);
    h2_settle(h2);
}

static uint64_t patience_of(const struct h2_stream *stream)
{
    const struct stream *common = &stream->stream;
    if (!h2_is_server(h2_owner(stream)) || stream->gone)
        return 0;
    if (stream->released)
        return H2_STALL_MS;
    bool awaits = (common->marks & (HEAD_IN | END_IN | BAD_IN | RESET)) == HEAD_IN && !stream->tunnel;
    return awaits ? common->session->settings->body_timeout : 0;
}

void h2_stream_time(struct h2_stream *stream)
{
    struct wheel *wheel = &stream->stream.session->loop->wheel;
    uint64_t patience = patience_of(stream);
    if (patience == 0)
        wheel_cancel(wheel, &stream->timer);
    else
        wheel_set(wheel, &stream->timer, patience);
}

void h2_on_stream_timer(struct timer *timer)
{
    struct h2_stream *stream = CONTAINER(timer, struct h2_stream, timer);
    size_t owed = stream->stream.out.len;
    if (stream->released && owed < stream->owed) {
        stream->owed = owed;
        h2_stream_time(stream);
    } else if (stream->released) {
        h2_reset(stream, NGHTTP2_CANCEL); /* so that it doesn't look like a whole answer */
    } else if (!chain_is_empty(&stream->stream.in)) {
        h2_stream_time(stream); /* it is not the client that is slow */
    } else {
        stream_fail(&stream->stream, BAD_IN, FAULT(body_timeout));
    }
}

void h2_reset(struct h2_stream *stream, uint32_t code)
{
    struct h2 *h2 = h2_owner(stream);
    if (stream->id == 0 || stream->gone || h2->closed)
        return;
    stream->ours = true;
    nghttp2_submit_rst_stream(h2->ng, NGHTTP2_FLAG_NONE, stream->id, code);
    task_wake(&h2->session.loop->dirty, &h2->frame);
}

void h2_stream_lose(struct h2_stream *stream, const struct fault *fault)
{
    h2_stream_gone(stream);
    if (stream->released || is_unseen(stream))
        h2_stream_free(stream);
    else
        stream_fail(&stream->stream, RESET, fault);
}

/* An Upgrade that the peer does not know, or no memory. */
void h2_fail_stream(struct h2_stream *stream)
{
    bool server = h2_is_server(h2_owner(stream));
    h2_reset(stream, NGHTTP2_INTERNAL_ERROR);
    if (stream->released)
        return;
    stream_fail(&stream->stream, RESET, server ? FAULT(out_of_memory) : FAULT(upgrade_failed));
}
