/* SPDX-License-Identifier: Apache-2.0 */
/* The small readers of gRPC: deadlines, Content-Types, messages, and answers to health checks. */
#include "http/grpc.h"
#include "base/panic.h"
#include "http/grpc_health.h"
#include "http/grpc_web.h"

static void check_timeout(struct text input)
{
    uint64_t ms;
    if (grpc_timeout_read(input, &ms))
        ASSERT(input.len <= 9 && ms <= 99999999ull * 3600 * 1000);
}

static void check_type(struct text input, struct arena *arena)
{
    struct text suffix;
    bool grpc = grpc_type_is(input, TEXT("application/grpc"), &suffix);
    ASSERT(!grpc || grpc_web_kind_of(input) == GRPC_WEB_NONE);
    struct text type = grpc_web_type_to_grpc(input, arena);
    ASSERT(grpc_type_is(type, TEXT("application/grpc"), &suffix) && text_is_field_value(type));
    type = grpc_web_type_of_grpc(input, GRPC_WEB_TEXT, arena);
    ASSERT(grpc_web_kind_of(type) == GRPC_WEB_TEXT && text_is_field_value(type));
}

static void check_message(struct text input, struct arena *arena)
{
    struct text message = grpc_message_encode(input, arena);
    size_t at = 0;
    for (size_t i = 0; i < message.len; i++, at++) {
        ASSERT(at < input.len && message.at[i] >= ' ' && message.at[i] <= '~');
        int c = (unsigned char)message.at[i];
        if (c == '%') {
            ASSERT(message.len - i >= 3);
            c = ascii_hex_value(message.at[i + 1]) << 4 | ascii_hex_value(message.at[i + 2]);
            i += 2;
        }
        ASSERT(c == (unsigned char)input.at[at]);
    }
    ASSERT(at == input.len);
}

/* What is read of the first bytes never speaks against what is read of all. */
static void check_health(struct text input)
{
    enum grpc_health whole = grpc_health_read(input);
    for (size_t len = 0; len < input.len && len < 32; len++) {
        enum grpc_health part = grpc_health_read(text_sub(input, 0, len));
        ASSERT(part == GRPC_HEALTH_PART || whole == GRPC_HEALTH_BROKEN);
    }
    ASSERT(whole != GRPC_HEALTH_PART || input.len < GRPC_HEALTH_ANSWER_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    if (len == 0 || len > 4096)
        return 0;
    struct text input = {(const char *)bytes, len};
    arena_init(&arena, 65536);
    check_timeout(input);
    check_type(input, &arena);
    check_message(input, &arena);
    check_health(input);
    arena_clear(&arena);
    return 0;
}
