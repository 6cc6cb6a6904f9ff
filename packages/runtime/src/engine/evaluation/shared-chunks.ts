import { viewOf } from '@gradloom/core/internal';
import type { Stretch, Transfer } from '../../cluster/cluster.ts';
import type { Lockstep } from '../../cluster/lockstep.ts';
import { EVALUATION_ROWS } from '../memory/thread-scratch.ts';
import type { EvaluationTask } from '../threads/protocol.ts';

/** Rows of a dataset that are evaluated at once, with their outputs and losses. */
export type Segment = Pick<EvaluationTask, 'dataset' | 'first' | 'rows' | 'outputs' | 'lossSums'>;

/** The chunks of a segment as ranks take them, in order, by the number of their threads. A rank may have none. */
export function partsOf(
  { dataset, first, rows, outputs, lossSums }: Segment,
  chunks: number,
  threadsOf: readonly number[],
  O: number, // numbers of a row of outputs
): readonly Segment[] {
  const all = threadsOf.reduce((sum, threads) => sum + threads, 0);
  let before = 0; // threads of the ranks before
  return threadsOf.map((threads) => {
    const from = Math.floor((chunks * before) / all);
    before += threads;
    const to = Math.floor((chunks * before) / all);
    const [firstRow, endRow] = [Math.min(rows, from * EVALUATION_ROWS), Math.min(rows, to * EVALUATION_ROWS)];
    return {
      dataset,
      first: first + firstRow,
      rows: endRow - firstRow,
      outputs: viewOf(outputs, firstRow * O, (endRow - firstRow) * O),
      lossSums: viewOf(lossSums, from, to - from),
    };
  });
}

/** Brings outputs and losses of all ranks to rank 0, which has arrays of the same shape. */
export function outputsToFirst({ rank, isFirst }: Lockstep, parts: readonly Segment[]): readonly Transfer[] {
  const arraysOf = ({ outputs, lossSums }: Segment): Stretch[] => [outputs, lossSums];
  if (!isFirst) return arraysOf(parts[rank]).map((numbers) => ({ kind: 'send', peer: 0, numbers }));
  return parts
    .slice(1)
    .flatMap((part, k) => arraysOf(part).map((numbers): Transfer => ({ kind: 'receive', peer: k + 1, numbers })));
}
