import { deserialize, serialize } from 'node:v8';
import type { Elements, Model } from '@gradloom/core';
import { bytesOfElements, elementView, type ModuleSource, typeOf } from '@gradloom/core/internal';
import { partsOf } from '../../engine/modules/imported-parts.ts';
import { createModel } from '../model.ts';

export interface SharedModel {
  readonly id: number; // unique in the process
  readonly content: Uint8Array<SharedArrayBuffer>; // everything but the weights
  readonly parameters: Elements<SharedArrayBuffer>; // [P]
  readonly modules: readonly ModuleSource[]; // modules of custom parts
}

let count = 0;

export function shareModel({ spec, loss, metadata, preprocessing, parameters, parts }: Model): SharedModel {
  const bytes = serialize({ spec, loss, metadata, preprocessing });
  const content = new Uint8Array(new SharedArrayBuffer(bytes.length));
  content.set(bytes);
  const type = typeOf(parameters);
  const memory = new SharedArrayBuffer(bytesOfElements(type, parameters.length));
  const weights = elementView(type, memory, 0, parameters.length);
  weights.set(parameters);
  return { id: count++, content, parameters: weights, modules: parts?.sources ?? [] };
}

/** Rebuilds the model in this thread, which has imported its modules. */
export function modelFrom({ content, parameters, modules }: SharedModel): Model {
  const parts = { modules, sources: modules, customParts: partsOf({ modules }) };
  return createModel({ ...deserialize(Buffer.from(content)), parameters, parts });
}
