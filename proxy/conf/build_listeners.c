/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"
#include "conf/forms.h"

static void build_addresses(struct build *build, struct section listener, struct front_settings *front)
{
    struct item single;
    front->addresses = build_take(build, section_count(listener, "listen"), sizeof *front->addresses);
    if (front->addresses == NULL)
        return;
    for (const struct item *item = section_items(listener, "listen", &single); item != NULL;
         item = item->next)
        if (form_read_address(item->value->text, &front->addresses[front->address_count]) == NULL)
            front->address_count++;
}

static void build_http(struct section limits, struct section timeouts, struct http_settings *http)
{
    http->header_size = (size_t)section_number(limits, "header_size");
    http->headers = build_count(section_number(limits, "headers"));
    http->body = section_number(limits, "body");
    http->requests_per_connection = build_count(section_number(limits, "requests_per_connection"));
    http->header_timeout = section_number(timeouts, "header");
    http->body_timeout = section_number(timeouts, "body");
    http->idle_timeout = section_number(timeouts, "idle");
}

/* TCP counts in seconds; less than one would be none. */
static unsigned seconds(uint64_t ms)
{
    return build_count((ms + 999) / 1000);
}

static struct text listener_name(struct build *build, struct section listener, size_t index)
{
    struct text name = section_text(listener, "name");
    if (name.len > 0)
        return build_text(build, name);
    return arena_format(&build->config->arena, "listeners[%zu]", index);
}

static void build_listener(struct build *build, struct section listener, struct front_settings *front)
{
    struct section limits = section_map(listener, "limits"), keepalive = section_map(listener, "keepalive");
    build_addresses(build, listener, front);
    build_http(limits, section_map(listener, "timeouts"), &front->http);
    front->handshake_timeout = section_number(section_map(listener, "timeouts"), "tls_handshake");
    front->connections = build_count(section_number(limits, "connections"));
    front->keepalive.idle = seconds(section_number(keepalive, "idle"));
    front->keepalive.interval = seconds(section_number(keepalive, "interval"));
    front->keepalive.count = build_count(section_number(keepalive, "count"));
}

void build_listeners(struct build *build, struct section root)
{
    struct snapshot_settings *serve = &build->config->serve;
    struct item single;
    serve->fronts = build_take(build, section_count(root, "listeners"), sizeof *serve->fronts);
    if (serve->fronts == NULL)
        return;
    for (const struct item *item = section_items(root, "listeners", &single); item != NULL;
         item = item->next) {
        struct section listener = section_item(root, "listeners", item);
        struct front_settings *front = &serve->fronts[serve->front_count];
        front->name = listener_name(build, listener, serve->front_count++);
        build_listener(build, listener, front);
    }
}
