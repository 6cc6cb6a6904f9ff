import { createElements, type Elements, typeOf } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import type { Kernels } from '../program/kernels.ts';
import { link, type Program } from '../program/link.ts';
import { type Call, createList } from '../program/op.ts';
import { ops } from '../program/ops/index.ts';
import { type attentionNext, attentionWeights } from '../program/reference/attention.ts';
import { type Tensors, type Workspace, wholeLength } from './backprop.ts';
import { EVALUATION, nextStack } from './layers/index.ts';
import type { Network } from './network.ts';
import { nameOfLayer } from './placed-layer.ts';
import { createCache } from './predict.ts';
import { channelsOf, shapeText } from './shape.ts';

/**
 * Outputs [V] at the last of the first tokens of a row, at most as many as it has positions: the bits of a predictor
 * for the row with this length. If they go on from the tokens of the last call, only the new ones are computed.
 */
export type Continuation = (tokens: ArrayLike<number>) => Float64Array;

/** Why a network cannot write a row of tokens one after the other; null if it can. */
export function continuationProblem({ input, output, allLayers }: Network): string | null {
  if (input.length !== 1 || output.length !== 2 || output[0] !== input[0]) {
    return `has inputs ${shapeText(input)} and outputs ${shapeText(output)}, expected tokens [T] and outputs [T, V]`;
  }
  const placed = allLayers.find(({ layer }) => layer.forwardNext === undefined);
  if (placed === undefined) return null;
  const expected = 'layers that read no later position, such as gru without reverse';
  return `has ${nameOfLayer(placed)}, whose outputs do not follow one after the other, expected ${expected}`;
}

/** Creates a continuation in a workspace for one row, of a network without a `continuationProblem`. */
export function rowContinuation(
  network: Network,
  workspace: Workspace,
  positions: Elements, // [T] scratch
  tensors: Tensors,
  kernels: Kernels,
): Continuation & { /** Other uses of the memory have overwritten it. */ forget(): void } {
  const V = channelsOf(network.output);
  const fullLength = wholeLength(network);
  const programs = createCache<string, { program: Program; y: Elements }>();
  let computed: readonly number[] = []; // tokens whose positions memory holds

  /** The program over n tokens, from the first position on if it `begins` the row. */
  function programOf(n: number, begins: boolean): { program: Program; y: Elements } {
    return programs(`${n} ${begins}`, () => {
      const { calls, outputs } = emitNext(network, workspace, positions, tensors, n, begins);
      return { program: link(calls, kernels), y: viewOf(outputs, (n - 1) * V, V) };
    });
  }

  function next(row: ArrayLike<number>): Float64Array {
    const tokens = Array.from(row);
    const isContinued = computed.length < tokens.length && computed.every((token, t) => token === tokens[t]);
    const first = isContinued ? computed.length : 0;
    const { program, y } = programOf(tokens.length - first, first === 0);
    for (let t = first; t < tokens.length; t++) {
      workspace.x[t - first] = tokens[t];
      positions[t - first] = t;
    }
    workspace.lengths[0] = fullLength;
    computed = [];
    program.run();
    computed = tokens;
    return Float64Array.from(y);
  }

  return Object.assign(next, {
    forget() {
      computed = [];
    },
  });
}

/** The calls of a pass over n further positions of a row, and the array of their outputs. */
function emitNext(
  network: Network,
  { x, lengths, ...memory }: Workspace,
  positions: Elements, // [T]
  tensors: Tensors,
  n: number,
  begins: boolean,
): { calls: readonly Call[]; outputs: Elements } {
  const { calls, emit } = createList();
  const pass = { ...EVALUATION, emit, lengths, n, begins, at: positions };
  return { calls, outputs: nextStack(network.layers, memory, x, tensors, pass) };
}

/** The weights of a layer of self-attention over the first n tokens of a row. */
export interface AttentionWeights {
  /** The layer's position in the network. */
  readonly path: string;
  /** H: number of heads. */
  readonly heads: number;
  /** [H, n, n] Of each head and token, how much it reads each token up to itself; their sum is 1. */
  readonly weights: Elements;
}

/** The weights of all self-attention over n tokens, in the workspace of a continuation. */
export function rowAttention(
  network: Network, // without a `continuationProblem`
  workspace: Workspace,
  positions: Elements, // [T] scratch
  tensors: Tensors,
  kernels: Kernels,
  tokens: ArrayLike<number>, // [n], at most T
): AttentionWeights[] {
  const n = tokens.length;
  for (let t = 0; t < n; t++) {
    workspace.x[t] = tokens[t];
    positions[t] = t;
  }
  workspace.lengths[0] = wholeLength(network);
  const { calls } = emitNext(network, workspace, positions, tensors, n, true);
  link(calls, kernels).run();
  const attentionLayers = network.allLayers.filter(({ spec }) => spec.kind === 'self-attention');
  // Each layer has memory of its own, which still holds its queries, keys and values.
  return calls
    .filter(({ op }) => op === ops.attentionNext)
    .map(({ args }, k) => {
      const [, qkv, , , , , heads, d] = args as Parameters<typeof attentionNext>;
      const weights = createElements(typeOf(qkv), heads * n * n);
      attentionWeights(weights, qkv, n, heads, d);
      return { path: attentionLayers[k].path, heads, weights };
    });
}
