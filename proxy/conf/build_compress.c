/* SPDX-License-Identifier: Apache-2.0 */
/* The compress of a route. */
#include "conf/build.h"
#include "http/compress.h"

static const struct text usual_types[] = {
    {"text/*", 6},           {"application/json", 16}, {"application/javascript", 22},
    {"application/xml", 15}, {"image/svg+xml", 13},
};

enum { USUAL_TYPES = sizeof usual_types / sizeof usual_types[0] };

static struct text build_lower(struct build *build, struct text written)
{
    char *lower = build_take(build, written.len + 1, 1);
    if (lower == NULL)
        return TEXT_NONE;
    for (size_t i = 0; i < written.len; i++)
        lower[i] = ascii_lower(written.at[i]);
    return (struct text){lower, written.len};
}

static void build_types(struct build *build, struct section section, struct compress_settings *compress)
{
    struct item single;
    bool said = section_node(section, "types") != NULL;
    size_t count = said ? section_count(section, "types") : USUAL_TYPES;
    compress->types = build_take(build, count, sizeof *compress->types);
    if (compress->types == NULL)
        return;
    for (size_t i = 0; !said && i < USUAL_TYPES; i++)
        compress->types[compress->type_count++] = usual_types[i];
    if (!said)
        return;
    for (const struct item *item = section_items(section, "types", &single); item != NULL; item = item->next)
        if (item->value->kind == NODE_SCALAR)
            compress->types[compress->type_count++] = build_lower(build, item->value->text);
}

static void add_algorithm(struct build *build, const struct node *node, struct compress_settings *compress)
{
    enum coding coding;
    if (node->kind != NODE_SCALAR || !coding_of(node->text, &coding))
        return; /* validate has reported it */
    for (size_t i = 0; i < compress->algorithm_count; i++)
        if (compress->algorithms[i] == coding) {
            build_problem(build, node, "'%.*s' is in the list already", TEXT_ARGS(node->text));
            return;
        }
    compress->algorithms[compress->algorithm_count++] = coding;
}

static void build_algorithms(struct build *build, struct section section, struct compress_settings *compress)
{
    static const enum coding usual[] = {CODING_ZSTD, CODING_BR, CODING_GZIP};
    struct item single;
    if (section_node(section, "algorithms") == NULL) {
        memcpy(compress->algorithms, usual, sizeof usual);
        compress->algorithm_count = sizeof usual / sizeof usual[0];
        return;
    }
    for (const struct item *item = section_items(section, "algorithms", &single); item != NULL;
         item = item->next)
        add_algorithm(build, item->value, compress);
}

void build_compress(struct build *build, struct section section, struct route_settings *route)
{
    if (section_node(section, "compress") == NULL)
        return;
    struct section written = section_map(section, "compress");
    struct compress_settings *compress = build_take(build, 1, sizeof *compress);
    if (compress == NULL)
        return;
    build_types(build, written, compress);
    build_algorithms(build, written, compress);
    compress->min_size = section_number(written, "min_size");
    route->compress = compress;
}
