/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/connections.h"

#include <inttypes.h>

#include "admin/answer.h"
#include "admin/census.h"

static void add_states(struct buffer *out, const uint64_t *counts)
{
    const char *separator = "";
    buffer_byte(out, '{');
    for (unsigned state = 0; state < CENSUS_STATES; state++) {
        if (counts[state] == 0)
            continue;
        buffer_printf(out, "%s\"%s\":%" PRIu64, separator, census_state_name(state), counts[state]);
        separator = ",";
    }
    buffer_byte(out, '}');
}

static void add_address(struct buffer *out, const struct address *address)
{
    char room[ADDRESS_TEXT_MAX];
    buffer_json_string(out, address_write(address, room));
}

/* {"address":"...","states":{...}} without its first brace. A Unix socket has no states. */
static void add_group(struct buffer *out, struct census *census, enum census_side side,
                      const struct address *address)
{
    static const uint64_t none[CENSUS_STATES];
    const struct census_group *group = census_add(census, side, address);
    buffer_add(out, TEXT("\"address\":"));
    add_address(out, address);
    buffer_add(out, TEXT(",\"states\":"));
    add_states(out, group != NULL ? group->counts : none);
    buffer_byte(out, '}');
}

static void add_listeners(struct buffer *out, struct census *census, const struct snapshot_settings *settings)
{
    const char *separator = "";
    for (size_t i = 0; i < settings->front_count; i++)
        for (size_t k = 0; k < settings->fronts[i].address_count; k++) {
            buffer_printf(out, "%s{\"name\":", separator);
            buffer_json_string(out, settings->fronts[i].name);
            buffer_byte(out, ',');
            add_group(out, census, CENSUS_CLIENTS, &settings->fronts[i].addresses[k]);
            separator = ",";
        }
}

static void add_upstream(struct buffer *out, struct census *census, struct cluster *cluster)
{
    struct roster *roster = cluster_roster(cluster);
    buffer_add(out, TEXT("{\"name\":"));
    buffer_json_string(out, cluster->name);
    buffer_add(out, TEXT(",\"endpoints\":["));
    for (size_t i = 0; i < roster->count; i++) {
        buffer_add(out, i > 0 ? TEXT(",{") : TEXT("{"));
        add_group(out, census, CENSUS_BACKENDS, &roster->members[i].endpoint->address);
    }
    buffer_add(out, TEXT("]}"));
    roster_unref(roster);
}

static void add_listed(struct buffer *out, const struct census *census)
{
    for (size_t i = 0; i < census->listed_count; i++) {
        const struct census_connection *one = &census->listed[i];
        buffer_printf(out, "%s{\"side\":\"%s\",\"local\":", i > 0 ? "," : "",
                      one->side == CENSUS_CLIENTS ? "client" : "backend");
        add_address(out, &one->local);
        buffer_add(out, TEXT(",\"remote\":"));
        add_address(out, &one->remote);
        buffer_printf(out, ",\"state\":\"%s\"}", census_state_name(one->state));
    }
}

static void add_all(struct buffer *out, struct census *census, const struct snapshot *serving)
{
    buffer_printf(out, "{\"complete\":%s,\"clients\":", census->cut ? "false" : "true");
    add_states(out, census->counts[CENSUS_CLIENTS]);
    buffer_add(out, TEXT(",\"backends\":"));
    add_states(out, census->counts[CENSUS_BACKENDS]);
    buffer_add(out, TEXT(",\"listeners\":["));
    add_listeners(out, census, serving->settings);
    buffer_add(out, TEXT("],\"upstreams\":["));
    for (size_t i = 0; i < serving->settings->cluster_count; i++) {
        buffer_add(out, i > 0 ? TEXT(",") : TEXT(""));
        add_upstream(out, census, serving->clusters[i]);
    }
    buffer_add(out, TEXT("],\"connections\":["));
    add_listed(out, census);
    buffer_add(out, TEXT("]}"));
}

static void collect_upstream(struct census *census, struct cluster *cluster)
{
    struct roster *roster = cluster_roster(cluster);
    for (size_t i = 0; i < roster->count; i++)
        census_add(census, CENSUS_BACKENDS, &roster->members[i].endpoint->address);
    roster_unref(roster);
}

static void collect(struct census *census, const struct snapshot *serving)
{
    const struct snapshot_settings *settings = serving->settings;
    for (size_t i = 0; i < settings->front_count; i++)
        for (size_t k = 0; k < settings->fronts[i].address_count; k++)
            census_add(census, CENSUS_CLIENTS, &settings->fronts[i].addresses[k]);
    for (size_t i = 0; i < settings->cluster_count; i++)
        collect_upstream(census, serving->clusters[i]);
}

struct stream *show_connections(const struct ask *ask)
{
    struct census census;
    struct buffer body = BUFFER_EMPTY;
    census_init(&census);
    collect(&census, ask->serving);
    const char *wrong = census_take(&census);
    if (wrong == NULL)
        add_all(&body, &census, ask->serving);
    census_clear(&census);
    return wrong != NULL ? answer_error(ask->exchange, 503, wrong) : answer_json(ask->exchange, 200, &body);
}
