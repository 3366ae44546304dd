/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_switch_test.c: the decoder as compilers without computed goto see it, under the hard tests.
 */
#define TN_PB_NO_COMPUTED_GOTO 1
#include "pb/decode_run.c"

#include "pb/robust_test.c"
