/** Bits of the fraction of a number. The exponent is above them. */
export const FRACTION: i32 = sizeof<Real>() == 8 ? 52 : 23;

/** The stored value of an exponent of 0. */
export const BIAS: i32 = sizeof<Real>() == 8 ? 1023 : 127;
