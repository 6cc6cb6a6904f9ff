import type { Elements } from '../../math/element-type.ts';
import type { StridedAxis, StridedGeometry } from '../../math/strided.ts';
import type { Emit } from '../../program/op.ts';
import { ops } from '../../program/ops/index.ts';
import { type Shape, sizeOf } from '../shape.ts';
import type { Layer } from './layer.ts';

/** A place along an axis that is written, the place that it reads, and the factor of what it reads. */
interface Move {
  readonly to: number;
  readonly from: number;
  readonly factor: number;
}

/** Moves at equal distances, of one factor. */
export interface Run extends Move {
  readonly count: number;
  readonly toStep: number;
  readonly fromStep: number;
}

/** Moves along one axis. A number of a row moves along all axes at once, times the product of their factors. */
export interface AxisMoves {
  /** Moves that write each place at most once; a place that reads several is in as many rounds, the first ones. */
  readonly rounds: readonly (readonly Run[])[];
  /** Places that read nothing. */
  readonly unwritten: readonly Run[];
}

/** The places that one place along an axis sums, with their factors, in the order of the sum. */
export type Terms = readonly Omit<Move, 'to'>[];

/** The moves of an axis whose places read these terms. */
function movesOf(terms: readonly Terms[]): AxisMoves {
  const rounds: Run[][] = [];
  for (let round = 0; terms.some((places) => places.length > round); round++) {
    const moves = terms.flatMap((places, to) => (round < places.length ? [{ to, ...places[round] }] : []));
    rounds.push(runsOf(moves));
  }
  const empty = terms.flatMap((places, to) => (places.length === 0 ? [{ to, from: to, factor: 1 }] : []));
  return { rounds, unwritten: runsOf(empty) };
}

/** The terms of the gradient by `inputs` places: of each the places that read it, ascending. */
function gradientTerms(terms: readonly Terms[], inputs: number): Terms[] {
  const readers = Array.from({ length: inputs }, (): { from: number; factor: number }[] => []);
  for (const [to, places] of terms.entries())
    for (const { from, factor } of places) readers[from].push({ from: to, factor });
  return readers;
}

/** The moves of `count` places that are neighbours in both arrays. */
export const neighbours = (count: number, to = 0, from = 0): AxisMoves => ({
  rounds: [[runOf(to, count, from)]],
  unwritten: [],
});

/** Every how many places runs are looked for, at most: a resizing by a ratio of small numbers repeats its factors. */
const MAX_PERIOD = 8;

/** The moves in as few runs as one of the periods makes of them. */
function runsOf(moves: readonly Move[]): Run[] {
  let best = neighbouringRuns(moves);
  for (let period = 2; period <= MAX_PERIOD && best.length > period; period++) {
    const runs = Array.from({ length: period }, (_, phase) =>
      neighbouringRuns(moves.filter((_, k) => k % period === phase)),
    ).flat();
    if (runs.length < best.length) best = runs;
  }
  return best;
}

/** The moves in runs of neighbours in the list. */
function neighbouringRuns(moves: readonly Move[]): Run[] {
  const runs: Run[] = [];
  for (let first = 0, end = 0; first < moves.length; first = end) {
    const { to, from, factor } = moves[first];
    const next = moves[first + 1];
    const [toStep, fromStep] = next?.factor === factor ? [next.to - to, next.from - from] : [1, 1];
    for (end = first + 1; end < moves.length; end++) {
      const move = moves[end];
      const k = end - first;
      if (move.factor !== factor || move.to !== to + k * toStep || move.from !== from + k * fromStep) break;
    }
    runs.push({ to, from, factor, count: end - first, toStep, fromStep });
  }
  return runs;
}

/** Arrays of rows, and the moves along each axis of a row. */
export interface RowMoves {
  /** Shape of a row that is written. */
  readonly to: Shape;
  /** Shape of a row that is read, of as many axes. */
  readonly from: Shape;
  readonly axes: readonly AxisMoves[];
  /** The number of places that read nothing. @default 0 */
  readonly value?: number;
}

/**
 * Emits y = x for B rows, by moves along their axes. A place that reads several numbers starts at the first and adds
 * the others in order, times their factors; where the first has one, at 0. Places that read nothing get `value`.
 */
