/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in: the handshake, early data, records. */
#include <openssl/err.h>

#include "tls/parts.h"

void tls_die(struct tls *tls, enum tls_outcome outcome)
{
    if (tls->phase == TLS_DEAD)
        return;
    if ((tls->link.marks & LINK_OPEN) == 0)
        tls->outcome = outcome;
    tls->phase = TLS_DEAD;
    link_break(&tls->link, tls_fault_of(tls));
}

/* True when it is OpenSSL's wish to read on that stopped it. */
static bool wants_more(struct tls *tls, int result)
{
    return SSL_get_error(tls->ssl, result) == SSL_ERROR_WANT_READ;
}

static void opened(struct tls *tls)
{
    tls->link.early = tls->phase == TLS_EARLY;
    if ((tls->link.marks & LINK_OPEN) == 0)
        tls->outcome = SSL_session_reused(tls->ssl) ? TLS_resumed : TLS_full;
    link_mark(&tls->link, LINK_OPEN);
    if (!chain_is_empty(&tls->link.out))
        link_dirty(&tls->link);
}

static void finish_handshake(struct tls *tls)
{
    ERR_clear_error();
    int result = SSL_do_handshake(tls->ssl);
    if (result == 1) {
        tls->phase = TLS_OPEN;
        opened(tls);
    } else if (!wants_more(tls, result)) {
        tls_die(tls, tls_hear_error(tls));
    }
}

/* A server of TLS 1.3 refuses a client only when that has finished the handshake. */
static void end_reading(struct tls *tls, int error)
{
    if (error == SSL_ERROR_ZERO_RETURN) {
        tls->eof = true;
    } else if (error != SSL_ERROR_WANT_READ) {
        tls->phase = TLS_DEAD; /* told once what came before it is delivered */
        tls_hear_error(tls);
    }
}

/* As much as there is and fits, side by side; the bytes. */
static size_t fill(struct tls *tls, char *at, size_t room)
{
    size_t used = 0, got;
    while (room - used >= SSL3_RT_MAX_PLAIN_LENGTH) {
        ERR_clear_error();
        int result = SSL_read_ex(tls->ssl, at + used, room - used, &got);
        if (result == 1) {
            used += got;
            continue;
        }
        end_reading(tls, SSL_get_error(tls->ssl, result));
        break;
    }
    return used;
}

static void deliver(struct tls *tls, size_t len)
{
    struct link *link = &tls->link;
    struct slice slice = chunk_read_done(&link->loop->chunks, len);
    if (len > 0 && link->user != NULL)
        link->user->input(link->owner, slice);
}

/* The raw link's bytes are in feed. Whatever its user does meanwhile, the object lives until the end of the turn. */
void tls_read(struct tls *tls)
{
    struct link *link = &tls->link;
    size_t room, got = 1;
    while (got > 0 && tls->phase == TLS_OPEN && !tls->eof && !link->closed) {
        char *at = chunk_read_room(&link->loop->chunks, &room);
        got = at != NULL ? fill(tls, at, room) : 0;
        deliver(tls, got);
    }
    if (link->closed)
        return;
    if (tls->eof)
        link_mark(link, LINK_EOF);
    if (tls->phase == TLS_DEAD)
        link_break(link, tls_fault_of(tls));
}

/* What came before the handshake's end could be a replay: whoever reads it is told by link->early. */
static void read_early(struct tls *tls)
{
    struct link *link = &tls->link;
    while (tls->phase == TLS_EARLY && !link->closed) {
        size_t room, got = 0;
        char *at = chunk_read_room(&link->loop->chunks, &room);
        ERR_clear_error();
        int result = at != NULL ? SSL_read_early_data(tls->ssl, at, room, &got) : SSL_READ_EARLY_DATA_ERROR;
        if (result == SSL_READ_EARLY_DATA_ERROR) {
            if (at == NULL || !wants_more(tls, result))
                tls_die(tls, tls_hear_error(tls));
            return;
        }
        if (result == SSL_READ_EARLY_DATA_FINISH) {
            tls->phase = TLS_HANDSHAKE;
            return;
        }
        if (got > 0)
            opened(tls);
        deliver(tls, got);
    }
}

void tls_opening(struct tls *tls)
{
    if (tls->phase == TLS_EARLY)
        read_early(tls);
    if (tls->phase == TLS_HANDSHAKE && !tls->link.closed)
        finish_handshake(tls);
    if (tls->phase == TLS_OPEN)
        tls->link.early = false;
}
