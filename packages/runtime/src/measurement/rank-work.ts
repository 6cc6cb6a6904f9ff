import type { ElementType, Network, NetworkSpec } from '@gradloom/core';
import { bytesOfElements, complete, option, planTeam, show, stateLength } from '@gradloom/core/internal';
import type { DataSplits } from '../data/dataset.ts';
import { resolveBackend } from '../engine/backends/backend.ts';
import type { ClusterShape } from '../engine/step/cluster-shape.ts';
import { type Ownership, ownershipOf } from '../engine/step/owned-blocks.ts';
import { type RankBatch, rankBatch } from '../engine/step/rank-batch.ts';
import { type BatchShape, teamOptions } from '../engine/step/team-part.ts';
import type { TrainOptions } from '../training/run/options.ts';
import { planRun } from '../training/run/plan.ts';

/** Messages and bytes that a rank exchanges with all others: the larger of sent and received, for the busiest rank. */
export interface Traffic {
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
  readonly maxParameters: number; // maximum number of parameters that a rank updates
  readonly nodeRows: number; // gradient rows that the owners of the parameters add
  readonly addedRows: number; // gradient rows that a team adds before it sends
  readonly gradients: Traffic;
  readonly weights: Traffic;
  readonly notes: Traffic;
  readonly early: number; // share of the gradients that are complete before the backward pass ends
  readonly ringBytes: number; // bytes that a rank would send in a ring all-reduce
}

/** Everything that determines a step. */
export interface RankStepShape extends Omit<BatchShape, 'cluster'> {
  readonly network: Pick<Network, 'tensors' | 'parameterCount' | 'gradientRanges' | 'ties'>;
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

export function rankWork(shape: RankStepShape, ranks: Ranks): RankWork {
  checkRanks('rankWork', ranks);
  if (!Array.isArray(shape?.network?.tensors)) {
    throw new Error(`rankWork: shape has ${show(shape)}, expected that of a step, with its network`);
  }
  const { network, batch, leafRows, elementType } = shape;
  const P = stateLength(network.gradientRanges); // of which gradients and weights are exchanged
  const rankParts = rankBatch(ranks, leafRows, batch);
  const ownership = ownershipOf(network, ranks);
  const bytesOfNumber = bytesOfElements(elementType, 1);
  const rowsOfRanks = rankParts.ranges.map(({ first, end }) =>
    Math.max(0, Math.min(end * leafRows, batch) - first * leafRows),
  );
  const rows = Math.max(...rowsOfRanks);
  const busiest = rowsOfRanks.indexOf(rows);
  const { first, end } = rankParts.ranges[busiest];
  const rankCount = ranks.threadsOf.length;
  const lastBucketParameters = ownership.blocksOf.reduce((sum, blocks) => sum + blocks[blocks.length - 1].length, 0);
  return {
    ranks: rankCount,
    parameters: P,
    bytesOfNumber,
    leaves: rankParts.leaves,
    rows,
    threadRows: Math.min(rows, leafRows * Math.ceil((end - first) / ranks.threadsOf[busiest])),
    idle: rowsOfRanks.filter((rankRows) => rankRows === 0).length,
    maxParameters: Math.max(...ownership.parameterCounts),
    nodeRows: rankParts.nodes.flat().length,
    addedRows: addedRowsOf(shape, ranks, rankParts, busiest),
    ...trafficOf(rankParts, ownership, P, bytesOfNumber),
    notes: notesOf(rankParts, ownership, !shape.clips),
    early: P === 0 ? 0 : 1 - lastBucketParameters / P,
    ringBytes: (2 * P * bytesOfNumber * (rankCount - 1)) / rankCount,
  };
}

function checkRanks(where: string, ranks: Ranks): void {
  if (!Array.isArray(ranks?.threadsOf) || ranks.threadsOf.length === 0) {
    throw new Error(`${where}: ranks have ${show(ranks)}, expected at least one, each with its threads`);
  }
  for (const threads of ranks.threadsOf) option.positiveInteger.check(where, 'threadsOf', threads);
}

/** Number of gradient rows that the busiest team adds: those beyond one per node of its rank. */
function addedRowsOf(shape: RankStepShape, ranks: Ranks, { nodes }: RankBatch, rank: number): number {
  const threads = ranks.threadsOf[rank];
  const cluster = { ...ranks, connection: { rank } } as ClusterShape; // only its rank is read
  return planTeam(teamOptions({ ...shape, cluster }, shape.batch, threads)).nodes.length - nodes[rank].length;
}

/** Messages that bring gradients to the ranks that update them, and weights from these to all. */
function trafficOf(
  { nodes }: RankBatch,
  { buckets, blocksOf, parameterCounts }: Ownership,
  P: number,
  bytesOfNumber: number,
) {
  const ranks = parameterCounts.length;
  const nodeCount = nodes.flat().length;
  // Ranks that update a part of each bucket.
  const owners = buckets.map((_, b) => blocksOf.filter((blocks) => blocks[b].length > 0).length);
  let [gradients, weights]: [Traffic, Traffic] = [NOTHING, NOTHING];
  for (let rank = 0; rank < ranks; rank++) {
    const rankNodes = nodes[rank].length;
    const parts = blocksOf[rank].filter(({ length }) => length > 0).length;
    const others = owners.reduce((sum, ownerCount, b) => sum + ownerCount - (blocksOf[rank][b].length > 0 ? 1 : 0), 0);
    gradients = maxTraffic(gradients, {
      messages: Math.max(rankNodes * others, (nodeCount - rankNodes) * parts),
      bytes:
        bytesOfNumber *
        Math.max(rankNodes * (P - parameterCounts[rank]), (nodeCount - rankNodes) * parameterCounts[rank]),
    });
    weights = maxTraffic(weights, {
      messages: Math.max((ranks - 1) * parts, others),
      bytes: bytesOfNumber * Math.max((ranks - 1) * parameterCounts[rank], P - parameterCounts[rank]),
    });
  }
  return { gradients, weights };
}

/** Notes of each rank to all: a request, losses of its leaves, and squares of its blocks. */
function notesOf({ ranges }: RankBatch, { blocksOf }: Ownership, hasSquares: boolean): Traffic {
  const lengths = ranges.map(({ first, end }, rank) => {
    const blocks = hasSquares ? blocksOf[rank].reduce((sum, range) => sum + range.end - range.first, 0) : 0;
    return 1 + end - first + blocks;
  });
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const ranks = lengths.length;
  const bytes = Math.max(...lengths.map((length) => 8 * Math.max((ranks - 1) * length, total - length)));
  return { messages: ranks - 1, bytes };
}

const NOTHING: Traffic = { messages: 0, bytes: 0 };

const maxTraffic = (a: Traffic, b: Traffic): Traffic => ({
  messages: Math.max(a.messages, b.messages),
  bytes: Math.max(a.bytes, b.bytes),
});
