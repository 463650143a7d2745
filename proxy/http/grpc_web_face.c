/* SPDX-License-Identifier: Apache-2.0 */
#include "http/grpc_web_face.h"

#include "http/face.h"
#include "http/grpc.h"
#include "http/grpc_web.h"

struct web_face {
    struct face face;
    enum grpc_web_kind kind;
    struct grpc_web_reader reader;
    struct grpc_web_writer writer;
    bool translates; /* the answer is gRPC */
};

static struct web_face *web_of(struct face *face)
{
    return CONTAINER(face, struct web_face, face);
}

static const struct fault *read_body(struct face *face, size_t room)
{
    return grpc_web_read(&web_of(face)->reader, &face->client->in, &face->stream.in, room);
}

static const struct fault *read_end(struct face *face)
{
    return grpc_web_read_end(&web_of(face)->reader);
}

/* An answer that is no gRPC (an error page of something in between) goes as it is. */
static bool translate(struct face *face)
{
    struct web_face *web = web_of(face);
    struct stream *client = face->client;
    const struct fields *from = &face->stream.head_out.fields;
    const struct field *type = fields_find(from, FIELD_CONTENT_TYPE);
    web->translates = type != NULL && grpc_is(&face->stream.head_out);
    if (!web->translates)
        return true;
    struct fields *fields = &client->head_out.fields;
    struct text own = grpc_web_type_of_grpc(type->value, web->kind, client->arena);
    *fields = (struct fields){0};
    for (unsigned i = 0; i < from->count; i++)
        if (from->at[i].id != FIELD_CONTENT_TYPE && !fields_push(fields, client->arena, &from->at[i]))
            return false;
    client->head_out.body = BODY_STREAM;
    client->head_out.has_length = false;
    return own.at != NULL && fields_add_known(fields, client->arena, FIELD_CONTENT_TYPE, own);
}

/* All of it: web_room has looked after the room. */
static const struct fault *write_body(struct face *face, bool ended)
{
    struct web_face *web = web_of(face);
    struct stream *stream = &face->stream, *client = face->client;
    if (!web->translates) {
        chain_move(&stream->out, &client->out, stream->out.len);
        return NULL;
    }
    const struct fault *fault = grpc_web_write(&web->writer, &stream->out, &client->out, SIZE_MAX);
    if (fault == NULL && ended && stream->trailers_out.count > 0)
        fault = grpc_web_write_end(&web->writer, &stream->trailers_out, &client->out);
    return fault;
}

/* In base64 too. */
static size_t web_room(size_t room)
{
    return room / 4 * 3;
}

static const struct face_ops ops = {
    .read = read_body,
    .read_end = read_end,
    .translate = translate,
    .write = write_body,
    .room = web_room,
};

/* The request as gRPC would have sent it. */
static bool make_head(struct face *face, const struct stream *client)
{
    const struct head *from = &client->head_in;
    struct arena *arena = client->arena;
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
    struct web_face *web = arena_take_zeroed(client->arena, sizeof *web);
    if (web == NULL || !make_head(&web->face, client))
        return NULL;
    web->kind = grpc_web_answer_kind(&client->head_in);
    web->reader.kind = grpc_web_kind_of(fields_find(&client->head_in.fields, FIELD_CONTENT_TYPE)->value);
    web->writer.kind = web->kind;
    face_begin(&web->face, &ops, client, queue);
    return &web->face.stream;
}
