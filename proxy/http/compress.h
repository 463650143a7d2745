/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an answer is compressed, and what that does to its head (RFC 9110 sections 8.4, 8.8.3, 12.5.5). No state. */
#ifndef HTTP_COMPRESS_H
#define HTTP_COMPRESS_H

#include "http/encoding.h"
#include "http/head.h"

/* Texts and lists belong to whoever made the settings. */
struct compress_settings {
    struct text *types; /* type/subtype or type/ and a star, lower case */
    size_t type_count;
    enum coding algorithms[CODING_COUNT]; /* the preferred first */
    size_t algorithm_count;
    uint64_t min_size; /* bytes; an answer that says to be shorter stays as it is */
};

/* Whether the answer is one that some client would get compressed: it has a body (or would, in answer to HEAD) of one of
 * the types that is whole, not short, not encoded yet, and not fixed by no-transform or a digest. */
bool compress_fits(const struct compress_settings *settings, const struct head *request,
                   const struct head *answer);

/* What this client gets of an answer that fits: CODING_IDENTITY also for HTTP/1.0 and when it asks for a range. */
enum coding compress_choose(const struct compress_settings *settings, const struct head *request);

/* Rewrites the head of an answer that fits: Vary, and unless it is CODING_IDENTITY, Content-Encoding, a weak ETag, no
 * length and no Accept-Ranges. fields is made anew in the arena; false when out of memory. */
bool compress_head(struct head *answer, enum coding coding, struct arena *arena);

/* Whether every client could have an answer with these fields: it has no coding, or one that may be undone. */
bool compress_suits_all(const struct fields *answer);

/* Whether the answer is in a coding that this client doesn't take, and may be had without it. */
bool compress_undoes(const struct head *request, const struct head *answer, enum coding *coding);

/* Rewrites the head of such an answer: Vary, a weak ETag, no length, Content-Encoding or Accept-Ranges. */
bool compress_undo_head(struct head *answer, struct arena *arena);

/* Rewrites the head of an answer that doesn't fit: Vary where others get another coding (of what a 304 or 206 stands for,
 * too), and a 304 for a client that asked with the weak form of its ETag says that form again. False when out of memory. */
bool compress_leave(const struct compress_settings *settings, const struct head *request, struct head *answer,
                    struct arena *arena);

#endif
