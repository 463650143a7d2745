/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the admin API as local streams, complete when they are returned. All give NULL when out of memory, which
 * the exchange turns into a 503. */
#ifndef ADMIN_ANSWER_H
#define ADMIN_ANSWER_H

#include "base/buffer.h"
#include "exchange/reply.h"

/* Copies the body, which may be megabytes, and clears it. type must live forever. */
struct stream *answer_body(struct exchange *exchange, unsigned status, struct text type, struct buffer *body);
struct stream *answer_json(struct exchange *exchange, unsigned status, struct buffer *body);

/* {"error":"..."} */
struct stream *answer_error(struct exchange *exchange, unsigned status, const char *sentence);

/* Adds a field to an answer, which may be NULL; the texts must live as long as the exchange. */
struct stream *answer_add(struct stream *answer, const char *name, struct text value);

#endif
