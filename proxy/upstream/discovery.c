/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/discovery.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/log.h"

/* ms */
enum { TTL_LEAST = 1000, TTL_MOST = 3600000, RETRY_FIRST = 1000, RETRY_MOST = 30000 };

enum { SHOWN_MAX = 16 };

struct discovery {
    struct loop *loop;
    const struct directory *directory;
    struct discovery_owner owner;
    struct question question;
    uint64_t refresh;
    struct resolved good;
    struct query *query; /* NULL: the timer is set */
    struct timer timer;
    uint64_t retry; /* ms; 0: it doesn't fail */
    char name[QUESTION_NAME_MAX];
};

static struct query *ask_resolver(const struct directory *directory, const struct question *question)
{
    return resolver_ask(directory->resolver, question);
}

struct directory directory_of(struct resolver *resolver)
{
    return (struct directory){ask_resolver, query_cancel, resolver};
}

/* How many bytes the end of service and the beginning of domain have in common, by whole labels. */
static size_t find_overlap(struct text service, struct text domain)
{
    for (size_t from = 0; from < service.len; from++) {
        struct text tail = text_sub(service, from, service.len - from);
        bool starts_label = from == 0 || service.at[from - 1] == '.';
        bool ends_label = tail.len == domain.len || (tail.len < domain.len && domain.at[tail.len] == '.');
        if (starts_label && ends_label && text_equal_nocase(tail, text_sub(domain, 0, tail.len)))
            return tail.len;
    }
    return 0;
}

struct text discovery_name(const struct discovery_settings *settings, char buffer[QUESTION_NAME_MAX])
{
    struct buffer name = buffer_over(buffer, QUESTION_NAME_MAX);
    struct text service = settings->srv, domain = settings->name;
    if (service.len > 0 && service.at[service.len - 1] == '.')
        domain = TEXT("");
    size_t overlap = find_overlap(service, domain);
    buffer_add(&name, service);
    if (service.len > 0 && domain.len > 0 && overlap == 0)
        buffer_byte(&name, '.');
    buffer_add(&name, text_sub(domain, overlap, domain.len - overlap));
    return name.short_of_room ? TEXT_NONE : buffer_text(&name);
}

static void write_addresses(struct buffer *line, const char *verb, const struct resolved *of,
                            const struct resolved *but)
{
    char written[ADDRESS_TEXT_MAX];
    size_t count = 0;
    for (size_t i = 0; i < of->count; i++) {
        if (resolved_has(but, &of->list[i].address))
            continue;
        if (count++ >= SHOWN_MAX)
            continue;
        buffer_printf(line, "%s%s", count == 1 ? verb : ", ", count == 1 ? " " : "");
        buffer_add(line, address_write(&of->list[i].address, written));
    }
    if (count > SHOWN_MAX)
        buffer_printf(line, " and %zu more", count - SHOWN_MAX);
}

static void log_change(const struct discovery *discovery, const struct resolved *now)
{
    char bytes[SHOWN_MAX * 2 * (INET6_ADDRSTRLEN + 12) + 100];
    struct buffer line = buffer_over(bytes, sizeof bytes);
    write_addresses(&line, "; came", now, &discovery->good);
    write_addresses(&line, "; went", &discovery->good, now);
    if (line.len == 0)
        buffer_add(&line, TEXT("; weights or priorities changed"));
    log_write(LOG_INFO, "upstream %.*s: %.*s has %zu endpoint%s%.*s", TEXT_ARGS(discovery->owner.name),
              TEXT_ARGS(discovery->question.name), now->count, now->count == 1 ? "" : "s",
              TEXT_ARGS(buffer_text(&line)));
}

static void note_failure(struct discovery *discovery, const char *why)
{
    if (discovery->retry == 0)
        log_write(LOG_WARN, "upstream %.*s: %.*s can't be resolved: %s; it goes on with %zu endpoint%s",
                  TEXT_ARGS(discovery->owner.name), TEXT_ARGS(discovery->question.name), why,
                  discovery->good.count, discovery->good.count == 1 ? "" : "s");
    discovery->retry = discovery->retry == 0 ? RETRY_FIRST : discovery->retry * 2;
    if (discovery->retry > RETRY_MOST)
        discovery->retry = RETRY_MOST;
}

static void note_success(struct discovery *discovery)
{
    if (discovery->retry != 0)
        log_write(LOG_INFO, "upstream %.*s: %.*s is resolved again", TEXT_ARGS(discovery->owner.name),
                  TEXT_ARGS(discovery->question.name));
    discovery->retry = 0;
}

