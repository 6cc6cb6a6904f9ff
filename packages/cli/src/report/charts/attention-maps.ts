import { shownToken } from '../../lab/figures/influences.ts';
import { percent, plural } from '../../terminal/text/format.ts';
import { highest } from '../axes.ts';
import { grid, placedAt } from '../compose.ts';
import type { Attention } from '../findings/findings.ts';
import { type Markup, markup } from '../markup/markup.ts';
import type { Drawing, Picture } from '../picture.ts';

type Head = Attention['layers'][number]['heads'][number]; // [query][key]

/** Heads side by side on a screen; half as many on a phone. */
const MAX_ACROSS = 4;
/** Smaller weights show no number under the pointer: the page would be several times as large. */
const MIN_TITLED = 0.2;

/** Heat maps of the attention of each head, a picture for each layer. */
export function attentionMaps({ split, tokens, layers, layersInAll }: Attention): Picture[] {
  const tokenTexts = tokens.map((token) => shownToken(token).replaceAll(' ', '·'));
  const omission =
    layersInAll > layers.length ? ` The page shows the first ${layers.length} of ${layersInAll} layers.` : '';
  return layers.map(({ layer, heads }, k) => ({
    name: `attention-${k + 1}`,
    title: `Attention of ${layer}${findingOf(heads)}`,
    caption: `The first ${plural(tokens.length, 'token')} of the ${split} text. A row is a token, and its cells show how much it reads each token up to itself: the stronger their colour, the more; a row is 100 %.${k === 0 ? omission : ''}`,
    altText: heads.map((head, h) => `Head ${h + 1}: ${shareText(mostAttended(head))}`).join('; '),
    draw: grid(
      heads.map((head, h) => ({ title: `head ${h + 1}`, draw: (width) => drawHead(head, tokenTexts, width) })),
      Math.min(MAX_ACROSS, Math.max(2, heads.length)),
    ),
  }));
}

/** The token that a head reads, by the mean share of all tokens but the first, which has no choice. */
interface Attended {
  readonly token: string;
  readonly share: number;
}

function mostAttended(head: Head): Attended {
  const meanOf = (keyOf: (t: number) => number): number =>
    head.slice(1).reduce((sum, row, k) => sum + row[keyOf(k + 1)], 0) / Math.max(1, head.length - 1);
  const targets: Attended[] = [
    { token: 'the token itself', share: meanOf((t) => t) },
    { token: 'the token before', share: meanOf((t) => t - 1) },
    { token: 'the first token', share: meanOf(() => 0) },
  ];
  return targets.reduce((best, target) => (target.share > best.share ? target : best));
}

const shareText = ({ token, share }: Attended): string => `${percent(share)} on ${token}`;

/** The head with the most attention on one token, if that is at least half of it. */
function findingOf(heads: readonly Head[]): string {
  const shares = heads.map(mostAttended);
  const bestHead = shares.reduce((best, { share }, h) => (share > shares[best].share ? h : best), 0);
  if (heads[0].length < 2) return '';
  if (shares[bestHead].share < 0.5) return ', spread over several tokens';
  return `: head ${bestHead + 1} has ${shareText(shares[bestHead])}`;
}

const cellAt = (t: number, u: number): string => `M${u},${t}h1v1h-1z`;

/** The cells of each hundredth above 0. */
function cellsByShade(head: Head): Map<number, string[]> {
  const cells = new Map<number, string[]>();
  for (const [t, row] of head.entries()) {
    for (const [u, p] of row.entries()) {
      const shade = Math.round(100 * p) / 100;
      if (shade > 0) cells.set(shade, [...(cells.get(shade) ?? []), cellAt(t, u)]);
    }
  }
  return cells;
}

/** Maximum number of pixels of a cell. */
const MAX_CELL = 28;

/** Width of a letter of the largest font. */
const LETTER_WIDTH = 7.3;

function drawHead(head: Head, tokens: readonly string[], width: number): Drawing {
  const longest = highest([1, ...tokens.map((token) => token.length)]);
  const letters = Math.min(longest, 8);
  const margin = Math.ceil(letters * LETTER_WIDTH) + 6;
  const cell = Math.min(MAX_CELL, Math.floor((100 * (width - margin)) / tokens.length) / 100);
  const size = Math.min(12, Math.round(10 * cell) / 10);
  const cut = (token: string): string => (token.length > letters ? `${token.slice(0, letters - 1)}…` : token);
  const baselineShift = Math.round(3.5 * size) / 10; // 0.35 em: half the height of a capital, so that text is centred
  const middle = (k: number): number => Math.round(10 * (margin + (k + 0.5) * cell)) / 10;
  const labels = tokens.flatMap((token, k): Markup[] => [
    markup`<text x="${margin - 4}" y="${middle(k) + baselineShift}" text-anchor="end">${cut(token)}</text>`,
    letters === 1
      ? markup`<text x="${middle(k)}" y="${margin - 4}" text-anchor="middle">${token}</text>`
      : markup`<text transform="translate(${middle(k) + baselineShift},${margin - 4}) rotate(-90)">${cut(token)}</text>`,
  ]);
  const steps = tokens.map(() => 'h1v1').join('');
  const cells = [...cellsByShade(head)].map(
    ([shade, paths]) => markup`<path d="${paths.join('')}" fill-opacity="${shade}"/>`,
  );
  const titles = head.flatMap((row, t) =>
    row.flatMap((p, u): Markup[] =>
      p < MIN_TITLED
        ? []
        : [
            markup`<path d="${cellAt(t, u)}" fill="none"><title>${tokens[t]} reads ${tokens[u]}: ${percent(p)}</title></path>`,
          ],
    ),
  );
  const cellMarkup = markup`<g transform="scale(${cell})"><path d="M0,0${steps}H0z" fill="var(--rule)" fill-opacity=".4"/><g fill="var(--c1)">${cells}</g><g pointer-events="all">${titles}</g></g>`;
  return {
    width,
    height: Math.ceil(margin + tokens.length * cell),
    markup: markup`<g font-size="${size}" font-family="ui-monospace,Menlo,Consolas,monospace">${labels}</g>${placedAt(margin, margin, { markup: cellMarkup })}`,
  };
}
