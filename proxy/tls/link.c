/* SPDX-License-Identifier: Apache-2.0 */
/* Birth and end of a TLS link, and what it hears of its raw link. */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/panic.h"
#include "tls/parts.h"

static void on_input(void *user, struct slice slice)
{
    struct tls *tls = user;
    chunk_ref(slice.chunk); /* or what is opened would be written over it */
    tls->feed = slice;
    if (tls->phase != TLS_OPEN)
        tls_opening(tls);
    if (!tls->link.closed)
        tls_read(tls);
    tls->feed = (struct slice){0};
    chunk_unref(slice.chunk);
}

static void on_marked(void *user)
{
    struct tls *tls = user;
    unsigned marks = tls->raw->marks;
    if ((marks & LINK_BROKEN) != 0 && tls->phase == TLS_RAW) {
        tls->phase = TLS_DEAD;
        link_break(&tls->link, tls->raw->fault);
    } else if ((marks & LINK_BROKEN) != 0 || ((marks & LINK_EOF) != 0 && !tls->eof)) {
        tls_die(tls, TLS_closed);
    } else if (tls->phase == TLS_RAW && (marks & LINK_OPEN) != 0) {
        tls->phase = TLS_HANDSHAKE;
        link_start(tls->raw);
        tls_opening(tls);
    } else if ((marks & LINK_FINISHED) != 0) {
        link_mark(&tls->link, LINK_FINISHED);
    }
}

static void on_drained(void *user)
{
    struct tls *tls = user;
    struct link *link = &tls->link;
    if (tls->phase == TLS_DEAD || (link->marks & LINK_OPEN) == 0)
        return;
    if (!chain_is_empty(&link->out)) {
        link_dirty(link);
        return;
    }
    if (link->user != NULL)
        link->user->drained(link->owner);
}

static const struct link_user raw_user = {on_input, on_marked, on_drained};

/* A client's raw link is started when it is open. */
static void tls_start(struct link *link)
{
    if (tls_of(link)->server)
        link_start(tls_of(link)->raw);
}

static void tls_pause(struct link *link, bool pause)
{
    link_pause(tls_of(link)->raw, pause);
}

/* A last attempt to send what lies there: an alert, close_notify. */
static void tls_close(struct link *link, bool reset)
{
    struct tls *tls = tls_of(link);
    struct link *raw = tls->raw;
    link_use(raw, NULL, NULL);
    if (reset) {
        link_reset(raw);
    } else {
        tls_say_goodbye(tls);
        if ((raw->marks & (LINK_OPEN | LINK_BROKEN)) == LINK_OPEN && !chain_is_empty(&raw->out))
            raw->ops->flush(raw);
        link_close(raw);
    }
    tls->phase = TLS_DEAD;
    loop_retire(link->loop, &link->retire);
}

static size_t tls_waiting(const struct link *link)
{
    return link_backlog(tls_of((struct link *)(uintptr_t)link)->raw);
}

static const struct link_ops tls_ops = {tls_flush, tls_start, tls_pause, tls_close, tls_waiting};

static void tls_free(struct task *task)
{
    struct tls *tls = tls_of(CONTAINER(task, struct link, retire));
    if (tls->ssl != NULL)
        SSL_set_shutdown(tls->ssl,
                         SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); /* or its session would be spoilt */
    SSL_free(tls->ssl);
    resume_unref(tls->resume);
    credentials_unref(tls->credentials);
    tls->link.magic = 0;
    loop_give(tls->link.loop, tls, sizeof *tls);
}

static bool attach(struct tls *tls)
{
    tls->ssl = SSL_new(tls->credentials->context);
    BIO *bio = tls->ssl != NULL ? tls_bio_new(tls) : NULL;
    if (bio == NULL)
        return false;
    SSL_set_bio(tls->ssl, bio, bio);
    return true;
}

static struct tls *tls_new(struct link *raw, struct tls_credentials *credentials)
{
    struct tls *tls = loop_take(raw->loop, sizeof *tls);
    if (tls == NULL)
        return NULL;
    link_init(&tls->link, &tls_ops, raw->loop);
    tls->link.retire.run = tls_free;
    tls->raw = raw;
    tls->credentials = credentials;
    credentials_ref(credentials);
    if (attach(tls))
        return tls;
    tls_free(&tls->link.retire);
    ERR_clear_error();
    return NULL;
}

struct link *tls_accept(struct link *raw, struct tls_credentials *credentials)
{
    struct tls *tls = tls_new(raw, credentials);
    if (tls == NULL)
        return NULL;
    tls->server = true;
    SSL_set_accept_state(tls->ssl);
    tls->phase = credentials->early_data ? TLS_EARLY : TLS_HANDSHAKE;
    link_use(raw, &raw_user, tls);
    return &tls->link;
}

/* An address is expected in the certificate, but not asked for (RFC 6066 section 3). */
static bool expect_name(SSL *ssl, const char *name)
{
    unsigned char address[sizeof(struct in6_addr)];
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    if (name[0] == '\0')
        return true;
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return SSL_set_tlsext_host_name(ssl, name) == 1 && X509_VERIFY_PARAM_set1_host(param, name, 0) == 1;
}

static bool name_server(struct tls *tls, struct text server_name)
{
    char name[256];
    if (tls->credentials->server_name[0] != '\0')
        return expect_name(tls->ssl, tls->credentials->server_name);
    if (server_name.len >= sizeof name)
        return false;
    memcpy(name, server_name.at, server_name.len);
    name[server_name.len] = '\0';
    return expect_name(tls->ssl, name);
}

/* Also when the server sends a ticket later on. */
int tls_on_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls *tls = SSL_get_app_data(ssl);
    if (tls == NULL || tls->resume == NULL)
        return 0;
    resume_keep(tls->resume, tls->credentials, session);
    return 1;
}

struct link *tls_connect(struct link *raw, struct tls_credentials *credentials,
                         const struct tls_server *server)
{
    struct tls *tls = tls_new(raw, credentials);
    if (tls == NULL)
        return NULL;
    if (!name_server(tls, server->name)) {
        tls_free(&tls->link.retire);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_connect_state(tls->ssl);
    SSL_set_app_data(tls->ssl, tls);
    if (server->resume != NULL) {
        tls->resume = resume_ref(server->resume);
        resume_offer(tls->resume, credentials, tls->ssl);
    }
    link_use(raw, &raw_user, tls);
    on_marked(tls);
    return &tls->link;
}

struct link *tls_raw(struct link *link)
{
    return link->ops == &tls_ops ? tls_of(link)->raw : link;
}

SSL *tls_ssl(const struct link *link)
{
    return link->ops == &tls_ops ? tls_of((struct link *)(uintptr_t)link)->ssl : NULL;
}

struct text tls_protocol(const struct link *link)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    SSL *ssl = tls_ssl(link);
    if (ssl != NULL)
        SSL_get0_alpn_selected(ssl, &name, &len);
    return (struct text){(const char *)name, len};
}

enum tls_outcome tls_outcome(const struct link *link)
{
    return tls_of((struct link *)(uintptr_t)link)->outcome;
}

const char *tls_distrust(const struct link *link)
{
    const SSL *ssl = tls_ssl(link);
    long result = ssl == NULL ? X509_V_OK : SSL_get_verify_result(ssl);
    return result == X509_V_OK ? NULL : X509_verify_cert_error_string(result);
}
