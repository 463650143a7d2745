/* SPDX-License-Identifier: Apache-2.0 */
/* What goes out: the user's bytes become records in the raw link. */
#include <openssl/err.h>

#include "tls/parts.h"

enum {
    RECORD_MAX = SSL3_RT_MAX_PLAIN_LENGTH,
    GATHER_BELOW = 8 * 1024, /* slices smaller than this share a record with what follows */
    SEALED_MAX = 128 * 1024  /* bytes that may lie sealed; the rest waits until they have left */
};

/* Copies the beginning of the chain; the bytes. */
static size_t gather(const struct chain *chain, char *room)
{
    size_t used = 0;
    for (const struct chain_link *at = chain->first; at != NULL && used < RECORD_MAX; at = at->next) {
        size_t piece = at->slice.len < RECORD_MAX - used ? at->slice.len : RECORD_MAX - used;
        memcpy(room + used, at->slice.at, piece);
        used += piece;
    }
    return used;
}

static bool write_record(struct tls *tls, const char *at, size_t len, size_t *written)
{
    if (tls->phase == TLS_OPEN)
        return SSL_write_ex(tls->ssl, at, len, written) == 1;
    return SSL_write_early_data(tls->ssl, at, len, written) ==
           1; /* a server may, before the client's Finished */
}

static bool seal_one(struct tls *tls)
{
    static _Thread_local char gathered[RECORD_MAX];
    struct chain *out = &tls->link.out;
    struct slice front = chain_front(out);
    size_t len = front.len < RECORD_MAX ? front.len : RECORD_MAX, written = 0;
    const char *at = front.at;
    if (len < GATHER_BELOW && out->len > len) {
        len = gather(out, gathered);
        at = gathered;
    }
    if (!write_record(tls, at, len, &written))
        return false;
    chain_drop(out, written);
    return true;
}

void tls_say_goodbye(struct tls *tls)
{
    if (tls->phase != TLS_OPEN || (SSL_get_shutdown(tls->ssl) & SSL_SENT_SHUTDOWN) != 0)
        return;
    ERR_clear_error();
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

void tls_flush(struct link *link)
{
    struct tls *tls = tls_of(link);
    bool may_write = tls->phase == TLS_OPEN || (tls->phase == TLS_EARLY && link->early);
    if (!may_write)
        return;
    ERR_clear_error();
    while (!chain_is_empty(&link->out) && link_backlog(tls->raw) < SEALED_MAX)
        if (!seal_one(tls)) {
            tls_die(tls, tls->outcome);
            return;
        }
    if (chain_is_empty(&link->out) && (link->marks & LINK_FINISH) != 0 && tls->phase == TLS_OPEN) {
        tls_say_goodbye(tls);
        link_finish(tls->raw);
    }
}
