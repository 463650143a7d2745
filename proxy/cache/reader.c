/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/reader.h"

#include "net/inbox.h"

struct reader {
    struct stream stream;        /* first */
    struct cache_object *object; /* NULL: it was too large, and only what comes now is here */
    struct cache_body *body;     /* a reference */
    struct loop *loop;
    struct body_cursor cursor;
    struct body_follower follower;
    struct letter letter;          /* of the follower, on its way to this loop */
    struct task more;              /* there is more of the body */
    uint64_t left;                 /* bytes of the part that are wanted; UINT64_MAX: to the end */
    const struct cache_part *part; /* the next one */
    size_t parts;                  /* behind this one */
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

/* What goes before the next part, which begins. */
static bool begin_part(struct reader *reader)
{
    const struct cache_part *part = reader->part++;
    reader->parts--;
    reader->left = part->range.count;
    cache_body_seek(reader->body, &reader->cursor, (size_t)part->range.first);
    return chain_copy(&reader->stream.in, part->before.at, part->before.len);
}

/* As much as there is room for, of the parts that are there: false when memory ran out. */
static bool take_in(struct reader *reader)
{
    struct chain *in = &reader->stream.in;
    for (;;) {
        size_t room = in->len < STREAM_ROOM ? STREAM_ROOM - in->len : 0, before = in->len;
        size_t wanted = reader->left < room ? (size_t)reader->left : room;
        if (!cache_body_read(reader->body, &reader->cursor, in, wanted))
            return false;
        if (reader->left != UINT64_MAX)
            reader->left -= in->len - before;
        if (reader->left > 0 || reader->parts == 0)
            return true; /* there is no more, or no room */
        if (!begin_part(reader))
            return false;
    }
}

/* What is read may go, and who writes it goes on. */
static void go_on(struct reader *reader)
{
    struct cache_body *body = reader->body;
    cache_body_unfollow(body, &reader->follower); /* it may not have been told yet */
    reader->body = cache_body_ref(atomic_load_explicit(&body->next, memory_order_acquire));
    reader->cursor = (struct body_cursor){0};
    cache_body_unref(body);
    cache_object_unref(reader->object);
    reader->object = NULL;
}

static bool is_read(const struct reader *reader)
{
    return reader->cursor.read == atomic_load_explicit(&reader->body->len, memory_order_acquire);
}

static bool is_at_end(const struct reader *reader, int state)
{
    if (reader->left != UINT64_MAX)
        return reader->left == 0 && reader->parts == 0;
    return state == CACHE_BODY_WHOLE && is_read(reader);
}

static void read_more(struct reader *reader)
{
    struct stream *stream = &reader->stream;
    while ((stream->marks & (END_IN | RESET)) == 0) {
        int state = atomic_load_explicit(&reader->body->state, memory_order_acquire);
        size_t before = stream->in.len;
        bool fine = take_in(reader);
        if (stream->in.len > before)
            stream_wake(stream);
        if (!fine)
            stream_fail(stream, RESET, FAULT(out_of_memory));
        else if (is_at_end(reader, state))
            end(reader);
        else if (stream->in.len >= STREAM_ROOM)
            return;
        else if (state == CACHE_BODY_CONTINUES && is_read(reader))
            go_on(reader);
        else if (state == CACHE_BODY_BROKEN)
            stream_fail(stream, RESET, FAULT(upstream_reset));
        else if (cache_body_follow(reader->body, &reader->cursor, &reader->follower))
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
    cache_body_unfollow(reader->body, &reader->follower);
    inbox_cancel(reader->loop, &reader->letter);
    task_cancel(&reader->more);
    cache_body_unref(reader->body);
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
    if (object->block.len > 0)
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

static void fill_head(struct head *head, const struct cache_object *object,
                      const struct cache_reading *reading)
{
    head->status = object->status;
    head->minor = 1;
    head->has_length = reading != NULL || object->has_length;
    head->length = reading == NULL ? object->length : 0;
    for (size_t i = 0; reading != NULL && i < reading->count; i++)
        head->length += reading->parts[i].before.len + reading->parts[i].range.count;
    head->body = status_has_no_body(object->status) ? BODY_NONE
                 : head->has_length                 ? BODY_LENGTH
                                                    : BODY_STREAM;
}

static void begin(struct reader *reader, struct loop *loop, const struct cache_reading *reading)
{
    struct stream *stream = &reader->stream;
    stream_init(stream, NULL, &loop->chunks);
    stream->local = &reader_ops;
    stream->marks = HEAD_IN;
    reader->loop = loop;
    reader->follower.tell = tell;
    reader->more.run = on_more;
    reader->letter.task = &reader->more;
    reader->left = reading == NULL ? UINT64_MAX : 0;
    reader->body = cache_body_ref(reading == NULL ? reader->object->body : reading->body);
    reader->part = reading == NULL ? NULL : reading->parts;
    reader->parts = reading == NULL ? 0 : reading->count;
}

struct stream *cache_reader_new(struct loop *loop, struct arena *arena, struct cache_object *object,
                                const struct cache_reading *reading)
{
    struct reader *reader = arena_take_zeroed(arena, sizeof *reader);
    struct head head = {0};
    if (reader == NULL || !copy_head(&head, object, arena)) {
        cache_object_unref(object);
        return NULL;
    }
    reader->object = object;
    begin(reader, loop, reading);
    fill_head(&head, object, reading);
    reader->stream.arena = arena;
    reader->stream.head_in = head;
    read_more(reader);
    return &reader->stream;
}
