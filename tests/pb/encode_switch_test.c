/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode_switch_test.c: the encoder as compilers without computed goto see it, under the hard tests.
 */
#define TN_PB_NO_COMPUTED_GOTO 1
#include "pb/encode_run.c"

#include "pb/robust_test.c"
