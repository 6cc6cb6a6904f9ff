import type { Elements, Tensor, Tie } from '@gradloom/core';
import { gradientLength, gradientStride, tiesWithin, viewOf } from '@gradloom/core/internal';
import type { SharedNumbers, Transfer } from '../../cluster/cluster.ts';
import type { Arena } from '../memory/arena.ts';
import type { RunContext } from './context.ts';
import { type OwnedBlocks, type Ownership, ownershipOf } from './owned-blocks.ts';
import { firstRows, type RankBatch, rankBatch } from './rank-batch.ts';
import type { ExchangePlan } from './sync.ts';

/** Channels of exchanges. Each bucket has two of its own, since exchanges of two buckets may be pending at once. */
const CHANNEL = { squares: 0, notes: 1, statistics: 2, average: 3, probe: 4, gradients: 5, weights: 6 };
const CHANNELS_PER_BUCKET = 2;

/** The messages between ranks in a step on a batch of some size. */
export interface RankExchanges {
  readonly rank: number;
  readonly batch: RankBatch;
  readonly ownership: Ownership;
  readonly rankBlocks: readonly OwnedBlocks[]; // blocks that this rank updates, bucket by bucket
  readonly firstRow: number; // row of this rank's first node among the nodes of all
  /** Sends the gradients of a bucket to the ranks that update it; `gradientRows` are those of this rank's nodes. */
  gradients(bucket: number, gradientRows: readonly number[]): ExchangePlan;
  /** Sends the weights of a bucket, and its part of the matrices to orthogonalize, to all ranks. */
  weights(bucket: number): ExchangePlan;
  /** Sends the squares of the mean gradient to all ranks. */
  squares(): ExchangePlan;
  /** Sends each rank's notes to all ranks: see `RankNotes` in rank-step.ts. */
  notes(notes: readonly Float64Array[]): ExchangePlan;
  /** Exchanges arrays with `width` numbers for each leaf. */
  statistics(arrays: readonly LeafArray[]): ExchangePlan;
  /** Sends the moving average of the weights to all ranks. */
  average(): ExchangePlan;
  /** Sends to rank 0 what a probe reads; the mean gradient is received into its first gradient row. */
  probe(probeLength: number): ExchangePlan;
}

/** An array of numbers for each leaf of a batch. */
export interface LeafArray {
  readonly array: Elements; // [leaves, width]
  readonly width: number;
}

