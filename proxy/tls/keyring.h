/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keyring holds the credentials in force for one listener or upstream, made of the files that its settings name. It is
 * known process-wide by its settings: a reload that does not change them finds it again, so that connections and tickets
 * go on. When the files change it makes new credentials; what can't be loaded then stays as it was. Counted references.
 */
#ifndef TLS_KEYRING_H
#define TLS_KEYRING_H

#include "tls/credentials.h"

struct keyring;

/* The one of these settings, made when it is new. One reference, the caller's; NULL with a sentence in
 * why[TLS_WHY_MAX]. Reads files: control thread. */
struct keyring *keyring_server(const struct tls_server_settings *settings, char *why);
struct keyring *keyring_client(const struct tls_client_settings *settings, char *why);

/* NULL is fine. Any thread. */
void keyring_ref(struct keyring *keyring);
void keyring_unref(struct keyring *keyring);

/* The credentials in force: a reference, the caller's. Any thread, takes a lock. */
struct tls_credentials *keyring_take(struct keyring *keyring);

/* Looks at the files of all keyrings and makes new credentials of those that have changed; says in the log what became of
 * it, and which certificates have ended. Control thread, every second or so. */
void keyrings_refresh(void);

/* Shows each certificate in force: its file as the config has it, once, and when it ends (s since the epoch). Any thread,
 * while it has a reference. */
typedef void keyring_visit(void *arg, struct text certificate, int64_t ends);
void keyring_each(struct keyring *keyring, keyring_visit *visit, void *arg);

/* How often changed files of keyrings were loaded since the start: all of them, or not all. Any thread. */
struct keyring_loads {
    unsigned long ok, failed;
};
struct keyring_loads keyring_count_loads(void);

#endif