export function emitMoves(
  emit: Emit,
  y: Elements,
  x: Elements,
  B: number,
  { to, from, axes, value = 0 }: RowMoves,
): void {
  const [ySteps, xSteps] = [stepsOf(to), stepsOf(from)];
  const rows: StridedAxis = { count: B, to: sizeOf(to), from: sizeOf(from) };
  const geometryOf = (runs: readonly Run[]): StridedGeometry => ({
    to: runs.reduce((sum, run, a) => sum + run.to * ySteps[a], 0),
    from: runs.reduce((sum, run, a) => sum + run.from * xSteps[a], 0),
    axes: [
      rows,
      ...runs.map((run, a) => ({ count: run.count, to: run.toStep * ySteps[a], from: run.fromStep * xSteps[a] })),
    ],
  });
  const firstRuns = axes.map(({ rounds }) => rounds[0] ?? []);
  for (const [a, { unwritten }] of axes.entries()) {
    const innerRuns = to.slice(a + 1).map((count) => neighbours(count).rounds[0]);
    for (const runs of combinations([...firstRuns.slice(0, a), unwritten, ...innerRuns])) {
      emit(ops.stridedFill, y, value, geometryOf(runs));
    }
  }
  for (const [k, rounds] of combinations(axes.map(({ rounds }) => rounds)).entries()) {
    for (const runs of combinations(rounds)) {
      const factor = runs.reduce((product, run) => product * run.factor, 1);
      const geometry = geometryOf(runs);
      if (k === 0 && factor === 1) emit(ops.stridedCopy, y, x, geometry);
      else emit(k === 0 ? ops.stridedScale : ops.stridedAdd, y, x, geometry, factor);
    }
  }
}

/** Distances of neighbours along each axis. */
export const stepsOf = (shape: Shape): number[] => shape.map((_, a) => sizeOf(shape.slice(a + 1)));

/** All lists of one of each, those of the first ones first. */
const combinations = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>((heads, list) => heads.flatMap((head) => list.map((item) => [...head, item])), [[]]);

/** An axis of the outputs, and the moves from the same axis of the inputs. */
export interface AxisReading {
  /** Places of the outputs. */
  readonly length: number;
  /** The moves to the outputs. They are computed when operations are emitted: an axis may have millions of places. */
  forward(): AxisMoves;
  /** The moves of the gradient to the inputs. */
  backward(): AxisMoves;
}

/** Places that each read these terms of `inputs` places. */
export const readingOf = (length: number, inputs: number, termsOf: (output: number) => Terms): AxisReading => {
  const terms = () => Array.from({ length }, (_, output) => termsOf(output));
  return { length, forward: () => movesOf(terms()), backward: () => movesOf(gradientTerms(terms(), inputs)) };
};

/** Places in a few runs, the first of which reads all that the others read. `unread` are inputs that none reads. */
export const readingOfRuns = (
  length: number,
  runs: readonly Run[],
  { unwritten = [], unread = [] }: { unwritten?: readonly Run[]; unread?: readonly Run[] },
): AxisReading => ({
  length,
  forward: () => ({ rounds: [runs], unwritten }),
  backward: () => ({ rounds: runs.flatMap(singleReads).map((run) => [reverseRun(run)]), unwritten: unread }),
});

/** A run of neighbours that are written. */
export const runOf = (to: number, count: number, from = to, fromStep = 1): Run => {
  return { to, from, count, toStep: 1, fromStep, factor: 1 };
};

/** The run itself, or a run for each place if all read one. */
const singleReads = (run: Run): Run[] =>
  run.fromStep === 0 ? Array.from({ length: run.count }, (_, k) => runOf(run.to + k, 1, run.from)) : [run];

const reverseRun = ({ to, toStep, from, fromStep, ...others }: Run): Run => {
  return { ...others, to: from, toStep: fromStep, from: to, fromStep: toStep };
};

/** A layer whose outputs read the inputs along each axis so (null: as it is). Places that read nothing get `value`. */
export function moveLayer(kind: string, input: Shape, readings: readonly (AxisReading | null)[], value = 0): Layer {
  const out = readings.map((reading, a) => reading?.length ?? input[a]);
  const along = (direction: 'forward' | 'backward') =>
    readings.map((reading, a) => reading?.[direction]() ?? neighbours(input[a]));
  const forward = (): RowMoves => ({ to: out, from: input, value, axes: along('forward') });
  const backward = (): RowMoves => ({ to: input, from: out, axes: along('backward') });
  return {
    label: `${kind}(${input.join('x')}->${out.join('x')})`,
    in: [input],
    out,
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [],
    keepsPositions: [readings[0] === null],
    forward(y, [x], _parameters, B, { emit }) {
      emitMoves(emit, y, x, B, forward());
    },
    ...(readings[0] === null && readings.length > 1
      ? {
          forwardNext(y, [x], _parameters, { emit, n }) {
            emitMoves(emit, y, x, n, atPosition(forward()));
          },
        }
      : {}),
    backward([dx], dy, _xs, _y, _parameters, _gradients, B, { emit }) {
      if (dx !== null) emitMoves(emit, dx, dy, B, backward());
    },
  };
}

/** The moves of a position, where the first axis stays as it is. */
export const atPosition = ({ to, from, axes, ...others }: RowMoves): RowMoves => {
  return { ...others, to: to.slice(1), from: from.slice(1), axes: axes.slice(1) };
};
