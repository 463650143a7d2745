/* SPDX-License-Identifier: Apache-2.0 */
/* What a config says about listeners and routes. Plain data; texts live as long as the snapshot that holds them.
 * All times are in ms, 0 means no limit unless said otherwise. */
#ifndef EXCHANGE_SETTINGS_H
#define EXCHANGE_SETTINGS_H

#include "cache/zone.h"
#include "exchange/template.h"
#include "http/fields.h"
#include "http/settings.h"
#include "net/address.h"
#include "tls/keyring.h"
#include "upstream/settings.h"

struct front_settings {
    struct text name;
    struct address *addresses;
    size_t address_count;
    struct http_settings http; /* limits and timeouts of the protocol */
    struct keyring *tls;       /* a reference of whoever made the settings; NULL: plain */
    uint64_t handshake_timeout;
    unsigned connections; /* at most, over all workers; 0: no limit */
    struct {
        unsigned idle;     /* s; 0: no TCP keepalive */
        unsigned interval; /* s */
        unsigned count;
    } keepalive;
};

struct header_setting {
    struct text name;
    struct text value;
};

struct field_rule {
    struct text name;
    enum field_id id;
    struct text_template value; /* of set and add; where it expands to nothing, there is no field */
};

/* What becomes of the fields of a head; in this order. */
struct field_rules {
    struct field_rule *remove, *set, *add;
    size_t remove_count, set_count, add_count;
};

/* What weir answers by itself. */
struct respond_settings {
    unsigned status;
    struct text body;
    struct header_setting *headers;
    size_t header_count;
};

/* The body that replaces weir's own for a status it makes itself. */
struct error_settings {
    unsigned status;
    struct text body; /* read from body_file when the config was loaded */
    struct text content_type;
};

enum path_match { PATH_ANY, PATH_EXACT, PATH_PREFIX, PATH_REGEX };

/* One of the upstreams that share a route's requests. */
struct split_share {
    size_t cluster;  /* index into snapshot_settings.clusters */
    unsigned weight; /* of the sum of all; 0: nothing */
};

struct split_settings {
    struct split_share *shares;
    size_t count;
    uint64_t sum; /* of the weights, not 0 */
};

/* Copies of requests for another upstream. */
struct mirror_settings {
    size_t cluster;   /* index into snapshot_settings.clusters */
    unsigned percent; /* of the requests; 0: none */
};

enum host_rewrite { HOST_PRESERVE, HOST_UPSTREAM, HOST_NAME };

/* What a backend is asked for in place of what the client asked for. */
struct rewrite_settings {
    struct text strip_prefix; /* normalised, without a slash at its end; empty: none */
    struct text add_prefix;   /* the same */
    enum host_rewrite host;
    struct text host_name; /* HOST_NAME */
};

enum cache_key_part {
    CACHE_KEY_SCHEME,
    CACHE_KEY_HOST,
    CACHE_KEY_PATH,
    CACHE_KEY_QUERY,
    CACHE_KEY_METHOD,
    CACHE_KEY_HEADER,
    CACHE_KEY_COOKIE
};

struct cache_key_setting {
    enum cache_key_part part;
    struct text name; /* of the header or cookie */
};

/* Where a route's answers are stored, and for how long when they don't say. */
struct cache_settings {
    bool on;
    size_t zone; /* index into snapshot_settings.zones */
    struct cache_key_setting *key;
    size_t key_count;
    bool tells_status; /* with Cache-Status */
    struct freshness_defaults defaults;
    bool updates_behind; /* stale-while-revalidate */
};

/* What becomes of the redirects of a backend. */
struct redirects_settings {
    bool rewrite;       /* they are put back to the public address, with what else names places */
    unsigned follow;    /* so many are followed at most, inside weir */
    struct text *hosts; /* other names of the backend, without port */
    size_t host_count;
};

enum route_target { TARGET_UPSTREAM, TARGET_SPLIT, TARGET_REDIRECT, TARGET_RESPOND, TARGET_SERVICE };

enum retry_on {
    RETRY_CONNECT = 1 << 0,
    RETRY_RESET = 1 << 1,
    RETRY_502 = 1 << 2,
    RETRY_503 = 1 << 3,
    RETRY_504 = 1 << 4,
    RETRY_UNAVAILABLE = 1 << 5 /* gRPC's status, in place of an answer */
};

/* What a request must have beside host and path; all of it. */
struct match_settings {
    struct text *methods; /* one of them, as it was sent; none: any */
    size_t method_count;
    struct header_setting *headers;
    size_t header_count;
    struct header_setting *queries; /* parameters, as they are after percent-decoding */
    size_t query_count;
};

struct compress_settings;
struct stream;
struct exchange;

struct route_settings {
    struct text name;
    size_t front;       /* index into snapshot_settings.fronts; SIZE_MAX: every one of them */
    struct text *hosts; /* lower case; exact, or *.suffix; none: any host */
    size_t host_count;
    enum path_match path_match;
    struct text path; /* normalised (see http/target.h); of PATH_REGEX the pattern */
    struct match_settings match;
    enum route_target target;
    size_t cluster; /* TARGET_UPSTREAM: index into snapshot_settings.clusters */
    struct {
        struct text_template to;
        unsigned status;
    } redirect;
    struct respond_settings respond;
    struct text *early_hints; /* values of Link for a 103 that is sent at once */
    size_t early_hint_count;
    struct split_settings split;
    struct rewrite_settings rewrite;
    struct redirects_settings redirects;
    struct mirror_settings mirror;
    struct cache_settings cache;
    const struct compress_settings *compress;  /* of answers; NULL: none */
    const struct field_rules *request_fields;  /* on the way to the backend; NULL: none */
    const struct field_rules *response_fields; /* of every answer, also weir's own; NULL: none */
    /* TARGET_SERVICE (admin, demo): makes the answering stream; never from a config file. */
    struct stream *(*serve)(void *owner, struct exchange *exchange);
    void *serve_owner;
    size_t
        body_first; /* it is asked when the request's body lies whole in down->in, or more than so many bytes of it;
                        * well below STREAM_ROOM. 0: as soon as the head is there */
    struct {
        uint64_t connect, first_byte, idle, request;
    } timeouts;
    struct {
        unsigned attempts; /* retries after the first try */
        unsigned on;       /* enum retry_on bits */
        uint64_t per_try;  /* ms for each attempt, up to the answer's head */
        unsigned budget;   /* percent of the requests that may be tried again */
    } retries;
    struct error_settings *errors;
    size_t error_count;
};

struct snapshot_settings {
    struct front_settings *fronts;
    size_t front_count;
    struct route_settings *routes;
    size_t route_count;
    struct cluster_settings *clusters;
    size_t cluster_count;
    struct cache_zone_settings *zones;
    size_t zone_count;
};

#endif
