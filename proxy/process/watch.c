/* SPDX-License-Identifier: Apache-2.0 */
#include "process/watch.h"

#include "tls/keyring.h"

enum { INTERVAL_MS = 1000 };

/* A number for how everything looks now; 0 when it is as the load saw it. */
static uint64_t look(const struct watch *watch)
{
    uint64_t sum = 0;
    bool differs = false;
    for (const struct file_seen *file = watch->files.first; file != NULL; file = file->next) {
        uint64_t mark = file_mark(file->path.at);
        differs = differs || mark != file->mark;
        sum = text_hash((struct text){(const char *)&mark, sizeof mark}, sum);
    }
    return differs ? sum | 1 : 0;
}

/* So that one change is told once, also when no load follows. */
static void remember(struct watch *watch)
{
    watch->last = 0;
    for (struct file_seen *file = watch->files.first; file != NULL; file = file->next)
        file->mark = file_mark(file->path.at);
}

void watch_look(struct watch *watch)
{
    uint64_t now = look(watch);
    if (now == 0 || now != watch->last) {
        watch->last = now;
        return;
    }
    remember(watch);
    watch->changed(watch->owner);
}

static void on_timer(uv_timer_t *timer)
{
    keyrings_refresh(); /* before a reload looks at them */
    watch_look(timer->data);
}

int watch_start(struct watch *watch, uv_loop_t *loop, void (*changed)(void *owner), void *owner)
{
    *watch = (struct watch){.changed = changed, .owner = owner};
    file_list_init(&watch->files);
    int error = uv_timer_init(loop, &watch->timer);
    if (error != 0)
        return error;
    watch->begun = true;
    watch->timer.data = watch;
    return uv_timer_start(&watch->timer, on_timer, INTERVAL_MS, INTERVAL_MS);
}

void watch_set(struct watch *watch, struct file_list *files)
{
    file_list_clear(&watch->files);
    watch->files = *files;
    watch->last = 0;
    file_list_init(files);
}

void watch_stop(struct watch *watch)
{
    if (!watch->begun)
        return;
    uv_close((uv_handle_t *)&watch->timer, NULL);
    file_list_clear(&watch->files);
    watch->begun = false;
}
