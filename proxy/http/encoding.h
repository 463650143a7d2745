/* SPDX-License-Identifier: Apache-2.0 */
/* Content codings (RFC 9110 section 8.4.1) and which of them a client takes (section 12.5.3). Plain values; no memory. */
#ifndef HTTP_ENCODING_H
#define HTTP_ENCODING_H

#include "http/fields.h"

enum coding { CODING_IDENTITY, CODING_GZIP, CODING_BR, CODING_ZSTD, CODING_COUNT };

enum { CODING_Q_ONE = 1000 }; /* q-values are thousandths */

/* What Accept-Encoding says of each coding: 0 is not acceptable. */
struct acceptance {
    uint16_t q[CODING_COUNT];
};

/* As written in Content-Encoding. */
struct text coding_name(enum coding coding);

/* Case ignored; x-gzip is gzip. False when it is none of them. */
bool coding_of(struct text name, enum coding *coding);

/* Of a request. Without the field only identity is acceptable: such clients are seldom ready for anything else. A q that
 * can't be read is 0; of a coding named twice the last word counts. */
struct acceptance acceptance_read(const struct fields *request);

/* The most wanted of these codings, the earlier one of two that are wanted alike; CODING_IDENTITY when the client wants
 * that more, or none of them (also when it refuses identity: an answer is better than none). */
enum coding acceptance_choose(const struct acceptance *acceptance, const enum coding *order, size_t count);

#endif
