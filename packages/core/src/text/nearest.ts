/**
 * The known word closest to `word` by edits (Damerau-Levenshtein), or undefined where none is near enough to be meant.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = 1 + Math.max(1, Math.floor(word.length / 3));
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** ' (did you mean adam?)' for a text that begins a known word, is near to one or is a part of some; else nothing. */
export function suggest(word: unknown, known: readonly string[]): string {
  if (typeof word !== 'string' || word === '') return '';
  const same = known.filter((candidate) => candidate.toLowerCase() === word.toLowerCase());
  const begun = same.length > 0 ? same : known.filter((candidate) => begins(candidate, word));
  const close = begun.length > 0 ? undefined : nearest(word, known);
  const meant =
    begun.length > 0 ? begun : close === undefined ? known.filter((candidate) => hasPart(candidate, word)) : [close];
  return meant.length === 0 ? '' : ` (did you mean ${meant.slice(0, 3).join(' or ')}?)`;
}

/** Whether three letters or more of `start` begin `word`: 'vanish' of 'vanishing', '--data' of '--dataset'. */
const begins = (word: string, start: string): boolean =>
  start.replace(/^-+/, '').length >= 3 && word.startsWith(start.toLowerCase());

/**
 * Whether `part` stands between hyphens of `word`: 'he' or 'normal' of 'he-normal', '--threads' of '--max-threads'; or
 * is a longer part without the hyphens: 'crossentropy'.
 */
const hasPart = (word: string, part: string): boolean => {
  const plain = part.toLowerCase().replace(/^--/, '');
  return `-${word}-`.includes(`-${plain}-`) || (plain.length >= 5 && word.replaceAll('-', '').includes(plain));
};

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let twoBack: number[] = [];
  let oneBack = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(oneBack[j] + 1, row[j - 1] + 1, oneBack[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], twoBack[j - 2] + 1);
    }
    twoBack = oneBack;
    oneBack = row;
  }
  return oneBack[b.length];
}
