/* SPDX-License-Identifier: Apache-2.0 */
/* What a library does for a coder; for coder.c and coder_*.c alone. */
#ifndef HTTP_CODER_PARTS_H
#define HTTP_CODER_PARTS_H

#include "http/coder.h"

enum coder_step { CODER_FEED, CODER_FLUSH, CODER_END };

/* Both are moved on by what was read and written. */
struct coder_bytes {
    const char *in;
    size_t in_len;
    char *out;
    size_t out_len;
};

enum coder_result {
    CODER_FINE,  /* all of in was taken, and what the step asks for is written */
    CODER_AGAIN, /* wants more room in out */
    CODER_BAD    /* can't be decoded, or out of memory */
};

struct coder_ops {
    /* Decoders are only fed; their end is what .ended says. */
    enum coder_result (*run)(struct coder *coder, struct coder_bytes *bytes, enum coder_step step);
    bool (*ended)(const struct coder *coder); /* decoders: between two members or frames; NULL: an encoder */
    void (*free)(struct coder *coder);
};

/* The first member of each coder. */
struct coder {
    const struct coder_ops *ops;
    uint64_t in, out; /* bytes so far */
    bool full;        /* stopped for want of room: there is more to come, also without input */
    size_t cost;      /* bytes that it was counted for */
};

struct coder *coder_gzip_encoder(uint64_t length);
struct coder *coder_gzip_decoder(void);
struct coder *coder_br_encoder(uint64_t length);
struct coder *coder_br_decoder(void);
struct coder *coder_zstd_encoder(uint64_t length);
struct coder *coder_zstd_decoder(void);

/* log2 of the window for a body of that length. */
int coder_window(uint64_t length, int most);

#endif
