/* SPDX-License-Identifier: Apache-2.0 */
/* The part of problems.h that writes JSON. */
#include "conf/problems.h"

static void write_one(const struct problem *problem, struct buffer *out)
{
    buffer_add(out, TEXT("{\"file\":"));
    buffer_json_string(out, text_of(problem->place.file));
    buffer_printf(out, ",\"line\":%u,\"column\":%u", problem->place.line, problem->place.column);
    if (problem->severity == SEVERITY_WARNING)
        buffer_add(out, TEXT(",\"severity\":\"warning\""));
    buffer_add(out, TEXT(",\"message\":"));
    buffer_json_string(out, problem->message);
    buffer_byte(out, '}');
}

void problems_write_json(const struct problems *problems, struct buffer *out)
{
    buffer_byte(out, '[');
    for (size_t i = 0; i < problems->count; i++) {
        buffer_add(out, i > 0 ? TEXT(",") : TEXT(""));
        write_one(&problems->list[i], out);
    }
    buffer_byte(out, ']');
}
