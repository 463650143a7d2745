/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of the admin API, found by path in one table. */
#ifndef ADMIN_PAGES_H
#define ADMIN_PAGES_H

#include "admin/admin.h"
#include "base/buffer.h"

/* What a page says; the body is freed by whoever asked for it. */
struct answer {
    unsigned status;
    const char *type; /* of the body */
    struct buffer body;
    const char *allow; /* for 405; NULL otherwise */
};

/* route_settings.serve: owner is the struct admin. */
struct stream *admin_serve(void *owner, struct exchange *exchange);

/* {"error": why} */
void answer_error(struct answer *answer, unsigned status, const char *why);

/* upstreams_page.c: the part of the path behind /api/v1/upstreams/, or empty for all. */
void upstreams_page(struct admin *admin, struct text name, struct answer *answer);

#endif
