/** Where sums without a bias start, for a panel of 64 bytes. */
export const zeros = memory.data(64, 16);

/** A factor that changes no bit. */
export const one = memory.data<Real>([1]);
