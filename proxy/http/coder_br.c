/* SPDX-License-Identifier: Apache-2.0 */
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stdlib.h>

#include "base/list.h"
#include "http/coder_parts.h"

struct br {
    struct coder coder;
    BrotliEncoderState *encoder; /* one of both */
    BrotliDecoderState *decoder;
};

static struct br *br_of(const struct coder *coder)
{
    return CONTAINER(coder, struct br, coder);
}

static enum coder_result encode(struct coder *coder, struct coder_bytes *bytes, enum coder_step step)
{
    static const BrotliEncoderOperation operation[] = {BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FLUSH,
                                                       BROTLI_OPERATION_FINISH};
    BrotliEncoderState *state = br_of(coder)->encoder;
    const uint8_t *in = (const uint8_t *)bytes->in;
    uint8_t *out = (uint8_t *)bytes->out;
    if (!BrotliEncoderCompressStream(state, operation[step], &bytes->in_len, &in, &bytes->out_len, &out,
                                     NULL))
        return CODER_BAD;
    bytes->in = (const char *)in;
    bytes->out = (char *)out;
    bool more = BrotliEncoderHasMoreOutput(state) || bytes->in_len > 0 ||
                (step == CODER_END && !BrotliEncoderIsFinished(state));
    return more ? CODER_AGAIN : CODER_FINE;
}

static enum coder_result decode(struct coder *coder, struct coder_bytes *bytes, enum coder_step step)
{
    BrotliDecoderState *state = br_of(coder)->decoder;
    const uint8_t *in = (const uint8_t *)bytes->in;
    uint8_t *out = (uint8_t *)bytes->out;
    (void)step;
    if (BrotliDecoderIsFinished(state))
        return bytes->in_len > 0 ? CODER_BAD : CODER_FINE;
    BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state, &bytes->in_len, &in, &bytes->out_len, &out, NULL);
    bytes->in = (const char *)in;
    bytes->out = (char *)out;
    if (result == BROTLI_DECODER_RESULT_ERROR)
        return CODER_BAD;
    return result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT || bytes->in_len > 0 ? CODER_AGAIN : CODER_FINE;
}

static bool ended(const struct coder *coder)
{
    return BrotliDecoderIsFinished(br_of(coder)->decoder);
}

static void free_br(struct coder *coder)
{
    struct br *br = br_of(coder);
    BrotliEncoderDestroyInstance(br->encoder);
    BrotliDecoderDestroyInstance(br->decoder);
    free(br);
}

static const struct coder_ops encoder = {.run = encode, .free = free_br};
static const struct coder_ops decoder = {.run = decode, .ended = ended, .free = free_br};

static void tune(BrotliEncoderState *state, uint64_t length)
{
    uint32_t window = (uint32_t)coder_window(length, CODER_WINDOW);
    uint32_t hint = length > UINT32_MAX ? 0 : (uint32_t)length;
    BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, CODER_LEVEL_BR);
    BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, window);
    BrotliEncoderSetParameter(state, BROTLI_PARAM_SIZE_HINT, hint);
}

struct coder *coder_br_encoder(uint64_t length)
{
    struct br *br = calloc(1, sizeof *br);
    if (br == NULL)
        return NULL;
    br->coder.ops = &encoder;
    br->encoder = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    if (br->encoder != NULL) {
        tune(br->encoder, length);
        return &br->coder;
    }
    free(br);
    return NULL;
}

struct coder *coder_br_decoder(void)
{
    struct br *br = calloc(1, sizeof *br);
    if (br == NULL)
        return NULL;
    br->coder.ops = &decoder;
    br->decoder = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    if (br->decoder != NULL)
        return &br->coder;
    free(br);
    return NULL;
}
