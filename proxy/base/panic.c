/* SPDX-License-Identifier: Apache-2.0 */
#include "base/panic.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void panic(const char *file, int line, const char *what)
{
    fprintf(stderr, "weir: bug at %s:%d: %s does not hold; please report this line\n", file, line, what);
    abort();
}

_Noreturn void panic_magic(const char *file, int line, const char *type, uint32_t found)
{
    fprintf(stderr, "weir: bug at %s:%d: %s does not hold, found %08x; please report this line\n", file, line,
            type, (unsigned)found);
    abort();
}
