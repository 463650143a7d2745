/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema of configurations as JSON Schema (draft 2020-12), for editors. It accepts all that weir accepts;
 * what needs more than one place to be seen (references, addresses bound twice) only weir tells.
 * config/weir.schema.json is its output.
 */
#ifndef CONF_JSON_SCHEMA_H
#define CONF_JSON_SCHEMA_H

#include <stdio.h>

void config_print_schema(FILE *out);

#endif
