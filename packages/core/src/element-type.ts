/** Types of the numbers that a run computes with. */
export type ElementType = 'float64';

/** Bytes of one element. */
export const elementBytes: Readonly<Record<ElementType, number>> = { float64: 8 };

/** The element type of every operation so far. */
export const ELEMENT: ElementType = 'float64';

/** Bytes of an element of it. */
export const ELEMENT_BYTES = elementBytes[ELEMENT];
