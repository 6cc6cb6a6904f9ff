import type { Layer } from './layers/layer.ts';
import type { PlacedLayer } from './placed-layer.ts';
import { positionsOf, type Shape, sequenceOf } from './shape.ts';

/** A part of a row, which may be padded: if it is a sequence, its first positions are real, and all others padding. */
export interface PaddedPart {
  /** Its name; null for a row without named parts. */
  readonly name: string | null;
  /** T: its positions, if it is a sequence [T] or [T, C]; null for rows of another shape. */
  readonly positions: number | null;
}

/** The lengths of a network's rows, and the layers that read them. */
export interface RowLengths {
  /** The parts of a row, each with a length; a row without named parts is one. */
  readonly parts: readonly PaddedPart[];
  /** The length of a row without padding: the most positions that a layer has, since some change their number. */
  readonly whole: number;
  /** The part whose lengths the outputs have; null if they have none. */
  readonly ofOutputs: number | null;
  /** The same of each value that the last layer reads: of several outputs. */
  readonly ofHeads: readonly (number | null)[];
  /** Each value that a layer reads with its lengths. */
  readonly readers: readonly LengthReader[];
}

/** A value that a layer reads with its lengths. */
export interface LengthReader {
  /** Index of the layer in the network. */
  readonly index: number;
  /** Index of the value in `PlacedLayer.inputs`. */
  readonly input: number;
  /** The part whose positions the value comes from; null if all its positions are real. */
  readonly part: number | null;
  /** Whether its positions are still those of the part. If not, only rows without padding can be read. */
  readonly isKept: boolean;
}

/** Where the positions of a value come from, as a reader has it; null if all are real. */
type ValueLengths = (Pick<LengthReader, 'isKept'> & { readonly part: number }) | null;

/** Finds the parts of a row, and follows their lengths through the layers. */
export function followLengths(input: Shape, layers: readonly PlacedLayer[]): RowLengths {
  const parts = namedParts(input, layers) ?? [{ name: null, value: 0, shape: input }];
  const partOf = new Map(parts.map(({ value }, part) => [value, part]));
  const startOf = (value: number): ValueLengths => {
    const part = partOf.get(value);
    return part === undefined || sequenceOf(parts[part].shape) === null ? null : { part, isKept: true };
  };
  const values: ValueLengths[] = [startOf(0)];
  const readers: LengthReader[] = [];
  let whole = 1;
  for (const [index, { layer, inputs }] of layers.entries()) {
    const { readsLengths = false } = layer;
    const inputLengths = inputs.map((value, i): ValueLengths => {
      const lengths = values[value];
      if (readsLengths) readers.push({ index, input: i, ...(lengths ?? { part: null, isKept: false }) });
      if (lengths === null || (lengths.isKept && keepsPositions(layer, i))) return lengths;
      return readsLengths ? null : { part: lengths.part, isKept: false };
    });
    const outputLengths =
      inputLengths.find((lengths) => lengths?.isKept) ?? inputLengths.find((lengths) => lengths !== null) ?? null;
    values.push(startOf(index + 1) ?? outputLengths);
    whole = Math.max(whole, ...layer.in.map(positionsOf), positionsOf(layer.out));
  }
  const partOfValue = (value: number): number | null => {
    const lengths = values[value];
    return lengths?.isKept ? lengths.part : null;
  };
  return {
    parts: parts.map(({ name, shape }) => ({ name, positions: sequenceOf(shape) })),
    whole,
    ofOutputs: partOfValue(values.length - 1),
    ofHeads: layers[layers.length - 1].inputs.map(partOfValue),
    readers,
  };
}

/** Whether the outputs of a layer have the positions of an input, one for one. */
const keepsPositions = ({ keepsPositions, in: shapes, out }: Layer, input: number): boolean =>
  shapes[input][0] === out[0] && (keepsPositions?.[input] ?? (out.length > 1 || shapes[input].length === 1));

/** The named slices at the beginning of a network that are its row, part after part; null if there are none. */
function namedParts(input: Shape, layers: readonly PlacedLayer[]) {
  const parts: { name: string; value: number; shape: Shape }[] = [];
  let end = 0;
  for (let k = 0; k < layers.length && end < input[0] && input.length === 1; k++) {
    const { spec, inputs, layer } = layers[k];
    if (spec.kind !== 'slice' || inputs[0] !== 0 || spec.start !== end) return null;
    end += layer.out[0];
    const isReshaped = spec.name === undefined && layers[k + 1]?.spec.kind === 'reshape';
    if (isReshaped) k++;
    const { name } = layers[k].spec;
    if (name === undefined || (isReshaped && layers[k].inputs[0] !== k)) return null;
    parts.push({ name, value: k + 1, shape: layers[k].layer.out });
  }
  return end === input[0] && parts.length > 0 ? parts : null;
}

/**
 * Of each layer that reads lengths, by its index: which of the arrays of `createLengths` each of its inputs has. It is
 * the last one if a value has no lengths.
 */
export function lengthsByLayer({ parts, readers }: RowLengths): ReadonlyMap<number, readonly number[]> {
  const byLayer = new Map<number, number[]>();
  for (const { index, part, isKept } of readers) {
    const inputLengths = byLayer.get(index) ?? [];
    inputLengths.push(isKept && part !== null ? part : parts.length);
    byLayer.set(index, inputLengths);
  }
  return byLayer;
}
