/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/effective.h"

#include "base/buffer.h"
#include "conf/fingerprint.h"
#include "conf/forms.h"
#include "conf/secret.h"
#include "conf/section.h"

#define MASK TEXT("***")

/* What is written goes two ways: to be shown, and into the hash. */
struct effective {
    struct buffer out;
    struct fingerprint hash;
    bool masked; /* by the name of the value, or of one that it is part of */
};

static void show(struct effective *effective, struct text t)
{
    if (effective->out.len <= EFFECTIVE_MAX)
        buffer_add(&effective->out, t);
}

static void put(struct effective *effective, struct text t)
{
    show(effective, t);
    fingerprint_add(&effective->hash, t.at, t.len);
}

/* Without the credentials of URLs in it. */
static void show_string(struct effective *effective, struct text t)
{
    struct text plain;
    bool more;
    if (effective->out.len > EFFECTIVE_MAX)
        return;
    buffer_byte(&effective->out, '"');
    do {
        more = secret_take(&t, &plain);
        buffer_json_escape(&effective->out, plain);
        buffer_add(&effective->out, more ? MASK : TEXT(""));
    } while (more);
    buffer_byte(&effective->out, '"');
}

/* The length in front keeps strings apart in the hash. */
static void put_string(struct effective *effective, struct text t, bool secret)
{
    show_string(effective, secret && t.len > 0 ? MASK : t);
    fingerprint_add(&effective->hash, &t.len, sizeof t.len);
    fingerprint_add(&effective->hash, t.at, t.len);
}

static void put_scalar(struct effective *effective, struct text t, const struct shape *shape)
{
    char digits[24];
    uint64_t value = 0;
    bool secret = shape->secret || effective->masked;
    bool is_word = schema_word(shape->words, t) >= 0 || schema_read(shape, t, &value) != NULL;
    if (shape->kind == SHAPE_INTEGER && !secret && !is_word) {
        struct buffer number = buffer_over(digits, sizeof digits);
        buffer_number(&number, value);
        put(effective, buffer_text(&number));
    } else if (shape->kind == SHAPE_SWITCH && !is_word) {
        put(effective, value != 0 ? TEXT("true") : TEXT("false"));
    } else {
        put_string(effective, t, secret);
    }
}

static void put_key(struct effective *effective, struct text key, bool *filled)
{
    put(effective, *filled ? TEXT(",") : TEXT(""));
    *filled = true;
    put_string(effective, key, false);
    put(effective, TEXT(":"));
}

static void put_node(struct effective *effective, const struct node *node, const struct shape *shape);
static void put_map(struct effective *effective, const struct node *node, const struct shape *shape);

/* Maps that say something by their defaults when they aren't there; others stand for features that are then off. */
static bool counts_unsaid(const struct key *key)
{
    static const char *const names[] = {"log",      "access_log", "admin",   "limits",
                                        "timeouts", "keepalive",  "retries", "pool"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (key->shape->kind == SHAPE_MAP && strcmp(key->name, names[i]) == 0)
            return true;
    return false;
}

static bool has_default(const struct key *key)
{
    return key->state != KEY_LATER && (key->fallback != NULL || counts_unsaid(key));
}

static void put_default(struct effective *effective, const struct key *key)
{
    enum shape_kind kind = key->shape->kind;
    if (key->fallback == NULL)
        put_map(effective, NULL, key->shape);
    else if (kind == SHAPE_MAP || kind == SHAPE_NAMED || kind == SHAPE_LIST || kind == SHAPE_ANY)
        put(effective, text_of(key->fallback)); /* {} or [] */
    else
        put_scalar(effective, text_of(key->fallback), key->shape);
}

static void put_map(struct effective *effective, const struct node *node, const struct shape *shape)
{
    bool filled = false;
    put(effective, TEXT("{"));
    for (const struct key *key = shape->keys; key != NULL && key->name != NULL; key++) {
        const struct node *said = section_node((struct section){node, shape}, key->name);
        bool is_said = said != NULL && !node_is_nothing(said);
        if (!is_said && !has_default(key))
            continue;
        put_key(effective, text_of(key->name), &filled);
        if (is_said)
            put_node(effective, said, key->shape);
        else
            put_default(effective, key);
    }
    put(effective, TEXT("}"));
}

/* Names that the operator gave: those of listeners and files say nothing about a secret. */
static bool is_masked_by(struct text name, const struct shape *item)
{
    bool may_be = item->kind == SHAPE_ANY || item->kind == SHAPE_LIST || item->kind == SHAPE_STRING;
    return may_be && item->form != form_file && item->refers == REFERENCE_NONE && secret_is_named(name);
}

static void put_named(struct effective *effective, const struct node *node, const struct shape *item)
{
    bool filled = false, was_masked = effective->masked;
    put(effective, TEXT("{"));
    for (const struct item *child = node->first; child != NULL; child = child->next) {
        put_key(effective, child->key, &filled);
        effective->masked = was_masked || is_masked_by(child->key, item);
        put_node(effective, child->value, item);
        effective->masked = was_masked;
    }
    put(effective, TEXT("}"));
}

static void put_list(struct effective *effective, const struct node *node, const struct shape *item)
{
    put(effective, TEXT("["));
    if (node->kind != NODE_LIST && !node_is_nothing(node))
        put_node(effective, node, item); /* one that stands for itself */
    for (const struct item *child = node->kind == NODE_LIST ? node->first : NULL; child != NULL;
         child = child->next) {
        put(effective, child == node->first ? TEXT("") : TEXT(","));
        put_node(effective, child->value, item);
    }
    put(effective, TEXT("]"));
}

/* What the schema doesn't look into: the settings of a plugin. */
static void put_any(struct effective *effective, const struct node *node)
{
    if (node->kind == NODE_MAP)
        put_named(effective, node, &type_any);
    else if (node->kind == NODE_LIST)
        put_list(effective, node, &type_any);
    else if (node_is_nothing(node))
        put(effective, TEXT("null"));
    else
        put_string(effective, node->text, effective->masked);
}

static void put_node(struct effective *effective, const struct node *node, const struct shape *shape)
{
    if (shape->kind == SHAPE_MAP)
        put_map(effective, node, shape);
    else if (shape->kind == SHAPE_LIST)
        put_list(effective, node, shape->item);
    else if (shape->kind == SHAPE_ANY || (shape->kind == SHAPE_NAMED) != (node->kind == NODE_MAP))
        put_any(effective, node);
    else if (shape->kind == SHAPE_NAMED)
        put_named(effective, node, shape->item);
    else
        put_scalar(effective, node->text, shape);
}

bool effective_make(struct config *config, const struct node *root)
{
    struct effective effective = {.masked = false};
    char hash[FINGERPRINT_LEN + 1];
    if (fingerprint_begin(&effective.hash))
        put_map(&effective, root, &schema_root);
    bool made = fingerprint_end(&effective.hash, hash) && !effective.out.short_of_room;
    if (made) {
        struct text shown = buffer_text(&effective.out);
        config->effective.json =
            arena_copy(&config->arena, shown.len <= EFFECTIVE_MAX ? shown : TEXT("null"));
        config->effective.hash = arena_copy(&config->arena, text_of(hash));
    }
    buffer_clear(&effective.out);
    return made && config->effective.json.at != NULL && config->effective.hash.at != NULL;
}
