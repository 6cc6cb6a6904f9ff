import type { ElementType } from '@gradloom/core';
import { inFloats, showName, within } from '@gradloom/core/internal';
import type { Dataset } from './dataset.ts';

/** @throws OptionError if a divisor of the dataset becomes 0 or infinite as a float. */
export function refuseDivisors(where: string, { name, inputs, targets }: Dataset, type: ElementType): void {
  if (type === 'float64') return;
  within('dataset', () => {
    inFloats(`${where}: ${showName(name)}`, 'inputs.divisor', inputs.divisor);
    inFloats(`${where}: ${showName(name)}`, 'targets.divisor', targets.divisor);
  });
}
