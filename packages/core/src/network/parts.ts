import { OptionError } from '../checks/option-error.ts';
import { positiveInteger } from '../checks/options/index.ts';
import { has, show } from '../checks/show.ts';
import type { LayerSpec } from './layers/index.ts';
import { type Shape, sizeOf } from './shape.ts';

/** Shapes of the parts of a row by name, in their order in the row. */
export type InputParts = Readonly<Record<string, number | Shape>>;

/** Layers of the outputs by the name of each, or layers whose names are those of the outputs. */
export type OutputParts = Readonly<Record<string, string>> | readonly string[];

/**
 * A network in a file that names the parts of a row, or several outputs: `"input": { "image": [28, 28, 1], "cells": 12
 * }`, `"output": { "digit": "7", "angle": "tilt" }`.
 */
export interface NetworkOfParts {
  /** Shapes of the parts by name, in their order in the row; or the shape of a row. */
  readonly input: InputParts | number | Shape;
  /** Layers, of which the first says by `of` which part it reads. */
  readonly layers: LayerSpec[];
  /** The layers of the outputs by the name of each; or a list of layers that have names. @default the last layer */
  readonly output?: OutputParts;
}

/** A network whose parts of a row and outputs are layers. */
interface LongForm {
  input: number | Shape;
  layers: LayerSpec[];
}

/** The network in long form: parts of a row are slices of it, and several outputs end in a layer that names them. */
export function withParts(where: string, spec: LongForm | NetworkOfParts): LongForm {
  const { input, layers, output } = spec as NetworkOfParts;
  const layersWithOutputs = output === undefined ? layers : withOutputs(where, output, layers);
  if (hasParts(input)) return withInputParts(where, input, layersWithOutputs);
  return output === undefined ? (spec as LongForm) : { input, layers: layersWithOutputs };
}

/** The layers of a network with several outputs, in long form. */
export function withOutputs(where: string, output: OutputParts, layers: readonly LayerSpec[]): LayerSpec[] {
  const isObject = typeof output === 'object' && output !== null;
  const entries = Array.isArray(output) ? output.map((name) => [name, name]) : isObject ? Object.entries(output) : [];
  if (entries.length === 0 || entries.some((entry) => entry.some((name) => typeof name !== 'string'))) {
    const expected = "names of layers, such as ['digit', 'angle'] or { digit: '7', angle: 'tilt' }";
    throw new OptionError(where, 'output', `${has(output)}, expected ${expected}`);
  }
  return [...layers, { kind: 'heads', names: entries.map(([name]) => name), of: entries.map(([, layer]) => layer) }];
}

/** Whether a network reads named parts of a row. */
export const hasParts = (input: unknown): input is InputParts =>
  typeof input === 'object' && input !== null && !Array.isArray(input);

/**
 * The network that reads named parts of a row, in long form: a part is a slice of the row, in its shape.
 * @throws OptionError where the first layer does not say which part it reads.
 */
export function withInputParts(
  where: string,
  parts: InputParts,
  layers: readonly LayerSpec[],
): { input: number; layers: LayerSpec[] } {
  const names = Object.keys(parts);
  if (names.length === 0) throw new OptionError(where, 'input', `${has(parts)}, expected at least 1 part`);
  const [first] = layers;
  if (names.length > 1 && first?.of === undefined) {
    const problem = `is missing, expected one of ${names.map(show).join(', ')}`;
    throw new OptionError(where, 'layers.0.of', problem, { about: 'of the first layer' });
  }
  let size = 0;
  const slices = names.flatMap((name): LayerSpec[] => {
    const shape = checkInputShape(where, parts[name]);
    const start = size;
    size += sizeOf(shape);
    const slice = { kind: 'slice', start, end: size, of: 'input' } as const;
    return shape.length === 1 ? [{ ...slice, name }] : [slice, { kind: 'reshape', shape: [...shape], name }];
  });
  return { input: size, layers: [...slices, ...layers] };
}

/** Maximum number of axes of a row. */
const MAX_AXES = 8;

/** @throws OptionError unless `input` is a shape of rows. */
export function checkInputShape(where: string, input: unknown): Shape {
  if (typeof input === 'number') return [positiveInteger.check(where, 'input', input)];
  const isShape =
    Array.isArray(input) &&
    input.length > 0 &&
    input.length <= MAX_AXES &&
    input.every((n) => Number.isSafeInteger(n) && n > 0);
  if (isShape && Number.isSafeInteger(sizeOf(input))) return [...input];
  const expected = `a positive integer, or a list of 1 to ${MAX_AXES} of them, such as [28, 28, 1]`;
  throw new OptionError(where, 'input', `${has(input)}, expected ${expected}`);
}
