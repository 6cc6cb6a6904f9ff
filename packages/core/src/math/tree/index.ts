export { dealLeaves, type LeafRange } from './deal-leaves.ts';
export {
  addTree,
  joinLevels,
  leafCount,
  leafRows,
  MOST_LEAF_ROWS,
  MOST_LEAVES,
  MOST_NODE_ROWS,
  type Node,
  nodesOf,
  treeLevels,
} from './leaves.ts';
export { type Joined, joinNodes, type NodeSums, ONE_ROW, sumsOf } from './node-sums.ts';
export { gradientRows, type NodePass, planTeam, sizeOfPlan, type TeamPlan, type TeamPlanOptions } from './team-plan.ts';
