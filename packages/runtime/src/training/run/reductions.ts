import { option } from '@gradloom/core/internal';

/**
 * Who adds the gradients of the ranks of a cluster: `tree` in the order of the batch's tree, to the bits of one
 * process, or `allreduce`, MPI's own sum, whose order and bits depend on MPI, the ranks and the network.
 */
export type Reduction = 'tree' | 'allreduce';

export const reductions = { tree: true, allreduce: true } as const satisfies Record<Reduction, true>;

/** One of them. */
export const reduction = option.oneOf(reductions);
