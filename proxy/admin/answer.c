/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/answer.h"

struct stream *answer_add(struct stream *answer, const char *name, struct text value)
{
    if (answer == NULL || fields_add(&answer->head_in.fields, answer->arena, text_of(name), value))
        return answer;
    chain_clear(&answer->in);
    return NULL;
}

struct stream *answer_body(struct exchange *exchange, unsigned status, struct text type, struct buffer *body)
{
    struct stream *answer = reply_new(exchange, status);
    bool complete = answer != NULL && !body->short_of_room && chain_copy(&answer->in, body->at, body->len);
    buffer_clear(body);
    if (!complete) {
        if (answer != NULL)
            chain_clear(&answer->in);
        return NULL;
    }
    reply_finish(answer, type);
    answer = answer_add(answer, "Cache-Control", TEXT("no-store"));
    return answer_add(answer, "X-Content-Type-Options", TEXT("nosniff"));
}

struct stream *answer_json(struct exchange *exchange, unsigned status, struct buffer *body)
{
    buffer_byte(body, '\n');
    return answer_body(exchange, status, TEXT("application/json"), body);
}

struct stream *answer_error(struct exchange *exchange, unsigned status, const char *sentence)
{
    struct buffer body = BUFFER_EMPTY;
    buffer_add(&body, TEXT("{\"error\":"));
    buffer_json_string(&body, text_of(sentence));
    buffer_byte(&body, '}');
    return answer_json(exchange, status, &body);
}
