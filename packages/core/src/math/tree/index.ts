export { dealLeaves, type LeafRange } from './deal-leaves.ts';
export {
  addTree,
  defaultLeafRows,
  joinLevels,
  leafCount,
  MAX_LEAF_ROWS,
  MAX_LEAVES,
  MAX_NODE_ROWS,
  type Node,
  nodesOf,
  treeLevels,
} from './leaves.ts';
export { type JoinedNodes, joinNodes, type NodeSums, ONE_ROW, sumsOf } from './node-sums.ts';
export { gradientRows, type NodePass, planTeam, sizeOfPlan, type TeamPlan, type TeamPlanOptions } from './team-plan.ts';
