/* SPDX-License-Identifier: Apache-2.0 */
#include "net/srv.h"

#include <arpa/nameser.h>
#include <string.h>

enum { SRV_FIXED = 6, TTL_MAX = 0x7fffffff };

/* RFC 2181 section 8: a TTL with the highest bit set is 0. */
static void lower_ttl(struct srv_answer *answer, uint32_t ttl)
{
    if (ttl > TTL_MAX)
        ttl = 0;
    if (ttl < answer->ttl)
        answer->ttl = ttl;
}

static uint16_t number_at(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static bool read_target(const ns_msg *message, const ns_rr *record, struct srv_answer *answer)
{
    const unsigned char *bytes = ns_rr_rdata(*record);
    struct srv_target *target = &answer->targets[answer->count];
    if (ns_rr_rdlen(*record) <= SRV_FIXED)
        return false;
    int used = ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message), bytes + SRV_FIXED,
                                  target->name, sizeof target->name);
    if (used < 0 || used + SRV_FIXED != ns_rr_rdlen(*record))
        return false;
    target->priority = number_at(bytes);
    target->weight = number_at(bytes + 2);
    target->port = number_at(bytes + 4);
    bool is_root = target->name[0] == '\0' || strcmp(target->name, ".") == 0;
    if (!is_root && target->port != 0)
        answer->count++;
    return true;
}

bool srv_read(const unsigned char *message, size_t len, struct srv_answer *answer)
{
    ns_msg parsed;
    ns_rr record;
    answer->ttl = TTL_MAX;
    answer->count = 0;
    if (len > NS_MAXMSG || ns_initparse(message, (int)len, &parsed) != 0)
        return false;
    for (int i = 0; i < ns_msg_count(parsed, ns_s_an) && answer->count < SRV_TARGETS_MAX; i++) {
        if (ns_parserr(&parsed, ns_s_an, i, &record) != 0)
            return false;
        if (ns_rr_class(record) != ns_c_in)
            continue;
        if (ns_rr_type(record) == ns_t_srv && !read_target(&parsed, &record, answer))
            return false;
        if (ns_rr_type(record) == ns_t_srv || ns_rr_type(record) == ns_t_cname)
            lower_ttl(answer, (uint32_t)ns_rr_ttl(record));
    }
    return true;
}
