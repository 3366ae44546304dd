/* SPDX-License-Identifier: Apache-2.0 */
/*
 * required.h: required fields, for messages that must be whole.
 */
#ifndef TN_PB_REQUIRED_H
#define TN_PB_REQUIRED_H

#include "pb/table.h"

/* The first required field that msg itself lacks, or NULL. msg NULL is an empty message. */
const tern_pb_field *tn_pb_lacks_required(const tern_pb_table *table, const void *msg);

/*
 * INVALID_ARGUMENT in err, which names the message and field, when msg or a message inside it lacks a
 * required field. Extensions are looked into wherever `everywhere`, else only where the table says
 * that there may be required fields. RESOURCE_EXHAUSTED: too deep.
 */
tern_code tn_pb_check_required(const tern_pb_table *table, const void *msg, bool everywhere,
                               tern_error *err);

#endif
