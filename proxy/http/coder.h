/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A coder turns a stream of bytes into one of its content codings, or back: gzip (zlib), br (libbrotli), zstd (libzstd).
 * Bytes go from chain to chain; it owns what its library keeps, and nothing of the chains. After a fault it is of no use
 * but to be freed.
 *
 * Encoders have windows and levels that suit a proxy with many of them at once. 1 MB of source code, one core, after what
 * was tried (gzip 4 to 6, br 2 to 5, zstd 1 to 5, windows of 13 to 18): gzip 5 makes it 4.2 times smaller at 52 MB/s with
 * 200 KiB of memory, br 5 4.4 times at 54 MB/s with 1.7 MiB (0.7 while pieces are small), zstd 5 4.1 times at 132 MB/s
 * with 650 KiB. A larger window costs br half its memory again for 2 %, a level more of gzip a third of its speed for as
 * much.
 *
 * Decoders read what others made: each call is bounded by its room, and the whole by CODER_RATIO.
 */
#ifndef HTTP_CODER_H
#define HTTP_CODER_H

#include "base/chain.h"
#include "base/fault.h"
#include "http/encoding.h"

enum {
    CODER_RATIO = 1100,               /* bytes that one byte may become; gzip reaches 1032 */
    CODER_RATIO_FREE = 1024 * 1024,   /* before these, nobody counts */
    CODER_WINDOW = 16,                /* log2 of the encoders' window at most, in bytes */
    CODER_WINDOW_GZIP = 15,           /* the same of gzip, which has no larger one */
    CODER_WINDOW_MIN = 10,            /* for the smallest bodies */
    CODER_DECODE_WINDOW = 23,         /* RFC 9659 */
    CODER_STEP = 4096,                /* bytes of output that are made at once */
    CODER_MEMORY = 256 * 1024 * 1024, /* bytes of all coders of a thread, about */
    CODER_LEVEL_GZIP = 5,
    CODER_LEVEL_BR = 5,
    CODER_LEVEL_ZSTD = 5
};

struct coder;

/* NULL when out of memory, also of CODER_MEMORY. length: of the whole body, a hint; UINT64_MAX when nobody knows. Not of
 * CODING_IDENTITY. Freed in the same thread. */
struct coder *coder_encoder(enum coding coding, uint64_t length);
struct coder *coder_decoder(enum coding coding);

/* NULL is allowed. */
void coder_free(struct coder *coder);

/* Takes from one chain and adds to the other, of the same pool, until the first is empty or room bytes were added. An
 * encoder may keep bytes back. FAULT(upstream_garbage): a decoder can't read them, or they are a bomb. */
const struct fault *coder_feed(struct coder *coder, struct chain *from, struct chain *to, size_t room);

/* An encoder gives what it keeps: the other side can decode all that was fed. */
const struct fault *coder_flush(struct coder *coder, struct chain *to);

/* An encoder writes the end, whatever room that takes. Of a decoder, FAULT(upstream_garbage) when the end hasn't come, or
 * when there was more room to fill: call it when from is empty and the last feed added less than its room. */
const struct fault *coder_end(struct coder *coder, struct chain *to);

#endif
