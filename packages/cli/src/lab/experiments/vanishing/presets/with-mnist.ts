import { createPool, type Dataset, loadMnist, type Pool, subset } from '@gradloom/runtime';
import type { ExperimentContext } from '../../experiment.ts';

/** Calls its argument with the first rows of MNIST's training set and a pool, and ends the pool afterwards. */
export async function withMnist<T>(
  { machine, note }: ExperimentContext,
  rows: number,
  use: (train: Dataset, pool: Pool) => Promise<T>,
): Promise<T> {
  note('opening the dataset');
  const { train } = await loadMnist(import.meta.url);
  const pool = await createPool(machine.threads === undefined ? {} : { threads: machine.threads });
  try {
    return await use(
      subset(
        train,
        Uint32Array.from({ length: Math.min(rows, train.rows) }, (_, n) => n),
      ),
      pool,
    );
  } finally {
    await pool.destroy();
  }
}
