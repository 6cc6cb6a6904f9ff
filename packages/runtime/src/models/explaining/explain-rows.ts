import { availableParallelism } from 'node:os';
import type { Model } from '@gradloom/core';
import { MAX_THREADS } from '../../engine/threads/barrier.ts';
import { createPool } from '../../engine/threads/pool.ts';
import { shareModel } from '../serving/shared-model.ts';
import type { ExplainingTask, RowToExplain } from './explaining-task.ts';

/** How rows are explained. */
interface RowsOptions {
  readonly threads?: number | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Explains rows on threads with a copy of the model each. Rows are made as threads get free, so few are in memory. */
export async function explainRows<Row extends RowToExplain>(
  model: Model,
  count: number,
  rowAt: (n: number) => Row,
  { threads = Math.min(availableParallelism(), MAX_THREADS), onProgress }: RowsOptions,
): Promise<NonNullable<Row['explanation']>[]> {
  const sharedModel = shareModel(model);
  const explanations: NonNullable<Row['explanation']>[] = [];
  const pool = await createPool({ threads: Math.max(1, Math.min(threads, count)) });
  try {
    const team = await pool.acquire(pool.threads);
    let [next, done] = [0, 0];
    const explainNext = async (): Promise<void> => {
      while (next < count) {
        const n = next++;
        const task: ExplainingTask<Row> = { kind: 'explaining', model: sharedModel, row: rowAt(n) };
        [explanations[n]] = await Promise.all(team.run([task]));
        onProgress?.(++done / count);
      }
    };
    await Promise.all(Array.from({ length: pool.threads }, explainNext));
    await team.release();
  } finally {
    await pool.destroy();
  }
  return explanations;
}
