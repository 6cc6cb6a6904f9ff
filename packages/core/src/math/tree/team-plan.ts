import type { LeafRange } from './deal-leaves.ts';
import { type Node, nodesOf } from './leaves.ts';

/** What a thread takes at once: forward and backward pass of a node, whose gradient goes to a row. */
export interface NodePass extends Node {
  /** Row of the gradients. */
  readonly row: number;
  /** Whether the row holds the sum of the left neighbour, to which the gradient is added. */
  readonly joins: boolean;
  /** Rows that are to be added after it: left += right. */
  readonly merges: readonly (readonly [left: number, right: number])[];
}

/** How a team takes a batch. */
export interface TeamPlan {
  /** Of each thread, in order. */
  readonly passes: readonly (readonly NodePass[])[];
  /** What the rows hold afterwards, row after row. */
  readonly nodes: readonly Node[];
  /** How many rows there are: `nodes`, and those that are merged on the way. */
  readonly rows: number;
}

/** What a plan depends on. */
export interface TeamPlanOptions {
  /** Of the whole batch. */
  readonly leaves: number;
  /** Those that the team takes. @default all */
  readonly part?: LeafRange;
  readonly threads: number;
  /** Leaves of a pass, a power of two: as many as a workspace has rows for. */
  readonly most: number;
  /**
   * Whether a pass may add its gradient to its left neighbour's. A BLAS may not: that rounds in an order of its own.
   */
  readonly joins: boolean;
  /**
   * Whether a row is free for the next pass once it is added to its neighbour's. It is not where all passes go on
   * together, from barrier to barrier. @default true
   */
  readonly merges?: boolean;
}

/** Deals the leaves of a batch out to a team, neighbours to the same thread, and says where their gradients go. */
export function planTeam(options: TeamPlanOptions): TeamPlan {
  const parts = Array.from({ length: options.threads }, (_, t) => {
    const { first, end } = leavesOf(options, t);
    return planThread(first, end, options);
  });
  const nodes = parts.flatMap((part) => part.nodes);
  // Rows that hold a node at the end come first, so that the update finds them side by side.
  let [kept, free] = [0, nodes.length];
  const passes = parts.map((part) => {
    const [firstKept, firstFree] = [kept, free - part.nodes.length];
    const place = (row: number): number => row + (row < part.nodes.length ? firstKept : firstFree);
    kept += part.nodes.length;
    free += part.rows - part.nodes.length;
    return part.passes.map(({ row, merges, ...pass }) => ({
      ...pass,
      row: place(row),
      merges: merges.map(([left, right]) => [place(left), place(right)] as const),
    }));
  });
  return { passes, nodes, rows: free };
}

/** Leaves of a thread. */
function leavesOf({ leaves, threads, part = { first: 0, end: leaves } }: TeamPlanOptions, thread: number): LeafRange {
  const bound = (t: number): number => part.first + Math.floor((t * (part.end - part.first)) / threads);
  return { first: bound(thread), end: bound(thread + 1) };
}

/** Rows counted from 0 in the thread. */
function planThread(first: number, end: number, { leaves, most, joins, merges: frees = true }: TeamPlanOptions) {
  const passes: NodePass[] = [];
  const stack: Node[] = []; // the node in each row
  let rows = 0;
  for (const node of nodesOf(first, end, leaves)) {
    const chunks = Math.floor((node.count + most - 1) / most);
    const isLast = node.first + node.count === end;
    for (let c = 0; c < chunks; c++) {
      const at = node.first + c * most;
      const count = Math.min(most, node.first + node.count - at);
      const isRight = joins && c % 2 === 1;
      if (!isRight) stack.push({ first: at, count });
      else addTo(stack, count);
      rows = Math.max(rows, stack.length);
      const row = stack.length - 1;
      const merges: [number, number][] = [];
      // What the last chunk could merge is left to the update, which reads the rows in any case. Other nodes become one
      // row each: a thread would need rows by the square of the logarithm of its leaves.
      for (let n = isRight ? (c + 1) / 2 : c + 1; frees && (c + 1 < chunks || !isLast) && n % 2 === 0; n /= 2) {
        merges.push([stack.length - 2, stack.length - 1]);
        addTo(stack, stack.pop()?.count ?? 0);
      }
      passes.push({ first: at, count, row, joins: isRight, merges });
    }
  }
  return { passes, nodes: stack, rows };
}

/** The last node of a stack, with so many leaves more. */
function addTo(stack: Node[], count: number): void {
  const last = stack[stack.length - 1];
  stack[stack.length - 1] = { first: last.first, count: last.count + count };
}

/** What a plan comes to, counted without making it: of millions of leaves that would take seconds. */
interface PlanSize {
  readonly rows: number; // of gradients
  readonly passes: number; // of the thread that has most
}

/** The size of `planTeam(options)`. */
export function sizeOfPlan(options: TeamPlanOptions): PlanSize {
  let [rows, passes] = [0, 0];
  for (let t = 0; t < options.threads; t++) {
    const { first, end } = leavesOf(options, t);
    const own = sizeOfThread(first, end, options);
    rows += own.rows;
    passes = Math.max(passes, own.passes);
  }
  return { rows, passes };
}

/** As `planThread` would have it. */
function sizeOfThread(first: number, end: number, { leaves, most, joins, merges = true }: TeamPlanOptions): PlanSize {
  let [kept, rows, passes] = [0, 0, 0];
  for (const { first: at, count } of nodesOf(first, end, leaves)) {
    const chunks = Math.floor((count + most - 1) / most);
    // Chunks that have a row of their own, the last not counted. As many sums wait behind m of them as m has ones, and
    // of the numbers up to m the one below the largest power of two that is at most m + 1 has most.
    const m = joins ? (chunks - 1) >> 1 : chunks - 1;
    passes += chunks;
    if (!merges) {
      kept += m + 1;
      rows = kept;
      continue;
    }
    rows = Math.max(rows, kept + 1 + 31 - Math.clz32(m + 1));
    if (at + count === end) for (let rest = m; rest > 0; rest >>= 1) kept += rest & 1;
    kept++;
  }
  return { rows, passes };
}

/** Rows of gradients that teams of up to so many threads need. */
export function gradientRows({ threads, ...options }: TeamPlanOptions): number {
  const { leaves, part = { first: 0, end: leaves } } = options;
  let most = 0;
  // More threads than leaves take no more rows.
  for (let T = 1; T <= Math.min(threads, part.end - part.first); T++)
    most = Math.max(most, sizeOfPlan({ ...options, threads: T }).rows);
  return most;
}
