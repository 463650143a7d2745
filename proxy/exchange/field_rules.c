/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/field_rules.h"

/* A value that is empty is no field: so {query} can be passed on without one for requests that have none. */
static bool add(const struct field_rule *rule, const struct exchange *exchange, struct arena *arena,
                struct fields *fields)
{
    struct text value = text_trim(template_expand(&rule->value, exchange, arena));
    if (value.at == NULL)
        return false;
    return value.len == 0 || fields_push(fields, arena, &(struct field){rule->name, value, rule->id});
}

bool field_rules_apply(const struct field_rules *rules, const struct exchange *exchange, struct arena *arena,
                       struct fields *fields)
{
    for (size_t i = 0; i < rules->remove_count; i++)
        fields_remove(fields, rules->remove[i].id, rules->remove[i].name);
    for (size_t i = 0; i < rules->set_count; i++) {
        fields_remove(fields, rules->set[i].id, rules->set[i].name);
        if (!add(&rules->set[i], exchange, arena, fields))
            return false;
    }
    for (size_t i = 0; i < rules->add_count; i++)
        if (!add(&rules->add[i], exchange, arena, fields))
            return false;
    return true;
}

static bool fill_in(const struct field_rule *rules, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal_nocase(rules[i].name, name) && !template_is_constant(&rules[i].value))
            return true;
    return false;
}

bool field_rules_fill_in(const struct field_rules *rules, struct text name)
{
    return rules != NULL &&
           (fill_in(rules->set, rules->set_count, name) || fill_in(rules->add, rules->add_count, name));
}
