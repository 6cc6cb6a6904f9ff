import { createInitializer, type InitializerSpec } from '../initializers/index.ts';
import { onlyKeys, positiveInteger } from '../text/check.ts';
import { show } from '../text/show.ts';
import { treeLevels } from '../tree/index.ts';
import { InputError } from './input-error.ts';
import type { Layer, Place } from './layer.ts';

/** Options of an embedding. */
export interface EmbeddingOptions {
  /** V, size of the vocabulary: the inputs are whole numbers from 0 to V - 1. */
  vocabulary: number;
  /** Size of the vector of each index: a row of k indices becomes k · width numbers. */
  width: number;
  /** Initializer of the table E [V, width]. @default { kind: 'normal', std: 1 }, as in PyTorch */
  init?: InitializerSpec;
}

/**
 * y[B, k · width]: for each of the k whole numbers of a row of x, that row of E [V, width]. In a leaf dE adds
 * rows ascending and in them places ascending. No gradient reaches an index: dx is 0.
 * @throws InputError in forward for an index that is not whole or not in [0, V), before anything is read.
 */
export function embedding(options: EmbeddingOptions, { input, path }: Place): Layer {
  onlyKeys('embedding', options, ['vocabulary', 'width', 'init']);
  const V = positiveInteger('embedding', 'vocabulary', options.vocabulary);
  const width = positiveInteger('embedding', 'width', options.width);
  const initialize = createInitializer(options.init ?? { kind: 'normal', std: 1 });
  const label = `embedding(${V}x${width})`;
  const leafOf = new Int32Array(33); // of each row of sums
  return {
    label,
    in: input,
    out: input * width,
    elementwise: false,
    reads: { x: true, y: false },
    tensors: [{ name: 'E', shape: [V, width], initialize: (out, random) => initialize(out, V, width, random) }],
    forward(y, x, parameters, B) {
      const E = parameters[0];
      for (let p = 0; p < B * input; p++) {
        const index = x[p];
        if (!(index >= 0 && index < V && Math.floor(index) === index)) {
          const problem = `index at place ${p % input} has ${show(index)}, expected a whole number from 0 to ${V - 1}`;
          throw new InputError(Math.floor(p / input), `${label} at layer ${path.join('.')}: ${problem}`);
        }
        for (let j = 0; j < width; j++) y[p * width + j] = E[index * width + j];
      }
    },
    // For each index the first place that has it, for each place the next; and sums over leaves.
    createMemory: (rows, allocate) => ({
      arrays: [allocate(V), allocate(rows * input), allocate(treeLevels(rows) * width)],
    }),
    backward(dx, dy, x, _y, _parameters, gradients, B, { leaf, joins }, { arrays }) {
      const dE = gradients[0];
      const firstPlace = arrays[0];
      const nextPlace = arrays[1];
      const sums = arrays[2];
      if (!joins) dE.fill(0);
      firstPlace.fill(NOWHERE);
      for (let p = B * input - 1; p >= 0; p--) {
        nextPlace[p] = firstPlace[x[p]];
        firstPlace[x[p]] = p;
      }
      for (let v = 0; v < V; v++) {
        if (firstPlace[v] === NOWHERE) continue;
        let level = -1;
        for (let p = firstPlace[v]; p !== NOWHERE; p = nextPlace[p]) {
          const k = Math.floor(p / (input * leaf));
          if (level === -1 || k !== leafOf[level]) {
            // Leaves without the index would add 0 to sums that are not -0. Neighbours that are nearer to each other
            // than to leaf k are joined before it.
            while (level > 0 && Math.clz32(leafOf[level - 1] ^ leafOf[level]) > Math.clz32(leafOf[level] ^ k)) {
              addRow(sums, width, --level);
            }
            leafOf[++level] = k;
            sums.fill(0, level * width, (level + 1) * width);
          }
          for (let j = 0; j < width; j++) sums[level * width + j] += dy[p * width + j];
        }
        while (level > 0) addRow(sums, width, --level);
        for (let j = 0; j < width; j++) dE[v * width + j] += sums[j];
      }
      if (dx !== null) for (let p = 0; p < B * input; p++) dx[p] = 0;
    },
  };
}

const NOWHERE = -1;

/** Row `level` of `sums` += the row behind it. */
function addRow(sums: Float64Array, width: number, level: number): void {
  for (let j = level * width; j < (level + 1) * width; j++) sums[j] += sums[j + width];
}
