import { createElements, type Elements, typeOf } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import type { Kernels } from '../program/kernels.ts';
import { link, type Program } from '../program/link.ts';
import { type Call, createList } from '../program/op.ts';
import { ops } from '../program/ops/index.ts';
import { type attentionNext, attentionWeights } from '../program/reference/attention.ts';
import type { Tensors, Workspace } from './backprop.ts';
import { EVALUATION } from './layers/index.ts';
import { writeLengths } from './lengths.ts';
import type { Network } from './network.ts';
import { emitNextPositions } from './passes.ts';
import { nameOfLayer } from './placed-layer.ts';
import { createCache } from './predict.ts';
import { channelsOf, shapeText } from './shape.ts';

/**
 * Outputs [V] at the last token of each of some texts, which are the first tokens of a row: the bits of a predictor for
 * the row with this length. If a text goes on from one of the call before, only its new tokens are computed. There are
 * at most as many texts as the memory has rows.
 */
export type Continuation = (texts: readonly ArrayLike<number>[]) => Float64Array[];

/** Lengths of rows without padding. */
const WHOLE = undefined;

/** Why a network cannot write a row of tokens one after the other; null if it can. */
export function continuationProblem({ input, output, allLayers }: Network): string | null {
  if (input.length !== 1 || output.length !== 2 || output[0] !== input[0]) {
    return `has inputs ${shapeText(input)} and outputs ${shapeText(output)}, expected tokens [T] and outputs [T, V]`;
  }
  const placedLayer = allLayers.find(({ layer }) => layer.forwardNext === undefined);
  if (placedLayer === undefined) return null;
  const expected =
    placedLayer.spec.kind === 'cross-attention'
      ? 'self-attention: a text that is written has no second sequence to read'
      : 'layers that read no later position, such as gru without reverse';
  return `has ${nameOfLayer(placedLayer)}, whose outputs do not follow one after the other, expected ${expected}`;
}

/** Creates a continuation in a workspace, of a network without a `continuationProblem`. */
export function rowContinuation(
  network: Network,
  workspace: Workspace,
  positions: Elements, // [T], or [rows] if that is more; scratch
  tensors: Tensors,
  kernels: Kernels,
): Continuation & { /** Other uses of the memory have overwritten it. */ forget(): void } {
  const V = channelsOf(network.output);
  const { rows, lengths } = workspace;
  const programs = createCache<string, { program: Program; outputs: Elements }>();
  // Tokens that each row in memory holds.
  const computedOutputs: (readonly number[])[] = Array.from({ length: rows }, () => []);

  /** The program over n positions of a row, from the first if `isStart`; if `row` is null, a position of n rows. */
  function programOf(n: number, row: number | null, isStart: boolean): { program: Program; outputs: Elements } {
    return programs(`${n} ${row} ${isStart}`, () => {
      const { calls, outputs } = emitNext(network, workspace, positions, tensors, n, row, isStart);
      return { program: link(calls, kernels), outputs };
    });
  }

  const continuesRow = (tokens: readonly number[], row: number): boolean =>
    computedOutputs[row].length < tokens.length && computedOutputs[row].every((token, t) => token === tokens[t]);

  /** A row in memory for each text: the one that it goes on from, else one that no text goes on from. */
  function rowsOf(texts: readonly (readonly number[])[]): number[] {
    const freeRows = new Set(computedOutputs.keys());
    const longestFirst = [...freeRows].sort((a, b) => computedOutputs[b].length - computedOutputs[a].length);
    const matchingRows = texts.map((tokens) => {
      const row = longestFirst.find(
        (row) => freeRows.has(row) && computedOutputs[row].length > 0 && continuesRow(tokens, row),
      );
      if (row !== undefined) freeRows.delete(row);
      return row;
    });
    const otherRows = freeRows.values();
    return matchingRows.map((row) => row ?? (otherRows.next().value as number));
  }

  /** Computes the next position of each text together. Overwrites the rows in memory of other texts, too. */
  function stepTogether(texts: readonly (readonly number[])[], textRows: readonly number[]): Float64Array[] {
    const n = Math.max(...textRows) + 1;
    workspace.x.fill(0, 0, n);
    positions.fill(0, 0, n);
    writeLengths(lengths, network, WHOLE, 0, n);
    for (const [k, tokens] of texts.entries()) {
      workspace.x[textRows[k]] = tokens[tokens.length - 1];
      positions[textRows[k]] = tokens.length - 1;
    }
    computedOutputs.fill([], 0, n);
    const { program, outputs } = programOf(n, null, false);
    program.run();
    return textRows.map((row, k) => {
      computedOutputs[row] = texts[k];
      return Float64Array.from(viewOf(outputs, row * V, V));
    });
  }

  function stepAlone(tokens: readonly number[], row: number): Float64Array {
    const first = continuesRow(tokens, row) ? computedOutputs[row].length : 0;
    const n = tokens.length - first;
    for (let t = first; t < tokens.length; t++) {
      workspace.x[t - first] = tokens[t];
      positions[t - first] = t;
    }
    writeLengths(lengths, network, WHOLE, 0, 1);
    computedOutputs[row] = [];
    const { program, outputs } = programOf(n, row, first === 0);
    program.run();
    computedOutputs[row] = tokens;
    return Float64Array.from(viewOf(outputs, (n - 1) * V, V));
  }

  function next(texts: readonly ArrayLike<number>[]): Float64Array[] {
    const tokens = texts.map((text) => Array.from(text));
    const textRows = rowsOf(tokens);
    const steppedTogether = tokens.flatMap((text, k) => {
      const row = textRows[k];
      return text.length === computedOutputs[row].length + 1 && text.length > 1 && continuesRow(text, row) ? [k] : [];
    });
    const outputs: Float64Array[] = [];
    if (steppedTogether.length > 1) {
      const together = stepTogether(
        steppedTogether.map((k) => tokens[k]),
        steppedTogether.map((k) => textRows[k]),
      );
      for (const [j, k] of steppedTogether.entries()) outputs[k] = together[j];
    }
    for (const [k, text] of tokens.entries()) outputs[k] ??= stepAlone(text, textRows[k]);
    return outputs;
  }

  return Object.assign(next, { forget: () => void computedOutputs.fill([]) });
}

/** The calls of a `NextPass`, and the array of their outputs. */
function emitNext(
  network: Network,
  workspace: Workspace,
  positions: Elements, // [T]
  tensors: Tensors,
  n: number,
  row: number | null,
  isStart: boolean,
): { calls: readonly Call[]; outputs: Elements } {
  const { calls, emit } = createList();
  const pass = { ...EVALUATION, emit, lengths: workspace.lengths, n, row, begins: isStart, positions };
  return { calls, outputs: emitNextPositions(network, workspace, tensors, pass) };
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
  writeLengths(workspace.lengths, network, WHOLE, 0, 1);
  const [row, isStart] = [0, true];
  const { calls } = emitNext(network, workspace, positions, tensors, n, row, isStart);
  link(calls, kernels).run();
  const attentionLayers = network.allLayers.filter(({ spec }) => spec.kind === 'self-attention');
  // Each layer has memory of its own, which still holds its queries, keys and values.
  return calls
    .filter(({ op }) => op === ops.attentionNext)
    .map(({ args }, k) => {
      const [, qkv, , , , , heads, keyHeads, d] = args as Parameters<typeof attentionNext>;
      const weights = createElements(typeOf(qkv), heads * n * n);
      attentionWeights(weights, qkv, n, heads, keyHeads, d);
      return { path: attentionLayers[k].path, heads, weights };
    });
}
