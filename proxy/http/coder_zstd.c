/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <zstd.h>

#include "base/list.h"
#include "http/coder_parts.h"

struct zstd {
    struct coder coder;
    ZSTD_CCtx *encoder; /* one of both */
    ZSTD_DCtx *decoder;
    bool idle; /* decoder: no frame is open */
    bool any;  /* decoder: a frame was there */
};

static struct zstd *zstd_of(const struct coder *coder)
{
    return CONTAINER(coder, struct zstd, coder);
}

static void settle(const ZSTD_inBuffer *in, const ZSTD_outBuffer *out, struct coder_bytes *bytes)
{
    bytes->in += in->pos;
    bytes->in_len -= in->pos;
    bytes->out += out->pos;
    bytes->out_len -= out->pos;
}

static enum coder_result encode(struct coder *coder, struct coder_bytes *bytes, enum coder_step step)
{
    static const ZSTD_EndDirective directive[] = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
    ZSTD_inBuffer in = {bytes->in, bytes->in_len, 0};
    ZSTD_outBuffer out = {bytes->out, bytes->out_len, 0};
    size_t left = ZSTD_compressStream2(zstd_of(coder)->encoder, &out, &in, directive[step]);
    settle(&in, &out, bytes);
    if (ZSTD_isError(left))
        return CODER_BAD;
    if (step != CODER_FEED)
        return left > 0 ? CODER_AGAIN : CODER_FINE;
    return bytes->in_len > 0 || bytes->out_len == 0 ? CODER_AGAIN : CODER_FINE;
}

/* A body may be several frames (RFC 8878 section 3.1). */
static enum coder_result decode(struct coder *coder, struct coder_bytes *bytes, enum coder_step step)
{
    struct zstd *zstd = zstd_of(coder);
    ZSTD_inBuffer in = {bytes->in, bytes->in_len, 0};
    ZSTD_outBuffer out = {bytes->out, bytes->out_len, 0};
    (void)step;
    if (zstd->idle && bytes->in_len == 0)
        return CODER_FINE;
    size_t hint = ZSTD_decompressStream(zstd->decoder, &out, &in);
    settle(&in, &out, bytes);
    if (ZSTD_isError(hint))
        return CODER_BAD;
    zstd->idle = hint == 0;
    zstd->any = zstd->any || zstd->idle;
    return bytes->in_len > 0 || bytes->out_len == 0 ? CODER_AGAIN : CODER_FINE;
}

static bool ended(const struct coder *coder)
{
    return zstd_of(coder)->idle && zstd_of(coder)->any;
}

static void free_zstd(struct coder *coder)
{
    struct zstd *zstd = zstd_of(coder);
    ZSTD_freeCCtx(zstd->encoder);
    ZSTD_freeDCtx(zstd->decoder);
    free(zstd);
}

static const struct coder_ops encoder = {.run = encode, .free = free_zstd};
static const struct coder_ops decoder = {.run = decode, .ended = ended, .free = free_zstd};

static void tune(ZSTD_CCtx *state, uint64_t length)
{
    int window = coder_window(length, CODER_WINDOW);
    ZSTD_CCtx_setParameter(state, ZSTD_c_compressionLevel, CODER_LEVEL_ZSTD);
    ZSTD_CCtx_setParameter(state, ZSTD_c_windowLog, window);
    ZSTD_CCtx_setParameter(state, ZSTD_c_hashLog, window - 1);
    ZSTD_CCtx_setParameter(state, ZSTD_c_chainLog, window - 1);
}

struct coder *coder_zstd_encoder(uint64_t length)
{
    struct zstd *zstd = calloc(1, sizeof *zstd);
    if (zstd == NULL)
        return NULL;
    zstd->coder.ops = &encoder;
    zstd->encoder = ZSTD_createCCtx();
    if (zstd->encoder != NULL) {
        tune(zstd->encoder, length);
        return &zstd->coder;
    }
    free(zstd);
    return NULL;
}

struct coder *coder_zstd_decoder(void)
{
    struct zstd *zstd = calloc(1, sizeof *zstd);
    if (zstd == NULL)
        return NULL;
    zstd->coder.ops = &decoder;
    zstd->idle = true;
    zstd->decoder = ZSTD_createDCtx();
    if (zstd->decoder != NULL) {
        ZSTD_DCtx_setParameter(zstd->decoder, ZSTD_d_windowLogMax, CODER_DECODE_WINDOW);
        return &zstd->coder;
    }
    free(zstd);
    return NULL;
}
