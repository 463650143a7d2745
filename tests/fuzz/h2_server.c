/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of an HTTP/2 client through the whole path: whatever they are, what reaches the HTTP/1.1 backend are clean
 * requests. The preface comes by itself; the first byte says in pieces of which size the rest comes. */
#include "http/h2/h2.h"
#include "sides.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct scene scene;
    if (len < 2 || len > 32768)
        return 0;
    size_t piece = bytes[0] == 0 ? len : bytes[0];
    scene_settings(&scene);
    scene.front_settings.http.header_size = 2048;
    scene.front_settings.http.headers = 20;
    scene.front_settings.http.body = 8192;
    scene_start(&scene);
    struct peer *client = scene_connect(&scene);
    peer_send(&scene, client, H2_PREFACE);
    feed_client(&scene, client, (struct text){(const char *)bytes + 1, len - 1}, piece);
    scene_pass(&scene, 1000);
    scene_end(&scene);
    return 0;
}
