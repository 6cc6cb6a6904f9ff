import type { ClusterFacts } from './events.ts';
import type { RunPlan } from './plan.ts';

/** Description of a run's cluster; empty without a cluster. */
export function clusterFacts({ cluster, ranks, threads }: RunPlan): { readonly cluster?: ClusterFacts } {
  if (cluster === null) return {};
  const { library, hosts } = cluster;
  return { cluster: { library, hosts, threads: ranks?.threadsOf ?? [threads] } };
}
