import type { Cluster } from '@gradloom/runtime';
import type { RawOptions } from '../../options/raw-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { failTogether } from './on-each-rank.ts';

/** Flags that each rank may set for itself: none changes a bit. */
const PER_RANK_FLAGS = new Set(['threads', 'max-threads', 'memory-limit', 'verbose']);

/**
 * Flags for work that only rank 0 does. Other ranks may leave them out; a different value would be ignored silently.
 */
const FIRST_RANK_FLAGS = new Set(['out', 'no-out', 'json', 'quiet', 'checkpoint-every', 'keep']);

/** Whether a flag applies only to the rank where it was typed. */
export const isPerRank = (flag: string): boolean => PER_RANK_FLAGS.has(flag);

/** Most flags that an error names. */
const MAX_NAMED = 3;

/**
 * Compares the flags of all ranks: a launcher may give each rank its own command line. @throws UsageError on all ranks,
 * listing the flags that differ and their ranks.
 */
export async function refuseOtherFlags(cluster: Cluster, typed: RawOptions): Promise<void> {
  const { fromAll, hosts } = cluster;
  const sharedFlags = Object.entries(typed).flatMap(([key, flag]) =>
    PER_RANK_FLAGS.has(key) ? [] : [[key, flag] as const],
  );
  const all = (await fromAll(sharedFlags)).map((flags) => new Map(flags));
  /** The value as typed; undefined if it was not typed, since `none` is a valid value of some flags. */
  const textOf = (key: string, rank: number): string | undefined => {
    const flag = all[rank].get(key);
    return flag?.value === true ? 'given' : flag && String(flag.value);
  };
  const keys = new Set(all.flatMap((flags) => [...flags.keys()]));
  const differences: string[] = [];
  for (const key of keys) {
    const first = textOf(key, 0);
    const others = [...all.keys()].filter((rank) => {
      const text = textOf(key, rank);
      return text !== first && !(text === undefined && FIRST_RANK_FLAGS.has(key));
    });
    if (others.length === 0) continue;
    const name = all.find((flags) => flags.has(key))?.get(key)?.name;
    const of = (rank: number): string => `${textOf(key, rank) ?? 'nothing'} on rank ${rank} (${hosts[rank]})`;
    const alone = FIRST_RANK_FLAGS.has(key) ? ', which alone prints and writes' : '';
    differences.push(`${name} has ${of(0)}${alone}, ${others.map(of).join(', ')}`);
  }
  if (differences.length === 0) return;
  const more = differences.length > MAX_NAMED ? `; and ${differences.length - MAX_NAMED} more` : '';
  const sentence = `${differences.slice(0, MAX_NAMED).join('; ')}${more}: expected the same on all ranks`;
  await failTogether(cluster, new UsageError(sentence));
}
