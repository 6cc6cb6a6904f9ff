import { decimal, plural } from '../../terminal/text/format.ts';
import type { RankPoint } from '../scale/ranks/measure-ranks.ts';
import type { FigureTable } from './scale-figures.ts';

export const RANKS_TITLE = 'Ranks: the same batch on processes that MPI connects';
export const INTERCONNECT_TITLE = 'Between two ranks';
export const RANK_PARTS_TITLE = 'A step on ranks by the model of measured parts (ms)';

/** Measured steps, with and without overlap of exchanges and passes. */
export const rankTable = (points: readonly RankPoint[]): FigureTable => ({
  head: ['ranks', 'threads', 'ms per step', 'speedup', 'no overlap', 'MB sent', 'ring'],
  rows: points.map(({ ranks, threads, stepMs, plainMs, work }) => [
    String(ranks),
    threadsText(threads),
    decimal(stepMs),
    points[0].ranks === 1 ? (points[0].stepMs / stepMs).toFixed(2) : '-',
    plainMs === null ? '-' : decimal(plainMs),
    megabytes(work.gradients.bytes + work.weights.bytes + work.notes.bytes),
    megabytes(work.ringBytes),
  ]),
  numeric: [0, 2, 3, 4, 5, 6],
});

/** '2 each', or '1 to 4' if ranks have different numbers of threads. */
function threadsText(threads: readonly number[]): string {
  const [min, max] = [Math.min(...threads), Math.max(...threads)];
  return min === max ? `${min} each` : `${min} to ${max}`;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);

export const interconnectTable = (points: readonly RankPoint[]): FigureTable => ({
  head: ['ranks', 'machines', 'latency (µs)', 'GB/s'],
  rows: points.flatMap(({ ranks, machines, network: link }) =>
    link === null
      ? []
      : [[...[ranks, machines].map(String), decimal(1000 * link.latencyMs), decimal(link.bytesPerSecond / 1e9)]],
  ),
  numeric: [0, 1, 2, 3],
});

export const rankPartsTable = (points: readonly RankPoint[]): FigureTable => ({
  head: ['ranks', 'gradients', 'joined', 'to owners', 'hidden', 'update', 'to all', 'model', 'measured'],
  rows: points.flatMap(({ ranks, prediction, stepMs: measuredMs }) => {
    if (prediction === null) return [];
    const { gradientMs, joinMs, hiddenMs, updateMs, stepMs } = prediction;
    const { gatherMs: reduceScatterMs, returnMs: allGatherMs } = prediction;
    const times = [gradientMs, joinMs, reduceScatterMs, hiddenMs, updateMs, allGatherMs, stepMs, measuredMs];
    return [[String(ranks), ...times.map(decimal)]];
  }),
  numeric: [0, 1, 2, 3, 4, 5, 6, 7, 8],
});

export function rankNotes(points: readonly RankPoint[], cores: number): string[] {
  const idlePoint = points.find(({ work }) => work.idle > 0);
  const isCrowded = points.some(
    ({ machines, threads }) => machines === 1 && threads.reduce((sum, count) => sum + count, 0) > cores,
  );
  return [
    ...(idlePoint === undefined
      ? []
      : [
          `Of ${plural(idlePoint.ranks, 'rank')} ${idlePoint.work.idle} have no rows: a batch has ${plural(idlePoint.work.leaves, 'leaf')}.`,
        ]),
    ...(isCrowded ? ['Where there are more threads than cores, they take turns, and a step waits for all.'] : []),
  ];
}
