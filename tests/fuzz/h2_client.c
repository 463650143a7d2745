/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of an HTTP/2 backend through the whole path: whatever they are, the HTTP/1.1 client gets one clean answer. The
 * first byte says in pieces of which size they come, the second what was asked. */
#include "sides.h"

static const struct text asks[] = {
    {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27},
    {"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", 28},
    {"GET / HTTP/1.0\r\n\r\n", 18},
    {"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
     90},
    {"POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: TE\r\nContent-Length: 3\r\n\r\nabc", 81},
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct scene scene;
    if (len < 3 || len > 32768)
        return 0;
    scene_settings(&scene);
    scene.cluster.protocol = PROTOCOL_HTTP2;
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, asks[bytes[1] % (sizeof asks / sizeof asks[0])]);
    feed_backend(&scene, (struct text){(const char *)bytes + 2, len - 2}, bytes[0] == 0 ? len : bytes[0]);
    if (scene.backend_count > 0)
        peer_close(&scene, &scene.backends[scene.backend_count - 1]);
    if (client->got.len > 0)
        ASSERT(text_starts(buffer_text(&client->got), TEXT("HTTP/1.1 ")));
    check_head(buffer_text(&client->got));
    scene_end(&scene);
    return 0;
}
