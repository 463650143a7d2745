/* SPDX-License-Identifier: Apache-2.0 */
#include "http/compress.h"

static bool matches(struct text pattern, struct text type)
{
    bool any = text_ends(pattern, TEXT("/*"));
    size_t len = any ? pattern.len - 1 : pattern.len;
    if (any ? type.len <= len : type.len != len)
        return false;
    return text_equal_nocase(text_sub(pattern, 0, len), text_sub(type, 0, len));
}

static bool has_type(const struct compress_settings *settings, const struct fields *fields)
{
    const struct field *field = fields_find(fields, FIELD_CONTENT_TYPE);
    if (field == NULL)
        return false;
    struct text type = text_trim(text_sub(field->value, 0, text_find(field->value, ';')));
    for (size_t i = 0; i < settings->type_count; i++)
        if (matches(settings->types[i], type))
            return true;
    return false;
}

/* These are about the very bytes (RFC 9530), or forbid it (RFC 9110 section 7.7). */
static bool is_fixed(const struct fields *fields)
{
    static const struct text digests[] = {
        {"Content-Digest", 14}, {"Repr-Digest", 11}, {"Digest", 6}, {"Content-MD5", 11}};
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
        if (fields_find_name(fields, digests[i]) != NULL)
            return true;
    return fields_list_has(fields, FIELD_CACHE_CONTROL, TEXT("no-transform"));
}

static bool has_body(const struct head *request, const struct head *answer)
{
    if (status_has_no_body(answer->status) || request->method == METHOD_CONNECT)
        return false;
    if (answer->has_length)
        return answer->length > 0;
    return answer->body != BODY_NONE || request->method == METHOD_HEAD;
}

bool compress_fits(const struct compress_settings *settings, const struct head *request,
                   const struct head *answer)
{
    const struct fields *fields = &answer->fields;
    return has_body(request, answer) && answer->status != 206 && !fields_have(fields, FIELD_CONTENT_RANGE) &&
           !fields_have(fields, FIELD_CONTENT_ENCODING) && has_type(settings, fields) &&
           (!answer->has_length || answer->length >= settings->min_size) && !is_fixed(fields);
}

enum coding compress_choose(const struct compress_settings *settings, const struct head *request)
{
    bool old = request->major < 2 && request->minor == 0; /* its end would be the connection's */
    if (old || fields_have(&request->fields, FIELD_RANGE))
        return CODING_IDENTITY;
    struct acceptance acceptance = acceptance_read(&request->fields);
    return acceptance_choose(&acceptance, settings->algorithms, settings->algorithm_count);
}

static bool add_vary(struct fields *fields, struct arena *arena)
{
    if (fields_list_has(fields, FIELD_VARY, TEXT("accept-encoding")) ||
        fields_list_has(fields, FIELD_VARY, TEXT("*")))
        return true;
    struct text vary = fields_join(fields, FIELD_VARY, TEXT("Accept-Encoding"), arena);
    fields_remove(fields, FIELD_VARY, TEXT("Vary"));
    return vary.at != NULL && fields_add(fields, arena, TEXT("Vary"), vary);
}

/* Other bytes than those that the strong one stands for. */
static bool weaken(struct field *etag, struct arena *arena)
{
    if (etag->value.len == 0 || etag->value.at[0] != '"')
        return true;
    etag->value = arena_format(arena, "W/%.*s", TEXT_ARGS(etag->value));
    return etag->value.at != NULL;
}

static bool weaken_etags(struct fields *fields, struct arena *arena)
{
    for (unsigned i = 0; i < fields->count; i++)
        if (fields->at[i].id == FIELD_ETAG && !weaken(&fields->at[i], arena))
            return false;
    return true;
}

/* Other bytes than those that came, nobody knows how many. */
static bool change_body(struct head *answer, struct arena *arena)
{
    fields_remove(&answer->fields, FIELD_ACCEPT_RANGES, TEXT("Accept-Ranges"));
    answer->has_length = false;
    answer->length = 0;
    if (answer->body == BODY_LENGTH)
        answer->body = BODY_STREAM;
    return weaken_etags(&answer->fields, arena);
}

static bool encode(struct head *answer, enum coding coding, struct arena *arena)
{
    return change_body(answer, arena) &&
           fields_add(&answer->fields, arena, TEXT("Content-Encoding"), coding_name(coding));
}

/* Somebody else has those that came, too. */
static bool copy_fields(struct fields *fields, struct arena *arena)
{
    struct fields from = *fields;
    *fields = (struct fields){0};
    if (!fields_reserve(fields, arena, from.count + 2))
        return false;
    for (unsigned i = 0; i < from.count; i++)
        if (!fields_push(fields, arena, &from.at[i]))
            return false;
    return true;
}

/* The one coding that an answer is in. */
static bool can_undo(const struct fields *answer, enum coding *coding)
{
    const struct field *field = fields_find(answer, FIELD_CONTENT_ENCODING);
    return field != NULL && fields_count(answer, FIELD_CONTENT_ENCODING) == 1 &&
           coding_of(field->value, coding) && *coding != CODING_IDENTITY && !is_fixed(answer);
}

bool compress_suits_all(const struct fields *answer)
{
    enum coding coding;
    return !fields_have(answer, FIELD_CONTENT_ENCODING) || can_undo(answer, &coding);
}

bool compress_undoes(const struct head *request, const struct head *answer, enum coding *coding)
{
    return can_undo(&answer->fields, coding) && has_body(request, answer) && answer->status != 206 &&
           acceptance_read(&request->fields).q[*coding] == 0;
}

bool compress_undo_head(struct head *answer, struct arena *arena)
{
    struct fields *fields = &answer->fields;
    if (!copy_fields(fields, arena))
        return false;
    fields_remove(fields, FIELD_CONTENT_ENCODING, TEXT("Content-Encoding"));
    return add_vary(fields, arena) && change_body(answer, arena);
}

/* RFC 9110 section 12.5.5: whether others get another coding of it, or would of what this 304 or 206 stands for. */
static bool differs_for_others(const struct compress_settings *settings, const struct head *answer)
{
    enum coding coding;
    if (fields_have(&answer->fields, FIELD_CONTENT_ENCODING))
        return can_undo(&answer->fields, &coding);
    return (answer->status == 304 || (answer->status == 206 && has_type(settings, &answer->fields))) &&
           !is_fixed(&answer->fields);
}

/* It has it from compress_head: with the strong one, its stored bytes would pass for the backend's in ranges. */
static bool asked_with_weak_form(const struct head *request, const struct head *answer, struct arena *arena)
{
    const struct field *etag = fields_find(&answer->fields, FIELD_ETAG);
    if (answer->status != 304 || etag == NULL)
        return false;
    struct field weak = *etag;
    return weaken(&weak, arena) && fields_list_has(&request->fields, FIELD_IF_NONE_MATCH, weak.value);
}

bool compress_leave(const struct compress_settings *settings, const struct head *request, struct head *answer,
                    struct arena *arena)
{
    bool varies = differs_for_others(settings, answer), weak = asked_with_weak_form(request, answer, arena);
    if (!varies && !weak)
        return true;
    return copy_fields(&answer->fields, arena) && (!varies || add_vary(&answer->fields, arena)) &&
           (!weak || weaken_etags(&answer->fields, arena));
}

bool compress_head(struct head *answer, enum coding coding, struct arena *arena)
{
    if (!copy_fields(&answer->fields, arena))
        return false;
    return add_vary(&answer->fields, arena) && (coding == CODING_IDENTITY || encode(answer, coding, arena));
}
