/* SPDX-License-Identifier: Apache-2.0 */
#include "process/explain_question.h"

#include "conf/methods.h"
#include "http/target.h"

static const char *add_field(struct explain_question *question, struct text line)
{
    size_t colon = text_find(line, ':');
    struct text name = text_sub(line, 0, colon);
    if (colon == line.len)
        return "-H needs 'Name: value'";
    struct text value = text_trim(text_sub(line, colon + 1, line.len - colon - 1));
    if (!text_is_token(name) || !text_is_field_value(value))
        return "-H has what no request can have";
    return fields_add(&question->head.fields, &question->arena, name, value) ? NULL : "out of memory";
}

static const char *take_word(struct explain_question *question, struct text word)
{
    if (question->method.len == 0)
        question->method = word;
    else if (question->url.len == 0)
        question->url = text_sub(word, 0, text_find(word, '#')); /* a fragment isn't sent */
    else
        return "there is a word too much";
    return NULL;
}

static const char *take_words(struct explain_question *question, int count, char **words)
{
    const char *wrong = NULL;
    for (int i = 0; i < count && wrong == NULL; i++) {
        bool is_field = strcmp(words[i], "-H") == 0;
        if (is_field && ++i == count)
            return "-H needs 'Name: value'";
        struct text word = text_of(words[i]);
        if (!is_field && text_starts(word, TEXT("-")))
            return "there is an unknown option";
        wrong = is_field ? add_field(question, word) : take_word(question, word);
    }
    return wrong != NULL || question->url.len > 0 ? wrong : "METHOD and URL are needed";
}

static bool is_printable(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.at[i] <= ' ' || t.at[i] == 0x7f)
            return false;
    return true;
}

/* Of a valid authority; an empty port is the scheme's. */
static unsigned port_of(struct text authority, bool secure)
{
    uint64_t port = 0;
    size_t from = authority.at[0] == '[' ? text_find(authority, ']') : 0;
    struct text rest = text_sub(authority, from, authority.len - from);
    size_t colon = text_find(rest, ':');
    if (colon < rest.len)
        (void)text_to_number(text_sub(rest, colon + 1, rest.len - colon - 1), 65535, &port);
    return port != 0 ? (unsigned)port : secure ? 443 : 80;
}

static void read_place(struct explain_question *question, const struct head *absolute)
{
    bool secure = text_equal_nocase(absolute->scheme, TEXT("https"));
    question->scheme = secure ? TEXT("https") : TEXT("http");
    question->port = port_of(absolute->authority, secure);
    struct text written = arena_format(&question->arena, "%.*s:%u",
                                       TEXT_ARGS(authority_host(absolute->authority)), question->port);
    if (written.at == NULL || address_read(written, &question->address) != NULL)
        question->address.len = 0;
}

/* A client takes Host from the URL, unless it is told another one. */
static bool add_host(struct explain_question *question, struct text authority)
{
    struct head *head = &question->head;
    return fields_have(&head->fields, FIELD_HOST) ||
           fields_add_known(&head->fields, &question->arena, FIELD_HOST, authority);
}

/* What no parser lets through comes to no route. */
static void check_method(struct explain_question *question)
{
    struct text method = question->method, near = method_nearest(method);
    if (question->fault != NULL || method_is_known(method))
        return;
    question->fault = FAULT(bad_request);
    question->reason =
        arena_format(&question->arena, "HTTP/1 has no method %.*s%s%.*s%s", TEXT_ARGS(method),
                     near.len > 0 ? "; did you mean " : "", TEXT_ARGS(near), near.len > 0 ? "?" : "");
}

const char *question_read(struct explain_question *question, int count, char **words)
{
    *question = (struct explain_question){0};
    arena_init(&question->arena, 0);
    const char *wrong = take_words(question, count, words);
    if (wrong != NULL)
        return wrong;
    if (!text_is_token(question->method))
        return "METHOD has what no method can have";
    struct head absolute = {.target = question->url}; /* HTTP/1.0: without Host */
    if (question->url.at[0] == '/' || !is_printable(question->url) || target_read(&absolute) != NULL)
        return "URL must be like http://HOST[:PORT]/PATH, percent-encoded";
    read_place(question, &absolute);
    struct head *head = &question->head;
    *head = (struct head){.method = method_of(question->method),
                          .method_text = question->method,
                          .target = absolute.path,
                          .minor = 1,
                          .fields = head->fields};
    if (!add_host(question, absolute.authority))
        return "out of memory";
    question->fault = target_read(head);
    if (question->fault == NULL)
        question->fault = route_ask_read(&question->ask, head, &question->arena);
    check_method(question);
    return NULL;
}

void question_clear(struct explain_question *question)
{
    arena_clear(&question->arena);
}
