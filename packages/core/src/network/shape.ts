/** Dimensions of a row, the last varying fastest: [784], or [4, 16] for four vectors of sixteen numbers. */
export type Shape = readonly number[];

/** Number of elements. */
export const sizeOf = (shape: Shape): number => shape.reduce((size, extent) => size * extent, 1);

/** The shape in a message: '[28, 28, 1]', or '784' if it has one axis. */
export const shapeText = (shape: Shape): string => (shape.length === 1 ? String(shape[0]) : `[${shape.join(', ')}]`);

/** I: numbers of a row of this spec. */
export const inputsOf = ({ input }: { readonly input: number | Shape }): number => sizeOf([input].flat());

/** C: the last axis, on which layers act. */
export const channelsOf = (shape: Shape): number => shape[shape.length - 1];

/** R: positions of a row, the product of all axes but the last. */
export const positionsOf = (shape: Shape): number => sizeOf(shape.slice(0, -1));

/** T: positions of a sequence, [T] indices or [T, C] vectors; null for rows of another shape. */
export const sequenceOf = (shape: Shape): number | null => (shape.length <= 2 ? shape[0] : null);
