/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"
#include "conf/forms.h"
#include "http/target.h"

/* Prefixes are by whole segments, so a slash at the end says nothing: "/" is none. */
static struct text build_prefix(struct build *build, const struct node *node)
{
    size_t len = 0;
    if (node == NULL || node->kind != NODE_SCALAR || form_path(node->text) != NULL)
        return TEXT_NONE;
    char *normalized = build_take(build, node->text.len + 1, 1);
    if (normalized == NULL)
        return TEXT_NONE;
    if (!target_normalize_path(node->text, normalized, &len)) {
        build_problem(build, node,
                      "no path can have this prefix: it leaves the root, or has a malformed %%-escape");
        return TEXT_NONE;
    }
    return (struct text){normalized, normalized[len - 1] == '/' ? len - 1 : len};
}

void build_rewrite(struct build *build, struct section rewrite, struct rewrite_settings *settings)
{
    struct text host = section_text(rewrite, "host");
    settings->strip_prefix = build_prefix(build, section_node(rewrite, "strip_prefix"));
    settings->add_prefix = build_prefix(build, section_node(rewrite, "add_prefix"));
    settings->host = text_equal(host, TEXT("preserve"))   ? HOST_PRESERVE
                     : text_equal(host, TEXT("upstream")) ? HOST_UPSTREAM
                                                          : HOST_NAME;
    if (settings->host == HOST_NAME)
        settings->host_name = build_text(build, host);
}

void build_redirects(struct build *build, struct section redirects, struct redirects_settings *settings)
{
    settings->rewrite = section_number(redirects, "rewrite") != 0;
    settings->follow = build_count(section_number(redirects, "follow"));
    settings->host_count = build_texts(build, redirects, "hosts", &settings->hosts);
}
