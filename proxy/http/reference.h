/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A URI reference (RFC 3986 section 4.1) taken apart: what stands in Location, Link and their kind. Nothing is decoded,
 * resolved or copied: each part points into the reference, and together they are the whole of it. Only what every reader
 * takes apart in the same way is read: browsers drop tabs and take a backslash for a slash, so such a reference is none.
 */
#ifndef HTTP_REFERENCE_H
#define HTTP_REFERENCE_H

#include "base/text.h"

struct reference {
    struct text scheme; /* without the colon; empty: a relative reference */
    bool has_authority; /* "//" stands before it */
    struct text authority;
    struct text path;
    struct text tail; /* query and fragment with their marks; may be empty */
};

/* False when it has control characters, or a space or backslash before the query. */
bool reference_read(struct text written, struct reference *reference);

/* Whether the path has segments that are, or could be read as, "." or "..". */
bool path_has_dots(struct text path);

#endif
