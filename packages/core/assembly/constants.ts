/** Where sums without a bias start, for a panel of 8. */
export const zeros = memory.data<f64>([0, 0, 0, 0, 0, 0, 0, 0], 16);

/** A factor that changes no bit. */
export const one = memory.data<f64>([1]);
