import { list, record, refined, table } from '../../options/schema/containers.ts';
import { count, name, number } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { whole } from '../../terminal/text/format.ts';
import { barChart } from '../charts/bar-chart.ts';
import { lineChart } from '../charts/line-chart.ts';
import type { Picture } from '../picture.ts';
import { strokeOf } from '../theme.ts';

/** The part of next-token.json that is drawn. */
export const nextTokenDocument = record({
  context: count(1),
  words: record({ heldOut: count() }),
  natsPerCharacter: refined(table(name, number(), 2, 100), (levels, fail) => {
    if (!Object.hasOwn(levels, 'network')) fail([], 'no network', 'one besides the counting models');
  }),
  losses: list(record({ step: count(), loss: number() }), 1, 1_000_000),
});

/** The losses of the network and of n-gram models. */
export function nextTokenPictures(document: Read<typeof nextTokenDocument>): Picture[] {
  const { context, words, natsPerCharacter, losses } = document;
  const { network, ...counted } = natsPerCharacter;
  const models = Object.entries(counted);
  const passings = models.map(([name, nats]) => ({ name, step: losses.find(({ loss }) => loss < nats)?.step }));
  const last = passings.findLast(({ step }) => step !== undefined);
  const perplexityText = (nats: number) => Math.exp(nats).toFixed(1);
  const [best] = [...models].sort(([, a], [, b]) => a - b);
  return [
    {
      name: 'loss-beside-counting',
      title:
        last?.step === undefined
          ? 'The training loss stays above the losses of the n-gram models'
          : `At step ${whole(last.step)}, a batch first reaches a lower loss than the ${last.name} model`,
      caption: `Loss of single batches during training, next to the losses of counting models: a bigram looks at the previous character, a trigram at the previous two, the network at ${context}.`,
      altText: `Loss ${losses[0].loss.toFixed(3)} at first, ${losses[losses.length - 1].loss.toFixed(3)} at the end. ${models.map(([name, nats]) => `${name}: ${nats.toFixed(3)}`).join('; ')}`,
      draw: lineChart({
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
        y: { label: 'nats per character' },
      }),
    },
    {
      name: 'held-out-words',
      title: `Perplexity on held-out words: network ${perplexityText(network)}, ${best[0]} model ${perplexityText(best[1])}`,
      caption: `Mean loss on ${whole(words.heldOut)} words that were held out. The perplexity, e to the power of the loss, is the number of equally likely characters with the same uncertainty.`,
      altText: Object.entries(natsPerCharacter)
        .map(([name, nats]) => `${name}: ${nats.toFixed(3)} nats, perplexity ${perplexityText(nats)}`)
        .join('; '),
      draw: barChart({
        bars: Object.entries(natsPerCharacter).map(([name, nats]) => ({
          name,
          value: nats,
          text: `${nats.toFixed(2)} (perplexity ${perplexityText(nats)})`,
          color: name === 'network' ? 'var(--c1)' : 'var(--soft)',
        })),
        x: { label: 'nats per character' },
      }),
    },
  ];
}
