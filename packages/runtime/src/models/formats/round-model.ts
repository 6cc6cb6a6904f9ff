import type { ElementType, ModelContents } from '@gradloom/core';
import { createElements, elements, record, typeOf } from '@gradloom/core/internal';
import { fingerprint } from '../../system/files/hash.ts';

/**
 * The model with its weights in a type. Floats are doubles, too; doubles are rounded, and the metadata then say so:
 * `rounded: { largestChange, from, fingerprint }`, the fingerprint that of the model before.
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

/** The largest difference of a weight from the float next to it; Infinity where one is beyond the floats. */
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
