/* SPDX-License-Identifier: Apache-2.0 */
/* Rules on whole messages that every version shares: framing (RFC 9112 section 6.3), fields that end at each hop
 * (RFC 9110 section 7.6.1), fields that may stand in trailers (section 6.5.1). */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include "base/fault.h"
#include "http/head.h"

/* Sets body, length and upgrade from the fields of an HTTP/1 request; bad_framing when they can be read in two ways. */
const struct fault *message_frame_request(struct head *head);

/* The same for a response to a request of that method; upstream_garbage when ambiguous. */
const struct fault *message_frame_response(struct head *head, enum method request_method);

/* The only expectation there is is 100-continue (RFC 9110 section 10.1.1): expectation_failed for others. */
const struct fault *message_check_expect(const struct fields *fields);

/* Whether the connection may be used again after this message (RFC 9112 section 9.3). */
bool message_keeps_alive(const struct head *head);

/* Copies to another head's fields what goes on to the next hop: without hop-by-hop fields, those that Connection names,
 * framing, names that some backends would take for one that weir acts on (Content_Length), and those of except (bits of
 * field ids). False when out of memory. */
bool message_forward_fields(const struct fields *from, struct fields *to, struct arena *arena,
                            uint64_t except);

/* Whether a trailer field may be merged or forwarded. */
bool message_allows_trailer(const struct field *field);

/* True when '_' in the name is all that keeps it from being that of a known field. */
bool message_is_twin_name(struct text name, enum field_id *id);

#endif
