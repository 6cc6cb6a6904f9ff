import type { ClusterFacts } from './events.ts';
import type { RunPlan } from './plan.ts';

/** What a run says of its cluster; nothing where it has none. */
export function clusterFacts({ cluster, ranks, threads }: RunPlan): { readonly cluster?: ClusterFacts } {
  if (cluster === null) return {};
  const { library, hosts } = cluster;
  return { cluster: { library, hosts, threads: ranks?.threadsOf ?? [threads] } };
}
