/* SPDX-License-Identifier: Apache-2.0 */
#include "http/encoding.h"

enum { UNSAID = UINT16_MAX };

static const struct text names[CODING_COUNT] = {[CODING_IDENTITY] = {"identity", 8},
                                                [CODING_GZIP] = {"gzip", 4},
                                                [CODING_BR] = {"br", 2},
                                                [CODING_ZSTD] = {"zstd", 4}};

struct text coding_name(enum coding coding)
{
    return names[coding];
}

bool coding_of(struct text name, enum coding *coding)
{
    if (text_equal_nocase(name, TEXT("x-gzip")))
        name = names[CODING_GZIP];
    for (*coding = 0; *coding < CODING_COUNT; (*coding)++)
        if (text_equal_nocase(name, names[*coding]))
            return true;
    return false;
}

/* qvalue of RFC 9110 section 12.4.2, in thousandths; 0 when it is none. */
static uint16_t read_q(struct text value)
{
    uint64_t q = 0;
    if (value.len == 0 || value.len > 5 || (value.at[0] != '0' && value.at[0] != '1'))
        return 0;
    if (value.len > 1 && value.at[1] != '.')
        return 0;
    for (size_t i = 2; i < 5; i++) {
        char digit = i < value.len ? value.at[i] : '0';
        if (digit < '0' || digit > '9')
            return 0;
        q = q * 10 + (uint64_t)(digit - '0');
    }
    q += value.at[0] == '1' ? CODING_Q_ONE : 0;
    return q <= CODING_Q_ONE ? (uint16_t)q : 0;
}

/* What stands behind a coding's name. */
static uint16_t q_of(struct text parameters)
{
    struct text parameter;
    while (text_split(&parameters, ';', &parameter)) {
        parameter = text_trim(parameter);
        if (parameter.len >= 2 && ascii_lower(parameter.at[0]) == 'q' && parameter.at[1] == '=')
            return read_q(text_sub(parameter, 2, parameter.len - 2));
    }
    return CODING_Q_ONE;
}

static void read_list(struct text list, struct acceptance *said, uint16_t *any)
{
    struct text element, name;
    while (text_list_next(&list, &element)) {
        enum coding coding;
        if (!text_split(&element, ';', &name))
            continue;
        name = text_trim(name);
        if (text_equal(name, TEXT("*")))
            *any = q_of(element);
        else if (coding_of(name, &coding))
            said->q[coding] = q_of(element);
    }
}

/* What is not said holds what * says; identity is acceptable as long as nothing says no. */
static void fill(struct acceptance *said, uint16_t any)
{
    for (enum coding coding = 0; coding < CODING_COUNT; coding++) {
        if (said->q[coding] != UNSAID)
            continue;
        said->q[coding] = any == UNSAID ? 0 : any;
        if (coding == CODING_IDENTITY && any != 0)
            said->q[coding] = 1;
    }
}

struct acceptance acceptance_read(const struct fields *request)
{
    struct acceptance said = {{UNSAID, UNSAID, UNSAID, UNSAID}};
    uint16_t any = UNSAID;
    for (unsigned i = 0; fields_have(request, FIELD_ACCEPT_ENCODING) && i < request->count; i++)
        if (request->at[i].id == FIELD_ACCEPT_ENCODING)
            read_list(request->at[i].value, &said, &any);
    fill(&said, any);
    return said;
}

enum coding acceptance_choose(const struct acceptance *acceptance, const enum coding *order, size_t count)
{
    enum coding best = CODING_IDENTITY;
    for (size_t i = 0; i < count; i++) {
        uint16_t q = acceptance->q[order[i]];
        bool better = best == CODING_IDENTITY ? q >= acceptance->q[best] : q > acceptance->q[best];
        if (q > 0 && better)
            best = order[i];
    }
    return best;
}
