/* SPDX-License-Identifier: Apache-2.0 */
/* SRV answers of a DNS server that means ill. */
#include "net/srv.h"

#include <string.h>

#include "base/panic.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct srv_answer answer;
    if (!srv_read(bytes, len, &answer))
        return 0;
    ASSERT(answer.count <= SRV_TARGETS_MAX && answer.ttl <= INT32_MAX);
    for (size_t i = 0; i < answer.count; i++)
        ASSERT(memchr(answer.targets[i].name, '\0', SRV_NAME_MAX) != NULL && answer.targets[i].port != 0);
    return 0;
}
