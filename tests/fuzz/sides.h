/* SPDX-License-Identifier: Apache-2.0 */
/* The sides that fuzz targets of both protocols have: a backend of HTTP/1.1 that answers each request, and bytes that come
 * in pieces. */
#ifndef FUZZ_SIDES_H
#define FUZZ_SIDES_H

#include "../unit/support/scene.h"
#include "wire_check.h"

/* Every backend that got something: it must be clean, and is answered. */
static inline void answer_all(struct scene *scene)
{
    const struct text answer = TEXT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    for (size_t i = 0; i < scene->backend_count; i++) {
        struct peer *backend = &scene->backends[i];
        if (backend->got.len == 0)
            continue;
        check_head(buffer_text(&backend->got));
        backend->got.len = 0;
        peer_send(scene, backend, answer);
    }
}

/* What a client sends; backends answer in between. */
static inline void feed_client(struct scene *scene, struct peer *client, struct text bytes, size_t piece)
{
    for (size_t at = 0, pieces = 0; at < bytes.len && pieces < 256; at += piece, pieces++) {
        size_t left = bytes.len - at;
        peer_send(scene, client, text_sub(bytes, at, left < piece ? left : piece));
        answer_all(scene);
    }
}

/* What the backend that was dialled last sends. */
static inline void feed_backend(struct scene *scene, struct text bytes, size_t piece)
{
    for (size_t at = 0, pieces = 0; at < bytes.len && pieces < 256; at += piece, pieces++) {
        size_t left = bytes.len - at;
        if (scene->backend_count > 0)
            peer_send(scene, &scene->backends[scene->backend_count - 1],
                      text_sub(bytes, at, left < piece ? left : piece));
    }
}

#endif
