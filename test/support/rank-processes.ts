import { readdirSync, readFileSync } from 'node:fs';

/** Processes of ranks whose command line contains this word, by rank. Only on Linux. */
export function rankProcesses(word: string): Map<number, number> {
  const pids = new Map<number, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const [command, environment] = ['cmdline', 'environ'].map((name) => textOf(`/proc/${pid}/${name}`).split('\0'));
    if (!command.includes(word)) continue;
    const rank = environment
      .find((line) => /^(OMPI_COMM_WORLD_RANK|PMI_RANK|PMIX_RANK)=/.test(line))
      ?.replace(/.*=/, '');
    if (rank !== undefined) pids.set(Number(rank), Number(pid));
  }
  return pids;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Empty if the process has ended. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
