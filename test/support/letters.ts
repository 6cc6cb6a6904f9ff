import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRandom } from '../../packages/core/src/math/random/index.ts';
import type { Cluster } from '../../packages/runtime/src/cluster/cluster.ts';
import { openMpi } from '../../packages/runtime/src/cluster/mpi/find-mpi.ts';
import { createMailbox, type Message } from '../../packages/runtime/src/cluster/mpi/mailbox.ts';

/** Tags that no other messages have. */
const TAGS = [7, 8];

/** Number of letters from each rank to each other. */
const COUNT = 12;

/** Bytes. Of a large letter MPI sends only a header until its receiver has room for it. */
const LENGTHS = [16, 16, 2 ** 20];

interface Sent {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

/** The letters that a rank sends to all others, numbered. */
function lettersOf(rank: number): Sent[] {
  const random = createRandom(rank, 'letters');
  return Array.from({ length: COUNT }, (_, n) => ({
    tag: TAGS[random.integer(TAGS.length)],
    bytes: new Uint8Array(LENGTHS[random.integer(LENGTHS.length)]).fill(n),
  }));
}

/**
 * Sends letters, including large ones, between all ranks, and receives them: with `byTag` those of one tag, from a
 * random rank or any, else those of a random rank with any tag. Returns how many were received. @throws Error if one
 * overtakes an earlier one of the same rank.
 */
export async function swapLetters({ rank, ranks, connection }: Cluster, byTag: boolean): Promise<number> {
  const mail = createMailbox(openMpi(connection.path));
  const random = createRandom(rank, 'takes');
  const others = Array.from({ length: ranks }, (_, other) => other).filter((other) => other !== rank);
  for (const { tag, bytes } of lettersOf(rank)) for (const other of others) mail.send(other, tag, bytes);
  const coming = new Map(others.map((other) => [other, lettersOf(other)]));
  let taken = 0;
  while (coming.size > 0) {
    const froms = [...coming.keys()];
    const from = froms[random.integer(froms.length)];
    const tag = byTag ? TAGS[random.integer(TAGS.length)] : null;
    const letter = mail.receive(byTag && random.integer(2) === 0 ? null : from, tag);
    mail.isSent();
    if (letter === null) {
      await nextTurn();
      continue;
    }
    taken++;
    const left = coming.get(letter.rank) ?? [];
    left.splice(placeOf(letter, left, byTag), 1);
    if (left.length === 0) coming.delete(letter.rank);
  }
  while (!mail.isSent()) await nextTurn();
  return taken;
}

/** Index of a letter among those that are still expected. @throws Error unless it is the first. */
function placeOf(letter: Message, left: readonly Sent[], byTag: boolean): number {
  const index = left.findIndex(({ tag }) => !byTag || tag === letter.tag);
  const expected = left[index];
  const isIt = expected?.tag === letter.tag && Buffer.compare(expected.bytes, letter.bytes) === 0;
  if (isIt) return index;
  const nameOf = ({ tag, bytes }: Sent): string => `${bytes[0]} of ${bytes.length} bytes with tag ${tag}`;
  const has = `rank ${letter.rank} has sent letter ${nameOf(letter)}`;
  throw new Error(`letters: ${has}, expected ${expected === undefined ? 'none' : nameOf(expected)}`);
}
