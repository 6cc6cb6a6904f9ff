import { bytesOfElements, createElements, type Elements, type ElementType } from '../math/element-type.ts';
import { LINE_BYTES, viewOf } from '../math/scratch.ts';
import type { PassKind } from './layers/memory.ts';
import { bindRanges, type Network, type Tensor } from './network.ts';

/** Rows of fewer bytes stay together: more of them fit into the cache. */
const MIN_ROW_BYTES = 512;

/** Numbers from a row of a matrix with O columns to the next: O, or a cache line more. */
function spreadRow(O: number, type: ElementType): number {
  const bytes = bytesOfElements(type, O);
  return bytes < MIN_ROW_BYTES || bytes % (2 * LINE_BYTES) !== 0 ? O : O + LINE_BYTES / bytesOfElements(type, 1);
}

/** Weights in the memory of a model that only answers. */
export interface SpreadWeights {
  /** Numbers of memory. */
  readonly length: number;
  /** Views of memory [length]: for each layer, a list of its tensors. */
  bind(memory: Elements): Elements[][];
  /** Copies parameters [P] to memory [length]. */
  store(memory: Elements, parameters: Elements): void;
  /** The parameters [P] in memory [length], in a new array. */
  load(memory: Elements): Elements;
}

/**
 * Where a model that only answers keeps its weights. Rows of a matrix that are a multiple of 128 bytes apart share few
 * sets of the first-level cache, so products would pack them in each call. With one more line between rows they read
 * them where they lie, and the copy that the model has of its weights is made once. For passes that go backward, all
 * rows stay together.
 */
export function spreadWeights(network: Network, type: ElementType, passes: PassKind = 'forward'): SpreadWeights {
  const isSpreading = passes === 'forward' || passes === 'next';
  const ranges = new Map<Tensor, { offset: number; length: number; rows: number; columns: number }>();
  let length = 0;
  for (const { layer, tensors } of network.allLayers) {
    for (const tensor of tensors) {
      const [rows, O] = tensor.shape;
      const isMatrix = layer.tensors.some(({ name, isSpread }) => isSpread === true && name === tensor.name);
      const row = isMatrix && isSpreading ? spreadRow(O, type) : O;
      const range =
        row === O
          ? { rows: 1, columns: tensor.length, length: tensor.length }
          : { rows, columns: O, length: rows * row };
      ranges.set(tensor, { offset: length, ...range });
      length += range.length;
    }
  }
  const rangeOf = (tensor: Tensor) => ranges.get(tensor) ?? tensor;

  /** Calls `copy` for each stretch of numbers that lie together in memory. */
  function eachRow(copy: (inMemory: number, inParameters: number, n: number) => void): void {
    for (const [tensor, { offset, length, rows, columns }] of ranges) {
      for (let k = 0; k < rows; k++) copy(offset + (k * length) / rows, tensor.offset + k * columns, columns);
    }
  }

  return {
    length,
    bind: (memory) => bindRanges('spreadWeights', network, memory, length, rangeOf, rangeOf),
    store: (memory, parameters) =>
      eachRow((inMemory, inParameters, n) => memory.set(viewOf(parameters, inParameters, n), inMemory)),
    load(memory) {
      const parameters = createElements(type, network.parameterCount);
      eachRow((inMemory, inParameters, n) => parameters.set(viewOf(memory, inMemory, n), inParameters));
      return parameters;
    },
  };
}
