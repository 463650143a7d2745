/* SPDX-License-Identifier: Apache-2.0 */
#include "base/families.h"

const struct metric families[FAMILY_COUNT] = {
/* cells stands for three arguments, so the row is expanded once more after it. */
#define ROW(name, type, cells, label, cell_name, help) \
    {(name), (type), (cells), (label), (cell_name), (help)},
#define EXPAND(row, arguments) row arguments
#define F(identifier, type, name, cells, help) EXPAND(ROW, (name, type, cells, help))
    FAMILY_TABLE(F)
#undef F
};

const char *family_fault_name(unsigned cell)
{
    return cell < FAULT_COUNT ? faults[cell].name : "none";
}
