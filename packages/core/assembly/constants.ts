/** Zeros for a panel's 64 bytes, where sums without a bias start. */
export const zeros = memory.data(64, 16);

/** A factor that changes no bit. */
export const one = memory.data<Real>([1]);
