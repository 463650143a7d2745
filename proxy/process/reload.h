/* SPDX-License-Identifier: Apache-2.0 */
/* weir reload: asks a running weir to take the config as it is in its files now. */
#ifndef PROCESS_RELOAD_H
#define PROCESS_RELOAD_H

/* admin: where its admin API listens; NULL: as the usual config file says. Returns the exit code: 0 when the config is in
 * force, 1 when it was refused or nobody could be asked, 2 when the address is none. */
int reload_run(const char *admin);

#endif
