/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a head or trailer section (RFC 9110 section 5), in order, names as they came. Memory is an arena's.
 * Names weir itself acts on have an id, found once when a field is added.
 */
#ifndef HTTP_FIELDS_H
#define HTTP_FIELDS_H

#include "base/arena.h"

#define FIELD_TABLE(F)                        \
    F(TE, "te")                               \
    F(AGE, "age")                             \
    F(VIA, "via")                             \
    F(DATE, "date")                           \
    F(ETAG, "etag")                           \
    F(HOST, "host")                           \
    F(LINK, "link")                           \
    F(VARY, "vary")                           \
    F(RANGE, "range")                         \
    F(ACCEPT, "accept")                       \
    F(COOKIE, "cookie")                       \
    F(EXPECT, "expect")                       \
    F(PRAGMA, "pragma")                       \
    F(SERVER, "server")                       \
    F(EXPIRES, "expires")                     \
    F(REFERER, "referer")                     \
    F(REFRESH, "refresh")                     \
    F(TRAILER, "trailer")                     \
    F(UPGRADE, "upgrade")                     \
    F(IF_RANGE, "if-range")                   \
    F(LOCATION, "location")                   \
    F(CACHE_TAG, "cache-tag")                 \
    F(FORWARDED, "forwarded")                 \
    F(CONNECTION, "connection")               \
    F(EARLY_DATA, "early-data")               \
    F(KEEP_ALIVE, "keep-alive")               \
    F(SET_COOKIE, "set-cookie")               \
    F(USER_AGENT, "user-agent")               \
    F(TRACEPARENT, "traceparent")             \
    F(CONTENT_TYPE, "content-type")           \
    F(X_REQUEST_ID, "x-request-id")           \
    F(ACCEPT_RANGES, "accept-ranges")         \
    F(AUTHORIZATION, "authorization")         \
    F(CACHE_CONTROL, "cache-control")         \
    F(CONTENT_RANGE, "content-range")         \
    F(IF_NONE_MATCH, "if-none-match")         \
    F(LAST_MODIFIED, "last-modified")         \
    F(SURROGATE_KEY, "surrogate-key")         \
    F(CONTENT_LENGTH, "content-length")       \
    F(HTTP2_SETTINGS, "http2-settings")       \
    F(ACCEPT_ENCODING, "accept-encoding")     \
    F(X_FORWARDED_FOR, "x-forwarded-for")     \
    F(CONTENT_ENCODING, "content-encoding")   \
    F(CONTENT_LOCATION, "content-location")   \
    F(PROXY_CONNECTION, "proxy-connection")   \
    F(X_FORWARDED_HOST, "x-forwarded-host")   \
    F(CDN_CACHE_CONTROL, "cdn-cache-control") \
    F(IF_MODIFIED_SINCE, "if-modified-since") \
    F(TRANSFER_ENCODING, "transfer-encoding") \
    F(X_FORWARDED_PROTO, "x-forwarded-proto") \
    F(X_FORWARDED_PREFIX, "x-forwarded-prefix")

enum field_id {
    FIELD_OTHER,
#define F(id, name) FIELD_##id,
    FIELD_TABLE(F)
#undef F
        FIELD_ID_COUNT
};

#define FIELD_BIT(id) (1ull << FIELD_##id)

struct field {
    struct text name;
    struct text value; /* without surrounding whitespace */
    enum field_id id;
};

struct fields {
    struct field *at;
    unsigned count;
    unsigned room;
    uint64_t present; /* bit of each known id that is there */
};

enum field_id field_id_of(struct text name);

/* The texts are kept, not copied. False when out of memory. */
bool fields_add(struct fields *fields, struct arena *arena, struct text name, struct text value);
bool fields_reserve(struct fields *fields, struct arena *arena, unsigned room); /* for so many in all */
bool fields_push(struct fields *fields, struct arena *arena, const struct field *field);
/* All of them after those that are there, with copies of their texts. */
bool fields_copy(struct fields *fields, struct arena *arena, const struct fields *from);
bool fields_add_known(struct fields *fields, struct arena *arena, enum field_id id, struct text value);

static inline bool fields_have(const struct fields *fields, enum field_id id)
{
    return (fields->present & (1ull << id)) != 0;
}

/* The first of that name, or NULL. */
const struct field *fields_find(const struct fields *fields, enum field_id id);
const struct field *fields_find_name(const struct fields *fields, struct text name);
unsigned fields_count(const struct fields *fields, enum field_id id);

/* Takes out all of that name; id is field_id_of(name). */
void fields_remove(struct fields *fields, enum field_id id, struct text name);

/* All values of that name as one list (RFC 9110 section 5.2), with last behind them if it isn't empty. .at is NULL when
 * out of memory; empty when there is neither. */
struct text fields_join(const struct fields *fields, enum field_id id, struct text last, struct arena *arena);
struct text fields_join_name(const struct fields *fields, struct text name, struct arena *arena);

/* True when an element of the comma-separated values of this name equals token, case ignored. */
bool fields_list_has(const struct fields *fields, enum field_id id, struct text token);

/* tchar of RFC 9110 section 5.6.2 */
bool text_is_token(struct text t);

/* field-value of RFC 9110 section 5.5: no CR, LF, NUL nor other controls than HTAB */
bool text_is_field_value(struct text t);

#endif
