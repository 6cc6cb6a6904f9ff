import type { Cluster } from '@gradloom/runtime';
import type { RawOptions } from '../../options/raw-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { failTogether } from './on-each-rank.ts';

/** Flags of which each rank has its own: none changes a bit. */
const OWN = new Set(['threads', 'max-threads', 'memory-limit', 'verbose']);

/** Flags for what rank 0 alone does. Others may leave them out; with another value they would be dropped in silence. */
const OF_FIRST = new Set(['out', 'no-out', 'json', 'quiet', 'checkpoint-every', 'keep']);

/** Whether a flag holds on the rank where it was typed alone. */
export const isOfEachRank = (flag: string): boolean => OWN.has(flag);

/** Flags that a sentence names. */
const NAMED = 3;

/**
 * Compares the flags that ranks were started with: a launcher may give each a command line of its own.
 * @throws UsageError on all ranks, with who has what, where they differ.
 */
export async function refuseOtherFlags(cluster: Cluster, typed: RawOptions): Promise<void> {
  const { fromAll, hosts } = cluster;
  const own = Object.entries(typed).flatMap(([key, flag]) => (OWN.has(key) ? [] : [[key, flag] as const]));
  const all = (await fromAll(own)).map((flags) => new Map(flags));
  /** As it was typed, undefined where it was not: `none` is a value of some. */
  const textOf = (key: string, rank: number): string | undefined => {
    const flag = all[rank].get(key);
    return flag?.value === true ? 'given' : flag && String(flag.value);
  };
  const keys = new Set(all.flatMap((flags) => [...flags.keys()]));
  const found: string[] = [];
  for (const key of keys) {
    const first = textOf(key, 0);
    const others = [...all.keys()].filter((rank) => {
      const text = textOf(key, rank);
      return text !== first && !(text === undefined && OF_FIRST.has(key));
    });
    if (others.length === 0) continue;
    const name = all.find((flags) => flags.has(key))?.get(key)?.name;
    const of = (rank: number): string => `${textOf(key, rank) ?? 'nothing'} on rank ${rank} (${hosts[rank]})`;
    const alone = OF_FIRST.has(key) ? ', which alone prints and writes' : '';
    found.push(`${name} has ${of(0)}${alone}, ${others.map(of).join(', ')}`);
  }
  if (found.length === 0) return;
  const more = found.length > NAMED ? `; and ${found.length - NAMED} more` : '';
  const sentence = `${found.slice(0, NAMED).join('; ')}${more}: expected the same on all ranks`;
  await failTogether(cluster, new UsageError(sentence));
}
