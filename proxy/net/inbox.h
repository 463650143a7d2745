/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters from other threads to a loop: each wakes one task of that loop's. A letter is embedded in its owner, which
 * belongs to the loop that gets it, and is in the inbox at most once.
 */
#ifndef NET_INBOX_H
#define NET_INBOX_H

#include "net/loop.h"

struct letter {
    struct list_node node;
    struct task *task; /* is woken in the loop's ready queue */
};

/* Any thread; the letter's owner must not go meanwhile. */
void inbox_send(struct loop *loop, struct letter *letter);

/* The loop's thread: it isn't delivered any more. */
void inbox_cancel(struct loop *loop, struct letter *letter);

/* What is rung when there is a first letter, to end the loop's block; NULL: nothing. */
void inbox_hang(struct loop *loop, void (*ring)(void *bell), void *bell);

/* The loop's thread, once a turn. */
void inbox_open(struct loop *loop);

#endif
