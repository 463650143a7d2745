/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/steps.h"

#include <stdio.h>

/* Names of the operator can be long; that much of each is enough to find it. */
#define KEY_SHOWN 48

static size_t append_step(const struct step *step, char *buffer, size_t at)
{
    size_t room = STEPS_TEXT_MAX - at;
    struct text key = step->key;
    if (key.len > KEY_SHOWN)
        key.len = KEY_SHOWN;
    int len = key.at == NULL ? snprintf(buffer + at, room, "[%zu]", step->index)
                             : snprintf(buffer + at, room, "%s%.*s", at == 0 ? "" : ".", TEXT_ARGS(key));
    return len < 0 || (size_t)len >= room ? STEPS_TEXT_MAX - 1 : at + (size_t)len;
}

static size_t append_all(const struct step *step, char *buffer)
{
    return step->above == NULL ? 0 : append_step(step, buffer, append_all(step->above, buffer));
}

const char *steps_write(const struct step *step, char buffer[STEPS_TEXT_MAX])
{
    size_t len = append_all(step, buffer);
    if (len > STEPS_TEXT_MAX - 3)
        len = STEPS_TEXT_MAX - 3;
    memcpy(buffer + len, len == 0 ? "" : ": ", len == 0 ? 1 : 3);
    return buffer;
}
