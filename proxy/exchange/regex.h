/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A regular expression (PCRE2) that paths are matched with: unanchored unless it says otherwise, byte by byte. Compiled
 * once for each snapshot, by the JIT where the system lets one run. The work of one match is bounded whatever pattern
 * and path are; what a thread matches with is made once and goes with the thread. Immutable: any thread.
 */
#ifndef EXCHANGE_REGEX_H
#define EXCHANGE_REGEX_H

#include "base/text.h"

struct regex;

/* What is wrong with a regex, in PCRE2's words. */
struct regex_error {
    char message[200];
    size_t offset; /* in bytes */
};

enum regex_result {
    REGEX_DIFFERS,
    REGEX_MATCHES,
    REGEX_GAVE_UP /* a limit was reached, or memory ended */
};

/* NULL with *error filled when it isn't well formed or memory ends. */
struct regex *regex_new(struct text written, struct regex_error *error);
void regex_free(struct regex *regex);

/* The same check alone. */
bool regex_is_valid(struct text written, struct regex_error *error);

enum regex_result regex_match(const struct regex *regex, struct text path);

#endif
