/* SPDX-License-Identifier: Apache-2.0 */
#include "http/message.h"

#define LENGTH_MAX ((uint64_t)INT64_MAX)

enum { FIELDS_WE_ADD = 6 }; /* to most heads; more of them only cost memory twice */

/* Never forwarded as they came; the next hop gets its own. */
static const uint64_t hop_by_hop =
    FIELD_BIT(CONNECTION) | FIELD_BIT(KEEP_ALIVE) | FIELD_BIT(PROXY_CONNECTION) | FIELD_BIT(TE) |
    FIELD_BIT(UPGRADE) | FIELD_BIT(HTTP2_SETTINGS) | FIELD_BIT(TRANSFER_ENCODING) | FIELD_BIT(CONTENT_LENGTH);

/* What a trailer must not carry: framing, routing, connection control. */
static const uint64_t not_in_trailers =
    FIELD_BIT(CONNECTION) | FIELD_BIT(KEEP_ALIVE) | FIELD_BIT(PROXY_CONNECTION) | FIELD_BIT(TE) |
    FIELD_BIT(UPGRADE) | FIELD_BIT(HTTP2_SETTINGS) | FIELD_BIT(TRANSFER_ENCODING) |
    FIELD_BIT(CONTENT_LENGTH) | FIELD_BIT(HOST) | FIELD_BIT(TRAILER) | FIELD_BIT(EXPECT) | FIELD_BIT(COOKIE) |
    FIELD_BIT(EARLY_DATA) | FIELD_BIT(FORWARDED) | FIELD_BIT(X_FORWARDED_FOR) | FIELD_BIT(X_FORWARDED_HOST) |
    FIELD_BIT(X_FORWARDED_PROTO) | FIELD_BIT(X_FORWARDED_PREFIX) | FIELD_BIT(VIA) | FIELD_BIT(LOCATION) |
    FIELD_BIT(CONTENT_TYPE) | FIELD_BIT(X_REQUEST_ID) | FIELD_BIT(DATE) | FIELD_BIT(ACCEPT) |
    FIELD_BIT(REFERER) | FIELD_BIT(USER_AGENT) | FIELD_BIT(AGE) | FIELD_BIT(VARY) | FIELD_BIT(RANGE) |
    FIELD_BIT(PRAGMA) | FIELD_BIT(EXPIRES) | FIELD_BIT(IF_RANGE) | FIELD_BIT(SET_COOKIE) |
    FIELD_BIT(AUTHORIZATION) | FIELD_BIT(CACHE_CONTROL) | FIELD_BIT(CDN_CACHE_CONTROL) |
    FIELD_BIT(CONTENT_RANGE) | FIELD_BIT(CONTENT_ENCODING) | FIELD_BIT(CONTENT_LOCATION) |
    FIELD_BIT(IF_NONE_MATCH) | FIELD_BIT(IF_MODIFIED_SINCE);

bool message_is_twin_name(struct text name, enum field_id *id)
{
    char dashed[24];
    if (name.len > sizeof dashed || text_find(name, '_') == name.len)
        return false;
    for (size_t i = 0; i < name.len; i++)
        dashed[i] = name.at[i] == '_' ? '-' : name.at[i];
    *id = field_id_of((struct text){dashed, name.len});
    return *id != FIELD_OTHER;
}

static bool has_framing_twin(const struct fields *fields)
{
    for (unsigned i = 0; i < fields->count; i++) {
        enum field_id id;
        if (fields->at[i].id == FIELD_OTHER && message_is_twin_name(fields->at[i].name, &id) &&
            (id == FIELD_CONTENT_LENGTH || id == FIELD_TRANSFER_ENCODING || id == FIELD_HOST))
            return true;
    }
    return false;
}

