import { createPool, type Dataset, loadMnist, type Pool, subset } from '@gradloom/runtime';
import type { ExperimentContext } from '../../experiment.ts';

/** The first rows of MNIST's training set, and threads; gives the threads back in the end. */
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
