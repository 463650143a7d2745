/* SPDX-License-Identifier: Apache-2.0 */
#include "base/outcomes.h"

const char *tls_outcome_name(unsigned outcome)
{
    static const char *const names[] = {
#define F(name, sentence) #name,
        TLS_OUTCOME_TABLE(F)
#undef F
    };
    return names[outcome];
}

const char *http2_error_name(unsigned error)
{
    static const char *const names[] = {
#define F(name, sentence) #name,
        HTTP2_ERROR_TABLE(F)
#undef F
    };
    return names[error];
}

const char *cache_outcome_name(unsigned outcome)
{
    static const char *const names[] = {
#define F(name, sentence) #name,
        CACHE_OUTCOME_TABLE(F)
#undef F
    };
    return names[outcome];
}
