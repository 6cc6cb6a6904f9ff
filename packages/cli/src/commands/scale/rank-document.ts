import type { RankPoint } from '../../lab/scale/ranks/measure-ranks.ts';

/** What `scale --cluster mpi --json` prints. */
export interface RankDocument extends RankPoint {
  readonly event: 'ranks';
}

/** The measurement in what ranks have printed; null where there is none. */
export function findRankDocument(stdout: string): RankPoint | null {
  for (const line of stdout.split('\n')) {
    if (!line.startsWith('{"event":"ranks"')) continue;
    const { event: _, ...point }: RankDocument = JSON.parse(line);
    return point;
  }
  return null;
}
