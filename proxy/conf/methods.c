/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/methods.h"

#include <llhttp.h>

#include "conf/nearest.h"

static const char *const methods[] = {
#define METHOD(number, name, string) #string,
    HTTP_METHOD_MAP(METHOD)
#undef METHOD
};

enum { METHODS = sizeof methods / sizeof methods[0] };

bool method_is_known(struct text name)
{
    for (size_t i = 0; i < METHODS; i++)
        if (text_equal(name, text_of(methods[i])))
            return true;
    return false;
}

struct text method_nearest(struct text name)
{
    struct nearest nearest = {.wanted = name};
    for (size_t i = 0; i < METHODS; i++)
        nearest_offer(&nearest, text_of(methods[i]));
    return nearest.best.at != NULL ? nearest.best : TEXT("");
}
