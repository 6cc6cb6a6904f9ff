import type { Profile } from '@gradloom/runtime';
import { phases as allPhases } from '@gradloom/runtime/internal';
import { barX } from '@observablehq/plot';
import { decimal, duration } from '../../terminal/text/format.ts';
import { evenlySpaced, highest, LETTER_WIDTH } from '../axes.ts';
import { stack } from '../compose.ts';
import { markup } from '../markup/markup.ts';
import type { Draw, Picture } from '../picture.ts';
import { drawPlot } from '../theme.ts';

const colors: Readonly<Record<keyof Profile, string>> = {
  gather: 'var(--c6)',
  forward: 'var(--c1)',
  backward: 'var(--c3)',
  update: 'var(--c5)',
  exchange: 'var(--c2)',
  wait: 'var(--rule)',
};

/** Maximum number of bars drawn; if there are more, evenly spaced ones. */
const MAX_BARS = 256;

/** Time of each thread by phase; `rows` are bars, for runs or threads. */
export function timeOfThreads(
  rows: readonly { readonly name: string; readonly profile: Profile }[],
  note = '', // added to the caption
): Picture {
  const exchanges = rows.some(({ profile }) => profile.exchange > 0);
  const phases = allPhases.filter((phase) => phase !== 'exchange' || exchanges);
  const totalMs = rows.reduce((sum, { profile }) => sum + phases.reduce((ms, phase) => ms + profile[phase], 0), 0);
  const shareOf = (phase: keyof Profile) => rows.reduce((sum, { profile }) => sum + profile[phase], 0) / totalMs;
  const [longest] = phases.filter((phase) => phase !== 'wait').sort((a, b) => shareOf(b) - shareOf(a));
  const shareText = (phase: keyof Profile) => `${Math.round(100 * shareOf(phase))} %`;
  const bands = evenlySpaced(rows, MAX_BARS);
  const bars = bands.flatMap(({ name, profile }) => phases.map((phase) => ({ name, phase, ms: profile[phase] })));
  return {
    name: 'time',
    title: `Time of threads by phase: ${shareText('wait')} waiting, ${shareText(longest)} ${longest}`,
    caption: `Time of each thread by phase: gather the rows, forward pass, backward pass, update (sum the gradients of the threads and change the weights)${exchanges ? ', exchange with other ranks' : ''}, wait at a barrier for the other threads.${note}`,
    altText: rows
      .map(
        ({ name, profile }) => `${name}: ${phases.map((phase) => `${phase} ${duration(profile[phase])}`).join(', ')}`,
      )
      .join('; '),
    draw: stack([
      phaseLegend(phases),
      (width) =>
        drawPlot({
          width,
          height: 40 + 30 * bands.length,
          margins: {
            left: 14 + LETTER_WIDTH * highest(bands.map(({ name }) => name.length)),
            right: 16,
            top: 4,
            bottom: 36,
          },
          x: { label: 'time (ms)', ticks: 5 },
          y: { type: 'band', domain: bands.map(({ name }) => name), label: null, tickSize: 0 },
          marks: [
            barX(bars, {
              x: 'ms',
              y: 'name',
              fill: ({ phase }: (typeof bars)[number]) => colors[phase],
              stroke: 'var(--paper)',
              order: null,
              title: ({ name, phase, ms }: (typeof bars)[number]) => `${name}, ${phase}: ${decimal(ms)} ms`,
            }),
          ],
        }),
    ]),
  };
}

const phaseLegend =
  (phases: readonly (keyof Profile)[]): Draw =>
  (width) => {
    let x = 0;
    let y = 0;
    const entries = phases.map((phase) => {
      const length = 30 + phase.length * 7.5;
      if (x + length > width) [x, y] = [0, y + 20];
      const entry = markup`<rect x="${x}" y="${y + 4}" width="12" height="12" fill="${colors[phase]}"/><text x="${x + 18}" y="${y + 14}">${phase}</text>`;
      x += length;
      return entry;
    });
    return { width, height: y + 28, markup: markup`${entries}` };
  };
