/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pow10.c: every 27th power of ten as it is; the others are one of these times a power of five that
 * fits in 64 bits. What that product lacks, 0 to 2 in its last place, is kept as two bits a power.
 * The three tables follow from the definition in pow10.h; the test computes them anew.
 */
#include "base/pow10.h"

enum { STEP = 27 };

/* 10^(TN_POW10_MIN + STEP * i), rounded down. */
static const tn_u128 steps[] = {
    { UINT64_C(0x8049a4ac0c5811ae), UINT64_C(0x205b896d777d6278) },
    { UINT64_C(0xcf42894a5dce35ea), UINT64_C(0x52064cac828675b9) },
    { UINT64_C(0xa76c582338ed2621), UINT64_C(0xaf2af2b80af6f24e) },
    { UINT64_C(0x873e4f75e2224e68), UINT64_C(0x5a7744a6e804a291) },
    { UINT64_C(0xda7f5bf590966848), UINT64_C(0xaf39a475506a899e) },
    { UINT64_C(0xb080392cc4349dec), UINT64_C(0xbd8d794d96aacfb3) },
    { UINT64_C(0x8e938662882af53e), UINT64_C(0x547eb47b7282ee9c) },
    { UINT64_C(0xe65829b3046b0afa), UINT64_C(0x0cb4a5a3112a5112) },
    { UINT64_C(0xba121a4650e4ddeb), UINT64_C(0x92f34d62616ce413) },
    { UINT64_C(0x964e858c91ba2655), UINT64_C(0x3a6a07f8d510f86f) },
    { UINT64_C(0xf2d56790ab41c2a2), UINT64_C(0xfae27299423fb9c3) },
    { UINT64_C(0xc428d05aa4751e4c), UINT64_C(0xaa97e14c3c26b886) },
    { UINT64_C(0x9e74d1b791e07e48), UINT64_C(0x775ea264cf55347d) },
    { UINT64_C(0x8000000000000000), UINT64_C(0x0000000000000000) },
    { UINT64_C(0xcecb8f27f4200f3a), UINT64_C(0x0000000000000000) },
    { UINT64_C(0xa70c3c40a64e6c51), UINT64_C(0x999090b65f67d924) },
    { UINT64_C(0x86f0ac99b4e8dafd), UINT64_C(0x69a028bb3ded71a3) },
    { UINT64_C(0xda01ee641a708de9), UINT64_C(0xe80e6f4820cc9495) },
    { UINT64_C(0xb01ae745b101e9e4), UINT64_C(0x5ec05dcff72e7f8f) },
    { UINT64_C(0x8e41ade9fbebc27d), UINT64_C(0x14588f13be847307) },
    { UINT64_C(0xe5d3ef282a242e81), UINT64_C(0x8f1668c8a86da5fa) },
    { UINT64_C(0xb9a74a0637ce2ee1), UINT64_C(0x6d953e2bd7173692) },
    { UINT64_C(0x95f83d0a1fb69cd9), UINT64_C(0x4abdaf101564f98e) },
    { UINT64_C(0xf24a01a73cf2dccf), UINT64_C(0xbc633b39673c8cec) },
    { UINT64_C(0xc3b8358109e84f07), UINT64_C(0x0a862f80ec4700c8) },
    { UINT64_C(0x9e19db92b4e31ba9), UINT64_C(0x6c07a2c26a8346d1) },
};

static const uint64_t fives[STEP] = {
    UINT64_C(1),
    UINT64_C(5),
    UINT64_C(25),
    UINT64_C(125),
    UINT64_C(625),
    UINT64_C(3125),
    UINT64_C(15625),
    UINT64_C(78125),
    UINT64_C(390625),
    UINT64_C(1953125),
    UINT64_C(9765625),
    UINT64_C(48828125),
    UINT64_C(244140625),
    UINT64_C(1220703125),
    UINT64_C(6103515625),
    UINT64_C(30517578125),
    UINT64_C(152587890625),
    UINT64_C(762939453125),
    UINT64_C(3814697265625),
    UINT64_C(19073486328125),
    UINT64_C(95367431640625),
    UINT64_C(476837158203125),
    UINT64_C(2384185791015625),
    UINT64_C(11920928955078125),
    UINT64_C(59604644775390625),
    UINT64_C(298023223876953125),
    UINT64_C(1490116119384765625),
};

static const uint64_t lacking[] = {
    UINT64_C(0x0011555555455550), UINT64_C(0x0001051414005404), UINT64_C(0x5565115040140005),
    UINT64_C(0x50151151045a5595), UINT64_C(0x5456594955550415), UINT64_C(0x0111041500144105),
    UINT64_C(0x0000401000550041), UINT64_C(0x55a5550000000000), UINT64_C(0x0001410045965545),
    UINT64_C(0x5104541455500040), UINT64_C(0x1151441546551455), UINT64_C(0x0000000000000000),
    UINT64_C(0x0000000000000000), UINT64_C(0x9695556400000000), UINT64_C(0x5555551554165a65),
    UINT64_C(0x5554515154454140), UINT64_C(0x5040004404000041), UINT64_C(0x1411155151555455),
    UINT64_C(0x0000000550511054), UINT64_C(0x0010010000000040), UINT64_C(0x0000000000000000),
    UINT64_C(0x0000000000000000),
};

tn_u128 tn_pow10(int k)
{
    const unsigned i = (unsigned)(k - TN_POW10_MIN), rest = i % STEP;
    tn_u128 r = steps[i / STEP];
    if (rest == 0)
        return r;
    /* 192 bits of product, of which the first 128 count. */
    const tn_u128 low = tn_mul64(r.low, fives[rest]);
    tn_u128 high = tn_mul64(r.high, fives[rest]);
    high.low += low.high;
    high.high += high.low < low.high;
    const unsigned shift = (unsigned)__builtin_clzll(high.high);
    r.high = high.high << shift | (shift ? high.low >> (64 - shift) : 0);
    r.low = high.low << shift | (shift ? low.low >> (64 - shift) : 0);
    const uint64_t lack = lacking[i / 32] >> (2 * (i % 32)) & 3;
    r.low += lack;
    r.high += r.low < lack;
    return r;
}
