/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a client through the whole HTTP path: whatever they are, what reaches the backend is one clean request. The
 * first byte says in pieces of which size they come. */
#include "../unit/support/scene.h"
#include "http/h2/h2.h"
#include "wire_check.h"

#define ANSWER TEXT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

static void answer_all(struct scene *scene)
{
    for (size_t i = 0; i < scene->backend_count; i++) {
        struct peer *backend = &scene->backends[i];
        if (backend->got.len == 0)
            continue;
        check_head(buffer_text(&backend->got));
        backend->got.len = 0;
        peer_send(scene, backend, ANSWER);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct scene scene;
    if (len < 2 || len > 32768)
        return 0;
    size_t piece = bytes[0] == 0 ? len : bytes[0];
    scene_settings(&scene);
    scene.front_settings.http.header_size = 1024;
    scene.front_settings.http.headers = 20;
    scene.front_settings.http.body = 8192;
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    for (size_t at = 1, pieces = 0; at < len && pieces < 256; at += piece, pieces++) {
        size_t left = len - at;
        peer_send(&scene, client, (struct text){(const char *)bytes + at, left < piece ? left : piece});
        answer_all(&scene);
    }
    bool speaks_h2 = text_starts((struct text){(const char *)bytes + 1, len - 1}, H2_PREFACE);
    if (client->got.len > 0 && !speaks_h2) /* that one is h2_server.c's */
        ASSERT(text_starts(buffer_text(&client->got), TEXT("HTTP/1.1 ")));
    if (!speaks_h2)
        check_head(buffer_text(&client->got));
    scene_end(&scene);
    return 0;
}
