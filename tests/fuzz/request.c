/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a client through the whole HTTP path: whatever they are, what reaches the backend is one clean request. The
 * first byte says in pieces of which size they come. */
#include "http/h2/h2.h"
#include "sides.h"

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
    feed_client(&scene, client, (struct text){(const char *)bytes + 1, len - 1}, piece);
    bool speaks_h2 = text_starts((struct text){(const char *)bytes + 1, len - 1}, H2_PREFACE);
    if (client->got.len > 0 && !speaks_h2) /* that one is h2_server.c's */
        ASSERT(text_starts(buffer_text(&client->got), TEXT("HTTP/1.1 ")));
    if (!speaks_h2)
        check_head(buffer_text(&client->got));
    scene_end(&scene);
    return 0;
}
