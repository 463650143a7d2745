/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of the admin API, for weir's own commands: one HTTP/1.1 request on a connection of its own. It blocks, within
 * CLIENT_PATIENCE_MS in all. Not for traffic.
 */
#ifndef PROCESS_CLIENT_H
#define PROCESS_CLIENT_H

#include "base/buffer.h"
#include "net/address.h"

enum {
    CLIENT_PATIENCE_MS = 10000,
    CLIENT_ANSWER_MAX = 16 << 20, /* bytes */
    CLIENT_HOST_MAX = 300,
    CLIENT_ADDRESSES = 8 /* of a name; more are not tried */
};

struct client {
    struct address addresses[CLIENT_ADDRESSES]; /* tried one after the other */
    size_t address_count;
    char host[CLIENT_HOST_MAX]; /* for the Host field */
    char name[CLIENT_HOST_MAX]; /* of the server in messages: the address as it was written */
    const char *token;          /* NULL or empty: none */
};

struct client_answer {
    struct buffer bytes; /* all of it; body points into it */
    unsigned status;
    struct text body;
};

/* "host:port", where host may be a name, "[v6]:port" or "unix:/path". NULL, or a phrase that says what is wrong. */
const char *client_aim(struct client *client, const char *written);
void client_aim_at(struct client *client, const struct address *address);

/* Asks, such as "POST /api/v1/reload", without a body. NULL when there is a whole answer, or a phrase that says what went
 * wrong. The answer is to be cleared, whatever comes out. */
const char *client_ask(const struct client *client, const char *what, struct client_answer *answer);
void client_answer_clear(struct client_answer *answer);

#endif
