/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own bugs. An assertion stays on in release: it prints where and what, then aborts, because going on with a broken
 * object would hand its damage to somebody's request.
 */
#ifndef BASE_PANIC_H
#define BASE_PANIC_H

#include <stdint.h>

_Noreturn void panic(const char *file, int line, const char *what);
_Noreturn void panic_magic(const char *file, int line, const char *type, uint32_t found);

#define ASSERT(condition) ((condition) ? (void)0 : panic(__FILE__, __LINE__, #condition))

/* Every struct that crosses files opens with a uint32_t magic; CHECK says that the object is alive and of its type. */
#define CHECK(object, MAGIC)                        \
    ((object) != NULL && (object)->magic == (MAGIC) \
         ? (void)0                                  \
         : panic_magic(__FILE__, __LINE__, #object " is " #MAGIC, (object) == NULL ? 0 : (object)->magic))

#endif
