/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/body.h"

#include "admin/answer.h"

/* The values take several times the bytes that they are written in. */
enum { ARENA_MAX = 8 * 1024 * 1024, SHOWN_MAX = 60 };

static bool collect(const struct chain *chain, struct arena *arena, struct text *whole)
{
    char *at = arena_take(arena, chain->len + 1);
    size_t len = 0;
    if (at == NULL)
        return false;
    for (const struct chain_link *link = chain->first; link != NULL; link = link->next) {
        memcpy(at + len, link->slice.at, link->slice.len);
        len += link->slice.len;
    }
    *whole = (struct text){at, len};
    return true;
}

/* A member that isn't among the keys. */
static const struct json *find_unknown(const struct json *object, const char *const *keys)
{
    for (const struct json *member = object->first; member != NULL; member = member->next) {
        const char *const *key = keys;
        while (*key != NULL && !text_equal(member->key, text_of(*key)))
            key++;
        if (*key == NULL)
            return member;
    }
    return NULL;
}

static void refuse(struct body *body, const struct ask *ask, const char *sentence, struct text detail)
{
    struct text shown = text_sub(detail, 0, detail.len < SHOWN_MAX ? detail.len : SHOWN_MAX);
    struct text whole = arena_format(ask->exchange->down->arena, "%s%.*s", sentence, TEXT_ARGS(shown));
    body->object = NULL;
    body->refusal = whole.at != NULL ? answer_error(ask->exchange, 400, whole.at) : NULL;
}

static void read_object(struct body *body, const struct ask *ask, struct text whole, const char *const *keys)
{
    const char *problem;
    body->object = json_read(&body->arena, whole, &problem);
    if (body->object == NULL) {
        refuse(body, ask, "the body is not JSON: there is ", text_of(problem));
        return;
    }
    if (body->object->kind != JSON_OBJECT) {
        refuse(body, ask, "the body is JSON, but not an object", TEXT(""));
        return;
    }
    const struct json *unknown = find_unknown(body->object, keys);
    if (unknown != NULL)
        refuse(body, ask, "the body has a key that is not known here: ", unknown->key);
}

struct body body_read(const struct ask *ask, const char *const *keys)
{
    struct body body = {.object = NULL};
    struct text whole;
    const struct stream *down = ask->exchange->down;
    arena_init(&body.arena, ARENA_MAX);
    if ((down->marks & END_IN) == 0 || down->in.len > BODY_MAX)
        body.refusal = answer_error(ask->exchange, 413, "the body is larger than 64 KiB");
    else if (down->in.len == 0)
        refuse(&body, ask, "a JSON object is needed as the body", TEXT(""));
    else if (collect(&down->in, &body.arena, &whole))
        read_object(&body, ask, whole, keys);
    return body;
}

void body_clear(struct body *body)
{
    arena_clear(&body->arena);
}
