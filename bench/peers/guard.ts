import { type Results, ratioOf } from './results.ts';

/** What a ratio may fall to of the recorded one: medians of rounds in turns repeat to about 5 %. */
const SLOWER = 0.9;

/** Ratios that have fallen since the last record of this class of machine. Times are not compared: machines differ by the hour. */
export function slowerThan(before: Results, now: Results): string[] {
  const lines: string[] = [];
  for (const [name, workload] of Object.entries(now.workloads)) {
    const old = before.workloads[name];
    if (old === undefined) continue;
    for (const ours of ['Gradloom blas', 'Gradloom wasm']) {
      for (const { peer } of workload.scores) {
        if (peer.startsWith('Gradloom')) continue;
        const [was, is] = [ratioOf(old, peer, ours), ratioOf(workload, peer, ours)];
        if (was === null || is === null || is >= SLOWER * was) continue;
        lines.push(`${name}: ${peer} took ${was.toFixed(2)} times as long as ${ours}, now ${is.toFixed(2)}`);
      }
      const share = (results: typeof old): number | null => {
        const [score, floor] = [results.scores.find(({ peer }) => peer === ours), results.floors[ours]];
        return score === undefined || floor === undefined ? null : floor.stepMs / score.stepMs;
      };
      const [was, is] = [share(old), share(workload)];
      if (was === null || is === null || is >= SLOWER * was) continue;
      lines.push(`${name}: ${ours} reached ${Math.round(100 * was)} % of its floor, now ${Math.round(100 * is)} %`);
    }
  }
  return lines;
}
