/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask the admin API. A page on another site must not reach it through the browser of somebody who may: neither by
 * giving its own name this address (DNS rebinding), nor by sending a form (CSRF). And a token, if there is one.
 */
#ifndef ADMIN_GATE_H
#define ADMIN_GATE_H

#include "admin/admin.h"
#include "exchange/exchange.h"

struct gate_rule {
    bool (*holds)(const struct admin_settings *settings, const struct exchange *exchange);
    bool spares_probes; /* which need not keep it */
    unsigned status;
    const char *sentence;
};

/* The first rule that the request breaks; NULL: it may pass. */
const struct gate_rule *gate_check(const struct admin_settings *settings, const struct exchange *exchange,
                                   bool is_probe);

#endif
