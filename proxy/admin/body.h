/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON object that a request's body is. */
#ifndef ADMIN_BODY_H
#define ADMIN_BODY_H

#include "admin/resource.h"
#include "base/json_read.h"

enum { BODY_MAX = 64 * 1024 };

struct body {
    struct arena arena;
    const struct json *object; /* NULL: it can't be taken, and refusal is the answer that says why */
    struct stream *refusal;    /* NULL when out of memory, which the exchange turns into a 503 */
};

/* keys: those that the object may have; ends with NULL. To be cleared, whatever comes out. */
struct body body_read(const struct ask *ask, const char *const *keys);
void body_clear(struct body *body);

#endif