/** The exchanges of a step on `rows` rows; null without other ranks. */
export function rankExchanges(
  context: Pick<RunContext, 'setup' | 'network' | 'arena'>,
  rows: number,
): RankExchanges | null {
  const { setup, network, arena } = context;
  const { cluster, elementType } = setup;
  if (cluster === null) return null;
  const { rank, ranks } = cluster.connection;
  const batch = rankBatch(cluster, setup.leafRows, rows);
  const ownership = ownershipOf(network, cluster);
  const firstRowOf = firstRows(batch);
  // Each rank begins with its neighbour, so that they do not all send to the same rank.
  const peers = Array.from({ length: ranks - 1 }, (_, k) => (rank + 1 + k) % ranks);
  const untrainedTensors = network.tensors.filter(({ isTrained, isFrozen }) => !isTrained && !isFrozen);
  const rankBlocks = ownership.blocksOf[rank];

  /** The messages to and from each other rank. */
  const planWithPeers = (channel: number, messagesOf: (peer: number) => PeerMessages): ExchangePlan => ({
    channel,
    transfers: peers.flatMap((peer) => {
      const { send = [], receive = [] } = messagesOf(peer);
      return [...send.map(transfer('send', peer)), ...receive.map(transfer('receive', peer))].filter(
        ({ numbers }) => numbers.length > 0,
      );
    }),
  });
  /** Sends each rank's part to all other ranks. */
  const allGather = (channel: number, partsOf: (rank: number) => readonly Elements[]): ExchangePlan =>
    planWithPeers(channel, (peer) => ({ send: partsOf(rank), receive: partsOf(peer) }));
  const rangeOf = (array: Elements, peer: number, bucket: number): Elements =>
    viewOf(array, ownership.blocksOf[peer][bucket].offset, ownership.blocksOf[peer][bucket].length);
  const untrainedStateOf = ({ offset, length }: OwnedBlocks): Elements[] =>
    untrainedTensors.map((tensor) => tensorPart(arena.theta, tensor, offset, length));
  const leavesOf = ({ array, width }: LeafArray, peer: number): Elements => {
    const { first, end } = batch.ranges[peer];
    return viewOf(array, first * width, (end - first) * width);
  };

  return {
    rank,
    batch,
    ownership,
    rankBlocks,
    firstRow: firstRowOf[rank],
    gradients: (bucket, gradientRows) =>
      planWithPeers(CHANNEL.gradients + CHANNELS_PER_BUCKET * bucket, (peer) => {
        const [rankRange, peerRange] = [rankBlocks[bucket], ownership.blocksOf[peer][bucket]];
        const stride = gradientStride(elementType, gradientLength(network));
        const rankStride = gradientStride(elementType, ownership.gradientLengths[rank]);
        const sent = gradientParts(network.ties, { ...peerRange, shift: peerRange.rowShift });
        const receivedParts = gradientParts(ownership.ties[rank], rankRange);
        return {
          send: [
            ...gradientRows.flatMap((row) =>
              sent.map(({ gradientOffset, length }) => viewOf(arena.gSum, row * stride + gradientOffset, length)),
            ),
            // Only the passes of the first leaf write untrained state.
            ...(rank === batch.lead ? untrainedStateOf(peerRange) : []),
          ],
          receive: [
            ...batch.nodes[peer].flatMap((_, k) =>
              receivedParts.map(({ gradientOffset, length }) =>
                viewOf(arena.rankGradients, (firstRowOf[peer] + k) * rankStride + gradientOffset, length),
              ),
            ),
            ...(peer === batch.lead ? untrainedStateOf(rankRange) : []),
          ],
        };
      }),
    weights: (bucket) =>
      allGather(CHANNEL.weights + CHANNELS_PER_BUCKET * bucket, (peer) => [
        rangeOf(arena.theta, peer, bucket),
        ...(arena.directions.length === 0 ? [] : [rangeOf(arena.directions, peer, bucket)]),
      ]),
    squares: () => allGather(CHANNEL.squares, (peer) => squaresOf(arena, ownership.blocksOf[peer])),
    notes: (notes) => planWithPeers(CHANNEL.notes, (peer) => ({ send: [notes[rank]], receive: [notes[peer]] })),
    statistics: (arrays) =>
      planWithPeers(CHANNEL.statistics, (peer) => {
        // A rank without leaves neither writes nor reads statistics.
        const haveLeaves = [rank, peer].every((member) => batch.ranges[member].first < batch.ranges[member].end);
        if (!haveLeaves) return {};
        return {
          send: arrays.map((leafArray) => leavesOf(leafArray, rank)),
          receive: arrays.map((leafArray) => leavesOf(leafArray, peer)),
        };
      }),
    average: () =>
      allGather(CHANNEL.average, (peer) => rankBlocks.map((_, bucket) => rangeOf(arena.evaluatedTheta, peer, bucket))),
    probe: (probeLength) =>
      planWithPeers(CHANNEL.probe, (peer) => {
        const sums: LeafArray = { array: arena.probeSums, width: probeLength };
        const rankParts = () =>
          rankBlocks.map(({ offset, length, shift }) => viewOf(arena.rankGradients, offset + shift, length));
        const peerParts = () =>
          ownership.blocksOf[peer].map(({ offset, length, rowShift }) => viewOf(arena.gSum, offset + rowShift, length));
        return {
          send: peer === 0 ? [leavesOf(sums, rank), ...rankParts()] : [],
          receive: rank === 0 ? [leavesOf(sums, peer), ...peerParts()] : [],
        };
      }),
  };
}

/** The ranges of a row of gradients that belong to some parameters: one, and one for each further use of a tensor. */
export const gradientParts = (
  ties: readonly Tie[],
  { offset, length, shift }: Pick<OwnedBlocks, 'offset' | 'length' | 'shift'>,
): readonly Pick<Tie, 'gradientOffset' | 'length'>[] => [
  { gradientOffset: offset + shift, length },
  ...tiesWithin(ties, offset, length),
];

/** Numbers to send to a rank and to receive from it, in the order of the messages. */
interface PeerMessages {
  readonly send?: readonly Elements[];
  readonly receive?: readonly Elements[];
}

// Arrays of a run lie in shared memory.
const transfer =
  (kind: Transfer['kind'], peer: number) =>
  (numbers: Elements): Transfer => ({ kind, peer, numbers: numbers as SharedNumbers });

const squaresOf = ({ squares }: Arena, blocks: readonly OwnedBlocks[]): Float64Array[] =>
  blocks.map(({ first, end }) => viewOf(squares, first, end - first));

/** The part of a tensor that lies in a range of parameters. */
function tensorPart(theta: Elements, { offset, length }: Tensor, from: number, count: number): Elements {
  const first = Math.max(offset, from);
  return viewOf(theta, first, Math.max(0, Math.min(offset + length, from + count) - first));
}
