/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/compressing.h"

#include "http/compress_face.h"

bool compressing_begin(struct exchange *exchange)
{
    const struct compress_settings *settings = exchange->route->settings->compress;
    const struct head *head = &exchange->down->head_in;
    struct list *queue = &exchange->lane->loop->ready;
    if (settings == NULL || exchange->down->session == NULL || exchange->grpc || head->upgrade ||
        head->method == METHOD_CONNECT || compress_face_is(exchange->down))
        return true;
    struct stream *face = compress_face(exchange->down, queue, settings);
    if (face == NULL)
        return false;
    stream_follow(face, queue, &exchange->task);
    exchange->down = face;
    return true;
}
