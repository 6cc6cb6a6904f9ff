import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RankReport } from './lockstep-program.ts';
import type { Story } from './lockstep-story.ts';
import { type MpirunName, startRanks } from './mpirun.ts';
import { programFile, programUrl } from './program-file.ts';
import { endOf } from './start-program.ts';

/** Reports of each rank on each story: [stories][ranks]. Rejects if a rank ends abnormally. */
export async function runStories(
  name: MpirunName,
  ranks: number,
  stories: readonly Story[],
  { preload, env = {} }: { preload?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<readonly (readonly RankReport[])[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gradloom-stories-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'stories.json');
  writeFileSync(file, JSON.stringify(stories));
  const flags = preload === undefined ? [] : ['--import', programUrl(preload)];
  const command = [process.execPath, ...flags, programFile('lockstep-program'), file, folder];
  const { code, stderr } = await endOf(startRanks(name, ranks, command, folder, { env }));
  if (code !== 0) throw new Error(`the ranks have ended with ${code}: ${stderr}`);
  const ofRanks = Array.from({ length: ranks }, (_, rank): RankReport[] => {
    return JSON.parse(readFileSync(join(folder, `rank-${rank}.json`), 'utf8'));
  });
  return stories.map((_, k) => ofRanks.map((reports) => reports[k]));
}
