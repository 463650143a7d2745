/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of keys whose features come in later builds; a file of their own, so that they can move to their
 * modules. */
#include "conf/forms.h"

static bool is_one_of(struct text written, const struct text *words)
{
    while (words->at != NULL && !text_equal(written, *words))
        words++;
    return words->at != NULL;
}

static bool names_a_field(struct text written)
{
    static const struct text prefixes[] = {{"header:", 7}, {"cookie:", 7}};
    for (size_t i = 0; i < 2; i++)
        if (text_starts(written, prefixes[i]))
            return form_field_name(text_sub(written, 7, written.len - 7)) == NULL;
    return false;
}

const char *form_request_key(struct text written)
{
    static const struct text words[] = {{"client_ip", 9}, {"host", 4}, {"path", 4}, {NULL, 0}};
    bool fine = is_one_of(written, words) || names_a_field(written);
    return fine ? NULL : "client_ip, host, path, header:NAME or cookie:NAME";
}

const char *form_cache_key(struct text written)
{
    static const struct text words[] = {{"scheme", 6}, {"host", 4},   {"path", 4},
                                        {"query", 5},  {"method", 6}, {NULL, 0}};
    bool fine = is_one_of(written, words) || names_a_field(written);
    return fine ? NULL : "scheme, host, path, query, method, header:NAME or cookie:NAME";
}

static bool is_status(struct text t, uint64_t *status)
{
    return t.len == 3 && text_to_number(t, 599, status) && *status >= 100;
}

const char *form_status_range(struct text written)
{
    size_t dash = text_find(written, '-');
    uint64_t first, last;
    bool fine = is_status(text_sub(written, 0, dash), &first);
    if (fine && dash < written.len)
        fine = is_status(text_sub(written, dash + 1, written.len - dash - 1), &last) && first <= last;
    return fine ? NULL : "a status or a range of them, such as 200 or 200-299";
}

const char *form_error_status(struct text written)
{
    uint64_t status;
    return is_status(written, &status) && status >= 400 ? NULL : "a status from 400 to 599";
}

const char *form_redis_url(struct text written)
{
    static const struct text schemes[] = {
        {"redis://", 8},           {"rediss://", 9},         {"unix:///", 8},
        {"redis+sentinel://", 17}, {"redis+cluster://", 16},
    };
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (text_starts(written, schemes[i]) && written.len > schemes[i].len)
            return NULL;
    return "a URL of redis://, rediss://, unix:///, redis+sentinel:// or redis+cluster://";
}
