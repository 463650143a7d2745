/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/relay.h"

static size_t move(struct stream *from, struct stream *to, struct chain *replay)
{
    size_t room = stream_room(to, from->in.len);
    size_t len = from->in.len < room ? from->in.len : room;
    if (replay != NULL && !chain_share(&from->in, replay, len))
        chain_clear(replay);
    return chain_move(&from->in, &to->out, len);
}

size_t relay(struct stream *from, struct stream *to, struct chain *replay)
{
    size_t moved = 0;
    if ((to->marks & END_OUT) != 0)
        return 0;
    if (!chain_is_empty(&from->in)) {
        moved = move(from, to, replay);
        if (moved > 0) {
            stream_sent(to);
            stream_consumed(from);
        }
    }
    if ((from->marks & END_IN) != 0 && chain_is_empty(&from->in)) {
        to->trailers_out = from->trailers_in;
        stream_finish(to);
    }
    return moved;
}

bool relay_is_over(const struct stream *from, const struct stream *to)
{
    return (from->marks & END_IN) != 0 && (to->marks & END_OUT) != 0;
}
