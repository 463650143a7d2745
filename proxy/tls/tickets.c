/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/tickets.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { NAME_SIZE = 16, SECRET_SIZE = 32, KEYS = TICKET_LIFETIME_S / TICKET_ROTATE_S + 1 };

struct ticket_key {
    unsigned char name[NAME_SIZE];
    unsigned char cipher[SECRET_SIZE]; /* AES-256-CBC */
    unsigned char mac[SECRET_SIZE];    /* HMAC-SHA-256 */
    uint64_t born;                     /* s, monotonic; 0: not used */
};

static struct {
    pthread_mutex_t lock;
    struct ticket_key keys[KEYS]; /* the newest first */
    uint64_t skew;                /* s; tests only */
} ring = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec + ring.skew + 1;
}

static bool make_key(struct ticket_key *key, uint64_t now)
{
    key->born = now;
    return RAND_bytes(key->name, NAME_SIZE) == 1 && RAND_priv_bytes(key->cipher, SECRET_SIZE) == 1 &&
           RAND_priv_bytes(key->mac, SECRET_SIZE) == 1;
}

static bool newest_key(struct ticket_key *out)
{
    struct ticket_key *keys = ring.keys;
    uint64_t now = now_s();
    if (keys[0].born == 0 || now - keys[0].born >= TICKET_ROTATE_S) {
        memmove(keys + 1, keys, (KEYS - 1) * sizeof *keys);
        if (!make_key(keys, now)) {
            keys[0].born = 0;
            return false;
        }
    }
    *out = keys[0];
    return true;
}

/* 0: none, so the session isn't resumed; 2: with an old one, so a new ticket is due. */
static int find_key(const unsigned char *name, struct ticket_key *out)
{
    uint64_t now = now_s();
    for (int i = 0; i < KEYS; i++) {
        const struct ticket_key *key = &ring.keys[i];
        if (key->born == 0 || now - key->born >= TICKET_LIFETIME_S ||
            CRYPTO_memcmp(key->name, name, NAME_SIZE) != 0)
            continue;
        *out = *key;
        return now - key->born < TICKET_ROTATE_S ? 1 : 2;
    }
    return 0;
}

static int choose_key(unsigned char *name, int making, struct ticket_key *key)
{
    pthread_mutex_lock(&ring.lock);
    int found = making ? (newest_key(key) ? 1 : -1) : find_key(name, key);
    pthread_mutex_unlock(&ring.lock);
    return found;
}

static bool set_mac(EVP_MAC_CTX *mac, struct ticket_key *key)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, SECRET_SIZE),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* The parameters are OpenSSL's: SSL_CTX_set_tlsext_ticket_key_evp_cb(3). */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int making)
{
    struct ticket_key key;
    int found = choose_key(name, making, &key);
    if (found == 1 && !making && SSL_version(ssl) == TLS1_3_VERSION)
        found = 2; /* a ticket is used once there (RFC 8446 appendix C.4): the next one comes at once */
    if (found <= 0)
        return found;
    bool fine = !making || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1;
    if (making)
        memcpy(name, key.name, NAME_SIZE);
    fine = fine && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, iv, making) == 1 &&
           set_mac(mac, &key);
    OPENSSL_cleanse(&key, sizeof key);
    return fine ? found : -1;
}

void tickets_use(SSL_CTX *context)
{
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
    SSL_CTX_set_timeout(context, TICKET_LIFETIME_S);
}

void tickets_age(uint64_t seconds)
{
    pthread_mutex_lock(&ring.lock);
    ring.skew += seconds;
    pthread_mutex_unlock(&ring.lock);
}
