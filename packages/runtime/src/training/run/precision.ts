import type { ElementType } from '@gradloom/core';
import { option } from '@gradloom/core/internal';

/** The number types of runs and models. */
export const precisions = { float64: true, float32: true } as const satisfies Record<ElementType, true>;

/** An option with one of these types. */
export const precision = option.oneOf(precisions);
