import type { ElementType } from '@gradloom/core';
import { option } from '@gradloom/core/internal';

/** The types of the numbers of a run or a model. */
export const precisions = { float64: true, float32: true } as const satisfies Record<ElementType, true>;

/** One of them. */
export const precision = option.oneOf(precisions);
