/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolved.h"

#include <stdlib.h>

bool resolved_add(struct resolved *resolved, const struct resolved_endpoint *endpoint)
{
    if (resolved->count == RESOLVED_MAX)
        return true;
    if (resolved->count == resolved->room) {
        size_t room = resolved->room == 0 ? 8 : resolved->room * 2;
        struct resolved_endpoint *list = realloc(resolved->list, room * sizeof *list);
        if (list == NULL)
            return false;
        resolved->list = list;
        resolved->room = room;
    }
    resolved->list[resolved->count++] = *endpoint;
    return true;
}

static int compare_ips(const struct address *a, const struct address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return a->any.sa_family == AF_INET ? -1 : 1;
    if (a->any.sa_family == AF_INET)
        return memcmp(&a->v4.sin_addr, &b->v4.sin_addr, sizeof a->v4.sin_addr);
    return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr);
}

static int compare_addresses(const struct address *a, const struct address *b)
{
    int by_ip = compare_ips(a, b);
    return by_ip != 0 ? by_ip : (int)address_port(a) - (int)address_port(b);
}

static int compare(const void *left, const void *right)
{
    const struct resolved_endpoint *a = left, *b = right;
    int by_address = compare_addresses(&a->address, &b->address);
    if (by_address != 0)
        return by_address;
    if (a->priority != b->priority)
        return a->priority < b->priority ? -1 : 1;
    return (int)b->weight - (int)a->weight;
}

void resolved_settle(struct resolved *resolved)
{
    size_t kept = 0;
    uint16_t lowest = UINT16_MAX;
    if (resolved->count > 0)
        qsort(resolved->list, resolved->count, sizeof *resolved->list, compare);
    for (size_t i = 0; i < resolved->count; i++) {
        struct resolved_endpoint *endpoint = &resolved->list[i];
        if (kept > 0 && compare_addresses(&resolved->list[kept - 1].address, &endpoint->address) == 0)
            continue;
        resolved->list[kept++] = *endpoint;
        lowest = endpoint->priority < lowest ? endpoint->priority : lowest;
    }
    resolved->count = kept;
    for (size_t i = 0; i < kept; i++) {
        resolved->list[i].backup = resolved->list[i].priority > lowest;
        resolved->list[i].weight = resolved->list[i].weight > 0 ? resolved->list[i].weight : 1;
    }
}

bool resolved_equal(const struct resolved *a, const struct resolved *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (compare_addresses(&a->list[i].address, &b->list[i].address) != 0 ||
            a->list[i].weight != b->list[i].weight || a->list[i].backup != b->list[i].backup)
            return false;
    return true;
}

bool resolved_has(const struct resolved *resolved, const struct address *address)
{
    size_t from = 0, to = resolved->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare_addresses(&resolved->list[middle].address, address);
        if (order == 0)
            return true;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return false;
}

void resolved_clear(struct resolved *resolved)
{
    free(resolved->list);
    *resolved = (struct resolved){0};
}
