import { afterAnswer, explainedRows, rowsText } from '../../lab/figures/explained-rows.ts';
import { sheet } from '../../lab/figures/sheet.ts';
import { list, nullable, record, refined } from '../../options/schema/containers.ts';
import { count, figure, literal, name } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { plural, whole } from '../../terminal/text/format.ts';
import { imageGrid } from '../charts/image-sheet.ts';
import { machineFacts, machineTable } from '../machine-table.ts';
import type { Page } from '../page.ts';
import type { Picture } from '../picture.ts';

const imageAnswer = record({ row: count(), label: name, answer: nullable(name), probability: figure(0, 1) });

/** The parts of explain.json that are shown, for a model of images. */
export const imageExplanation = refined(
  record({
    event: literal('image-explanation'),
    ...machineFacts,
    ...explainedRows,
    repeats: count(1),
    answers: list(imageAnswer, 1, 128),
    images: sheet,
    sensitivities: sheet,
  }),
  ({ answers: { length }, ...sheets }, fail) => {
    for (const key of ['images', 'sensitivities'] as const) {
      const { images } = sheets[key];
      if (images !== length) fail([key, 'images'], String(images), `${length} (as answers)`);
    }
  },
);

type Images = Read<typeof imageExplanation>;

export function imagesPage(document: Images): Page {
  const { dataset, answers } = document;
  const right = answers.filter(({ label, answer }) => label === answer).length;
  return {
    title: `${dataset}: where the network looked`,
    lead: `${rowsText(document, answers.length, 'images')}; ${whole(right)} ${right === 1 ? 'is' : 'are'} answered correctly.`,
    chapters: [
      { title: 'Images', pictures: [sensitivityPicture(document)] },
      { title: 'Reproduce this', code: document.command, folded: [machineTable(document)] },
    ],
  };
}

function sensitivityPicture({ answers, images, sensitivities, repeats, seed }: Images): Picture {
  const answerText = ({ answer, probability }: Images['answers'][number]) =>
    `${answer ?? 'no answer'}${afterAnswer(probability)}`;
  const describe = (image: Images['answers'][number]) =>
    `row ${image.row}: ${image.label}, answered ${answerText(image)}`;
  return {
    name: 'sensitivity',
    title: 'The pixels that each answer depends on',
    caption: `Right of each image: the brighter a pixel, the more the output of the answered class changes with it (SmoothGrad: the gradient by the pixel, a mean over ${plural(repeats, 'noisy sample')}, seed ${seed}). Above: the actual class, then the answer and its probability.`,
    altText: `${answers.map(describe).join('; ')}.`,
    draw: imageGrid({
      name: 'sensitivity',
      sheets: [images, sensitivities],
      across: [3, 2],
      textOf: (k) => {
        const { label, answer, probability } = answers[k];
        return {
          title: label,
          note: `→ ${answer ?? 'no answer'}`,
          end: afterAnswer(probability),
          hover: describe(answers[k]),
        };
      },
    }),
  };
}
