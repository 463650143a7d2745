/* SPDX-License-Identifier: Apache-2.0 */
#include "http/grpc_web_face.h"

#include "base/panic.h"
#include "http/grpc.h"
#include "http/grpc_web.h"
#include "http/session.h"

struct face {
    struct session session; /* of the face's stream; it has no link */
    struct stream stream;
    struct stream *client;
    struct task task; /* the client's stream has changed */
    enum grpc_web_kind kind;
    struct grpc_web_reader reader;
    struct grpc_web_writer writer;
    bool translates; /* the answer is gRPC */
    bool head_sent;
};

static struct face *face_of(const struct stream *stream)
{
    return CONTAINER(stream, struct face, stream);
}

/* What has come from the client, as gRPC. */
static void pump_in(struct face *face)
{
    struct stream *stream = &face->stream, *client = face->client;
    size_t room = stream->in.len < STREAM_ROOM ? STREAM_ROOM - stream->in.len : 0;
    const struct fault *fault = grpc_web_read(&face->reader, &client->in, &stream->in, room);
    bool ended = (client->marks & END_IN) != 0 && chain_is_empty(&client->in);
    stream_consumed(client);
    if (fault == NULL && ended)
        fault = grpc_web_read_end(&face->reader);
    if ((client->marks & RESET) != 0)
        stream_fail(stream, RESET, client->fault);
    else if ((client->marks & BAD_IN) != 0)
        stream_fail(stream, BAD_IN, client->fault);
    else if (fault != NULL)
        stream_fail(stream, BAD_IN, fault);
    else if (ended)
        stream_mark(stream, END_IN);
    else
        stream_wake(stream);
}

/* An answer that is no gRPC (an error page of something in between) goes as it is. */
static bool translate_head(struct face *face)
{
    struct stream *client = face->client;
    const struct field *type = fields_find(&face->stream.head_out.fields, FIELD_CONTENT_TYPE);
    client->head_out = face->stream.head_out;
    face->translates = type != NULL && grpc_is(&face->stream.head_out);
    if (!face->translates)
        return true;
    struct fields *fields = &client->head_out.fields;
    struct text own = grpc_web_type_of_grpc(type->value, face->kind, client->arena);
    *fields = (struct fields){0};
    for (unsigned i = 0; i < face->stream.head_out.fields.count; i++)
        if (face->stream.head_out.fields.at[i].id != FIELD_CONTENT_TYPE &&
            !fields_push(fields, client->arena, &face->stream.head_out.fields.at[i]))
            return false;
    client->head_out.body = BODY_STREAM;
    client->head_out.has_length = false;
    return own.at != NULL && fields_add_known(fields, client->arena, FIELD_CONTENT_TYPE, own);
}

static void send_interims(struct face *face)
{
    for (struct interim *interim; (interim = face->stream.interim_out) != NULL;) {
        face->stream.interim_out = interim->next;
        stream_send_interim(face->client, interim);
    }
}

/* All of it: face_room has looked after the room. */
static const struct fault *write_body(struct face *face)
{
    struct stream *stream = &face->stream, *client = face->client;
    if (face->translates)
        return grpc_web_write(&face->writer, &stream->out, &client->out, SIZE_MAX);
    chain_move(&stream->out, &client->out, stream->out.len);
    return NULL;
}

static const struct fault *write_end(struct face *face)
{
    const struct fields *trailers = &face->stream.trailers_out;
    if (face->translates && trailers->count > 0)
        return grpc_web_write_end(&face->writer, trailers, &face->client->out);
    return NULL;
}

/* What the answer has so far, as gRPC-Web. */
static const struct fault *pump_out(struct face *face)
{
    struct stream *stream = &face->stream, *client = face->client;
    send_interims(face);
    if ((stream->marks & HEAD_OUT) == 0 || (client->marks & (RESET | END_OUT)) != 0)
        return NULL;
    if (!face->head_sent && !translate_head(face))
        return FAULT(out_of_memory);
    if (!face->head_sent)
        stream_send_head(client);
    face->head_sent = true;
    const struct fault *fault = write_body(face);
    bool ended = (stream->marks & END_OUT) != 0;
    if (fault == NULL && ended)
        fault = write_end(face);
    if (fault == NULL && ended)
        stream_finish(client);
    else
        stream_sent(client);
    return fault;
}

static void answer(struct face *face)
{
    const struct fault *fault = pump_out(face);
    if (fault == NULL)
        return;
    stream_abort(face->client);
    stream_fail(&face->stream, RESET, fault);
}

static void run(struct task *task)
{
    struct face *face = CONTAINER(task, struct face, task);
    struct stream *stream = &face->stream;
    pump_in(face);
    if (stream->starved && stream_free_room(stream) > 0) {
        stream->starved = false;
        stream_wake(stream);
    }
}

static void face_output(struct stream *stream)
{
    answer(face_of(stream));
}

/* Nothing waits here: what fits at the client, in base64 too. Its session tells when there is more room. */
static size_t face_room(const struct stream *stream)
{
    return stream_room(face_of(stream)->client, SIZE_MAX) / 4 * 3;
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
    stream_clear(stream);
    stream_done(face->client); /* and with it the memory of the face may go */
}

static const struct session_ops face_ops = {
    .protocol = "gRPC-Web",
    .output = face_output,
    .room = face_room,
    .consumed = face_consumed,
    .abort = face_abort,
    .done = face_done,
};

/* The request as gRPC would have sent it. */
static bool make_head(struct face *face)
{
    const struct head *from = &face->client->head_in;
    struct arena *arena = face->client->arena;
    struct head *head = &face->stream.head_in;
    struct text type = grpc_web_type_to_grpc(fields_find(&from->fields, FIELD_CONTENT_TYPE)->value, arena);
    *head = *from;
    head->fields = (struct fields){0};
    head->trailers = true;
    head->has_length = false;
    if (head->body == BODY_LENGTH)
        head->body = BODY_STREAM;
    for (unsigned i = 0; i < from->fields.count; i++) {
        const struct field *field = &from->fields.at[i];
        bool goes = field->id != FIELD_CONTENT_TYPE && field->id != FIELD_CONTENT_LENGTH;
        if (goes && !fields_push(&head->fields, arena, field))
            return false;
    }
    return type.at != NULL && fields_add_known(&head->fields, arena, FIELD_CONTENT_TYPE, type);
}

struct stream *grpc_web_face(struct stream *client, struct list *queue)
{
    struct face *face = arena_take_zeroed(client->arena, sizeof *face);
    if (face == NULL)
        return NULL;
    face->session = (struct session){.magic = SESSION_MAGIC,
                                     .ops = &face_ops,
                                     .loop = client->session->loop,
                                     .link = client->session->link};
    face->client = client;
    face->kind = grpc_web_answer_kind(&client->head_in);
    face->reader.kind = grpc_web_kind_of(fields_find(&client->head_in.fields, FIELD_CONTENT_TYPE)->value);
    face->writer.kind = face->kind;
    face->task.run = run;
    stream_init(&face->stream, &face->session, client->in.pool);
    face->stream.arena = client->arena;
    if (!make_head(face)) {
        stream_clear(&face->stream);
        return NULL;
    }
    face->stream.marks = HEAD_IN;
    stream_follow(client, queue, &face->task);
    task_wake(queue, &face->task);
    return &face->stream;
}
