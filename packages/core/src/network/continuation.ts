import { mse } from '../families/losses/mse.ts';
import { type Elements, typeOf } from '../math/element-type.ts';
import { allocateOwn, viewOf } from '../math/scratch.ts';
import type { Kernels } from '../program/kernels.ts';
import { link, type Program } from '../program/link.ts';
import { createList } from '../program/op.ts';
import { referenceKernels } from '../program/reference/reference-kernels.ts';
import { createWorkspace, type Tensors, type Workspace, wholeLength } from './backprop.ts';
import { NO_BATCH, NO_SHARE, nextStack } from './layers/index.ts';
import { bindTensors, type Network } from './network.ts';
import { nameOfPlaced } from './placed-layer.ts';
import { channelsOf, shapeText } from './shape.ts';

/**
 * Outputs [V] at the last of the first tokens of a row, at most as many as it has positions: the bits of a predictor
 * for the row with this length. If they go on from the tokens of the last call, only the new ones are computed.
 */
export type Continuation = (tokens: ArrayLike<number>) => Float64Array;

/** Why a network cannot write a row of tokens one after the other; null if it can. */
export function continuationProblem({ input, output, places }: Network): string | null {
  if (input.length !== 1 || output.length !== 2 || output[0] !== input[0]) {
    return `has inputs ${shapeText(input)} and outputs ${shapeText(output)}, expected tokens [T] and outputs [T, V]`;
  }
  const other = places.find(({ layer }) => layer.forwardNext === undefined);
  if (other === undefined) return null;
  const wanted = 'layers that read no later position, such as gru without reverse';
  return `has ${nameOfPlaced(other)}, whose outputs do not follow one after the other, expected ${wanted}`;
}

/** Creates a continuation in plain JavaScript, of a network without a `continuationProblem`. Copies the parameters. */
export function createContinuation(network: Network, parameters: Elements): Continuation {
  const type = typeOf(parameters);
  const allocate = allocateOwn(type);
  const workspace = createWorkspace(network, mse(), 1, allocate, NO_SHARE);
  const at = allocate(network.inputs);
  return rowContinuation(network, workspace, at, bindTensors(network, parameters.slice()), referenceKernels);
}

/** Most programs that a continuation keeps: one for each number of tokens at once. */
const KEPT_PROGRAMS = 8;

/** Creates a continuation in a workspace for one row, of a network without a `continuationProblem`. */
export function rowContinuation(
  network: Network,
  workspace: Workspace,
  at: Elements, // [T] scratch
  tensors: Tensors,
  kernels: Kernels,
): Continuation & { /** Other uses of the memory have overwritten it. */ forget(): void } {
  const V = channelsOf(network.output);
  const whole = wholeLength(network);
  const programs = new Map<string, { program: Program; y: Elements }>();
  let held: readonly number[] = []; // tokens that memory has

  function programOf(n: number, begins: boolean): { program: Program; y: Elements } {
    const key = `${n} ${begins}`;
    const known = programs.get(key);
    if (known !== undefined) return known;
    const { calls, emit } = createList();
    const settings = { training: false, seed: 0, leaf: 1, joins: false, batch: NO_BATCH };
    const pass = { ...settings, emit, place: new Float64Array(2), lengths: workspace.lengths, n, begins, at };
    const y = viewOf(nextStack(network.layers, workspace, workspace.x, tensors, pass), (n - 1) * V, V);
    const made = { program: link(calls, kernels), y };
    for (const oldest of programs.keys()) {
      if (programs.size < KEPT_PROGRAMS) break;
      programs.delete(oldest);
    }
    programs.set(key, made);
    return made;
  }

  function next(given: ArrayLike<number>): Float64Array {
    const tokens = Array.from(given);
    const goesOn = held.length < tokens.length && held.every((token, t) => token === tokens[t]);
    const first = goesOn ? held.length : 0;
    const { program, y } = programOf(tokens.length - first, first === 0);
    for (let t = first; t < tokens.length; t++) {
      workspace.x[t - first] = tokens[t];
      at[t - first] = t;
    }
    workspace.lengths[0] = whole;
    held = [];
    program.run();
    held = tokens;
    return Float64Array.from(y);
  }

  return Object.assign(next, {
    forget() {
      held = [];
    },
  });
}
