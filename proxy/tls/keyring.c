/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/keyring.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/list.h"
#include "base/panic.h"
#include "tls/keyring_log.h"

struct keyring {
    uint32_t magic;
    unsigned refs; /* under the registry's lock */
    pthread_mutex_t lock;
    struct tls_credentials *credentials; /* under lock; a reference */
    struct keyring_key key;
    uint64_t stamp; /* of the files that the credentials were made of, or could not be */
    uint64_t seen;  /* of the files when they were looked at last */
    int64_t told;   /* s since the epoch: what ended until then is in the log */
    struct list_node node;
};

#define KEYRING_MAGIC 0x6b657972u

static struct {
    pthread_mutex_t lock; /* of keyrings, and of making one */
    struct list keyrings; /* zeroed: not yet used */
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct list *keyrings(void)
{
    if (registry.keyrings.head.next == NULL)
        list_init(&registry.keyrings);
    return &registry.keyrings;
}

static struct keyring_loads loads; /* relaxed atomics: each stands for itself */

static struct tls_credentials *load(const struct keyring_key *key, const struct tls_credentials *before,
                                    char *why)
{
    return key->is_server ? credentials_server(&key->server, before, why)
                          : credentials_client(&key->client, before, why);
}

static struct keyring *keyring_new(const struct keyring_key *key, char *why)
{
    struct keyring *keyring = calloc(1, sizeof *keyring);
    if (keyring == NULL || !keyring_key_copy(&keyring->key, key)) {
        free(keyring);
        credentials_complain(why, "out of memory");
        return NULL;
    }
    keyring->magic = KEYRING_MAGIC;
    keyring->refs = 1;
    keyring->stamp = keyring_key_stamp(key);
    keyring->told = time(NULL); /* of what has ended already, whoever reads the config tells with its place */
    keyring->credentials = load(&keyring->key, NULL, why);
    if (keyring->credentials == NULL) {
        keyring_key_clear(&keyring->key);
        free(keyring);
        return NULL;
    }
    pthread_mutex_init(&keyring->lock, NULL);
    list_push(keyrings(), &keyring->node);
    return keyring;
}

static struct keyring *find(const struct keyring_key *key)
{
    LIST_EACH(keyrings(), node)
    {
        struct keyring *keyring = CONTAINER(node, struct keyring, node);
        if (keyring_key_equal(&keyring->key, key))
            return keyring;
    }
    return NULL;
}

static struct keyring *open_keyring(const struct keyring_key *key, char *why)
{
    pthread_mutex_lock(&registry.lock);
    struct keyring *keyring = find(key);
    if (keyring != NULL)
        keyring->refs++;
    else
        keyring = keyring_new(key, why);
    pthread_mutex_unlock(&registry.lock);
    return keyring;
}

struct keyring *keyring_server(const struct tls_server_settings *settings, char *why)
{
    return open_keyring(&(struct keyring_key){.is_server = true, .server = *settings}, why);
}

struct keyring *keyring_client(const struct tls_client_settings *settings, char *why)
{
    return open_keyring(&(struct keyring_key){.client = *settings}, why);
}

void keyring_ref(struct keyring *keyring)
{
    if (keyring == NULL)
        return;
    CHECK(keyring, KEYRING_MAGIC);
    pthread_mutex_lock(&registry.lock);
    keyring->refs++;
    pthread_mutex_unlock(&registry.lock);
}

static void keyring_free(struct keyring *keyring)
{
    credentials_unref(keyring->credentials);
    keyring_key_clear(&keyring->key);
    pthread_mutex_destroy(&keyring->lock);
    keyring->magic = 0;
    free(keyring);
}

void keyring_unref(struct keyring *keyring)
{
    if (keyring == NULL)
        return;
    CHECK(keyring, KEYRING_MAGIC);
    pthread_mutex_lock(&registry.lock);
    bool last = --keyring->refs == 0;
    if (last)
        list_remove(&keyring->node);
    pthread_mutex_unlock(&registry.lock);
    if (last)
        keyring_free(keyring);
}

struct tls_credentials *keyring_take(struct keyring *keyring)
{
    CHECK(keyring, KEYRING_MAGIC);
    pthread_mutex_lock(&keyring->lock);
    struct tls_credentials *credentials = keyring->credentials;
    credentials_ref(credentials);
    pthread_mutex_unlock(&keyring->lock);
    return credentials;
}

static void install(struct keyring *keyring, struct tls_credentials *credentials)
{
    pthread_mutex_lock(&keyring->lock);
    struct tls_credentials *before = keyring->credentials;
    keyring->credentials = credentials;
    pthread_mutex_unlock(&keyring->lock);
    credentials_unref(before);
}

static void count(unsigned long *which)
{
    __atomic_fetch_add(which, 1, __ATOMIC_RELAXED);
}

struct keyring_loads keyring_count_loads(void)
{
    return (struct keyring_loads){__atomic_load_n(&loads.ok, __ATOMIC_RELAXED),
                                  __atomic_load_n(&loads.failed, __ATOMIC_RELAXED)};
}

/* Whatever could not be loaded is as before. */
static void renew(struct keyring *keyring)
{
    char why[TLS_WHY_MAX];
    struct tls_credentials *before = keyring->credentials; /* only this thread replaces them */
    struct tls_credentials *credentials = load(&keyring->key, before, why);
    count(credentials != NULL && credentials->kept == 0 ? &loads.ok : &loads.failed);
    if (credentials == NULL) {
        keyring_log_failed(&keyring->key, why);
        return;
    }
    keyring_log_renewed(&keyring->key, credentials, before);
    keyring->told = 0;
    install(keyring, credentials);
}

/* A pair is often written file by file: it is used once nothing has changed between two looks. */
static void refresh(struct keyring *keyring)
{
    uint64_t stamp = keyring_key_stamp(&keyring->key);
    bool settled = stamp == keyring->seen;
    keyring->seen = stamp;
    if (stamp == keyring->stamp || !settled)
        return;
    keyring->stamp = stamp;
    renew(keyring);
}

static void look(struct keyring *keyring)
{
    int64_t now = time(NULL);
    refresh(keyring);
    keyring_log_ends(&keyring->key, keyring->credentials, keyring->told, now);
    keyring->told = now;
}

void keyrings_refresh(void)
{
    pthread_mutex_lock(&registry.lock);
    LIST_EACH(keyrings(), node)
    look(CONTAINER(node, struct keyring, node));
    pthread_mutex_unlock(&registry.lock);
}

/* Two pairs may be of the same file. */
static bool is_first(const struct keyring_key *key, size_t at)
{
    struct text written = keyring_key_pair(key, at)->written;
    for (size_t i = 0; i < at; i++)
        if (text_equal(keyring_key_pair(key, i)->written, written))
            return false;
    return true;
}

void keyring_each(struct keyring *keyring, keyring_visit *visit, void *arg)
{
    struct tls_credentials *credentials = keyring_take(keyring);
    for (size_t i = 0; i < credentials->pair_count; i++)
        if (is_first(&keyring->key, i))
            visit(arg, keyring_key_pair(&keyring->key, i)->written, credentials->pairs[i].ends);
    credentials_unref(credentials);
}
