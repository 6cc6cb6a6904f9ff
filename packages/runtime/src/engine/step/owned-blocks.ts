import type { Network, Tie } from '@gradloom/core';
import { BLOCK, type Bucket, blocksOfRank, bucketsOf, tiesWithin } from '@gradloom/core/internal';
import type { ClusterShape } from './cluster-shape.ts';

/** Range of blocks that a rank updates, with its parameters. */
export interface OwnedBlocks extends Bucket {
  readonly offset: number; // index of the first parameter among the weights
  readonly length: number; // number of parameters
  readonly shift: number; // an index among the weights + shift = index in the rank's gradients and state
}

/** The parameters that each rank updates. */
export interface Ownership {
  readonly buckets: readonly Bucket[]; // buckets, in the order in which a backward pass completes their gradients
  readonly blocksOf: readonly (readonly OwnedBlocks[])[]; // the blocks of each rank, bucket by bucket
  readonly parameterCounts: readonly number[]; // number of parameters of each rank
  readonly ties: readonly (readonly Tie[])[]; // further uses of each rank's parameters; gradient offsets in its rows
  readonly gradientLengths: readonly number[]; // length of each rank's rows of gradients, with those of further uses
}

type NetworkParameters = Pick<Network, 'tensors' | 'parameterCount' | 'gradientRanges' | 'ties'>;

/** Least number of parameters in a bucket: exchanging fewer takes about as long as the fixed cost of an exchange. */
const MIN_BUCKET_PARAMETERS = 1 << 18;

/** Divides each bucket of blocks over all ranks. */
export function ownershipOf(
  network: NetworkParameters,
  { threadsOf, overlap, minBucketParameters = MIN_BUCKET_PARAMETERS }: Omit<ClusterShape, 'connection'>,
): Ownership {
  const { parameterCount: P } = network;
  const ranks = threadsOf.length;
  const buckets = bucketsOf(network, overlap ? minBucketParameters : P);
  const rankParts = threadsOf.map((_, rank) => {
    let parameterCount = 0;
    const blocks: OwnedBlocks[] = [];
    const rankTies: Tie[] = [];
    // Buckets begin with the last layers, but a rank holds its parameters in the order of the weights.
    for (const bucket of [...buckets].reverse()) {
      const { first, end } = blocksOfRank(bucket, ranks, rank);
      const offset = Math.min(P, first * BLOCK);
      const length = Math.min(P, end * BLOCK) - offset;
      blocks.push({ first, end, offset, length, shift: parameterCount - offset, rowShift: bucket.rowShift });
      parameterCount += length;
      rankTies.push(...tiesWithin(network.ties, offset, length));
    }
    let gradientLength = parameterCount;
    const ties = rankTies.map((tie) => {
      gradientLength += tie.length;
      return { ...tie, gradientOffset: gradientLength - tie.length };
    });
    return { blocks: blocks.reverse(), parameterCount, ties, gradientLength };
  });
  return {
    buckets,
    blocksOf: rankParts.map(({ blocks }) => blocks),
    parameterCounts: rankParts.map(({ parameterCount }) => parameterCount),
    ties: rankParts.map(({ ties }) => ties),
    gradientLengths: rankParts.map(({ gradientLength }) => gradientLength),
  };
}

/** Number of parameters whose state this rank holds. */
export const rankParameterCount = (network: NetworkParameters, cluster: ClusterShape): number =>
  ownershipOf(network, cluster).parameterCounts[cluster.connection.rank];

/** Length of this rank's rows of gradients. */
export const rankGradientLength = (network: NetworkParameters, cluster: ClusterShape): number =>
  ownershipOf(network, cluster).gradientLengths[cluster.connection.rank];
