import { whole } from '../../report/format.ts';
import { agreeing, list, record, table } from '../../schema/containers.ts';
import { count, number } from '../../schema/scalars.ts';
import type { Read } from '../../schema/schema.ts';
import { barChart } from '../charts/bar-chart.ts';
import { lineChart } from '../charts/line-chart.ts';
import { name } from '../names.ts';
import type { Picture } from '../picture.ts';
import { strokeOf } from '../theme.ts';

/** The part of next-token.json that is drawn. */
export const nextTokenDocument = record({
  context: count(1),
  words: record({ heldOut: count() }),
  natsPerCharacter: agreeing(table(name, number(), 100, 2), (levels, fail) => {
    if (!Object.hasOwn(levels, 'network')) fail([], 'no network', 'one beside the models that count');
  }),
  losses: list(record({ step: count(), loss: number() }), 1_000_000, 1),
});

/** How a network passes models that count, one after the other. */
export function nextTokenPictures(document: Read<typeof nextTokenDocument>): Picture[] {
  const { context, words, natsPerCharacter, losses } = document;
  const { network, ...counted } = natsPerCharacter;
  const models = Object.entries(counted);
  const passed = models.map(([name, nats]) => ({ name, nats, at: losses.find(({ loss }) => loss < nats)?.step }));
  const last = passed.filter(({ at }) => at !== undefined).at(-1);
  const choices = (nats: number) => Math.exp(nats).toFixed(1);
  const [best] = [...models].sort(([, a], [, b]) => a - b);
  return [
    {
      name: 'loss-beside-counting',
      title:
        last?.at === undefined
          ? 'The loss stays above those of models that count'
          : `By step ${whole(last.at)} a batch’s loss has come below that of a ${last.name} model`,
      sentence: `Loss of single batches on the way, beside what models reach that count: a bigram looks at one symbol before, a trigram at two, the network at ${context}.`,
      alternative: `Loss ${losses[0].loss.toFixed(3)} at first, ${losses[losses.length - 1].loss.toFixed(3)} in the end. ${models.map(([name, nats]) => `${name}: ${nats.toFixed(3)}`).join('; ')}`,
      draw: (width) =>
        lineChart(
          {
            series: [
              { name: 'network', points: losses.map(({ step, loss }) => [step, loss] as const), dots: false },
              ...models.map(([name, nats], k) => ({
                name,
                stroke: strokeOf(k + 1),
                points: [losses[0].step, losses[losses.length - 1].step].map((step) => [step, nats] as const),
                dots: false,
              })),
            ],
            x: { label: 'step' },
            y: { label: 'nats a character' },
          },
          width,
        ),
    },
    {
      name: 'held-out-words',
      title: `On words it has not seen, the network wavers between ${choices(network)} symbols, the ${best[0]} model between ${choices(best[1])}`,
      sentence: `Mean loss on ${whole(words.heldOut)} words that were held out. e to that power is the number of symbols, all as likely, that leave as much open.`,
      alternative: Object.entries(natsPerCharacter)
        .map(([name, nats]) => `${name}: ${nats.toFixed(3)} nats, ${choices(nats)} even choices`)
        .join('; '),
      draw: (width) =>
        barChart(
          {
            bars: Object.entries(natsPerCharacter).map(([name, nats]) => ({
              name,
              value: nats,
              text: `${nats.toFixed(2)} (${choices(nats)} choices)`,
              color: name === 'network' ? 'var(--c1)' : 'var(--soft)',
            })),
            x: { label: 'nats a character' },
          },
          width,
        ),
    },
  ];
}
