/* SPDX-License-Identifier: Apache-2.0 */
/* The request that weir explain is asked about, read from the command line. */
#ifndef PROCESS_EXPLAIN_QUESTION_H
#define PROCESS_EXPLAIN_QUESTION_H

#include "exchange/route_ask.h"
#include "net/address.h"

struct explain_question {
    struct arena arena;
    struct text method, url;
    struct text scheme; /* of the URL: "http" or "https" */
    unsigned port;
    struct address address; /* the URL's host when it is a literal address, with the port; else len 0 */
    struct head head;       /* as a client would send it there */
    struct route_ask ask;
    const struct fault *fault; /* why weir refuses it before any route; NULL: it doesn't */
    struct text reason;        /* the same in words of its own; empty: the fault's do */
};

/* NULL, or what is wrong with the words. To be cleared in either case. */
const char *question_read(struct explain_question *question, int count, char **words);
void question_clear(struct explain_question *question);

#endif
