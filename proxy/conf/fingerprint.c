/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/fingerprint.h"

#include <openssl/evp.h>
#include <stdio.h>

static void update(struct fingerprint *fingerprint, const void *bytes, size_t len)
{
    if (len > 0 && EVP_DigestUpdate(fingerprint->digest, bytes, len) != 1)
        fingerprint->failed = true;
}

static void flush(struct fingerprint *fingerprint)
{
    update(fingerprint, fingerprint->pending, fingerprint->len);
    fingerprint->len = 0;
}

bool fingerprint_begin(struct fingerprint *fingerprint)
{
    fingerprint->digest = EVP_MD_CTX_new();
    fingerprint->len = 0;
    fingerprint->failed =
        fingerprint->digest == NULL || EVP_DigestInit_ex(fingerprint->digest, EVP_sha256(), NULL) != 1;
    return !fingerprint->failed;
}

void fingerprint_add(struct fingerprint *fingerprint, const void *bytes, size_t len)
{
    if (len > sizeof fingerprint->pending - fingerprint->len)
        flush(fingerprint);
    if (len > sizeof fingerprint->pending) {
        update(fingerprint, bytes, len);
    } else if (len > 0) {
        memcpy(fingerprint->pending + fingerprint->len, bytes, len);
        fingerprint->len += len;
    }
}

bool fingerprint_end(struct fingerprint *fingerprint, char written[FINGERPRINT_LEN + 1])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    bool made = !fingerprint->failed;
    if (made) {
        flush(fingerprint);
        made = !fingerprint->failed && EVP_DigestFinal_ex(fingerprint->digest, hash, NULL) == 1;
    }
    for (size_t i = 0; made && i < FINGERPRINT_LEN / 2; i++)
        snprintf(written + 2 * i, 3, "%02x", hash[i]);
    EVP_MD_CTX_free(fingerprint->digest);
    return made;
}
