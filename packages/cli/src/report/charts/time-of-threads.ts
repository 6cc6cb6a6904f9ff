import type { Profile } from '@gradloom/runtime';
import { phases as allParts } from '@gradloom/runtime/internal';
import { barX } from '@observablehq/plot';
import { decimal, duration } from '../../terminal/text/format.ts';
import { highest } from '../axes.ts';
import { stack } from '../compose.ts';
import { markup } from '../markup/markup.ts';
import type { Drawing, Picture } from '../picture.ts';
import { drawPlot } from '../theme.ts';

/** Colours of the phases. */
const colors: Readonly<Record<keyof Profile, string>> = {
  gather: 'var(--c6)',
  forward: 'var(--c1)',
  backward: 'var(--c3)',
  update: 'var(--c5)',
  exchange: 'var(--c2)',
  wait: 'var(--rule)',
};

/** Most bars drawn; if there are more, evenly spaced ones. */
const MAX_BARS = 256;

/** Time of each thread by phase; `rows` are bars, for runs or threads. */
export function timeOfThreads(
  rows: readonly { readonly name: string; readonly profile: Profile }[],
  note = '', // added to the caption
): Picture {
  const exchanges = rows.some(({ profile }) => profile.exchange > 0);
  const parts = allParts.filter((part) => part !== 'exchange' || exchanges);
  const total = rows.reduce((sum, { profile }) => sum + parts.reduce((all, part) => all + profile[part], 0), 0);
  const share = (part: keyof Profile) => rows.reduce((sum, { profile }) => sum + profile[part], 0) / total;
  const [longest] = parts.filter((part) => part !== 'wait').sort((a, b) => share(b) - share(a));
  const rounded = (part: keyof Profile) => `${Math.round(100 * share(part))} %`;
  const every = Math.ceil(rows.length / MAX_BARS);
  const shown = rows.filter((_, k) => k % every === 0);
  const bars = shown.flatMap(({ name, profile }) => parts.map((part) => ({ name, part, ms: profile[part] })));
  return {
    name: 'time',
    title: `Time of threads by phase: ${rounded('wait')} waiting, ${rounded(longest)} ${longest}`,
    sentence: `Time of each thread by phase: gather the rows, forward pass, backward pass, update (sum the gradients of the threads and change the weights)${exchanges ? ', exchange with other ranks' : ''}, wait at a barrier for the other threads.${note}`,
    alternative: rows
      .map(({ name, profile }) => `${name}: ${parts.map((part) => `${part} ${duration(profile[part])}`).join(', ')}`)
      .join('; '),
    draw: (width) =>
      stack([
        key(parts, width),
        drawPlot({
          width,
          height: 40 + 30 * shown.length,
          marginLeft: 14 + 6.8 * highest(shown.map(({ name }) => name.length)),
          marginRight: 16,
          marginTop: 4,
          marginBottom: 36,
          x: { label: 'time (ms)', ticks: 5 },
          y: { type: 'band', domain: shown.map(({ name }) => name), label: null, tickSize: 0 },
          marks: [
            barX(bars, {
              x: 'ms',
              y: 'name',
              fill: ({ part }: (typeof bars)[number]) => colors[part],
              stroke: 'var(--paper)',
              order: null,
              title: ({ name, part, ms }: (typeof bars)[number]) => `${name}, ${part}: ${decimal(ms)} ms`,
            }),
          ],
        }),
      ]),
  };
}

function key(parts: readonly (keyof Profile)[], width: number): Drawing {
  let x = 0;
  let y = 0;
  const entries = parts.map((part) => {
    const length = 30 + part.length * 7.5;
    if (x + length > width) [x, y] = [0, y + 20];
    const entry = markup`<rect x="${x}" y="${y + 4}" width="12" height="12" fill="${colors[part]}"/><text x="${x + 18}" y="${y + 14}">${part}</text>`;
    x += length;
    return entry;
  });
  return { width, height: y + 28, markup: markup`${entries}` };
}
