/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"

struct text_template build_template(struct build *build, struct text written)
{
    struct text_template template = {0};
    struct text copy = build_text(build, written);
    if (copy.at != NULL && template_check(copy) == NULL &&
        !template_compile(&template, copy, &build->config->arena))
        build->full = true;
    return template;
}

static void build_rule(struct build *build, struct text name, struct field_rule *rule)
{
    rule->name = build_text(build, name);
    rule->id = field_id_of(name);
}

static size_t build_values(struct build *build, struct section section, const char *key,
                           struct field_rule **rules)
{
    struct item single;
    size_t count = 0;
    *rules = build_take(build, section_count(section, key), sizeof **rules);
    if (*rules == NULL)
        return 0;
    for (const struct item *item = section_items(section, key, &single); item != NULL; item = item->next) {
        struct field_rule *rule = &(*rules)[count++];
        build_rule(build, item->key, rule);
        rule->value = build_template(build, item->value->text);
    }
    return count;
}

static size_t build_names(struct build *build, struct section section, struct field_rule **rules)
{
    struct item single;
    size_t count = 0;
    *rules = build_take(build, section_count(section, "remove"), sizeof **rules);
    if (*rules == NULL)
        return 0;
    for (const struct item *item = section_items(section, "remove", &single); item != NULL; item = item->next)
        build_rule(build, item->value->text, &(*rules)[count++]);
    return count;
}

/* NULL when it has none. */
static const struct field_rules *build_rules(struct build *build, struct section section)
{
    struct field_rules *rules = build_take(build, 1, sizeof *rules);
    if (rules == NULL)
        return NULL;
    rules->remove_count = build_names(build, section, &rules->remove);
    rules->set_count = build_values(build, section, "set", &rules->set);
    rules->add_count = build_values(build, section, "add", &rules->add);
    return rules->remove_count + rules->set_count + rules->add_count > 0 ? rules : NULL;
}

void build_headers(struct build *build, struct section headers, struct route_settings *route)
{
    route->request_fields = build_rules(build, section_map(headers, "request"));
    route->response_fields = build_rules(build, section_map(headers, "response"));
}
