/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask the admin API for what: the name it was asked by (DNS rebinding), where the page came from (CSRF), the
 * token. */
#ifndef ADMIN_GATE_H
#define ADMIN_GATE_H

#include "admin/admin.h"

struct refusal {
    unsigned status;
    const char *why;
};

/* NULL: it may. A probe needs no token. */
const struct refusal *gate_check(const struct admin *admin, const struct exchange *exchange, bool probe);

#endif
