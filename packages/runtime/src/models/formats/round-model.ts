import type { ElementType, ModelContents } from '@gradloom/core';
import { createElements, elements, record, typeOf } from '@gradloom/core/internal';
import { fingerprint } from '../../system/files/hash.ts';

/**
 * Converts a model's weights to a type. Converting floats to doubles is exact. Doubles are rounded, and the metadata
 * record this: `rounded: { largestChange, from, fingerprint }`, with the fingerprint of the original model.
 */
export function roundModel(model: ModelContents, type: ElementType): ModelContents {
  const { parameters, metadata = {}, parts } = model;
  const from = typeOf(parameters);
  if (from === type) return model;
  const rounded = createElements(type, parameters.length);
  rounded.set(parameters);
  if (type === 'float64') return { ...model, parameters: rounded };
  const change = { largestChange: largestChange(model), from, fingerprint: fingerprint(parameters, parts?.modules) };
  return { ...model, parameters: rounded, metadata: { ...metadata, rounded: change } };
}

/**
 * The largest difference between a weight and its nearest float; Infinity if a weight is beyond the range of floats.
 */
export function largestChange(model: Pick<ModelContents, 'parameters'>): number {
  const { parameters: given } = record('largestChange', 'model', model, 'a model');
  const parameters = elements('largestChange', 'model.parameters', given);
  let largest = 0;
  for (let i = 0; i < parameters.length; i++) {
    const change = Math.abs(parameters[i] - Math.fround(parameters[i]));
    if (change > largest) largest = change;
  }
  return largest;
}
