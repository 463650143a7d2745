/* SPDX-License-Identifier: Apache-2.0 */
/* The config reader on hostile YAML: no crash, no leak, and never a refusal without a reason or a config with one. */
#include <stdlib.h>

#include "conf/config.h"
#include "conf/problems.h"

static void check(const struct config *config, const struct problems *problems)
{
    if ((config == NULL) != (problems->errors > 0))
        abort();
    for (size_t i = 0; i < problems->count; i++)
        if (problems->list[i].place.line == 0 || problems->list[i].place.column == 0 ||
            text_find(problems->list[i].message, '\n') != problems->list[i].message.len)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct problems problems;
    problems_init(&problems);
    struct config *config =
        config_load_text("fuzz.yaml", (struct text){(const char *)bytes, size}, &problems);
    check(config, &problems);
    config_free(config);
    problems_clear(&problems);
    return 0;
}
