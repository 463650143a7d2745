/* SPDX-License-Identifier: Apache-2.0 */
#include "http/upgrade.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "base/base64.h"

enum { NONCE = 16 /* bytes of a key */ };

static struct text encode(const unsigned char *bytes, size_t len, struct arena *arena)
{
    struct base64_encoder base64 = {0};
    char *out = arena_take(arena, BASE64_LEN(len));
    if (out == NULL)
        return TEXT_NONE;
    size_t written = base64_encode(&base64, (struct text){(const char *)bytes, len}, out);
    return (struct text){out, written + base64_encode_end(&base64, out + written)};
}

struct text upgrade_websocket_key(struct arena *arena)
{
    unsigned char nonce[NONCE];
    return RAND_bytes(nonce, NONCE) == 1 ? encode(nonce, NONCE, arena) : TEXT_NONE;
}

struct text upgrade_websocket_accept(struct text key, struct arena *arena)
{
    const struct text guid = TEXT("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    unsigned char digest[SHA_DIGEST_LENGTH];
    struct text asked = TEXT_NONE;
    if (!arena_append(arena, &asked, key.at, key.len) || !arena_append(arena, &asked, guid.at, guid.len))
        return TEXT_NONE;
    SHA1((const unsigned char *)asked.at, asked.len, digest);
    return encode(digest, sizeof digest, arena);
}

/* The only one of that name. */
static const struct field *find_one(const struct fields *fields, struct text name)
{
    const struct field *found = NULL;
    for (unsigned i = 0; i < fields->count; i++) {
        if (!text_equal_nocase(fields->at[i].name, name))
            continue;
        if (found != NULL)
            return NULL;
        found = &fields->at[i];
    }
    return found;
}

static const struct fault *check_accept(const struct head *asked, const struct head *answer,
                                        struct arena *arena)
{
    const struct field *key = find_one(&asked->fields, TEXT("Sec-WebSocket-Key"));
    const struct field *accept = find_one(&answer->fields, TEXT("Sec-WebSocket-Accept"));
    if (key == NULL || accept == NULL)
        return FAULT(upgrade_failed);
    struct text due = upgrade_websocket_accept(key->value, arena);
    if (due.at == NULL)
        return FAULT(out_of_memory);
    return text_equal(accept->value, due) ? NULL : FAULT(upgrade_failed);
}

const struct fault *upgrade_check(const struct head *asked, const struct head *answer, struct arena *arena)
{
    const struct fields *fields = &answer->fields;
    const struct field *got = find_one(fields, TEXT("Upgrade"));
    bool framed = fields_have(fields, FIELD_CONTENT_LENGTH) || fields_have(fields, FIELD_TRANSFER_ENCODING);
    if (!asked->upgrade || got == NULL || framed ||
        !fields_list_has(&asked->fields, FIELD_UPGRADE, got->value) ||
        !fields_list_has(fields, FIELD_CONNECTION, TEXT("upgrade")))
        return FAULT(upgrade_failed);
    return asked->connect ? check_accept(asked, answer, arena) : NULL;
}
