/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/outlier.h"

static void forget_failures(struct endpoint *endpoint)
{
    if (atomic_load_explicit(&endpoint->failures, memory_order_relaxed) != 0)
        atomic_store_explicit(&endpoint->failures, 0, memory_order_relaxed);
}

/* How many in a row, within the window. Another worker's clock may be ahead of now. */
static unsigned count_failure(struct endpoint *endpoint, uint64_t window, uint64_t now)
{
    uint64_t since = atomic_load_explicit(&endpoint->failing_since, memory_order_relaxed);
    if (atomic_load_explicit(&endpoint->failures, memory_order_relaxed) == 0 || now > since + window) {
        atomic_store_explicit(&endpoint->failing_since, now, memory_order_relaxed);
        atomic_store_explicit(&endpoint->failures, 1, memory_order_relaxed);
        return 1;
    }
    return atomic_fetch_add_explicit(&endpoint->failures, 1, memory_order_relaxed) + 1;
}

static bool is_ejected(const struct endpoint *endpoint, uint64_t now)
{
    return atomic_load_explicit(&endpoint->ejected_until, memory_order_relaxed) > now;
}

/* The ceiling holds for this one too; with a ceiling above 0 one may always go, if another is left. */
static bool may_eject(const struct roster *roster, uint64_t now)
{
    size_t ejected = 0;
    for (size_t i = 0; i < roster->count; i++)
        ejected += is_ejected(roster->members[i].endpoint, now);
    size_t most = roster->count * roster->settings.outlier.max_ejected / 100;
    if (most == 0 && roster->settings.outlier.max_ejected > 0 && roster->count > 1)
        most = 1;
    return ejected < most;
}

static bool eject(struct cluster *cluster, struct endpoint *endpoint, uint64_t now)
{
    pthread_mutex_lock(&cluster->lock);
    const struct roster *roster = cluster->roster;
    bool ejects = !is_ejected(endpoint, now) && may_eject(roster, now);
    if (ejects) {
        atomic_store_explicit(&endpoint->ejected_until, now + roster->settings.outlier.eject,
                              memory_order_relaxed);
        atomic_store_explicit(&endpoint->was_ejected, true, memory_order_relaxed);
    }
    pthread_mutex_unlock(&cluster->lock);
    forget_failures(endpoint);
    return ejects;
}

bool outlier_note(struct cluster *cluster, const struct outlier_settings *settings, struct endpoint *endpoint,
                  bool failed, uint64_t now)
{
    if (settings->failures == 0)
        return false;
    if (!failed) {
        forget_failures(endpoint);
        return false;
    }
    return count_failure(endpoint, settings->window, now) >= settings->failures &&
           eject(cluster, endpoint, now);
}

bool outlier_returned(struct endpoint *endpoint, uint64_t now)
{
    return atomic_load_explicit(&endpoint->was_ejected, memory_order_relaxed) && !is_ejected(endpoint, now) &&
           atomic_exchange_explicit(&endpoint->was_ejected, false, memory_order_relaxed);
}
