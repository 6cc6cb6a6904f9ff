import type { ElementType, NetworkSpec, Tensor } from '@gradloom/core';
import { bytesOfElements, complete, option, planTeam, show } from '@gradloom/core/internal';
import type { DataSplits } from '../data/dataset.ts';
import { resolveBackend } from '../engine/backends/backend.ts';
import type { ClusterShape } from '../engine/step/cluster-shape.ts';
import { type Ownership, ownershipOf } from '../engine/step/owned-blocks.ts';
import { type RankBatch, rankBatch } from '../engine/step/rank-batch.ts';
import { type BatchShape, teamOptions } from '../engine/step/team-part.ts';
import type { TrainOptions } from '../training/run/options.ts';
import { planRun } from '../training/run/plan.ts';

/** Messages and bytes that a rank exchanges with all others: the larger of sent and received, for the busiest rank. */
export interface Way {
  readonly messages: number;
  readonly bytes: number;
}

/** Work of ranks in a step on a whole batch. */
export interface RankWork {
  readonly ranks: number;
  readonly parameters: number;
  readonly bytesOfNumber: number;
  readonly leaves: number;
  readonly rows: number; // rows of the rank with most
  readonly threadRows: number; // rows of its busiest thread, at least
  readonly idle: number; // ranks without rows
  readonly held: number; // most parameters that a rank updates
  readonly nodeRows: number; // gradient rows that the owners of the parameters add
  readonly joins: number; // gradient rows that a team adds before it sends
  readonly gradients: Way;
  readonly weights: Way;
  readonly notes: Way;
  readonly early: number; // share of the gradients that are complete before the backward pass ends
  readonly ringBytes: number; // bytes that a rank would send in a ring all-reduce
}

/** Everything that determines a step. */
export interface RankStepShape extends Omit<BatchShape, 'cluster'> {
  readonly network: { readonly tensors: readonly Tensor[]; readonly parameterCount: number };
  readonly elementType: ElementType;
  readonly clips: boolean; // whether the gradient is clipped: ranks then exchange its squares before the notes
}

export type Ranks = Omit<ClusterShape, 'connection'>;

/** Work of each step of `train(spec, data, options)` on ranks. */
export function planRankWork(spec: NetworkSpec, data: DataSplits, options: TrainOptions, ranks: Ranks): RankWork {
  checkRanks('planRankWork', ranks);
  const plan = complete(planRun(spec, data, options));
  const { network, batch, lastBatch, leafRows, rowsAtOnce, couples, elementType, clipNorm } = plan;
  const backend = resolveBackend(plan.backend, { path: plan.blas, network }).name;
  const shape = { backend, batch, lastBatch, leafRows, rowsAtOnce, couples };
  return rankWork({ ...shape, network, elementType, clips: clipNorm !== null }, ranks);
}

/** Work of a step of this shape. */
export function rankWork(shape: RankStepShape, ranks: Ranks): RankWork {
  checkRanks('rankWork', ranks);
  if (!Array.isArray(shape?.network?.tensors)) {
    throw new Error(`rankWork: shape has ${show(shape)}, expected that of a step, with its network`);
  }
  const { network, batch, leafRows, elementType } = shape;
  const { parameterCount: P } = network;
  const share = rankBatch(ranks, leafRows, batch);
  const ownership = ownershipOf(network, ranks);
  const bytesOfNumber = bytesOfElements(elementType, 1);
  const rowsOf = share.ranges.map(({ first, end }) => Math.max(0, Math.min(end * leafRows, batch) - first * leafRows));
  const rows = Math.max(...rowsOf);
  const busiest = rowsOf.indexOf(rows);
  const { first, end } = share.ranges[busiest];
  const count = ranks.threadsOf.length;
  const lastBucket = ownership.blocksOf.reduce((sum, own) => sum + own[own.length - 1].length, 0);
  return {
    ...{ ranks: count, parameters: P, bytesOfNumber, leaves: share.leaves, rows },
    threadRows: Math.min(rows, leafRows * Math.ceil((end - first) / ranks.threadsOf[busiest])),
    idle: rowsOf.filter((own) => own === 0).length,
    held: Math.max(...ownership.parameterCounts),
    nodeRows: share.nodes.flat().length,
    joins: joinsOf(shape, ranks, share, busiest),
    ...waysOf(share, ownership, P, bytesOfNumber),
    notes: notesOf(share, ownership, !shape.clips),
    early: P === 0 ? 0 : 1 - lastBucket / P,
    ringBytes: (2 * P * bytesOfNumber * (count - 1)) / count,
  };
}

function checkRanks(where: string, ranks: Ranks): void {
  if (!Array.isArray(ranks?.threadsOf) || ranks.threadsOf.length === 0) {
    throw new Error(`${where}: ranks have ${show(ranks)}, expected at least one, each with its threads`);
  }
  for (const threads of ranks.threadsOf) option.positiveInteger.check(where, 'threadsOf', threads);
}

/** Number of gradient rows that the busiest team adds: those beyond one per node of its rank. */
function joinsOf(shape: RankStepShape, ranks: Ranks, { nodes }: RankBatch, rank: number): number {
  const threads = ranks.threadsOf[rank];
  const cluster = { ...ranks, connection: { rank } } as ClusterShape; // only its rank is read
  return planTeam(teamOptions({ ...shape, cluster }, shape.batch, threads, false)).nodes.length - nodes[rank].length;
}

/** Messages that bring gradients to the ranks that update them, and weights from these to all. */
function waysOf(
  { nodes }: RankBatch,
  { buckets, blocksOf, parameterCounts }: Ownership,
  P: number,
  bytesOfNumber: number,
) {
  const ranks = parameterCounts.length;
  const all = nodes.flat().length;
  const owners = buckets.map((_, b) => blocksOf.filter((own) => own[b].length > 0).length); // owners of a bucket
  let [gradients, weights]: [Way, Way] = [NOTHING, NOTHING];
  for (let rank = 0; rank < ranks; rank++) {
    const own = nodes[rank].length;
    const parts = blocksOf[rank].filter(({ length }) => length > 0).length;
    const others = owners.reduce((sum, one, b) => sum + one - (blocksOf[rank][b].length > 0 ? 1 : 0), 0);
    gradients = most(gradients, {
      messages: Math.max(own * others, (all - own) * parts),
      bytes: bytesOfNumber * Math.max(own * (P - parameterCounts[rank]), (all - own) * parameterCounts[rank]),
    });
    weights = most(weights, {
      messages: Math.max((ranks - 1) * parts, others),
      bytes: bytesOfNumber * Math.max((ranks - 1) * parameterCounts[rank], P - parameterCounts[rank]),
    });
  }
  return { gradients, weights };
}

/** Notes of each rank to all: a request, losses of its leaves, and squares of its blocks. */
function notesOf({ ranges }: RankBatch, { blocksOf }: Ownership, hasSquares: boolean): Way {
  const lengths = ranges.map(({ first, end }, rank) => {
    const blocks = hasSquares ? blocksOf[rank].reduce((sum, own) => sum + own.end - own.first, 0) : 0;
    return 1 + end - first + blocks;
  });
  const all = lengths.reduce((sum, length) => sum + length, 0);
  const ranks = lengths.length;
  const bytes = Math.max(...lengths.map((length) => 8 * Math.max((ranks - 1) * length, all - length)));
  return { messages: ranks - 1, bytes };
}

const NOTHING: Way = { messages: 0, bytes: 0 };

const most = (a: Way, b: Way): Way => ({
  messages: Math.max(a.messages, b.messages),
  bytes: Math.max(a.bytes, b.bytes),
});
