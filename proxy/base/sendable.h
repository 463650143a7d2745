/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that the kernel can send to a socket without copying it: pages of a file in memory, by sendfile(2). For large
 * blocks that are written once and sent often. What was sent may still be on its way when a block is freed, so its pages
 * are given back to the kernel and never used again. Any thread.
 */
#ifndef BASE_SENDABLE_H
#define BASE_SENDABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { SENDABLE_MIN = 32 * 1024 /* bytes: smaller ones are cheaper to copy */ };

/* Zeroed; NULL when there is none, or the kernel has no such files: then any memory will do. */
char *sendable_take(size_t size);
void sendable_give(char *block, size_t size);

/* The file that these bytes are in, and where; -1 when they are in none. */
int sendable_file(const char *at, off_t *offset);

#endif
