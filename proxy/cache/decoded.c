/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/decoded.h"

#include "http/coder.h"

struct decoded {
    struct stream stream; /* first */
    struct stream *source;
    struct coder *coder;
    struct task more; /* there is more of the source */
};

static void end(struct decoded *decoded, const struct fault *fault)
{
    struct stream *stream = &decoded->stream;
    if (fault != NULL)
        stream_fail(stream, RESET, fault);
    else
        stream_mark(stream, END_IN);
}

/* True when there is more to decode, or the end: without waiting for anybody. */
static bool decode(struct decoded *decoded)
{
    struct stream *stream = &decoded->stream, *source = decoded->source;
    size_t before = stream->in.len, room = before < STREAM_ROOM ? STREAM_ROOM - before : 0;
    const struct fault *fault = coder_feed(decoded->coder, &source->in, &stream->in, room);
    bool full = stream->in.len - before == room;
    if (stream->in.len > before)
        stream_wake(stream);
    if (fault != NULL)
        end(decoded, fault);
    if (fault != NULL || full)
        return false;
    stream_consumed(source);
    if (!chain_is_empty(&source->in))
        return true;
    if ((source->marks & RESET) != 0)
        end(decoded, source->fault);
    else if ((source->marks & END_IN) != 0)
        end(decoded, coder_end(decoded->coder, &stream->in));
    return false;
}

static void decode_more(struct decoded *decoded)
{
    while ((decoded->stream.marks & (END_IN | RESET)) == 0 && decode(decoded))
        ;
}

static void on_more(struct task *task)
{
    decode_more(CONTAINER(task, struct decoded, more));
}

static void consumed(struct stream *stream)
{
    decode_more((struct decoded *)(void *)stream);
}

static void done(struct stream *stream)
{
    struct decoded *decoded = (struct decoded *)(void *)stream;
    task_cancel(&decoded->more);
    coder_free(decoded->coder);
    stream_done(decoded->source);
}

static const struct local_ops ops = {.consumed = consumed, .done = done};

struct stream *cache_decoded_new(struct loop *loop, struct stream *source, enum coding coding)
{
    struct decoded *decoded = arena_take_zeroed(source->arena, sizeof *decoded);
    struct coder *coder = decoded == NULL ? NULL : coder_decoder(coding);
    if (coder == NULL) {
        stream_done(source);
        return NULL;
    }
    stream_init(&decoded->stream, NULL, &loop->chunks);
    decoded->stream.local = &ops;
    decoded->stream.arena = source->arena;
    decoded->stream.head_in = source->head_in;
    decoded->stream.marks = HEAD_IN;
    decoded->source = source;
    decoded->coder = coder;
    decoded->more.run = on_more;
    stream_follow(source, &loop->ready, &decoded->more);
    decode_more(decoded);
    return &decoded->stream;
}
