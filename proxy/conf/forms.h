/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms that texts in a config must have, beyond numbers and words (conf/value.h): hosts, paths,
 * addresses, field values and so on. Each returns NULL, or a phrase for behind "needs " (a literal). Nothing
 * is opened or resolved.
 */
#ifndef CONF_FORMS_H
#define CONF_FORMS_H

#include "net/address.h"

/* A name for a listener, route or upstream: it becomes a label of metrics. 1 to 128 of A-Z a-z 0-9 . _ - :
 * / @ */
const char *form_name(struct text written);
/* example.com or *.example.com; no port. A trailing dot is allowed. */
const char *form_host(struct text written);
/* example.com, an address, or a name without dots: one host exactly. */
const char *form_host_name(struct text written);
const char *form_path(struct text written);
const char *form_file(struct text written);
const char *form_listen(struct text written);
const char *form_endpoint(struct text written);
/* preserve, upstream, or a host with or without port. */
const char *form_rewrite_host(struct text written);
/* Where a redirect leads; with placeholders (exchange/template.h). */
const char *form_redirect(struct text written);
/* RFC 9110 sections 5.1 and 5.5: a token; no CR, LF or NUL. */
const char *form_field_name(struct text written);
const char *form_field_value(struct text written);
const char *form_link(struct text written);
/* A field of an answer that the operator may change: not those that frame it or end at this hop. */
const char *form_respond_field(struct text written);
/* The same for a request: the Host isn't one either. */
const char *form_request_field(struct text written);
/* A field value with placeholders (exchange/template.h). */
const char *form_field_template(struct text written);
const char *form_not_empty(struct text written);
/* text/html, or text/ and a star for all of its subtypes; no parameters. */
const char *form_media_range(struct text written);
/* client_ip, host, path, header:NAME or cookie:NAME; for the cache also scheme, query and method. */
const char *form_request_key(struct text written);
const char *form_cache_key(struct text written);
/* 200 or 200-299. */
const char *form_status_range(struct text written);
/* A status that weir itself answers with: 400 to 599. */
const char *form_error_status(struct text written);
const char *form_redis_url(struct text written);
const char *form_host_port(struct text written);
/* _service._proto, or with the name behind it. */
const char *form_service(struct text written);
const char *form_dns_server(struct text written);

/* Reads an endpoint's or a listener's address: as address_read, and localhost is 127.0.0.1. */
const char *form_read_address(struct text written, struct address *address);
/* The same for a DNS server: an IP address without a port has 53. */
const char *form_read_dns_server(struct text written, struct address *address);

#endif
