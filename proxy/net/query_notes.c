/* SPDX-License-Identifier: Apache-2.0 */
/* What a query notes of the answers to its calls. */
#include "net/query.h"

const char *query_phrase(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
        return "the name does not exist";
    case ARES_ENODATA:
        return "the name has no such records";
    case ARES_ESERVFAIL:
        return "server failure";
    case ARES_ETIMEOUT:
        return "timeout";
    case ARES_EREFUSED:
        return "refused by the server";
    case ARES_ECONNREFUSED:
        return "no server has an answer";
    case ARES_EBADNAME:
        return "not a name that DNS can have";
    case ARES_EBADRESP:
    case ARES_EFORMERR:
        return "an answer that makes no sense";
    case ARES_ENOMEM:
        return "out of memory";
    default:
        return ares_strerror(status);
    }
}

void query_fail(struct query *query, int family, int status)
{
    query->answer.failure = query_phrase(status);
    query->answer.lacks_v4 = query->answer.lacks_v4 || family != AF_INET6;
    query->answer.lacks_v6 = query->answer.lacks_v6 || family != AF_INET;
}

bool call_note_status(const struct call *call, int status)
{
    struct query *query = call->query;
    if (status == ARES_ENODATA || (status == ARES_ENOTFOUND && query->missing == NULL))
        query->missing = query_phrase(status);
    else if (status != ARES_SUCCESS && status != ARES_ENOTFOUND)
        query_fail(query, call->family, status);
    return status == ARES_SUCCESS;
}

void query_lower_ttl(struct query *query, int64_t ttl)
{
    uint32_t seconds = ttl < 0 || ttl > INT32_MAX ? 0 : (uint32_t)ttl; /* RFC 2181 section 8 */
    if (seconds < query->answer.ttl)
        query->answer.ttl = seconds;
}

void call_add(const struct call *call, const void *ip)
{
    struct resolved_endpoint endpoint = {.priority = call->priority, .weight = call->weight};
    if (call->family == AF_INET) {
        endpoint.address.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(call->port)};
        memcpy(&endpoint.address.v4.sin_addr, ip, sizeof endpoint.address.v4.sin_addr);
        endpoint.address.len = sizeof endpoint.address.v4;
    } else {
        endpoint.address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(call->port)};
        memcpy(&endpoint.address.v6.sin6_addr, ip, sizeof endpoint.address.v6.sin6_addr);
        endpoint.address.len = sizeof endpoint.address.v6;
    }
    if (!resolved_add(&call->query->answer, &endpoint))
        query_fail(call->query, call->family, ARES_ENOMEM);
}
