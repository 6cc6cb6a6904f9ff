/** Dimensions of what a row holds, the last the fastest: [784], or [4, 16] for four vectors of sixteen numbers. */
export type Shape = readonly number[];

/** Numbers in it. */
export const sizeOf = (shape: Shape): number => shape.reduce((size, extent) => size * extent, 1);
