/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A local stream as another one that reads its content coding: what came encoded goes out as it was before. As much is
 * decoded as there is room for. Its memory is the exchange's arena and the decoder's; it ends with stream_done.
 */
#ifndef CACHE_DECODED_H
#define CACHE_DECODED_H

#include "http/encoding.h"
#include "http/stream.h"
#include "net/loop.h"

/* Takes over the source, also when it fails: NULL when out of memory. head_in is the source's, still to be changed. */
struct stream *cache_decoded_new(struct loop *loop, struct stream *source, enum coding coding);

#endif
