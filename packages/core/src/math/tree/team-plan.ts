import type { LeafRange } from './deal-leaves.ts';
import { type Node, nodesOf } from './leaves.ts';

/** A forward and backward pass of a thread over one node. Its gradient goes to a row. */
export interface NodePass extends Node {
  /** Row of the gradient. */
  readonly row: number;
  /** Whether to add the gradient to the row, which holds the sum of the left neighbour. */
  readonly accumulate: boolean;
  /** Rows to add afterwards: left += right. */
  readonly merges: readonly (readonly [left: number, right: number])[];
}

/** Division of a batch among the threads of a team. */
export interface TeamPlan {
  /** Passes of each thread, in order. */
  readonly passes: readonly (readonly NodePass[])[];
  /** The node whose gradient each row holds afterwards, row by row. */
  readonly nodes: readonly Node[];
  /** Number of rows: one for each of `nodes`, and those that are merged before the end. */
  readonly rows: number;
}

/** Options of `planTeam`. */
export interface TeamPlanOptions {
  /** Leaves of the whole batch. */
  readonly leaves: number;
  /** Leaves of the team. @default all */
  readonly part?: LeafRange;
  readonly threads: number;
  /** Leaves that a pass may have, a power of two: the workspace has rows for them. */
  readonly maxLeaves: number;
  /** Whether a pass may add its gradient to its left neighbour's. A BLAS may not, as it rounds in its own order. */
  readonly canAccumulate: boolean;
  /**
   * Whether a later pass may reuse a row that was added to its neighbour's. Not if all passes advance together, from
   * barrier to barrier. @default true
   */
  readonly mergesRows?: boolean;
}

/** Deals the leaves of a batch to threads, neighbouring leaves to one thread, and assigns rows to their gradients. */
export function planTeam(options: TeamPlanOptions): TeamPlan {
  const threadPlans = Array.from({ length: options.threads }, (_, t) => {
    const { first, end } = leavesOf(options, t);
    return planThread(first, end, options);
  });
  const nodes = threadPlans.flatMap((plan) => plan.nodes);
  // Rows that hold a node at the end come first, so that the update finds them next to each other.
  let [nodeRow, scratchRow] = [0, nodes.length];
  const passes = threadPlans.map((plan) => {
    const [firstNodeRow, firstScratchRow] = [nodeRow, scratchRow - plan.nodes.length];
    const rowOf = (row: number): number => row + (row < plan.nodes.length ? firstNodeRow : firstScratchRow);
    nodeRow += plan.nodes.length;
    scratchRow += plan.rows - plan.nodes.length;
    return plan.passes.map(({ row, merges, ...pass }) => ({
      ...pass,
      row: rowOf(row),
      merges: merges.map(([left, right]) => [rowOf(left), rowOf(right)] as const),
    }));
  });
  return { passes, nodes, rows: scratchRow };
}

function leavesOf({ leaves, threads, part = { first: 0, end: leaves } }: TeamPlanOptions, thread: number): LeafRange {
  const bound = (t: number): number => part.first + Math.floor((t * (part.end - part.first)) / threads);
  return { first: bound(thread), end: bound(thread + 1) };
}

/** Passes of a thread, with rows counted from 0. */
function planThread(
  first: number,
  end: number,
  { leaves, maxLeaves, canAccumulate, mergesRows = true }: TeamPlanOptions,
) {
  const passes: NodePass[] = [];
  const stack: Node[] = []; // the node in each row
  let rows = 0;
  for (const node of nodesOf(first, end, leaves)) {
    const chunks = Math.floor((node.count + maxLeaves - 1) / maxLeaves);
    const isLast = node.first + node.count === end;
    for (let c = 0; c < chunks; c++) {
      const chunkFirst = node.first + c * maxLeaves;
      const count = Math.min(maxLeaves, node.first + node.count - chunkFirst);
      const isRight = canAccumulate && c % 2 === 1;
      if (!isRight) stack.push({ first: chunkFirst, count });
      else addTo(stack, count);
      rows = Math.max(rows, stack.length);
      const row = stack.length - 1;
      const merges: [number, number][] = [];
      // n: rows of this node so far. Rows merge like the carries of a binary counter: one merge for each time that 2
      // divides n. Merges after the last chunk are left to the update, which reads the rows anyway. Other nodes
      // are merged to one row each; without that, the rows of a thread would grow with the square of the logarithm of
      // its leaves.
      for (let n = isRight ? (c + 1) / 2 : c + 1; mergesRows && (c + 1 < chunks || !isLast) && n % 2 === 0; n /= 2) {
        merges.push([stack.length - 2, stack.length - 1]);
        addTo(stack, stack.pop()?.count ?? 0);
      }
      passes.push({ first: chunkFirst, count, row, accumulate: isRight, merges });
    }
  }
  return { passes, nodes: stack, rows };
}

/** Adds `count` leaves to the last node of a stack. */
function addTo(stack: Node[], count: number): void {
  const last = stack[stack.length - 1];
  stack[stack.length - 1] = { first: last.first, count: last.count + count };
}

/** Size of a plan, computed without building it, which takes seconds for millions of leaves. */
interface PlanSize {
  readonly rows: number; // rows of gradients
  readonly passes: number; // passes of the busiest thread
}

/** The size of `planTeam(options)`. */
export function sizeOfPlan(options: TeamPlanOptions): PlanSize {
  let [rows, passes] = [0, 0];
  for (let t = 0; t < options.threads; t++) {
    const { first, end } = leavesOf(options, t);
    const size = sizeOfThread(first, end, options);
    rows += size.rows;
    passes = Math.max(passes, size.passes);
  }
  return { rows, passes };
}

/** Size of the plan of `planThread`. */
function sizeOfThread(
  first: number,
  end: number,
  { leaves, maxLeaves, canAccumulate, mergesRows = true }: TeamPlanOptions,
): PlanSize {
  let [nodes, rows, passes] = [0, 0, 0];
  for (const { first: nodeFirst, count } of nodesOf(first, end, leaves)) {
    const chunks = Math.floor((count + maxLeaves - 1) / maxLeaves);
    // m: chunks with a row of their own, without the last one. After m of them, as many rows hold sums that wait for
    // their neighbour as m has binary ones; of all numbers up to m the largest 2ᵏ - 1 has the most ones.
    const m = canAccumulate ? (chunks - 1) >> 1 : chunks - 1;
    passes += chunks;
    if (!mergesRows) {
      nodes += m + 1;
      rows = nodes;
      continue;
    }
    rows = Math.max(rows, nodes + 1 + 31 - Math.clz32(m + 1));
    if (nodeFirst + count === end) for (let rest = m; rest > 0; rest >>= 1) nodes += rest & 1;
    nodes++;
  }
  return { rows, passes };
}

/** Rows of gradients that a team of up to `threads` threads needs. */
export function gradientRows({ threads, ...options }: TeamPlanOptions): number {
  const { leaves, part = { first: 0, end: leaves } } = options;
  let max = 0;
  // More threads than leaves take no more rows.
  for (let T = 1; T <= Math.min(threads, part.end - part.first); T++)
    max = Math.max(max, sizeOfPlan({ ...options, threads: T }).rows);
  return max;
}
