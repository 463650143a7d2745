/* SPDX-License-Identifier: Apache-2.0 */
#include "http/compress_face.h"

#include "http/coder.h"
#include "http/face.h"

enum {
    FLUSH_BURST = 4,      /* so many flushes at once, then one */
    FLUSH_GAP = 16,       /* ms later: each costs some bytes */
    EVENTS_LENGTH = 16384 /* of streams that last, and of which there may be many: a window that is enough */
};

struct compress {
    struct face face;
    const struct compress_settings *settings;
    struct coder *coder;      /* owned; NULL: the answer goes as it is */
    struct compress_tap *tap; /* NULL: nobody listens */
    struct chain made;        /* by the coder, and not passed on yet */
    bool pending;             /* the coder was fed since the last flush */
    bool measured;            /* the length was told: more is to be expected soon */
    struct timer timer;       /* the next flush, when there were many */
    bool due;                 /* the timer has fired */
    unsigned flushes;         /* since ms */
    uint64_t since;
};

static struct compress *compress_of(struct face *face)
{
    return CONTAINER(face, struct compress, face);
}

static uint64_t expected_length(const struct head *answer)
{
    const struct field *type = fields_find(&answer->fields, FIELD_CONTENT_TYPE);
    if (answer->has_length)
        return answer->length;
    return text_starts(type->value, TEXT("text/event-stream")) ? EVENTS_LENGTH : UINT64_MAX;
}

static void end_tap(struct compress *compress, bool whole)
{
    struct compress_tap *tap = compress->tap;
    compress->tap = NULL;
    if (tap != NULL)
        tap->ended(tap, whole);
}

/* Without memory for a coder, the client gets what it always takes. */
static bool translate(struct face *face)
{
    struct compress *compress = compress_of(face);
    const struct head *request = &face->client->head_in;
    struct head *answer = &face->client->head_out;
    if (!compress_fits(compress->settings, request, answer)) {
        end_tap(compress, false);
        return compress_leave(compress->settings, request, answer, face->client->arena);
    }
    enum coding coding = compress_choose(compress->settings, request);
    compress->measured = answer->has_length;
    if (coding != CODING_IDENTITY && answer->body != BODY_NONE) {
        compress->coder = coder_encoder(coding, expected_length(answer));
        if (compress->coder == NULL)
            coding = CODING_IDENTITY;
    }
    if (compress->coder == NULL)
        end_tap(compress, false);
    return compress_head(answer, coding, face->client->arena);
}

static void forget_coder(struct compress *compress)
{
    end_tap(compress, false);
    chain_clear(&compress->made);
    wheel_cancel(&compress->face.session.loop->wheel, &compress->timer);
    coder_free(compress->coder);
    compress->coder = NULL;
    compress->pending = false;
}

/* To the client, and to whoever listens. */
static const struct fault *pass_on(struct compress *compress, const struct fault *fault)
{
    struct chain *made = &compress->made;
    size_t len = made->len;
    if (fault != NULL)
        return fault;
    if (compress->tap != NULL)
        compress->tap->took(compress->tap, made);
    return chain_move(made, &compress->face.client->out, len) == len ? NULL : FAULT(out_of_memory);
}

static const struct fault *encode(struct compress *compress, bool ended)
{
    struct chain *from = &compress->face.stream.out, *to = &compress->made;
    bool some = !chain_is_empty(from);
    const struct fault *fault = coder_feed(compress->coder, from, to, SIZE_MAX);
    if (fault == NULL && ended)
        fault = coder_end(compress->coder, to);
    fault = pass_on(compress, fault);
    if (fault == NULL && ended)
        end_tap(compress, true);
    if (fault != NULL || ended)
        forget_coder(compress);
    else if (some)
        compress->pending = true;
    return fault;
}

static const struct fault *write_body(struct face *face, bool ended)
{
    struct compress *compress = compress_of(face);
    struct stream *stream = &face->stream, *client = face->client;
    if (ended)
        client->trailers_out = stream->trailers_out;
    if (compress->coder == NULL) {
        size_t len = stream->out.len;
        return chain_move(&stream->out, &client->out, len) == len ? NULL : FAULT(out_of_memory);
    }
    const struct fault *fault = encode(compress, ended);
    if (compress->pending)
        task_wake(client->queue, &face->task); /* after whoever wrote: it may have more, or the end */
    return fault;
}

static void flush(struct compress *compress)
{
    struct stream *client = compress->face.client;
    compress->pending = compress->due = false;
    compress->flushes++;
    const struct fault *fault = pass_on(compress, coder_flush(compress->coder, &compress->made));
    if (fault == NULL)
        stream_sent(client);
    else
        face_fail(&compress->face, fault);
}

static void on_timer(struct timer *timer)
{
    struct compress *compress = CONTAINER(timer, struct compress, timer);
    compress->flushes = 0;
    compress->since = compress->face.session.loop->now;
    compress->due = true;
    task_wake(compress->face.client->queue, &compress->face.task);
}

/* All that came in this turn has been fed. */
static void ran(struct face *face)
{
    struct compress *compress = compress_of(face);
    struct loop *loop = face->session.loop;
    if (!compress->pending || (face->client->marks & RESET) != 0)
        return;
    if (loop->now - compress->since >= FLUSH_GAP) {
        compress->flushes = 0;
        compress->since = loop->now;
    }
    if (compress->due || (!compress->measured && compress->flushes < FLUSH_BURST))
        flush(compress);
    else if (!timer_is_set(&compress->timer))
        wheel_set(&loop->wheel, &compress->timer, FLUSH_GAP);
}

static void done(struct face *face)
{
    forget_coder(compress_of(face));
}

static const struct face_ops ops = {.translate = translate, .write = write_body, .ran = ran, .done = done};

struct stream *compress_face(struct stream *client, struct list *queue,
                             const struct compress_settings *settings)
{
    struct compress *compress = arena_take_zeroed(client->arena, sizeof *compress);
    if (compress == NULL)
        return NULL;
    compress->settings = settings;
    compress->timer.fire = on_timer;
    chain_init(&compress->made, client->out.pool);
    compress->face.stream.head_in = client->head_in;
    face_begin(&compress->face, &ops, client, queue);
    return &compress->face.stream;
}

bool compress_face_is(struct stream *stream)
{
    return face_of_kind(stream, &ops) != NULL;
}

enum coding compress_face_coding(struct stream *stream, const struct head *answer)
{
    struct face *face = face_of_kind(stream, &ops);
    if (face == NULL || !compress_fits(compress_of(face)->settings, &stream->head_in, answer))
        return CODING_IDENTITY;
    return compress_choose(compress_of(face)->settings, &stream->head_in);
}

bool compress_face_undoes(struct stream *stream, const struct head *answer, enum coding *coding)
{
    return compress_face_is(stream) && compress_undoes(&stream->head_in, answer, coding);
}

void compress_face_tap(struct stream *stream, struct compress_tap *tap)
{
    struct compress *compress = compress_of(face_of_kind(stream, &ops));
    end_tap(compress, false);
    compress->tap = tap;
}
