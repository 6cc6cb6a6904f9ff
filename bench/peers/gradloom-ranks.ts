import { createPool, openCluster } from '@gradloom/runtime';
import { openTraining } from './gradloom-training.ts';
import type { Variant } from './peer.ts';
import { serve, type Training } from './serve.ts';
import type { Workload } from './workloads.ts';

/**
 * Gradloom on ranks started by mpirun. Rank 0 receives requests, as every peer does, and tells the others; all carry
 * them out together.
 */
const cluster = await openCluster();
const pool = await createPool({ threads: Number(process.argv[2]) });
let training: Training | undefined;

interface Request {
  readonly open?: readonly [Workload, Variant];
  readonly run?: number;
  readonly lossAfter?: number;
}

async function together(request: Request) {
  const { open, run, lossAfter } = await cluster.fromFirst(request);
  if (open !== undefined) training = openTraining(...open, { pool, cluster });
  if (run !== undefined) return { ran: await training?.run(run), loss: null };
  if (lossAfter !== undefined) return { ran: undefined, loss: (await training?.lossAfter(lossAfter)) ?? null };
  return { ran: undefined, loss: null };
}

const pids = await cluster.fromAll(process.pid);
if (cluster.rank > 0) while (true) await together({});

await serve(async () => ({
  about: `Node ${process.versions.node}, ${cluster.ranks} ranks, ${cluster.library}`,
  // mpirun gives each rank its own process group, which a signal to mpirun's group does not reach.
  pids,
  async open(workload, variant) {
    await together({ open: [workload, variant] });
    return {
      run: async (steps) => (await together({ run: steps })).ran ?? { steps: 0, ms: Number.NaN },
      lossAfter: async (steps) => (await together({ lossAfter: steps })).loss,
    };
  },
}));
