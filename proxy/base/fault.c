/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

const struct fault faults[FAULT_COUNT] = {
#define F(name, status, retry, type, sentence) {#name, (status), (retry), (type), (sentence)},
    FAULT_TABLE(F)
#undef F
};
