/* SPDX-License-Identifier: Apache-2.0 */
/* What both directions have in common. */
#include "exchange/forward_parts.h"

struct text forward_via(const struct head *head)
{
    if (head->major == 2)
        return TEXT("2 weir");
    return head->minor == 0 ? TEXT("1.0 weir") : TEXT("1.1 weir");
}

bool forward_upgrade(const struct head *in, struct head *out, struct arena *arena)
{
    const struct field *upgrade = out->upgrade ? fields_find(&in->fields, FIELD_UPGRADE) : NULL;
    return upgrade == NULL || fields_push(&out->fields, arena, upgrade);
}
