import { deserialize, serialize } from 'node:v8';
import type { Model } from '@gradloom/core';
import { createModel } from '../inference/model.ts';

/** A model in memory that all threads share. */
export interface SharedModel {
  readonly id: number; // unique in the process
  readonly content: Uint8Array<SharedArrayBuffer>; // all but the weights
  readonly parameters: Float64Array<SharedArrayBuffer>; // [P]
}

let count = 0;

export function shareModel({ spec, loss, metadata, preprocessing, parameters }: Model): SharedModel {
  const bytes = serialize({ spec, loss, metadata, preprocessing });
  const content = new Uint8Array(new SharedArrayBuffer(bytes.length));
  content.set(bytes);
  const weights = new Float64Array(new SharedArrayBuffer(8 * parameters.length));
  weights.set(parameters);
  return { id: count++, content, parameters: weights };
}

/** The model, made anew in this thread. */
export const modelFrom = ({ content, parameters }: SharedModel): Model =>
  createModel({ ...deserialize(Buffer.from(content)), parameters });
