import { synonymOf, whyAbsent } from './other-names.ts';
import { showName } from './show.ts';

/** Longer words get no hint, since comparing them would take longer than the check itself. */
const MAX_LENGTH = 200;

/** A word with more edits than this is not meant. Each edit widens the compared diagonal by one. */
const MAX_EDITS = 5;

/** The known word closest to `word` by edits (Damerau-Levenshtein); undefined if none is close. Linear time. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  const lower = word.toLowerCase();
  let bestWord: string | undefined;
  const { length } = word.replace(/^-+/, '');
  // One edit turns any letter into any other.
  let maxDistance = length <= 1 ? 0 : Math.min(MAX_EDITS, Math.max(1, Math.floor(length / 3)));
  for (const candidate of known) {
    if (maxDistance < 0) break;
    const distance = editDistance(lower, candidate, maxDistance);
    if (distance <= maxDistance) [bestWord, maxDistance] = [candidate, distance - 1];
  }
  return bestWord;
}

/**
 * ' (did you mean adam?)' if `word` is another program's name for a known word, or begins, resembles or is part of one;
 * ' (<reason>)' if it names something that Gradloom lacks; else ''.
 */
export function suggest(word: unknown, known: readonly string[]): string {
  if (typeof word !== 'string' || word === '' || word.length > MAX_LENGTH) return '';
  const synonym = synonymOf(word, known);
  if (synonym !== undefined) return ` (did you mean ${showName(synonym)}?)`;
  const why = whyAbsent(word, known);
  if (why !== undefined) return ` (${why})`;
  const lower = word.toLowerCase().replaceAll('_', '-');
  const equalNames = known.filter((candidate) => candidate.length <= MAX_LENGTH && candidate.toLowerCase() === lower);
  // The first rule that finds a name decides.
  const rules = [
    () => equalNames,
    () => known.filter((candidate) => begins(candidate, lower)),
    () => [nearest(word, known) ?? []].flat(),
    () => known.filter((name) => hasPart(name, lower)),
  ];
  const suggestions = rules.reduce<readonly string[]>((names, rule) => (names.length > 0 ? names : rule()), []);
  if (suggestions.length === 0) return '';
  return ` (did you mean ${suggestions.slice(0, 3).map(showName).join(' or ')}?)`;
}

const ACTIVATION = ' (an activation is a layer of its own, such as { "kind": "relu" })';

/** `suggest` for the name of an option. */
export const suggestOption = (key: string, known: readonly string[]): string =>
  key.toLowerCase() === 'activation' && known.includes('out') ? ACTIVATION : suggest(key, known);

/** Whether `word` begins with `start`, of at least three letters: '--dataset' with '--data'. */
const begins = (word: string, start: string): boolean => start.replace(/^-+/, '').length >= 3 && word.startsWith(start);

/**
 * Whether `part` stands between hyphens in `word`: 'normal' in 'he-normal', '--threads' in '--max-threads'. Or whether
 * it is a longer part of `word` without its hyphens: 'crossentropy'.
 */
const hasPart = (word: string, part: string): boolean => {
  const name = part.replace(/^--/, '');
  return `-${word}-`.includes(`-${name}-`) || (name.length >= 5 && word.replaceAll('-', '').includes(name));
};

/** Number of insertions, deletions, substitutions and swaps that turn `a` into `candidate`, as far as `maxDistance`. */
function editDistance(a: string, candidate: string, maxDistance: number): number {
  if (Math.abs(a.length - candidate.length) > maxDistance) return maxDistance + 1;
  const b = candidate.toLowerCase();
  let [twoBack, oneBack, row] = [0, 1, 2].map(() => Array.from({ length: b.length + 2 }, (_, j) => j));
  for (let i = 1; i <= a.length; i++) {
    // Cells further than `maxDistance` from the diagonal take more edits than that. The next row reads one of them on
    // each side.
    const [first, last] = [Math.max(1, i - maxDistance), Math.min(b.length, i + maxDistance)];
    row[first - 1] = first === 1 ? i : maxDistance + 1;
    let rowMinimum = row[first - 1];
    for (let j = first; j <= last; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(oneBack[j] + 1, row[j - 1] + 1, oneBack[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], twoBack[j - 2] + 1);
      rowMinimum = Math.min(rowMinimum, row[j]);
    }
    if (rowMinimum > maxDistance) return rowMinimum;
    row[last + 1] = maxDistance + 1;
    [twoBack, oneBack, row] = [oneBack, row, twoBack];
  }
  return oneBack[b.length];
}
