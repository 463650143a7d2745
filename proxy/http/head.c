/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

static const struct {
    struct text name;
    enum method method;
    bool idempotent;
} methods[] = {
    {{"GET", 3}, METHOD_GET, true},         {{"HEAD", 4}, METHOD_HEAD, true},
    {{"POST", 4}, METHOD_POST, false},      {{"PUT", 3}, METHOD_PUT, true},
    {{"DELETE", 6}, METHOD_DELETE, true},   {{"CONNECT", 7}, METHOD_CONNECT, false},
    {{"OPTIONS", 7}, METHOD_OPTIONS, true}, {{"TRACE", 5}, METHOD_TRACE, true},
    {{"PATCH", 5}, METHOD_PATCH, false},
};

enum { METHODS = sizeof methods / sizeof methods[0] };

enum method method_of(struct text name)
{
    for (int i = 0; i < METHODS; i++)
        if (text_equal(methods[i].name, name))
            return methods[i].method;
    return METHOD_OTHER;
}

bool method_is_safe(enum method method)
{
    return method == METHOD_GET || method == METHOD_HEAD || method == METHOD_OPTIONS;
}

bool method_is_idempotent(enum method method)
{
    for (int i = 0; i < METHODS; i++)
        if (methods[i].method == method)
            return methods[i].idempotent;
    return false;
}
