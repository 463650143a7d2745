/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/keyring_log.h"

#include "base/log.h"
#include "tls/validity.h"

static const char *role(const struct keyring_key *key)
{
    return key->is_server ? "listener" : "upstream";
}

void keyring_log_failed(const struct keyring_key *key, const char *why)
{
    log_write(LOG_ERROR,
              "%s %.*s: files of TLS have changed but can't be used, the old ones stay in force: %s",
              role(key), TEXT_ARGS(keyring_key_name(key)), why);
}

/* The certificates that are others than before; how many. */
static unsigned log_fresh(const struct keyring_key *key, const struct tls_credentials *credentials,
                          const struct tls_credentials *before)
{
    char date[VALIDITY_DATE_MAX];
    unsigned count = 0;
    for (size_t i = 0; i < credentials->pair_count; i++) {
        const struct pair *pair = &credentials->pairs[i];
        if (X509_cmp(pair->certificate, before->pairs[i].certificate) == 0)
            continue;
        log_write(LOG_INFO, "%s %.*s: %.*s: a new certificate is in force, until %s", role(key),
                  TEXT_ARGS(keyring_key_name(key)), TEXT_ARGS(keyring_key_pair(key, i)->cert),
                  validity_date(pair->ends, date));
        count++;
    }
    return count;
}

void keyring_log_renewed(const struct keyring_key *key, const struct tls_credentials *credentials,
                         const struct tls_credentials *before)
{
    unsigned fresh = log_fresh(key, credentials, before);
    if (fresh == 0 && credentials->kept == 0)
        log_write(LOG_INFO, "%s %.*s: files of TLS have changed and are loaded anew", role(key),
                  TEXT_ARGS(keyring_key_name(key)));
}

static void warn(const struct keyring_key *key, struct text file, const char *what, int64_t when)
{
    char date[VALIDITY_DATE_MAX];
    log_write(LOG_WARN, "%s %.*s: %.*s: %s %s", role(key), TEXT_ARGS(keyring_key_name(key)), TEXT_ARGS(file),
              what, validity_date(when, date));
}

static bool is_within(int64_t when, int64_t from, int64_t now)
{
    return when > from && when <= now;
}

void keyring_log_ends(const struct keyring_key *key, const struct tls_credentials *credentials, int64_t from,
                      int64_t now)
{
    for (size_t i = 0; i < credentials->pair_count; i++) {
        const struct pair *pair = &credentials->pairs[i];
        const struct tls_pair_settings *files = keyring_key_pair(key, i);
        if (is_within(pair->ends, from, now))
            warn(key, files->cert, "the certificate in force has expired, at", pair->ends);
        else if (pair->ends > now && is_within(pair->ends - VALIDITY_SOON, from, now))
            warn(key, files->cert, "the certificate in force ends soon, at", pair->ends);
        if (pair->staple.until != 0 && is_within(pair->staple.until, from, now))
            warn(key, files->ocsp, "the OCSP response is out of date and not stapled any more, since",
                 pair->staple.until);
    }
}