static uint64_t clamp(uint64_t number, uint64_t least, uint64_t most)
{
    if (number < least)
        return least;
    return number > most ? most : number;
}

static void schedule(struct discovery *discovery)
{
    uint64_t wait = discovery->retry;
    if (wait == 0)
        wait = discovery->refresh;
    if (wait == 0)
        wait = clamp((uint64_t)discovery->good.ttl * 1000, TTL_LEAST, TTL_MOST);
    wheel_set(&discovery->loop->wheel, &discovery->timer, clamp(wait, TTL_LEAST, UINT64_MAX));
}

/* Of a family that could not be asked for, what was known of it stays. */
static bool is_kept(const struct resolved *now, const struct address *address)
{
    return address->any.sa_family == AF_INET ? now->lacks_v4 : now->lacks_v6;
}

static bool add_kept(const struct resolved *good, const struct resolved *now, struct resolved *next)
{
    for (size_t i = 0; now->failure != NULL && i < good->count; i++)
        if (is_kept(now, &good->list[i].address) && !resolved_add(next, &good->list[i]))
            return false;
    return true;
}

static bool compose(const struct discovery *discovery, const struct resolved *now, struct resolved *next)
{
    *next = (struct resolved){.ttl = now->ttl};
    for (size_t i = 0; i < now->count; i++)
        if (!resolved_add(next, &now->list[i]))
            return false;
    if (!add_kept(&discovery->good, now, next))
        return false;
    resolved_settle(next);
    return true;
}

static void take(struct discovery *discovery, const struct resolved *now)
{
    struct resolved next;
    if (!compose(discovery, now, &next)) {
        resolved_clear(&next);
        note_failure(discovery, "out of memory");
        return;
    }
    if (resolved_equal(&next, &discovery->good)) {
        discovery->good.ttl = next.ttl;
        resolved_clear(&next);
        return;
    }
    log_change(discovery, &next);
    resolved_clear(&discovery->good);
    discovery->good = next;
    discovery->owner.changed(discovery->owner.owner, &discovery->good);
}

static void on_answer(void *owner, const struct resolved *answer)
{
    struct discovery *discovery = owner;
    discovery->query = NULL;
    if (answer->failure != NULL)
        note_failure(discovery, answer->failure);
    else
        note_success(discovery);
    if (answer->count > 0)
        take(discovery, answer);
    schedule(discovery);
}

static void ask(struct discovery *discovery)
{
    discovery->query = discovery->directory->ask(discovery->directory, &discovery->question);
    if (discovery->query != NULL)
        return;
    note_failure(discovery, "the resolver takes no question");
    schedule(discovery);
}

static void on_time(struct timer *timer)
{
    ask(CONTAINER(timer, struct discovery, timer));
}

struct discovery *discovery_new(struct loop *loop, const struct directory *directory,
                                const struct discovery_settings *settings,
                                const struct discovery_owner *owner)
{
    struct discovery *discovery = calloc(1, sizeof *discovery);
    if (discovery == NULL)
        return NULL;
    discovery->loop = loop;
    discovery->directory = directory;
    discovery->owner = *owner;
    discovery->refresh = settings->refresh;
    discovery->timer.fire = on_time;
    discovery->question = (struct question){.name = discovery_name(settings, discovery->name),
                                            .srv = settings->srv.len > 0,
                                            .port = settings->port,
                                            .owner = discovery,
                                            .answered = on_answer};
    ask(discovery);
    return discovery;
}

void discovery_free(struct discovery *discovery)
{
    if (discovery == NULL)
        return;
    if (discovery->query != NULL)
        discovery->directory->cancel(discovery->query);
    wheel_cancel(&discovery->loop->wheel, &discovery->timer);
    resolved_clear(&discovery->good);
    free(discovery);
}

bool discovery_follow(struct discovery *discovery, const struct discovery_settings *settings)
{
    char buffer[QUESTION_NAME_MAX];
    const struct question *question = &discovery->question;
    if (!text_equal_nocase(discovery_name(settings, buffer), question->name) ||
        question->srv != (settings->srv.len > 0) || question->port != settings->port)
        return false;
    bool differs = discovery->refresh != settings->refresh;
    discovery->refresh = settings->refresh;
    if (differs && discovery->query == NULL && discovery->retry == 0)
        schedule(discovery);
    return true;
}

void discovery_ask_anew(struct discovery *discovery)
{
    if (discovery->query != NULL)
        discovery->directory->cancel(discovery->query);
    wheel_cancel(&discovery->loop->wheel, &discovery->timer);
    ask(discovery);
}

const struct resolved *discovery_list(const struct discovery *discovery)
{
    return &discovery->good;
}
