/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/request_id.h"

enum { REQUEST_ID_MAX = 128 };

static bool is_sane_id(struct text id)
{
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.at[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == ',' || c == ';')
            return false;
    }
    return id.len > 0 && id.len <= REQUEST_ID_MAX;
}

static struct text new_id(struct exchange *exchange)
{
    static const char digits[] = "0123456789abcdef";
    char *id = arena_take(exchange->down->arena, 32);
    if (id == NULL)
        return TEXT_NONE;
    for (int half = 0; half < 2; half++) {
        uint64_t bits = lane_random(exchange->lane);
        for (int i = 0; i < 16; i++, bits >>= 4)
            id[half * 16 + i] = digits[bits & 15];
    }
    return (struct text){id, 32};
}

bool request_id_choose(struct exchange *exchange)
{
    const struct field *given = fields_find(&exchange->down->head_in.fields, FIELD_X_REQUEST_ID);
    if (given != NULL && is_sane_id(given->value))
        exchange->request_id = given->value;
    else
        exchange->request_id = new_id(exchange);
    return exchange->request_id.at != NULL;
}
