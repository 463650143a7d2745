/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of metrics: one table of everything weir counts, from which /metrics, /api/v1/stats and the
 * documentation are made. A row here and a counter_register with its labels is all a new metric takes.
 */
#ifndef BASE_FAMILIES_H
#define BASE_FAMILIES_H

#include <stddef.h>

#include "base/codes.h"
#include "base/fault.h"
#include "base/histogram.h"
#include "base/outcomes.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric {
    const char *name;
    enum metric_type type;
    unsigned cells;
    const char
        *cell_label; /* NULL: its one cell has no label of its own. Otherwise cells at zero aren't shown. */
    const char *(*cell_name)(unsigned cell); /* the value of cell_label; needs no escaping */
    const char *help;
};

/* How the cells of a family differ. */
#define CELLS_ONE 1, NULL, NULL
#define CELLS_CODE CODE_CELLS, "code", code_name
#define CELLS_FAULT FAULT_COUNT, "fault", family_fault_name
#define CELLS_HANDSHAKE TLS_OUTCOME_COUNT, "result", tls_outcome_name
#define CELLS_CACHE CACHE_OUTCOME_COUNT, "result", cache_outcome_name
#define CELLS_HTTP2 HTTP2_ERROR_COUNT, "error", http2_error_name
#define CELLS_BUCKETS HISTOGRAM_CELLS, NULL, NULL

/* identifier, type, name, cells, help. The labels named in the help are those of the registration. */
#define FAMILY_TABLE(F)                                                                                      \
    F(requests, METRIC_COUNTER, "weir_requests_total", CELLS_CODE,                                           \
      "Requests answered, by listener, route and status code.")                                              \
    F(request_duration, METRIC_HISTOGRAM, "weir_request_duration_seconds", CELLS_BUCKETS,                    \
      "Time from a request's first byte to its answer's last, by listener and route.")                       \
    F(faults, METRIC_COUNTER, "weir_faults_total", CELLS_FAULT,                                              \
      "Requests that failed, by listener, route and fault.")                                                 \
    F(mirrors_dropped, METRIC_COUNTER, "weir_mirrors_dropped_total", CELLS_ONE,                              \
      "Copies of requests that were given up before they were answered, by listener and route.")             \
    F(received, METRIC_COUNTER, "weir_received_bytes_total", CELLS_ONE,                                      \
      "Bytes of request bodies passed on, counted when their request ends, by listener.")                    \
    F(sent, METRIC_COUNTER, "weir_sent_bytes_total", CELLS_ONE,                                              \
      "Bytes of answers' bodies sent to clients, counted when their request ends, by listener.")             \
    F(connections, METRIC_GAUGE, "weir_connections", CELLS_ONE, "Open connections of clients, by listener.") \
    F(accepted, METRIC_COUNTER, "weir_connections_total", CELLS_ONE, "Connections accepted, by listener.")   \
    F(upstream_requests, METRIC_COUNTER, "weir_upstream_requests_total", CELLS_CODE,                         \
      "Attempts sent to endpoints, by upstream, endpoint and status code.")                                  \
    F(upstream_duration, METRIC_HISTOGRAM, "weir_upstream_duration_seconds", CELLS_BUCKETS,                  \
      "Time from an attempt's first byte to its answer's last, by upstream.")                                \
    F(upstream_retries, METRIC_COUNTER, "weir_upstream_retries_total", CELLS_ONE,                            \
      "Attempts that repeated an earlier one, by upstream.")                                                 \
    F(upstream_connections, METRIC_GAUGE, "weir_upstream_connections", CELLS_ONE,                            \
      "Connections to endpoints, by upstream, endpoint and state.")                                          \
    F(upstream_up, METRIC_GAUGE, "weir_upstream_up", CELLS_ONE,                                              \
      "1 while an endpoint may get new requests, otherwise 0, by upstream and endpoint.")                    \
    F(upstream_ejections, METRIC_COUNTER, "weir_upstream_ejections_total", CELLS_ONE,                        \
      "How often an endpoint was ejected as an outlier, by upstream and endpoint.")                          \
    F(cache_requests, METRIC_COUNTER, "weir_cache_requests_total", CELLS_CACHE,                              \
      "Requests that met a cache, by cache and result.")                                                     \
    F(cache_bytes, METRIC_GAUGE, "weir_cache_bytes", CELLS_ONE, "Bytes that a cache holds, by cache.")       \
    F(cache_objects, METRIC_GAUGE, "weir_cache_objects", CELLS_ONE, "Answers that a cache holds, by cache.") \
    F(cache_evictions, METRIC_COUNTER, "weir_cache_evictions_total", CELLS_ONE,                              \
      "Stored answers that had to make room for others, by cache.")                                          \
    F(tls_handshakes, METRIC_COUNTER, "weir_tls_handshakes_total", CELLS_HANDSHAKE,                          \
      "TLS handshakes with clients, by listener, version (none: it failed) and result.")                     \
    F(tls_certificate_expiry, METRIC_GAUGE, "weir_tls_certificate_expiry_timestamp_seconds", CELLS_ONE,      \
      "When a certificate in force expires, since the epoch, by listener and certificate (its file).")       \
    F(tls_certificate_loads, METRIC_COUNTER, "weir_tls_certificate_loads_total", CELLS_ONE,                  \
      "How often changed files of certificates were loaded, by result (failed: old ones stay in force).")    \
    F(http2_errors, METRIC_COUNTER, "weir_http2_errors_total", CELLS_HTTP2,                                  \
      "What clients did wrong in HTTP/2, by listener and error.")                                            \
    F(limited, METRIC_COUNTER, "weir_limited_requests_total", CELLS_ONE,                                     \
      "Requests refused by a limit, by route and limit.")                                                    \
    F(config_generation, METRIC_GAUGE, "weir_config_generation", CELLS_ONE,                                  \
      "The number of the config in force.")                                                                  \
    F(config_reloads, METRIC_COUNTER, "weir_config_reloads_total", CELLS_ONE,                                \
      "Attempts to reload, by result.")                                                                      \
    F(state_up, METRIC_GAUGE, "weir_state_up", CELLS_ONE,                                                    \
      "1 while the shared state is reachable, otherwise 0.")                                                 \
    F(fast_path_packets, METRIC_COUNTER, "weir_fast_path_packets_total", CELLS_ONE,                          \
      "Packets seen by the fast path, by listener, direction and verdict.")                                  \
    F(log_dropped, METRIC_COUNTER, "weir_log_dropped_lines_total", CELLS_ONE,                                \
      "Log lines that could not be written at once, by log.")                                                \
    F(resident_memory, METRIC_GAUGE, "weir_resident_memory_bytes", CELLS_ONE,                                \
      "Memory of the process that is in RAM.")                                                               \
    F(open_descriptors, METRIC_GAUGE, "weir_open_descriptors", CELLS_ONE,                                    \
      "File descriptors that the process has open.")                                                         \
    F(start_time, METRIC_GAUGE, "weir_start_time_seconds", CELLS_ONE,                                        \
      "When the process began, since the epoch.")

enum family_id {
#define F(identifier, ...) FAMILY_ID_##identifier,
    FAMILY_TABLE(F)
#undef F
        FAMILY_COUNT
};

extern const struct metric families[FAMILY_COUNT];

/* METRIC(requests) is the family of that identifier. */
#define METRIC(identifier) (&families[FAMILY_ID_##identifier])

/* The name of the fault with this number. */
const char *family_fault_name(unsigned cell);

#endif
