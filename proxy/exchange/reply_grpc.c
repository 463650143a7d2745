/* SPDX-License-Identifier: Apache-2.0 */
/* What gRPC clients are told of a fault: they look at fields only (grpc/doc/PROTOCOL-HTTP2.md). */
#include "exchange/reply.h"
#include "http/grpc.h"
#include "http/grpc_web.h"

static bool add_status(struct fields *fields, struct arena *arena, const struct fault *fault)
{
    struct text message = grpc_message_encode(text_of(fault->sentence), arena);
    struct text status = arena_format(arena, "%u", (unsigned)grpc_status_of_http(fault->status));
    return message.at != NULL && status.at != NULL &&
           fields_add(fields, arena, TEXT("grpc-status"), status) &&
           fields_add(fields, arena, TEXT("grpc-message"), message);
}

/* A face in front of a client of gRPC-Web takes gRPC. */
static struct text type_for(const struct head *request, struct arena *arena)
{
    const struct text type = TEXT("application/grpc");
    enum grpc_web_kind kind = grpc_web_answer_kind(request);
    return kind == GRPC_WEB_NONE ? type : grpc_web_type_of_grpc(type, kind, arena);
}

bool reply_grpc(struct stream *reply, const struct head *request, const struct fault *fault)
{
    struct text type = type_for(request, reply->arena);
    reply->head_in.status = 200;
    reply_finish(reply, type);
    return type.at != NULL && add_status(&reply->head_in.fields, reply->arena, fault);
}

static bool awaits_trailers(const struct stream *down)
{
    bool knows_trailers = down->head_in.trailers || down->head_in.major == 2;
    return (down->marks & (END_OUT | RESET)) == 0 && knows_trailers && down->head_out.body == BODY_STREAM &&
           grpc_is(&down->head_out);
}

struct stream *reply_grpc_end(struct exchange *exchange, const struct fault *fault)
{
    struct stream *down = exchange->down;
    struct stream *reply = exchange->grpc && awaits_trailers(down) ? reply_new(exchange, 200) : NULL;
    if (reply == NULL || !add_status(&reply->trailers_in, reply->arena, fault))
        return NULL;
    reply->marks |= HEAD_IN | END_IN;
    return reply;
}
