/* SPDX-License-Identifier: Apache-2.0 */
#include "http/face.h"

#include "base/panic.h"

enum { FACE_ROOM = 64 * 1024 }; /* bytes of a request that wait here, beside those at the client's stream */

static struct face *face_of(const struct stream *stream)
{
    return CONTAINER(stream, struct face, stream);
}

static const struct fault *read_body(struct face *face, size_t room)
{
    struct chain *from = &face->client->in;
    size_t len = from->len < room ? from->len : room;
    if (face->ops->read != NULL)
        return face->ops->read(face, room);
    return chain_move(from, &face->stream.in, len) == len ? NULL : FAULT(out_of_memory);
}

/* What has come from the client. */
static void pump_in(struct face *face)
{
    struct stream *stream = &face->stream, *client = face->client;
    size_t room = stream->in.len < FACE_ROOM ? FACE_ROOM - stream->in.len : 0;
    const struct fault *fault = read_body(face, room);
    bool ended = (client->marks & END_IN) != 0 && chain_is_empty(&client->in);
    stream_consumed(client);
    if (fault == NULL && ended && face->ops->read_end != NULL)
        fault = face->ops->read_end(face);
    if ((client->marks & RESET) != 0)
        stream_fail(stream, RESET, client->fault);
    else if ((client->marks & BAD_IN) != 0)
        stream_fail(stream, BAD_IN, client->fault);
    else if (fault != NULL)
        stream_fail(stream, BAD_IN, fault);
    else if (!ended)
        stream_wake(stream);
    else {
        stream->trailers_in = client->trailers_in;
        stream_mark(stream, END_IN);
    }
}

static void send_interims(struct face *face)
{
    for (struct interim *interim; (interim = face->stream.interim_out) != NULL;) {
        face->stream.interim_out = interim->next;
        stream_send_interim(face->client, interim);
    }
}

static bool send_head(struct face *face)
{
    face->client->head_out = face->stream.head_out;
    if (!face->ops->translate(face))
        return false;
    face->head_sent = true;
    stream_send_head(face->client);
    return true;
}

/* What the answer has so far. */
static const struct fault *pump_out(struct face *face)
{
    struct stream *stream = &face->stream, *client = face->client;
    send_interims(face);
    if ((stream->marks & HEAD_OUT) == 0 || (client->marks & (RESET | END_OUT)) != 0)
        return NULL;
    if (!face->head_sent && !send_head(face))
        return FAULT(out_of_memory);
    bool ended = (stream->marks & END_OUT) != 0;
    const struct fault *fault = face->ops->write(face, ended);
    if (fault == NULL && ended)
        stream_finish(client);
    else
        stream_sent(client);
    return fault;
}

void face_fail(struct face *face, const struct fault *fault)
{
    stream_abort(face->client);
    stream_fail(&face->stream, RESET, fault);
}

static void run(struct task *task)
{
    struct face *face = CONTAINER(task, struct face, task);
    struct stream *stream = &face->stream;
    pump_in(face);
    if (face->ops->ran != NULL)
        face->ops->ran(face);
    if (stream->starved && stream_free_room(stream) > 0) {
        stream->starved = false;
        stream_wake(stream);
    }
}

static void face_output(struct stream *stream)
{
    struct face *face = face_of(stream);
    const struct fault *fault = pump_out(face);
    if (fault != NULL)
        face_fail(face, fault);
}

/* Nothing waits here: what fits at the client. Its session tells when there is more room. */
static size_t face_room(const struct stream *stream)
{
    const struct face *face = face_of(stream);
    size_t room = stream_room(face->client, SIZE_MAX);
    return face->ops->room != NULL ? face->ops->room(room) : room;
}

static void face_consumed(struct stream *stream)
{
    struct face *face = face_of(stream);
    if (!chain_is_empty(&face->client->in))
        task_wake(face->client->queue, &face->task);
}

static void face_abort(struct stream *stream)
{
    stream_abort(face_of(stream)->client);
}

static void face_done(struct stream *stream)
{
    struct face *face = face_of(stream);
    task_cancel(&face->task);
    if (face->ops->done != NULL)
        face->ops->done(face);
    stream_clear(stream);
    stream_done(face->client); /* and with it the memory of the face may go */
}

static const struct session_ops session_ops = {
    .protocol = "face",
    .output = face_output,
    .room = face_room,
    .consumed = face_consumed,
    .abort = face_abort,
    .done = face_done,
};

void face_begin(struct face *face, const struct face_ops *ops, struct stream *client, struct list *queue)
{
    struct session *below = client->session;
    face->session = (struct session){
        .magic = SESSION_MAGIC, .ops = &session_ops, .loop = below->loop, .link = below->link};
    face->client = client;
    face->ops = ops;
    face->task.run = run;
    stream_init(&face->stream, &face->session, client->in.pool);
    face->stream.arena = client->arena;
    face->stream.continued = client->continued;
    face->stream.marks = HEAD_IN;
    stream_follow(client, queue, &face->task);
    task_wake(queue, &face->task);
}

struct face *face_of_kind(struct stream *stream, const struct face_ops *ops)
{
    if (stream->session == NULL || stream->session->ops != &session_ops)
        return NULL;
    return face_of(stream)->ops == ops ? face_of(stream) : NULL;
}
