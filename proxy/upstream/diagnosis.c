/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/diagnosis.h"

#include "base/log.h"

static const char *const sentences[] = {
    [MISMATCH_HTTP1] = "seems to speak HTTP/1.1: set protocol: http1",
    [MISMATCH_HTTP2] = "seems to speak HTTP/2: set protocol: http2",
    [MISMATCH_TLS] = "seems to speak TLS: set tls",
    [MISMATCH_SILENT] =
        "closes connections where HTTP/2 begins: set protocol: http1, or tls if it speaks TLS",
    [MISMATCH_CERTIFICATE] = "wants a client certificate that it trusts: set tls.cert and tls.key",
};

void diagnosis_tell(const struct endpoint *endpoint, enum mismatch mismatch)
{
    if (mismatch != MISMATCH_NONE)
        log_write_limited(LOG_WARN, "upstream %.*s: endpoint %.*s %s", TEXT_ARGS(endpoint->cluster),
                          TEXT_ARGS(endpoint->name), sentences[mismatch]);
}
