/* SPDX-License-Identifier: Apache-2.0 */
/* What a keyring is known by: settings of either kind, copied, compared, and the state of the files that they name. */
#ifndef TLS_KEYRING_KEY_H
#define TLS_KEYRING_KEY_H

#include <stdint.h>

#include "base/arena.h"
#include "tls/settings.h"

struct keyring_key {
    bool is_server;
    struct tls_server_settings server;
    struct tls_client_settings client;
    struct arena arena; /* of a copy */
};

/* False when out of memory. */
bool keyring_key_copy(struct keyring_key *to, const struct keyring_key *from);
void keyring_key_clear(struct keyring_key *key);
bool keyring_key_equal(const struct keyring_key *a, const struct keyring_key *b);

/* Another number when any of the files was written or replaced, or came or went. */
uint64_t keyring_key_stamp(const struct keyring_key *key);

/* What the pair of that number in the credentials is made of. */
const struct tls_pair_settings *keyring_key_pair(const struct keyring_key *key, size_t at);

/* Of the listener or upstream. */
struct text keyring_key_name(const struct keyring_key *key);

#endif
