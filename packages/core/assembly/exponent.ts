/** Bits of a fraction, above which the exponent stands. */
export const FRACTION: i32 = sizeof<Real>() == 8 ? 52 : 23;

/** What an exponent of 0 is stored as. */
export const BIAS: i32 = sizeof<Real>() == 8 ? 1023 : 127;
