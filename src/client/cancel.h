/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cancel.h: the tie between a tern_cancel and the calls it was given to.
 */
#ifndef TN_CLIENT_CANCEL_H
#define TN_CLIENT_CANCEL_H

#include "base/list.h"
#include "tern/channel.h"

/* Embedded in a call. `cancelled` is called at most once, from the triggering thread with the
 * cancel's lock held: it must not wait, and not touch the tie. */
typedef struct tn_cancel_link {
    tern_cancel *cancel; /* NULL when not tied */
    tn_list in_cancel;
    void (*cancelled)(struct tn_cancel_link *link);
} tn_cancel_link;

/* Ties; calls `cancelled` at once when the cancel was triggered before. cancel may be NULL. */
void tn_cancel_tie(tn_cancel_link *link, tern_cancel *cancel);
/* After this `cancelled` is not running and will not come. */
void tn_cancel_untie(tn_cancel_link *link);

#endif
