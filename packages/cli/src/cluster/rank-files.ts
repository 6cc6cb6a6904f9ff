import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Variable of the environment with the folder where each rank says which process it is. */
export const RANK_FILES = 'GRADLOOM_RANK_FILES';

/** Variables in which launchers tell a process its rank. */
const rankVariables = ['OMPI_COMM_WORLD_RANK', 'PMIX_RANK', 'PMI_RANK', 'SLURM_PROCID'];

/** Says which rank this process is, if `cluster run` asks: some launchers name a dead process, not its rank. */
export function announceRank(env: Readonly<Record<string, string | undefined>>): void {
  const folder = env[RANK_FILES];
  const variable = rankVariables.find((name) => env[name] !== undefined);
  if (folder === undefined || variable === undefined) return;
  try {
    writeFileSync(join(folder, `${Number(env[variable])}`), `${process.pid} ${hostname()}`);
  } catch {
    // Another machine has no such folder: its launcher's words are what there is.
  }
}

export interface RankFiles {
  readonly folder: string;
  /** The rank of a process, null where none has said so. */
  rankOf(pid: number | null, host: string | null): number | null;
  remove(): void;
}

export function createRankFiles(): RankFiles {
  const folder = mkdtempSync(join(tmpdir(), 'gradloom-ranks-'));
  return {
    folder,
    rankOf(pid, host) {
      const rank = readdirSync(folder).find((name) => readFileSync(join(folder, name), 'utf8') === `${pid} ${host}`);
      return rank === undefined ? null : Number(rank);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
