/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/outcome.h"

#include <stdio.h>

#include "base/log.h"
#include "upstream/outlier.h"

enum { REASON_MAX = 24 };

/* "upstream_reset", or "status 503"; good as long as room. */
static const char *reason_of(const struct outcome *outcome, char room[REASON_MAX])
{
    if (outcome->fault != NULL)
        return outcome->fault->name;
    snprintf(room, REASON_MAX, "status %u", outcome->status);
    return room;
}

void outcome_tell_failure(const struct outcome *outcome, const struct exchange *exchange)
{
    char room[REASON_MAX];
    const struct endpoint *endpoint = exchange->claim.endpoint;
    if (!log_wants(LOG_DEBUG) || (outcome->fault == NULL && outcome->status < 500))
        return;
    log_write(LOG_DEBUG, "upstream %.*s: %s%.*s: attempt %u of request %.*s failed: %s",
              TEXT_ARGS(exchange->view->snapshot->clusters[exchange->cluster]->name),
              endpoint != NULL ? "endpoint " : "no endpoint",
              TEXT_ARGS(endpoint != NULL ? endpoint->name : TEXT("")), exchange->attempts,
              TEXT_ARGS(exchange->request_id), reason_of(outcome, room));
}

void outcome_tell_ejected(const struct outcome *outcome, const struct endpoint *endpoint)
{
    char room[REASON_MAX];
    log_write(LOG_WARN, "upstream %.*s: endpoint %.*s is ejected after failures in a row, the last: %s",
              TEXT_ARGS(endpoint->cluster), TEXT_ARGS(endpoint->name), reason_of(outcome, room));
}

void outcome_tell_returned(struct endpoint *endpoint, uint64_t now)
{
    if (outlier_returned(endpoint, now))
        log_write(LOG_INFO, "upstream %.*s: endpoint %.*s serves again after it was ejected",
                  TEXT_ARGS(endpoint->cluster), TEXT_ARGS(endpoint->name));
}
