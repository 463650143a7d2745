/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/keyring_key.h"

#include <sys/stat.h>

enum { KEY_BYTES = 1 << 20 };

/* With its NUL: a path. */
static bool copy_path(struct arena *arena, struct text *path)
{
    *path = arena_copy(arena, *path);
    return path->at != NULL;
}

static bool copy_pair(struct arena *arena, struct tls_pair_settings *pair)
{
    return copy_path(arena, &pair->cert) && copy_path(arena, &pair->key) && copy_path(arena, &pair->ocsp) &&
           copy_path(arena, &pair->written);
}

static bool copy_server(struct arena *arena, struct tls_server_settings *settings)
{
    size_t size = settings->pair_count * sizeof *settings->pairs;
    struct tls_pair_settings *pairs = arena_take(arena, size);
    if (pairs == NULL)
        return false;
    memcpy(pairs, settings->pairs, size);
    settings->pairs = pairs;
    for (size_t i = 0; i < settings->pair_count; i++)
        if (!copy_pair(arena, &pairs[i]))
            return false;
    return copy_path(arena, &settings->name) && copy_path(arena, &settings->client_ca);
}

static bool copy_client(struct arena *arena, struct tls_client_settings *settings)
{
    return copy_path(arena, &settings->name) && copy_path(arena, &settings->ca) &&
           copy_path(arena, &settings->server_name) && copy_pair(arena, &settings->pair);
}

bool keyring_key_copy(struct keyring_key *to, const struct keyring_key *from)
{
    *to = *from;
    arena_init(&to->arena, KEY_BYTES);
    if (to->is_server ? copy_server(&to->arena, &to->server) : copy_client(&to->arena, &to->client))
        return true;
    arena_clear(&to->arena);
    return false;
}

void keyring_key_clear(struct keyring_key *key)
{
    arena_clear(&key->arena);
}

static bool pair_equal(const struct tls_pair_settings *a, const struct tls_pair_settings *b)
{
    return text_equal(a->cert, b->cert) && text_equal(a->key, b->key) && text_equal(a->ocsp, b->ocsp) &&
           text_equal(a->written, b->written);
}

static bool server_equal(const struct tls_server_settings *a, const struct tls_server_settings *b)
{
    if (a->pair_count != b->pair_count || a->only_13 != b->only_13 || a->alpn[0] != b->alpn[0] ||
        a->alpn[1] != b->alpn[1] || a->auth != b->auth || a->tickets != b->tickets ||
        a->early_data != b->early_data)
        return false;
    for (size_t i = 0; i < a->pair_count; i++)
        if (!pair_equal(&a->pairs[i], &b->pairs[i]))
            return false;
    return text_equal(a->name, b->name) && text_equal(a->client_ca, b->client_ca);
}

static bool client_equal(const struct tls_client_settings *a, const struct tls_client_settings *b)
{
    return a->verify == b->verify && a->alpn[0] == b->alpn[0] && a->alpn[1] == b->alpn[1] &&
           text_equal(a->name, b->name) && text_equal(a->ca, b->ca) &&
           text_equal(a->server_name, b->server_name) && pair_equal(&a->pair, &b->pair);
}

bool keyring_key_equal(const struct keyring_key *a, const struct keyring_key *b)
{
    if (a->is_server != b->is_server)
        return false;
    return a->is_server ? server_equal(&a->server, &b->server) : client_equal(&a->client, &b->client);
}

static uint64_t stamp_file(struct text path, uint64_t seed)
{
    struct stat file;
    uint64_t state[4] = {0};
    if (path.len == 0)
        return seed;
    if (stat(path.at, &file) == 0) {
        state[0] = (uint64_t)file.st_mtim.tv_sec;
        state[1] = (uint64_t)file.st_mtim.tv_nsec;
        state[2] = (uint64_t)file.st_size;
        state[3] = (uint64_t)file.st_ino ^ (uint64_t)file.st_dev;
    }
    return text_hash((struct text){(const char *)state, sizeof state}, seed);
}

static uint64_t stamp_pair(const struct tls_pair_settings *pair, uint64_t seed)
{
    return stamp_file(pair->ocsp, stamp_file(pair->key, stamp_file(pair->cert, seed)));
}

uint64_t keyring_key_stamp(const struct keyring_key *key)
{
    uint64_t stamp = 1;
    if (!key->is_server)
        return stamp_file(key->client.ca, stamp_pair(&key->client.pair, stamp));
    for (size_t i = 0; i < key->server.pair_count; i++)
        stamp = stamp_pair(&key->server.pairs[i], stamp);
    return stamp_file(key->server.client_ca, stamp);
}

const struct tls_pair_settings *keyring_key_pair(const struct keyring_key *key, size_t at)
{
    return key->is_server ? &key->server.pairs[at] : &key->client.pair;
}

struct text keyring_key_name(const struct keyring_key *key)
{
    return key->is_server ? key->server.name : key->client.name;
}
