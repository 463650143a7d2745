/* SPDX-License-Identifier: Apache-2.0 */
#include "process/demo_pages.h"

#include "exchange/reply.h"

#define PLAIN TEXT("text/plain; charset=utf-8")
#define BYTES TEXT("/bytes/")
#define SLOW_ANSWER TEXT("this took its time\n")

enum { SLOW_USUAL_MS = 1000 };

struct stream *demo_say(struct exchange *exchange, unsigned status, struct text body)
{
    struct stream *reply = body.at != NULL ? reply_new(exchange, status) : NULL;
    if (reply == NULL || !chain_copy(&reply->in, body.at, body.len))
        return NULL;
    reply_finish(reply, PLAIN);
    return reply;
}

static bool fill(struct chain *chain, size_t left)
{
    char line[4096];
    memset(line, 'w', sizeof line);
    for (size_t i = 63; i < sizeof line; i += 64)
        line[i] = '\n';
    for (size_t piece; left > 0; left -= piece) {
        piece = left < sizeof line ? left : sizeof line;
        if (!chain_copy(chain, line, piece))
            return false;
    }
    return true;
}

static struct stream *say_bytes(struct exchange *exchange, struct text number)
{
    uint64_t size;
    if (!text_to_number(number, DEMO_BYTES_MAX, &size))
        return demo_say(exchange, 400, TEXT("/bytes/N: N is at most 10485760\n"));
    struct stream *reply = reply_new(exchange, 200);
    if (reply == NULL)
        return NULL;
    if (!fill(&reply->in, size)) {
        chain_clear(&reply->in);
        return NULL;
    }
    reply_finish(reply, PLAIN);
    return reply;
}

/* The head is out already; the body follows. */
static void on_slow(struct timer *timer)
{
    struct exchange *exchange = CONTAINER(timer, struct exchange, deadline);
    struct stream *reply = exchange->up;
    if (exchange->fault != NULL)
        return; /* up is another answer by now */
    if (!chain_copy(&reply->in, SLOW_ANSWER.at, SLOW_ANSWER.len))
        stream_fail(reply, RESET, FAULT(out_of_memory));
    else
        stream_mark(reply, END_IN);
    task_wake(&exchange->lane->loop->ready, &exchange->task);
}

static uint64_t slow_ms(struct text query)
{
    uint64_t ms;
    for (struct text part; text_split(&query, '&', &part);)
        if (text_starts(part, TEXT("ms=")) &&
            text_to_number(text_sub(part, 3, part.len - 3), UINT32_MAX, &ms))
            return ms < DEMO_SLOW_MAX_MS ? ms : DEMO_SLOW_MAX_MS;
    return SLOW_USUAL_MS;
}

/* The demo's routes have no timeouts.request, so the timer for it is free, and it ends with the exchange. */
static struct stream *say_slowly(struct exchange *exchange)
{
    struct stream *reply = reply_new(exchange, 200);
    if (reply == NULL || !fields_add(&reply->head_in.fields, reply->arena, TEXT("Content-Type"), PLAIN))
        return NULL;
    reply->head_in.body = BODY_LENGTH;
    reply->head_in.has_length = true;
    reply->head_in.length = SLOW_ANSWER.len;
    reply->marks |= HEAD_IN;
    exchange->deadline.fire = on_slow;
    wheel_set(&exchange->lane->loop->wheel, &exchange->deadline, slow_ms(exchange->query));
    return reply;
}

struct stream *demo_page(struct exchange *exchange, const char *name)
{
    const struct head *head = &exchange->down->head_in;
    struct text path = exchange->path;
    if (text_equal(path, TEXT("/error")))
        return demo_say(exchange, 500, TEXT("this page always fails\n"));
    if (text_equal(path, TEXT("/slow")))
        return say_slowly(exchange);
    if (text_starts(path, BYTES))
        return say_bytes(exchange, text_sub(path, BYTES.len, path.len - BYTES.len));
    return demo_say(exchange, 200,
                    arena_format(exchange->down->arena, "%s answers %.*s %.*s\n", name,
                                 TEXT_ARGS(head->method_text), TEXT_ARGS(head->path)));
}
