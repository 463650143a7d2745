/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/reader.h"

#include "net/inbox.h"

struct reader {
    struct stream stream; /* first */
    struct cache_object *object;
    struct loop *loop;
    struct body_cursor cursor;
    struct body_follower follower;
    struct letter letter; /* of the follower, on its way to this loop */
    struct task more;     /* there is more of the body */
    uint64_t left;        /* bytes that are wanted; UINT64_MAX: to the end */
};

static struct reader *reader_of(struct stream *stream)
{
    return (struct reader *)(void *)stream;
}

static void end(struct reader *reader)
{
    reader->stream.marks |= END_IN;
    stream_wake(&reader->stream);
}

/* In the writer's thread. */
static void tell(struct body_follower *follower)
{
    struct reader *reader = CONTAINER(follower, struct reader, follower);
    inbox_send(reader->loop, &reader->letter);
}

static void read_more(struct reader *reader)
{
    struct stream *stream = &reader->stream;
    struct cache_body *body = reader->object->body;
    while ((stream->marks & (END_IN | RESET)) == 0) {
        int state = atomic_load_explicit(&body->state, memory_order_acquire);
        size_t room = stream->in.len < STREAM_ROOM ? STREAM_ROOM - stream->in.len : 0;
        size_t wanted = reader->left < room ? (size_t)reader->left : room;
        size_t got = cache_body_read(body, &reader->cursor, &stream->in, wanted);
        if (reader->left != UINT64_MAX)
            reader->left -= got;
        if (got > 0)
            stream_wake(stream);
        if (reader->left == 0 || (got < wanted && state == CACHE_BODY_WHOLE))
            end(reader);
        else if (got < wanted && state == CACHE_BODY_BROKEN)
            stream_fail(stream, RESET, FAULT(upstream_reset));
        else if (got == wanted || cache_body_follow(body, &reader->cursor, &reader->follower))
            return;
    }
}

static void on_more(struct task *task)
{
    read_more(CONTAINER(task, struct reader, more));
}

static void reader_consumed(struct stream *stream)
{
    read_more(reader_of(stream));
}

static void reader_done(struct stream *stream)
{
    struct reader *reader = reader_of(stream);
    cache_body_unfollow(reader->object->body, &reader->follower);
    inbox_cancel(reader->loop, &reader->letter);
    task_cancel(&reader->more);
    cache_object_unref(reader->object);
    reader->object = NULL;
}

static const struct local_ops reader_ops = {.consumed = reader_consumed, .done = reader_done};

/* The object may be gone before the head is sent: its texts move into the arena, in one piece. */
static bool copy_head(struct head *head, const struct cache_object *object, struct arena *arena)
{
    char *bytes = arena_take(arena, object->block.len + 1);
    if (bytes == NULL || !fields_reserve(&head->fields, arena, object->fields.count + 1))
        return false;
    memcpy(bytes, object->block.at, object->block.len);
    for (unsigned i = 0; i < object->fields.count; i++) {
        struct field field = object->fields.at[i];
        field.name.at = bytes + (field.name.at - object->block.at);
        field.value.at = bytes + (field.value.at - object->block.at);
        if (!fields_push(&head->fields, arena, &field))
            return false;
    }
    return true;
}

static void fill_head(struct head *head, const struct cache_object *object, const struct byte_range *range)
{
    head->status = object->status;
    head->minor = 1;
    head->has_length = range != NULL || object->has_length;
    head->length = range == NULL ? object->length : range->count;
    head->body = status_has_no_body(object->status) ? BODY_NONE
                 : head->has_length                 ? BODY_LENGTH
                                                    : BODY_STREAM;
}

/* Bytes before the range are passed over without touching them. */
static void skip(struct reader *reader, uint64_t bytes)
{
    struct chain passed;
    chain_init(&passed, reader->stream.in.pool);
    while (bytes > 0) {
        size_t piece = bytes < STREAM_ROOM ? (size_t)bytes : STREAM_ROOM;
        size_t got = cache_body_read(reader->object->body, &reader->cursor, &passed, piece);
        chain_clear(&passed);
        bytes -= got;
        if (got == 0)
            return;
    }
}

struct stream *cache_reader_new(struct loop *loop, struct arena *arena, struct cache_object *object,
                                const struct byte_range *range)
{
    struct reader *reader = arena_take_zeroed(arena, sizeof *reader);
    struct head head = {0};
    if (reader == NULL || !copy_head(&head, object, arena)) {
        cache_object_unref(object);
        return NULL;
    }
    fill_head(&head, object, range);
    stream_init(&reader->stream, NULL, &loop->chunks);
    reader->stream.local = &reader_ops;
    reader->stream.arena = arena;
    reader->stream.head_in = head;
    reader->object = object;
    reader->loop = loop;
    reader->follower.tell = tell;
    reader->more.run = on_more;
    reader->letter.task = &reader->more;
    reader->left = range == NULL ? UINT64_MAX : range->count;
    if (range != NULL)
        skip(reader, range->first);
    reader->stream.marks |= HEAD_IN;
    read_more(reader);
    return &reader->stream;
}
