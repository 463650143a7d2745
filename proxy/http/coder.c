/* SPDX-License-Identifier: Apache-2.0 */
#include "base/panic.h"
#include "http/coder_parts.h"

int coder_window(uint64_t length, int most)
{
    int window = CODER_WINDOW_MIN;
    while (window < most && (1ull << window) < length)
        window++;
    return window;
}

static _Thread_local size_t held; /* bytes, of all that live */

/* About what its library takes, in the end. */
static size_t cost_of(enum coding coding, uint64_t length)
{
    const size_t window = (size_t)1 << coder_window(length, CODER_WINDOW);
    switch (coding) {
    case CODING_GZIP:
        return 4 * window + 64 * 1024;
    case CODING_BR:
        return 24 * window + 64 * 1024;
    default:
        return 10 * window + 64 * 1024;
    }
}

static struct coder *count(struct coder *coder, size_t cost)
{
    if (coder == NULL)
        return NULL;
    coder->cost = cost;
    held += cost;
    return coder;
}

struct coder *coder_encoder(enum coding coding, uint64_t length)
{
    size_t cost = cost_of(coding, length);
    if (held + cost > CODER_MEMORY)
        return NULL;
    switch (coding) {
    case CODING_GZIP:
        return count(coder_gzip_encoder(length), cost);
    case CODING_BR:
        return count(coder_br_encoder(length), cost);
    case CODING_ZSTD:
        return count(coder_zstd_encoder(length), cost);
    default:
        return NULL;
    }
}

struct coder *coder_decoder(enum coding coding)
{
    const size_t cost = coding == CODING_GZIP ? 64 * 1024 : (size_t)1 << CODER_DECODE_WINDOW;
    if (held + cost > CODER_MEMORY)
        return NULL;
    switch (coding) {
    case CODING_GZIP:
        return count(coder_gzip_decoder(), cost);
    case CODING_BR:
        return count(coder_br_decoder(), cost);
    case CODING_ZSTD:
        return count(coder_zstd_decoder(), cost);
    default:
        return NULL;
    }
}

void coder_free(struct coder *coder)
{
    if (coder == NULL)
        return;
    held -= coder->cost;
    coder->ops->free(coder);
}

static bool is_bomb(const struct coder *coder)
{
    return coder->ops->ended != NULL && coder->out > CODER_RATIO_FREE && coder->out / CODER_RATIO > coder->in;
}

static enum coder_result run(struct coder *coder, struct coder_bytes *bytes, enum coder_step step)
{
    struct coder_bytes before = *bytes;
    enum coder_result result = coder->ops->run(coder, bytes, step);
    coder->in += before.in_len - bytes->in_len;
    coder->out += before.out_len - bytes->out_len;
    return result;
}

/* One step with room for at most CODER_STEP bytes. */
static const struct fault *make(struct coder *coder, struct coder_bytes *bytes, enum coder_step step,
                                struct chain *to)
{
    size_t room = bytes->out_len;
    bytes->out = chunk_copy_room(to->pool, room);
    if (bytes->out == NULL)
        return FAULT(out_of_memory);
    enum coder_result result = run(coder, bytes, step);
    size_t len = room - bytes->out_len;
    coder->full = result == CODER_AGAIN && bytes->in_len == 0;
    if (result == CODER_BAD || is_bomb(coder))
        return coder->ops->ended != NULL ? FAULT(upstream_garbage) : FAULT(out_of_memory);
    if (len > 0 && !chain_push(to, chunk_copy_done(to->pool, len)))
        return FAULT(out_of_memory);
    return NULL;
}

const struct fault *coder_feed(struct coder *coder, struct chain *from, struct chain *to, size_t room)
{
    while (room > 0 && (coder->full || !chain_is_empty(from))) {
        struct slice front = chain_is_empty(from) ? (struct slice){.at = ""} : chain_front(from);
        size_t most = room < CODER_STEP ? room : CODER_STEP;
        struct coder_bytes bytes = {front.at, front.len, NULL, most};
        const struct fault *fault = make(coder, &bytes, CODER_FEED, to);
        if (fault != NULL)
            return fault;
        if (front.len > 0)
            chain_drop(from, front.len - bytes.in_len);
        room -= most - bytes.out_len;
    }
    return NULL;
}

static const struct fault *step_all(struct coder *coder, enum coder_step step, struct chain *to)
{
    const struct fault *fault = NULL;
    do {
        struct coder_bytes bytes = {"", 0, NULL, CODER_STEP};
        fault = make(coder, &bytes, step, to);
    } while (fault == NULL && coder->full);
    return fault;
}

const struct fault *coder_flush(struct coder *coder, struct chain *to)
{
    ASSERT(coder->ops->ended == NULL);
    return step_all(coder, CODER_FLUSH, to);
}

const struct fault *coder_end(struct coder *coder, struct chain *to)
{
    if (coder->ops->ended == NULL)
        return step_all(coder, CODER_END, to);
    return coder->ops->ended(coder) ? NULL : FAULT(upstream_garbage);
}
