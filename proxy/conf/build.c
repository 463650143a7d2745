/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"

#include <limits.h>

#include "conf/cpus.h"
#include "conf/forms.h"

void *build_take(struct build *build, size_t count, size_t size)
{
    if (count == 0 || count > SIZE_MAX / size)
        return NULL;
    void *memory = arena_take_zeroed(&build->config->arena, count * size);
    if (memory == NULL)
        build->full = true;
    return memory;
}

size_t build_texts(struct build *build, struct section section, const char *key, struct text **texts)
{
    struct item single;
    size_t count = 0;
    *texts = build_take(build, section_count(section, key), sizeof **texts);
    if (*texts == NULL)
        return 0;
    for (const struct item *item = section_items(section, key, &single); item != NULL; item = item->next)
        (*texts)[count++] = build_text(build, item->value->text);
    return count;
}

struct text build_text(struct build *build, struct text text)
{
    struct text copy = arena_copy(&build->config->arena, text);
    if (copy.at == NULL)
        build->full = true;
    return copy;
}

unsigned build_count(uint64_t number)
{
    return number > UINT_MAX ? UINT_MAX : (unsigned)number;
}

static unsigned worker_count(struct section root)
{
    uint64_t workers = section_number(root, "workers");
    return workers == 0 ? cpus_usable() : build_count(workers);
}

static void build_logs(struct build *build, struct section root)
{
    struct section log = section_map(root, "log"), access = section_map(root, "access_log");
    struct config *config = build->config;
    config->log.level = (enum log_level)section_number(log, "level");
    config->log.format = (enum log_format)section_number(log, "format");
    config->log.path = build_text(build, section_text(log, "path"));
    config->access_log.format = (enum access_log_format)section_number(access, "format");
    struct text path = section_text(access, "path");
    config->access_log.path = build_text(build, text_equal(path, TEXT("off")) ? TEXT("") : path);
}

static void build_admin(struct build *build, struct section admin)
{
    struct text listen = section_text(admin, "listen");
    build->config->admin.token = build_text(build, section_text(admin, "token"));
    if (!text_equal(listen, TEXT("off")))
        (void)form_read_address(listen, &build->config->admin.listen);
    build->config->admin.host_count = build_texts(build, admin, "hosts", &build->config->admin.hosts);
    if (section_node(admin, "probes") != NULL)
        (void)form_read_address(section_text(admin, "probes"), &build->config->admin.probes);
}

bool build_config(struct build *build, const struct node *root)
{
    struct section section = section_root(root);
    build->root = root;
    build->config->workers = worker_count(section);
    build->config->user = build_text(build, section_text(section, "user"));
    build_logs(build, section);
    build_admin(build, section_map(section, "admin"));
    build_resolver(build, section_map(section, "resolver"));
    build_upstreams(build, section);
    build_caches(build, section);
    build_listeners(build, section);
    build_routes(build, section);
    return !build->full;
}