/* True when the fields say one thing: chunked alone in HTTP/1.1, one length, or neither. */
static bool frame(struct head *head)
{
    const struct fields *fields = &head->fields;
    const struct field *coding = fields_find(fields, FIELD_TRANSFER_ENCODING);
    const struct field *length = fields_find(fields, FIELD_CONTENT_LENGTH);
    if (has_framing_twin(fields))
        return false;
    if (coding != NULL) {
        head->body = BODY_STREAM;
        return length == NULL && head->minor > 0 && fields_count(fields, FIELD_TRANSFER_ENCODING) == 1 &&
               text_equal_nocase(coding->value, TEXT("chunked"));
    }
    if (length == NULL)
        return true;
    head->body = BODY_LENGTH;
    head->has_length = true;
    return fields_count(fields, FIELD_CONTENT_LENGTH) == 1 &&
           text_to_number(length->value, LENGTH_MAX, &head->length);
}

const struct fault *message_frame_request(struct head *head)
{
    head->body = BODY_NONE;
    if (!frame(head))
        return FAULT(bad_framing);
    const struct field *upgrade = fields_find(&head->fields, FIELD_UPGRADE);
    bool has_body = head->body == BODY_STREAM || (head->body == BODY_LENGTH && head->length > 0);
    head->upgrade = upgrade != NULL && !has_body && head->minor > 0 && head->method == METHOD_GET &&
                    fields_count(&head->fields, FIELD_UPGRADE) == 1 && text_is_token(upgrade->value) &&
                    !text_equal_nocase(upgrade->value, TEXT("h2c")) &&
                    fields_list_has(&head->fields, FIELD_CONNECTION, TEXT("upgrade"));
    head->trailers = fields_list_has(&head->fields, FIELD_TE, TEXT("trailers"));
    return NULL;
}

const struct fault *message_frame_response(struct head *head, enum method request_method)
{
    head->body = BODY_STREAM;
    if (!frame(head))
        return FAULT(upstream_garbage);
    if (head->status == 101)
        head->upgrade = true;
    if (request_method == METHOD_HEAD || status_has_no_body(head->status))
        head->body = BODY_NONE;
    return NULL;
}

const struct fault *message_check_expect(const struct fields *fields)
{
    for (unsigned i = 0; fields_have(fields, FIELD_EXPECT) && i < fields->count; i++)
        if (fields->at[i].id == FIELD_EXPECT && !text_equal_nocase(fields->at[i].value, TEXT("100-continue")))
            return FAULT(expectation_failed);
    return NULL;
}

bool message_keeps_alive(const struct head *head)
{
    if (fields_list_has(&head->fields, FIELD_CONNECTION, TEXT("close")))
        return false;
    return head->minor > 0 || fields_list_has(&head->fields, FIELD_CONNECTION, TEXT("keep-alive"));
}

static bool goes_on(const struct field *field, uint64_t except)
{
    enum field_id twin;
    if (field->id == FIELD_OTHER)
        return !message_is_twin_name(field->name, &twin);
    return ((hop_by_hop | except) & (1ull << field->id)) == 0;
}

bool message_forward_fields(const struct fields *from, struct fields *to, struct arena *arena,
                            uint64_t except)
{
    bool has_connection = fields_have(from, FIELD_CONNECTION);
    if (!fields_reserve(to, arena, to->count + from->count + FIELDS_WE_ADD))
        return false;
    for (unsigned i = 0; i < from->count; i++) {
        const struct field *field = &from->at[i];
        if (!goes_on(field, except) ||
            (has_connection && fields_list_has(from, FIELD_CONNECTION, field->name)))
            continue;
        if (!fields_push(to, arena, field))
            return false;
    }
    return true;
}

/* Names that mean something before the body only: conditions, credentials, caching, representation. */
static bool is_early_name(struct text name)
{
    static const struct text families[] = {
        {"content-", 8}, {"if-", 3}, {"proxy-", 6}, {"access-control-", 15}};
    static const struct text names[] = {
        {"max-forwards", 12}, {"retry-after", 11}, {"warning", 7}, {"www-authenticate", 16}};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (name.len > families[i].len && text_starts_nocase(name, families[i]))
            return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_equal_nocase(name, names[i]))
            return true;
    return false;
}

bool message_allows_trailer(const struct field *field)
{
    enum field_id twin;
    if (field->id == FIELD_OTHER)
        return !message_is_twin_name(field->name, &twin) && !is_early_name(field->name);
    return (not_in_trailers & (1ull << field->id)) == 0;
}
