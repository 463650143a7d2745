/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/census.h"

#include <netinet/tcp.h>

#include "admin/inet_diag.h"

/* Room for a group of each address of a large config. */
#define ARENA_MAX ((size_t)64 << 20)

/* An address as bytes, for the map: those of a sockaddr that mean something here. */
struct key {
    uint8_t family;
    uint8_t port[2];
    uint8_t ip[16];
};

/* False for what isn't TCP. */
static bool key_of(const struct address *address, struct key *key)
{
    *key = (struct key){0};
    if (address->len == 0 || address_is_unix(address))
        return false;
    unsigned port = address_port(address);
    key->family = (uint8_t)address->any.sa_family;
    key->port[0] = (uint8_t)(port >> 8);
    key->port[1] = (uint8_t)port;
    if (key->family == AF_INET)
        memcpy(key->ip, &address->v4.sin_addr, sizeof address->v4.sin_addr);
    else
        memcpy(key->ip, &address->v6.sin6_addr, sizeof address->v6.sin6_addr);
    return true;
}

static struct text key_text(const struct key *key)
{
    return (struct text){(const char *)key, sizeof *key};
}

void census_init(struct census *census)
{
    *census = (struct census){0};
    arena_init(&census->arena, ARENA_MAX);
    for (int side = 0; side < CENSUS_SIDES; side++)
        map_init(&census->groups[side]);
}

void census_clear(struct census *census)
{
    for (int side = 0; side < CENSUS_SIDES; side++)
        map_clear(&census->groups[side]);
    arena_clear(&census->arena);
}

struct census_group *census_add(struct census *census, enum census_side side, const struct address *address)
{
    struct key key;
    if (!key_of(address, &key))
        return NULL;
    struct census_group *group = map_find(&census->groups[side], key_text(&key));
    if (group != NULL)
        return group;
    group = arena_take_zeroed(&census->arena, sizeof *group);
    struct text kept = arena_copy(&census->arena, key_text(&key));
    if (group == NULL || kept.at == NULL || !map_insert(&census->groups[side], kept, group, NULL))
        return NULL;
    group->address = *address;
    return group;
}

/* A socket that listens on every address is found by port alone; one that takes IPv4 too, by that of IPv6. */
static struct census_group *find_listener(const struct census *census, const struct inet_socket *socket)
{
    const struct map *groups = &census->groups[CENSUS_CLIENTS];
    struct key key;
    key_of(&socket->local, &key);
    struct census_group *group = map_find(groups, key_text(&key));
    memset(key.ip, 0, sizeof key.ip);
    if (group == NULL)
        group = map_find(groups, key_text(&key));
    if (group != NULL || !socket->is_mapped)
        return group;
    key.family = AF_INET6;
    return map_find(groups, key_text(&key));
}

static struct census_group *find_endpoint(const struct census *census, const struct inet_socket *socket)
{
    struct key key;
    key_of(&socket->remote, &key);
    return map_find(&census->groups[CENSUS_BACKENDS], key_text(&key));
}

static void list(struct census *census, enum census_side side, const struct inet_socket *socket)
{
    if (census->listed_count == CENSUS_LISTED || socket->state == TCP_TIME_WAIT)
        return;
    census->listed[census->listed_count++] =
        (struct census_connection){side, socket->local, socket->remote, socket->state};
}

static void count(void *owner, const struct inet_socket *socket)
{
    struct census *census = owner;
    enum census_side side = CENSUS_CLIENTS;
    struct census_group *group = find_listener(census, socket);
    if (group == NULL) {
        side = CENSUS_BACKENDS;
        group = find_endpoint(census, socket);
    }
    if (group == NULL || socket->state >= CENSUS_STATES)
        return;
    group->counts[socket->state]++;
    census->counts[side][socket->state]++;
    list(census, side, socket);
}

const char *census_take(struct census *census)
{
    struct inet_walk walk = {.visit = count, .owner = census, .limit = CENSUS_LIMIT};
    census->listed = arena_take(&census->arena, CENSUS_LISTED * sizeof *census->listed);
    if (census->listed == NULL)
        return "out of memory";
    const char *wrong = inet_diag_walk(&walk);
    census->cut = walk.cut;
    return wrong;
}

const char *census_state_name(unsigned state)
{
    static const char *const names[CENSUS_STATES] = {[TCP_ESTABLISHED] = "ESTABLISHED",
                                                     [TCP_SYN_SENT] = "SYN_SENT",
                                                     [TCP_SYN_RECV] = "SYN_RECV",
                                                     [TCP_FIN_WAIT1] = "FIN_WAIT1",
                                                     [TCP_FIN_WAIT2] = "FIN_WAIT2",
                                                     [TCP_TIME_WAIT] = "TIME_WAIT",
                                                     [TCP_CLOSE] = "CLOSE",
                                                     [TCP_CLOSE_WAIT] = "CLOSE_WAIT",
                                                     [TCP_LAST_ACK] = "LAST_ACK",
                                                     [TCP_LISTEN] = "LISTEN",
                                                     [TCP_CLOSING] = "CLOSING"};
    return state < CENSUS_STATES ? names[state] : NULL;
}
