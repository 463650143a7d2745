/* SPDX-License-Identifier: Apache-2.0 */
#include "http/grpc_health.h"

#include "http/grpc.h"

/* Protobuf: a key is a field's number and one of these. */
enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2, WIRE_FIXED32 = 5 };

#define KEY(number, wire) ((unsigned)(number) << 3 | (unsigned)(wire))

enum { SERVICE = 1, STATUS = 1, STATUS_SERVING = 1 }; /* numbers of health.proto */

static char *write_varint(char *at, size_t number)
{
    for (; number >= 128; number >>= 7)
        *at++ = (char)(number | 128);
    *at++ = (char)number;
    return at;
}

/* proto3 leaves an empty one out. */
static char *write_service(char *at, struct text service)
{
    if (service.len == 0)
        return at;
    *at++ = KEY(SERVICE, WIRE_LENGTH);
    at = write_varint(at, service.len);
    memcpy(at, service.at, service.len);
    return at + service.len;
}

struct text grpc_health_request(struct text service, struct arena *arena)
{
    enum { KEY_AND_LENGTH = 3 };
    if (service.len > GRPC_HEALTH_SERVICE_MAX)
        return TEXT_NONE;
    char *out = arena_take(arena, GRPC_PREFIX_SIZE + KEY_AND_LENGTH + service.len);
    if (out == NULL)
        return TEXT_NONE;
    const char *end = write_service(out + GRPC_PREFIX_SIZE, service);
    size_t len = (size_t)(end - out) - GRPC_PREFIX_SIZE;
    const char prefix[GRPC_PREFIX_SIZE] = {0, 0, 0, (char)(len >> 8), (char)len};
    memcpy(out, prefix, GRPC_PREFIX_SIZE);
    return (struct text){out, GRPC_PREFIX_SIZE + len};
}

static bool skip(struct text *rest, uint64_t len)
{
    if (len > rest->len)
        return false;
    *rest = text_sub(*rest, (size_t)len, rest->len - (size_t)len);
    return true;
}

/* At most ten bytes; bits beyond the 64th are lost, as in other readers. */
static bool read_varint(struct text *rest, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; shift < 70 && rest->len > 0; shift += 7) {
        unsigned char c = (unsigned char)rest->at[0];
        skip(rest, 1);
        *number |= (uint64_t)(c & 127) << shift;
        if (c < 128)
            return true;
    }
    return false;
}

static bool skip_field(struct text *rest, unsigned wire)
{
    uint64_t number;
    switch (wire) {
    case WIRE_VARINT:
        return read_varint(rest, &number);
    case WIRE_FIXED64:
        return skip(rest, 8);
    case WIRE_LENGTH:
        return read_varint(rest, &number) && skip(rest, number);
    case WIRE_FIXED32:
        return skip(rest, 4);
    default: /* groups, which proto3 doesn't have */
        return false;
    }
}

/* The last of a field that comes twice counts. */
static enum grpc_health read_message(struct text rest)
{
    uint64_t key;
    uint64_t status = 0;
    while (rest.len > 0) {
        if (!read_varint(&rest, &key) || key >> 3 == 0 || key > UINT32_MAX)
            return GRPC_HEALTH_BROKEN;
        if (key == KEY(STATUS, WIRE_VARINT) ? !read_varint(&rest, &status) : !skip_field(&rest, key & 7))
            return GRPC_HEALTH_BROKEN;
    }
    return status == STATUS_SERVING ? GRPC_HEALTH_SERVING : GRPC_HEALTH_DOWN;
}

enum grpc_health grpc_health_read(struct text body)
{
    uint64_t len = 0;
    if (body.len > 0 && body.at[0] != 0)
        return GRPC_HEALTH_BROKEN;
    if (body.len < GRPC_PREFIX_SIZE)
        return GRPC_HEALTH_PART;
    for (unsigned i = 1; i < GRPC_PREFIX_SIZE; i++)
        len = len << 8 | (unsigned char)body.at[i];
    body = text_sub(body, GRPC_PREFIX_SIZE, body.len - GRPC_PREFIX_SIZE);
    if (len > GRPC_HEALTH_ANSWER_MAX - GRPC_PREFIX_SIZE || body.len > len)
        return GRPC_HEALTH_BROKEN;
    return body.len < len ? GRPC_HEALTH_PART : read_message(body);
}
