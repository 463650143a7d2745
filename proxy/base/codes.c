/* SPDX-License-Identifier: Apache-2.0 */
#include "base/codes.h"

/* One more than the cell, for 100 to 599; 0 where a code shares the cell of its class. */
static const unsigned char cells[500] = {
#define C(code) [code - 100] = CODE_CELL_##code + 1,
    CODE_TABLE(C)
#undef C
};

static const char *const names[CODE_CELLS] = {
#define C(code) #code,
    CODE_TABLE(C)
#undef C
        "1xx",
    "2xx",
    "3xx",
    "4xx",
    "5xx",
    "none",
};

unsigned code_cell(unsigned status)
{
    if (status < 100 || status > 599)
        return CODE_CELL_NONE;
    unsigned cell = cells[status - 100];
    return cell != 0 ? cell - 1 : CODE_CELL_CLASSES + status / 100 - 1;
}

const char *code_name(unsigned cell)
{
    return names[cell < CODE_CELLS ? cell : CODE_CELL_NONE];
}
