/* SPDX-License-Identifier: Apache-2.0 */
#include "http/grpc.h"
#include "http/grpc_web.h"

static enum grpc_web_kind kind_and_suffix(struct text type, struct text *suffix)
{
    if (grpc_type_is(type, TEXT("application/grpc-web"), suffix))
        return GRPC_WEB_BINARY;
    if (grpc_type_is(type, TEXT("application/grpc-web-text"), suffix))
        return GRPC_WEB_TEXT;
    *suffix = TEXT("");
    return GRPC_WEB_NONE;
}

enum grpc_web_kind grpc_web_kind_of(struct text type)
{
    struct text suffix;
    return kind_and_suffix(type, &suffix);
}

static enum grpc_web_kind accepted_kind(struct text accept)
{
    for (struct text element; text_list_next(&accept, &element);) {
        enum grpc_web_kind kind = grpc_web_kind_of(element);
        if (kind != GRPC_WEB_NONE)
            return kind;
    }
    return GRPC_WEB_NONE;
}

enum grpc_web_kind grpc_web_answer_kind(const struct head *request)
{
    const struct fields *fields = &request->fields;
    const struct field *type = fields_find(fields, FIELD_CONTENT_TYPE);
    enum grpc_web_kind kind =
        type == NULL || request->connect ? GRPC_WEB_NONE : grpc_web_kind_of(type->value);
    const struct field *accept = fields_find(fields, FIELD_ACCEPT);
    if (kind == GRPC_WEB_NONE || accept == NULL)
        return kind;
    enum grpc_web_kind accepted = accepted_kind(accept->value);
    return accepted == GRPC_WEB_NONE ? kind : accepted;
}

struct text grpc_web_type_to_grpc(struct text type, struct arena *arena)
{
    struct text suffix;
    kind_and_suffix(type, &suffix);
    return arena_format(arena, "application/grpc%.*s", TEXT_ARGS(suffix));
}

struct text grpc_web_type_of_grpc(struct text type, enum grpc_web_kind kind, struct arena *arena)
{
    struct text suffix;
    if (!grpc_type_is(type, TEXT("application/grpc"), &suffix))
        suffix = TEXT("");
    const char *text = kind == GRPC_WEB_TEXT ? "-text" : "";
    return arena_format(arena, "application/grpc-web%s%.*s", text, TEXT_ARGS(suffix));
}
