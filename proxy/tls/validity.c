/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/validity.h"

#include <time.h>

int64_t validity_seconds(const ASN1_TIME *time)
{
    struct tm parts;
    return time != NULL && ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

const char *validity_date(int64_t seconds, char out[VALIDITY_DATE_MAX])
{
    struct tm parts;
    time_t at = (time_t)seconds;
    if (gmtime_r(&at, &parts) == NULL ||
        strftime(out, VALIDITY_DATE_MAX, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
        out[0] = '\0';
    return out;
}
