/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "conf/certificate.h"
#include "conf/checks.h"
#include "conf/files.h"
#include "conf/forms.h"
#include "tls/pair.h"

/* A file of authorities can hold some hundred certificates. */
#define PEM_MAX ((size_t)4 << 20)

static bool is_open_to_all(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && (file.st_mode & S_IROTH) != 0;
}

/* A file that a key names, in an arena of its own: keys don't stay in memory longer than needed. */
static struct text read_pem(struct build *build, struct section section, const char *key, struct arena *arena)
{
    struct file_read file;
    const struct node *node = section_node(section, key);
    if (node == NULL || node->kind != NODE_SCALAR || form_file(node->text) != NULL)
        return TEXT_NONE;
    struct text path = file_beside(node->place.file, node->text, arena);
    const char *wrong = path.at == NULL ? "out of memory" : file_read(path.at, PEM_MAX, arena, &file);
    if (wrong == NULL && strcmp(key, "key") == 0 && is_open_to_all(path.at))
        problem_warn(build->problems, node->place,
                     "key '%.*s' can be read by everybody; take that right away: chmod o-r", TEXT_ARGS(path));
    if (wrong == NULL)
        return file.text;
    if (path.at != NULL)
        file_list_add(build->seen, path); /* a reload may work once it has changed */
    problem_add(build->problems, node->place, "%s '%.*s' can't be read: %s", key, TEXT_ARGS(path), wrong);
    return TEXT_NONE;
}

static void report(struct build *build, const struct node *node, enum certificate_state state,
                   const char *sentence)
{
    if (state == CERTIFICATE_DATED)
        problem_warn(build->problems, node->place, "%.*s: %s", TEXT_ARGS(node->text), sentence);
    else if (state == CERTIFICATE_WRONG)
        problem_add(build->problems, node->place, "%.*s: %s", TEXT_ARGS(node->text), sentence);
}

/* As the config's own file sees it; .at is NULL where there is none. */
static struct text path_of(struct section section, const char *key, struct arena *arena)
{
    const struct node *node = section_node(section, key);
    if (node == NULL || node->kind != NODE_SCALAR || form_file(node->text) != NULL)
        return TEXT_NONE;
    return file_beside(node->place.file, node->text, arena);
}

/* Serving goes on without it, so it is a warning. */
static void check_staple(struct build *build, const struct node *node, struct text path,
                         const struct pair *pair)
{
    struct staple staple;
    const char *wrong = staple_load(&staple, path.at, pair->certificate);
    if (wrong != NULL)
        problem_warn(build->problems, node->place, "ocsp '%.*s' is not stapled: %s", TEXT_ARGS(path), wrong);
    staple_clear(&staple);
}

/* What only shows when it is put to use. */
static void check_use(struct build *build, struct section section, struct arena *arena)
{
    char why[TLS_WHY_MAX];
    struct pair pair;
    const struct tls_pair_settings settings = {.cert = path_of(section, "cert", arena),
                                               .key = path_of(section, "key", arena),
                                               .ocsp = path_of(section, "ocsp", arena)};
    if (settings.cert.at == NULL || settings.key.at == NULL)
        return;
    if (!pair_load(&pair, &settings, why))
        problem_add(build->problems, section_node(section, "cert")->place, "%s", why);
    else if (settings.ocsp.at != NULL)
        check_staple(build, section_node(section, "ocsp"), settings.ocsp, &pair);
    pair_clear(&pair);
}

/* True when both can be used as far as one sees. */
static bool check_files(struct build *build, struct section section, struct text cert, struct text key)
{
    char why[CERTIFICATE_WHY_MAX];
    enum certificate_state state = certificate_check(cert, TEXT_NONE, why);
    report(build, section_node(section, "cert"), state, why);
    if (state == CERTIFICATE_WRONG || key.at == NULL)
        return false;
    state = certificate_check(cert, key, why);
    report(build, section_node(section, "key"), state, why);
    return state != CERTIFICATE_WRONG;
}

static void check_pair(struct build *build, struct section section)
{
    struct arena arena;
    arena_init(&arena, 4 * PEM_MAX);
    struct text cert = read_pem(build, section, "cert", &arena),
                key = read_pem(build, section, "key", &arena);
    if (cert.at != NULL && check_files(build, section, cert, key))
        check_use(build, section, &arena);
    if (key.at != NULL)
        explicit_bzero((char *)(uintptr_t)key.at, key.len);
    arena_clear(&arena);
}

static void check_authorities(struct build *build, struct section section, const char *key)
{
    struct arena arena;
    char why[CERTIFICATE_WHY_MAX];
    arena_init(&arena, 2 * PEM_MAX);
    struct text pem = read_pem(build, section, key, &arena);
    if (pem.at != NULL) {
        enum certificate_state state = certificate_check(pem, TEXT_NONE, why);
        report(build, section_node(section, key), state, why);
    }
    arena_clear(&arena);
}

/* Whoever demands certificates must say whose: without that, nobody is asked for one. */
static void check_demand(struct build *build, struct section tls)
{
    const struct node *demand = section_node(tls, "client_auth");
    if (demand != NULL && section_node(tls, "client_ca") == NULL)
        build_problem(build, demand,
                      "needs client_ca, the authorities that sign clients' certificates; without it no "
                      "client is asked for one");
}

static void check_both(struct build *build, struct section tls)
{
    const struct node *cert = section_node(tls, "cert"), *key = section_node(tls, "key");
    if (cert != NULL && key == NULL)
        build_problem(build, cert, "needs key too, the file of its private key");
    if (key != NULL && cert == NULL)
        build_problem(build, key, "needs cert too, the file of its certificate");
}

void checks_certificates(struct build *build, struct section root)
{
    struct item single, pair;
    for (const struct item *item = section_items(root, "listeners", &single); item != NULL;
         item = item->next) {
        struct section tls = section_map(section_item(root, "listeners", item), "tls");
        for (const struct item *one = section_items(tls, "certificates", &pair); one != NULL; one = one->next)
            check_pair(build, section_item(tls, "certificates", one));
        check_authorities(build, tls, "client_ca");
        check_demand(build, tls);
    }
    for (const struct item *item = section_items(root, "upstreams", &single); item != NULL;
         item = item->next) {
        struct section tls = section_map(section_item(root, "upstreams", item), "tls");
        check_both(build, tls);
        check_pair(build, tls);
        check_authorities(build, tls, "ca");
    }
}
