/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/sni.h"

void *sni_find(const struct map *names, struct text server_name)
{
    char room[SNI_NAME_MAX + 1];
    if (server_name.len == 0 || server_name.len > SNI_NAME_MAX)
        return NULL;
    for (size_t i = 0; i < server_name.len; i++)
        room[i + 1] = ascii_lower(server_name.at[i]);
    void *found = map_find(names, (struct text){room + 1, server_name.len});
    size_t dot = text_find(server_name, '.');
    if (found != NULL || dot == 0 || dot == server_name.len)
        return found;
    room[dot] = '*'; /* in place of the first label */
    return map_find(names, (struct text){room + dot, server_name.len - dot + 1});
}
