/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The written forms of durations, sizes, rates, percentages, numbers and switches. Each reader returns NULL
 * and sets *value, or a phrase that says what is wanted instead (a literal). Pure functions.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "base/text.h"

/* "250ms", "5s", "2m", "1h", "1d" or "0"; in ms, ten years at most. */
const char *value_duration(struct text written, uint64_t *value);

/* "512", "64k", "10m", "1g", 1024-based; in bytes. */
const char *value_size(struct text written, uint64_t *value);

/* "100/s", "6000/m", "90/h"; in events an hour, so that it stays a whole number. */
const char *value_rate(struct text written, uint64_t *value);

/* "20%"; 0 to 100. */
const char *value_percent(struct text written, uint64_t *value);

/* on, off, true, false, yes, no. */
const char *value_switch(struct text written, uint64_t *value);

/* Decimal digits. */
const char *value_integer(struct text written, uint64_t *value);

#endif
