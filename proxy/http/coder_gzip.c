/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#define ZLIB_CONST /* next_in is const */
#include <zlib.h>

#include "base/list.h"
#include "http/coder_parts.h"

enum { GZIP_FORMAT = 16, MEMORY = 7 }; /* zlib.h: added to windowBits; memLevel */

struct gzip {
    struct coder coder;
    z_stream z;
    bool idle; /* decoder: no member is open */
    bool any;  /* decoder: a member was there */
};

static struct gzip *gzip_of(const struct coder *coder)
{
    return CONTAINER(coder, struct gzip, coder);
}

static void lend(z_stream *z, const struct coder_bytes *bytes)
{
    z->next_in = (const Bytef *)bytes->in;
    z->avail_in = (uInt)bytes->in_len; /* of a slice: less than 4 GiB */
    z->next_out = (Bytef *)bytes->out;
    z->avail_out = (uInt)bytes->out_len;
}

static void settle(const z_stream *z, struct coder_bytes *bytes)
{
    *bytes = (struct coder_bytes){(const char *)z->next_in, z->avail_in, (char *)z->next_out, z->avail_out};
}

static enum coder_result encode(struct coder *coder, struct coder_bytes *bytes, enum coder_step step)
{
    static const int flush[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
    z_stream *z = &gzip_of(coder)->z;
    lend(z, bytes);
    int code = deflate(z, flush[step]);
    settle(z, bytes);
    if (code == Z_STREAM_ERROR)
        return CODER_BAD;
    if (step == CODER_END)
        return code == Z_STREAM_END ? CODER_FINE : CODER_AGAIN;
    return bytes->out_len == 0 ? CODER_AGAIN : CODER_FINE;
}

/* A body may be several members (RFC 1952 section 2.2). */
static bool begin_member(struct gzip *gzip, const struct coder_bytes *bytes)
{
    if (!gzip->idle || bytes->in_len == 0)
        return true;
    gzip->idle = false;
    return !gzip->any || inflateReset(&gzip->z) == Z_OK;
}

static enum coder_result decode(struct coder *coder, struct coder_bytes *bytes, enum coder_step step)
{
    struct gzip *gzip = gzip_of(coder);
    (void)step;
    if (!begin_member(gzip, bytes))
        return CODER_BAD;
    if (gzip->idle)
        return CODER_FINE;
    lend(&gzip->z, bytes);
    int code = inflate(&gzip->z, Z_NO_FLUSH);
    settle(&gzip->z, bytes);
    if (code == Z_STREAM_END)
        gzip->idle = gzip->any = true;
    else if (code != Z_OK && code != Z_BUF_ERROR)
        return CODER_BAD;
    return bytes->in_len > 0 || bytes->out_len == 0 ? CODER_AGAIN : CODER_FINE;
}

static bool ended(const struct coder *coder)
{
    return gzip_of(coder)->idle && gzip_of(coder)->any;
}

static void free_encoder(struct coder *coder)
{
    (void)deflateEnd(&gzip_of(coder)->z);
    free(gzip_of(coder));
}

static void free_decoder(struct coder *coder)
{
    (void)inflateEnd(&gzip_of(coder)->z);
    free(gzip_of(coder));
}

static const struct coder_ops encoder = {.run = encode, .free = free_encoder};
static const struct coder_ops decoder = {.run = decode, .ended = ended, .free = free_decoder};

struct coder *coder_gzip_encoder(uint64_t length)
{
    struct gzip *gzip = calloc(1, sizeof *gzip);
    int window = coder_window(length, CODER_WINDOW_GZIP);
    if (gzip == NULL)
        return NULL;
    gzip->coder.ops = &encoder;
    if (deflateInit2(&gzip->z, CODER_LEVEL_GZIP, Z_DEFLATED, window + GZIP_FORMAT, MEMORY,
                     Z_DEFAULT_STRATEGY) == Z_OK)
        return &gzip->coder;
    free(gzip);
    return NULL;
}

struct coder *coder_gzip_decoder(void)
{
    struct gzip *gzip = calloc(1, sizeof *gzip);
    if (gzip == NULL)
        return NULL;
    gzip->coder.ops = &decoder;
    gzip->idle = true;
    if (inflateInit2(&gzip->z, MAX_WBITS + GZIP_FORMAT) == Z_OK)
        return &gzip->coder;
    free(gzip);
    return NULL;
}
