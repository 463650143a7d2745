/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a tree to the settings of the modules. Builds also from a tree with problems, so that its own (hosts,
 * paths, files) are reported with the rest; the result is then thrown away. Everything kept is copied into
 * the config's arena. build.c has the root, build_listeners.c, build_routes.c and build_upstreams.c their
 * parts.
 */
#ifndef CONF_BUILD_H
#define CONF_BUILD_H

#include "conf/config.h"
#include "conf/file_list.h"
#include "conf/section.h"
#include "conf/validate.h"

struct build {
    struct config *config;
    struct problems *problems;
    const struct validation *validation; /* the names, with their positions */
    struct file_list *seen;              /* files looked for; NULL: nobody asks */
    bool full;                           /* out of memory; reported at the end */
    const struct node *root;             /* of the tree; NULL: messages name no keys */
};

/* As problem_add at the node's place, with the way to it in front: "routes[0].match.path: ". */
void build_problem(struct build *build, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* False when out of memory. */
bool build_config(struct build *build, const struct node *root);

void build_listeners(struct build *build, struct section root);
/* Opens the keyrings; only when nothing is wrong with the rest. What is wrong then (OpenSSL refuses) is reported. */
void build_tls(struct build *build, const struct node *root);

void build_routes(struct build *build, struct section root);
void build_caches(struct build *build, struct section root);
void build_cache(struct build *build, struct section section, struct route_settings *route);
void build_upstreams(struct build *build, struct section root);

/* What is asked of DNS, and of whom. */
void build_resolver(struct build *build, struct section resolver);
void build_discovery(struct build *build, struct section upstream, struct cluster_settings *cluster);

/* The match of a route, and its error bodies. */
void build_match(struct build *build, struct section match, struct route_settings *route);
void build_errors(struct build *build, struct section section, struct route_settings *route);
void build_compress(struct build *build, struct section section, struct route_settings *route);

/* What a route does to requests and answers on their way. */
void build_rewrite(struct build *build, struct section rewrite, struct rewrite_settings *settings);

void build_redirects(struct build *build, struct section redirects, struct redirects_settings *settings);

void build_headers(struct build *build, struct section headers, struct route_settings *route);

/* Compiled; an empty one when it isn't well formed, which validate has reported. */
struct text_template build_template(struct build *build, struct text written);

/* The texts of a list, in *texts; how many they are. */
size_t build_texts(struct build *build, struct section section, const char *key, struct text **texts);

/* count elements of zeroed memory in the config's arena; NULL when count is 0 or memory ends, which is
 * noted. */
void *build_take(struct build *build, size_t count, size_t size);

/* A copy in the config's arena. */
struct text build_text(struct build *build, struct text text);

/* For settings that hold unsigned: the largest is kept. */
unsigned build_count(uint64_t number);

#endif
