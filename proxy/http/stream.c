/* SPDX-License-Identifier: Apache-2.0 */
#include "http/stream.h"

#include "base/panic.h"
#include "http/session.h"

void stream_init(struct stream *stream, struct session *session, struct chunk_pool *chunks)
{
    stream->magic = STREAM_MAGIC;
    stream->session = session;
    chain_init(&stream->in, chunks);
    chain_init(&stream->out, chunks);
}

void stream_clear(struct stream *stream)
{
    CHECK(stream, STREAM_MAGIC);
    chain_clear(&stream->in);
    chain_clear(&stream->out);
    list_remove(&stream->fresh);
    stream->magic = 0;
}

void stream_fail(struct stream *stream, unsigned mark, const struct fault *fault)
{
    if (stream->fault == NULL)
        stream->fault = fault;
    if (mark == RESET)
        chain_clear(&stream->out);
    stream_mark(stream, mark);
}

void stream_follow(struct stream *stream, struct list *queue, struct task *task)
{
    CHECK(stream, STREAM_MAGIC);
    stream->queue = queue;
    stream->task = task;
}

static void output(struct stream *stream)
{
    if (stream->session != NULL && (stream->marks & RESET) == 0)
        stream->session->ops->output(stream);
    else if (stream->local != NULL && stream->local->output != NULL)
        stream->local->output(stream);
}

void stream_send_head(struct stream *stream)
{
    CHECK(stream, STREAM_MAGIC);
    ASSERT((stream->marks & HEAD_OUT) == 0);
    stream->marks |= HEAD_OUT;
    output(stream);
}

void stream_send_interim(struct stream *stream, struct interim *interim)
{
    struct interim **last = &stream->interim_out;
    while (*last != NULL)
        last = &(*last)->next;
    interim->next = NULL;
    *last = interim;
    output(stream);
}

size_t stream_room(struct stream *stream, size_t wanted)
{
    size_t room = stream_free_room(stream);
    stream->starved = room < wanted;
    return room;
}

size_t stream_free_room(const struct stream *stream)
{
    bool alive = stream->session != NULL && (stream->marks & RESET) == 0;
    return alive ? stream->session->ops->room(stream) : STREAM_ROOM;
}

void stream_sent(struct stream *stream)
{
    output(stream);
}

void stream_finish(struct stream *stream)
{
    if ((stream->marks & END_OUT) != 0)
        return;
    stream->marks |= END_OUT;
    output(stream);
}

void stream_consumed(struct stream *stream)
{
    if ((stream->marks & RESET) != 0)
        return;
    if (stream->session != NULL)
        stream->session->ops->consumed(stream);
    else if (stream->local != NULL && stream->local->consumed != NULL)
        stream->local->consumed(stream);
}

void stream_abort(struct stream *stream)
{
    if (stream->session != NULL && (stream->marks & RESET) == 0)
        stream->session->ops->abort(stream);
}

void stream_done(struct stream *stream)
{
    CHECK(stream, STREAM_MAGIC);
    stream->task = NULL;
    if (stream->session != NULL) {
        stream->session->ops->done(stream);
        return;
    }
    if (stream->local != NULL)
        stream->local->done(stream);
    stream_clear(stream);
}
