/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h: what a pool asks of its registry beside tern/pb.h: to forget what a failed add put in.
 */
#ifndef TN_PB_REGISTRY_H
#define TN_PB_REGISTRY_H

#include "tern/pb.h"

/* Nothing happens when it is not there, or something else has its name. Takes no memory. */
void tn_pb_registry_remove_message(tern_pb_registry *reg, const tern_pb_table *table);
void tn_pb_registry_remove_extension(tern_pb_registry *reg, const tern_pb_extension *ext);

#endif
