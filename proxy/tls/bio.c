/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bio.h>
#include <pthread.h>

#include "tls/parts.h"

/* Records larger than this go into a chunk for reads: several side by side, so that one write takes them all. */
enum { SMALL_RECORD = 4096 };

static bool push_large(struct chain *out, const char *bytes, size_t len)
{
    size_t room = 0;
    char *at = chunk_read_room(out->pool, &room);
    if (at == NULL || room < len)
        return false;
    memcpy(at, bytes, len);
    struct slice slice = chunk_read_done(out->pool, len);
    chunk_ref(slice.chunk);
    return chain_push(out, slice);
}

static int on_write(BIO *bio, const char *bytes, size_t len, size_t *written)
{
    struct tls *tls = BIO_get_data(bio);
    struct chain *out = &tls->raw->out;
    bool large = len > SMALL_RECORD && len <= CHUNK_READ_MIN;
    if (tls->raw->closed || !(large ? push_large(out, bytes, len) : chain_copy(out, bytes, len)))
        return 0;
    link_dirty(tls->raw);
    *written = len;
    return 1;
}

static int on_read(BIO *bio, char *bytes, size_t len, size_t *read)
{
    struct tls *tls = BIO_get_data(bio);
    struct slice *feed = &tls->feed;
    BIO_clear_retry_flags(bio);
    if (feed->len == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    *read = len < feed->len ? len : feed->len;
    memcpy(bytes, feed->at, *read);
    feed->at += *read;
    feed->len -= *read;
    return 1;
}

static long on_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *method;

/* Lives as long as the process. */
static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir link");
    if (method == NULL)
        return;
    BIO_meth_set_write_ex(method, on_write);
    BIO_meth_set_read_ex(method, on_read);
    BIO_meth_set_ctrl(method, on_control);
}

BIO *tls_bio_new(struct tls *tls)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_method);
    BIO *bio = method != NULL ? BIO_new(method) : NULL;
    if (bio == NULL)
        return NULL;
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    return bio;
}
